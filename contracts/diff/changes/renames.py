"""Which name that is new may be another for one that is gone. A guess, for a hint; it decides no
verdict."""

from __future__ import annotations

from collections.abc import Callable, Collection


def renames(
    old: Collection[str], new: Collection[str], is_equal: Callable[[str, str], bool]
) -> dict[str, str]:
    """A hint for each name that is gone where an equal thing has a new one, and for that: of
    several the one spelled most like it."""
    left = [name for name in new if name not in old]
    hints: dict[str, str] = {}
    for gone in [name for name in old if name not in new]:
        equal = [came for came in left if is_equal(gone, came)]
        if equal:
            came = max(equal, key=lambda other: _likeness(gone, other))
            left.remove(came)
            hints[gone] = f'looks like a rename to "{came}"'
            hints[came] = f'looks like a rename of "{gone}"'
    return hints


def _likeness(one: str, other: str) -> float:
    from difflib import SequenceMatcher  # 15 ms that only a rename needs

    return SequenceMatcher(None, one, other).ratio()
