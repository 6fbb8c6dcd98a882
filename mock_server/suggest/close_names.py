"""Suggests known names for a misspelled one. difflib is imported on first use: it takes 15 ms."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST_WORD = 80  # characters


def close_names(word: str, known: Iterable[str], most: int = 1, cutoff: float = 0.6) -> list[str]:
    """The known names that are most similar to `word`, without regard to case; at most `most`.

    cutoff: the least similarity, 0 to 1. Only the first LONGEST_WORD characters are compared, since
    the time grows with the product of both lengths."""
    from difflib import get_close_matches

    lower = {name.lower(): name for name in known}
    found = get_close_matches(word[:LONGEST_WORD].lower(), lower, n=most, cutoff=cutoff)
    return [lower[name] for name in found]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The text ` Did you mean 'NAME'?`, or "" if no known name is similar."""
    found = close_names(word, known)
    return f" Did you mean {found[0]!r}?" if found else ""
