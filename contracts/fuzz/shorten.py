"""Shortens a run that failed: removes steps, as many at a time as possible, as long as the rest
still fails at the same pointer."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from contracts.fuzz.call_log import ModelMismatch

FuzzStep = tuple[str, tuple[Any, ...]]  # the name of a method of TaskSteps, and its arguments
FailedRun = tuple[ModelMismatch, list[FuzzStep]]
TRIES = 150  # most reruns while a failed run is shortened


def step(method: Callable[..., None]) -> Callable[..., None]:
    """Decorate a method so that each call of it is appended to `self.done`."""

    @wraps(method)
    def recorded(self: Any, *arguments: Any) -> None:
        self.done.append((method.__name__, arguments))
        method(self, *arguments)

    return recorded


def shortened(failed: FailedRun, rerun: Callable[[list[FuzzStep]], FailedRun | None]) -> FailedRun:
    """The shortest failed run that is found in TRIES reruns. rerun: runs steps from a new start; it
    returns the failed run, up to the step that failed, or None if no step failed."""
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
