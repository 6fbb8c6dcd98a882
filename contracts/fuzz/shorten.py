"""A failed to go wrong, made shorter: steps are left out, as many at once as can
be, while what is left goes wrong in the same place. The model judges each try anew."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from contracts.fuzz.call_log import ModelMismatch

FuzzStep = tuple[str, tuple[Any, ...]]  # a method, and what it was given
FailedRun = tuple[ModelMismatch, list[FuzzStep]]
TRIES = 150


def step(method: Callable[..., None]) -> Callable[..., None]:
    """Remember each call of a method in what its object has `done`."""

    @wraps(method)
    def remembered(self: Any, *given: Any) -> None:
        self.done.append((method.__name__, given))
        method(self, *given)

    return remembered


def shortened(failed: FailedRun, rerun: Callable[[list[FuzzStep]], FailedRun | None]) -> FailedRun:
    """The shortest failed found in TRIES tries. rerun: follows steps from a fresh start; it gives
    those up to where something goes wrong, None where nothing does."""
    sizes = [len(failed[1]) >> halved for halved in range(1, len(failed[1]).bit_length())]
    tries = TRIES
    for size in (*sizes, 1):
        start = len(failed[1]) - size
        while start >= 0 and tries > 0:
            tries -= 1
            again = rerun(failed[1][:start] + failed[1][start + size :])
            if again is not None and again[0].pointer == failed[0].pointer:
                failed = again
            start = min(start, len(failed[1])) - size
    return failed
