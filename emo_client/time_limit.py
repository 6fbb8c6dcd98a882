"""A blocking call that ends in time, whatever it waits for. It knows nothing of what it calls.

httpx bounds each read, so an answer whose head comes byte by byte, a `100 Continue` again and again
or a name that is looked up for a minute would hold a call far beyond its limit. Nothing breaks off
a blocking call from within; so it is made on a thread of its own, which is left behind when the
time is over and ends with its connection.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextvars import copy_context
from threading import Lock, Thread
from typing import TypeVar

T = TypeVar("T")


class TooSlow(Exception):
    """The time was over. What was called goes on; its result is dropped."""


class TimeLimit:
    """When a call must have ended. The call may move it while it runs. seconds: from now."""

    def __init__(self, seconds: float) -> None:
        self._lock = Lock()
        self._end = time.monotonic() + seconds
        self.is_given_up = False

    def left(self) -> float:
        """Seconds, not negative."""
        return max(0.0, self._end - time.monotonic())

    def restart(self, seconds: float) -> None:
        """Give the call so many seconds from now on. Raises TooSlow where nobody waits for it."""
        with self._lock:
            if self.is_given_up:
                raise TooSlow
            self._end = time.monotonic() + seconds

    def give_up(self) -> None:
        """Wait no longer, unless the limit was moved meanwhile."""
        with self._lock:
            self.is_given_up = not self.left()


def within(limit: TimeLimit, act: Callable[[], T]) -> T:
    """What act returns or raises; TooSlow when the limit is over first."""
    future: Future[T] = Future()
    # A daemon: one that was left behind does not hold up the end of the program.
    Thread(target=copy_context().run, args=(_fulfil, future, act), daemon=True).start()
    try:
        while not wait((future,), timeout=limit.left()).done:
            limit.give_up()
            if limit.is_given_up:
                raise TooSlow
    except KeyboardInterrupt:
        limit.is_given_up = True
        raise
    return future.result()


def _fulfil(future: "Future[T]", act: Callable[[], T]) -> None:
    try:
        future.set_result(act())
    except BaseException as error:  # noqa: BLE001 - raised again by who waits
        future.set_exception(error)
