"""Two calls in two threads, interleaved at one chosen place, the same at every run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from types import FrameType
from typing import Any, TypeVar

P = TypeVar("P")
T = TypeVar("T")
A_MOMENT = 0.002  # s; a thread that has not moved for so long waits for the other one


def interleavings(
    prepare: Callable[[], P], one: Callable[[P], T], other: Callable[[P], T], package: str
) -> Iterator[tuple[P, T, T]]:
    """The results of `one` and `other`, once for each function of the package that `one` enters:
    there `one` stops until `other` has ended, or waits for `one`. Each turn prepares both calls
    anew; they get what `prepare` returns, which comes before their results."""
    number, was_stopped = 0, True
    with ThreadPoolExecutor(1) as pool:
        while was_stopped:
            number += 1
            prepared = prepare()
            first, second = partial(one, prepared), partial(other, prepared)
            result, started = _stopped_at(number, first, partial(_start, pool, second), package)
            was_stopped = started is not None
            if started is not None:
                yield prepared, result, started.result(10)


def _stopped_at(
    number: int, one: Callable[[], T], meanwhile: Callable[[], Future[T]], package: str
) -> tuple[T, Future[T] | None]:
    """Call `one`, and `meanwhile` when it enters this function of the package (from 1)."""
    entered, started = 0, None

    def look(frame: FrameType, event: str, _: Any) -> None:
        nonlocal entered, started
        if event == "call" and frame.f_globals.get("__name__", "").startswith(package):
            entered += 1
            if entered == number:
                started = meanwhile()

    sys.setprofile(look)
    try:
        result = one()
    finally:
        sys.setprofile(None)
    return result, started


def _start(pool: ThreadPoolExecutor, other: Callable[[], T]) -> Future[T]:
    """Call `other` in the pool's thread; returns when it has ended or does not move."""
    moved = 0

    def count(*_: object) -> None:
        nonlocal moved
        moved += 1

    def counted() -> T:
        sys.setprofile(count)
        try:
            return other()
        finally:
            sys.setprofile(None)

    started, before = pool.submit(counted), -1
    while not started.done() and moved != before:
        before = moved
        wait([started], A_MOMENT)
    return started
