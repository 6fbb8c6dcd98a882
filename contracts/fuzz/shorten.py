"""A way to go wrong, made shorter: steps are left out, as many at once as can
be, while what is left goes wrong in the same place. The model judges each try anew."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from contracts.fuzz.call_log import Broken

Step = tuple[str, tuple[Any, ...]]  # a method, and what it was given
Way = tuple[Broken, list[Step]]
TRIES = 150


def step(method: Callable[..., None]) -> Callable[..., None]:
    """Remember each call of a method in what its object has `done`."""

    @wraps(method)
    def remembered(self: Any, *given: Any) -> None:
        self.done.append((method.__name__, given))
        method(self, *given)

    return remembered


def shortened(way: Way, replay: Callable[[list[Step]], Way | None]) -> Way:
    """The shortest way found in TRIES tries. replay: follows steps from a fresh start; it gives
    those up to where something goes wrong, None where nothing does."""
    sizes = [len(way[1]) >> halved for halved in range(1, len(way[1]).bit_length())]
    tries = TRIES
    for size in (*sizes, 1):
        start = len(way[1]) - size
        while start >= 0 and tries > 0:
            tries -= 1
            again = replay(way[1][:start] + way[1][start + size :])
            if again is not None and again[0].pointer == way[0].pointer:
                way = again
            start = min(start, len(way[1])) - size
    return way
