"""Matches the items of two lists that have no names, and guesses which names were changed. Knows
nothing about the meaning of the items."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeVar

from contracts.diff.changes.change import SpecDifference

T = TypeVar("T")
Matches = list[tuple[T | None, T | None]]


def pair_up(
    olds: Sequence[T],
    news: Sequence[T],
    differ: Callable[[T, T], Iterable[SpecDifference]],
    name: Callable[[T], str] = lambda _: "",
) -> Matches[T]:
    """Match each old item with the new item of the same name, or else with the most similar one.
    An item without a partner is paired with None. The order of the lists has no effect.

    differ: the differences of two items. name: the name of an item, "" if it has none."""
    known = {name(new): j for j, new in enumerate(news) if name(new)}
    pairs = [(i, known.pop(name(old))) for i, old in enumerate(olds) if name(old) in known]
    if len(pairs) < min(len(olds), len(news)):
        left = [i for i in range(len(olds)) if i not in {i for i, _ in pairs}]
        right = [j for j in range(len(news)) if j not in {j for _, j in pairs}]
        pairs += _most_similar(olds, news, left, right, differ)
    removed = [(old, None) for i, old in enumerate(olds) if i not in {i for i, _ in pairs}]
    added = [(None, new) for j, new in enumerate(news) if j not in {j for _, j in pairs}]
    return [*((olds[i], news[j]) for i, j in pairs), *removed, *added]


def _most_similar(
    olds: Sequence[T],
    news: Sequence[T],
    left: list[int],
    right: list[int],
    differ: Callable[[T, T], Iterable[SpecDifference]],
) -> list[tuple[int, int]]:
    """Pairs of positions, chosen by the smallest distance first."""
    if len(left) == len(right) == 1:
        return [(left[0], right[0])]
    candidates = sorted(
        (_distance(differ(olds[i], news[j])), abs(i - j), i + j, i, j) for i in left for j in right
    )
    found: list[tuple[int, int]] = []
    for *_, i, j in candidates:
        if i not in {i for i, _ in found} and j not in {j for _, j in found}:
            found.append((i, j))
    return found


def _distance(differences: Iterable[SpecDifference]) -> int:
    """The distance of two items: a changed type weighs most, a cosmetic difference least."""
    return sum(
        99 if each.kind == "type-changed" else 9 if each.effect else 1 for each in differences
    )


def rename_hints(
    old: Collection[str], new: Collection[str], is_equal: Callable[[str, str], bool]
) -> dict[str, str]:
    """A hint for each removed name, and for the added name with an equal definition. Of several
    candidates the one with the most similar spelling is chosen. Hints are guesses; no verdict
    depends on them."""
    left = [name for name in new if name not in old]
    hints: dict[str, str] = {}
    for removed in [name for name in old if name not in new]:
        equal = [added for added in left if is_equal(removed, added)]
        if equal:
            added = max(equal, key=lambda name: _similarity(removed, name))
            left.remove(added)
            hints[removed] = f'looks like a rename to "{added}"'
            hints[added] = f'looks like a rename of "{removed}"'
    return hints


def _similarity(one: str, other: str) -> float:
    from difflib import SequenceMatcher  # 15 ms to import, needed only for hints

    return SequenceMatcher(None, one, other).ratio()
