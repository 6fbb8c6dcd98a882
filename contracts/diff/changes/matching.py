"""Which of several old things is which of several new ones, where no name says it. Knows nothing of
what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from contracts.diff.changes.changes import Found

T = TypeVar("T")
Matches = list[tuple[T | None, T | None]]


def matched(
    olds: Sequence[T],
    news: Sequence[T],
    differ: Callable[[T, T], Iterable[Found]],
    name: Callable[[T], str] = lambda _: "",
) -> Matches[T]:
    """Each old one with the new one of its name, of those without a name with that which differs
    least; None beside what is left over. The order in which they were written does not count."""
    known = {name(new): j for j, new in enumerate(news) if name(new)}
    ways = [(i, known.pop(name(old))) for i, old in enumerate(olds) if name(old) in known]
    if len(ways) < min(len(olds), len(news)):
        left = [i for i in range(len(olds)) if i not in {i for i, _ in ways}]
        right = [j for j in range(len(news)) if j not in {j for _, j in ways}]
        ways += _nearest(olds, news, left, right, differ)
    alone = [(old, None) for i, old in enumerate(olds) if i not in {i for i, _ in ways}]
    new_ones = [(None, new) for j, new in enumerate(news) if j not in {j for _, j in ways}]
    return [*((olds[i], news[j]) for i, j in ways), *alone, *new_ones]


def _nearest(
    olds: Sequence[T],
    news: Sequence[T],
    left: list[int],
    right: list[int],
    differ: Callable[[T, T], Iterable[Found]],
) -> list[tuple[int, int]]:
    if len(left) == len(right) == 1:
        return [(left[0], right[0])]
    ways = sorted(
        (_weight(differ(olds[i], news[j])), abs(i - j), i + j, i, j) for i in left for j in right
    )
    found: list[tuple[int, int]] = []
    for *_, i, j in ways:
        if i not in {i for i, _ in found} and j not in {j for _, j in found}:
            found.append((i, j))
    return found


def _weight(found: Iterable[Found]) -> int:
    """How far two things are apart: what has an effect counts more than words, and that no value is
    of both types most."""
    return sum(99 if one.kind == "type-changed" else 9 if one.effect else 1 for one in found)
