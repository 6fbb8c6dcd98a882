"""Did-you-mean. Loads what it needs when somebody was wrong: that costs 15 ms once."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST_WORD = 80  # characters


def close_names(word: str, known: Iterable[str], most: int = 1, cutoff: float = 0.6) -> list[str]:
    """The known words nearest to `word`, whatever their case. Of a longer word than any known one
    only the beginning is compared: that costs the product of both lengths."""
    from difflib import get_close_matches

    lower = {name.lower(): name for name in known}
    found = get_close_matches(word[:LONGEST_WORD].lower(), lower, n=most, cutoff=cutoff)
    return [lower[name] for name in found]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` Did you mean 'NAME'?`, or nothing where nothing known is near."""
    found = close_names(word, known)
    return f" Did you mean {found[0]!r}?" if found else ""
