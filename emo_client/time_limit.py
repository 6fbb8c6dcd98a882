"""Runs a blocking call with a time limit.

The timeouts of httpx apply to each read. Headers that arrive byte by byte, repeated `100 Continue`
answers or a slow DNS look-up can therefore take much longer in total. A blocking call cannot be
interrupted, so it runs in its own thread, which is abandoned after the time limit and ends with its
connection.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextvars import copy_context
from threading import Lock, Thread
from typing import TypeVar

T = TypeVar("T")


class TooSlow(Exception):
    """The time limit has passed. The abandoned call may go on; its result is discarded."""


class TimeLimit:
    """The time at which a call must end, `seconds` from now. The call may extend it."""

    def __init__(self, seconds: float) -> None:
        self._lock = Lock()
        self._end = time.monotonic() + seconds
        self.is_given_up = False

    def left(self) -> float:
        """The remaining seconds, 0 or more."""
        return max(0.0, self._end - time.monotonic())

    def restart(self, seconds: float) -> None:
        """Let the call end `seconds` from now. Raises TooSlow if it was abandoned already."""
        with self._lock:
            if self.is_given_up:
                raise TooSlow
            self._end = time.monotonic() + seconds

    def give_up(self) -> None:
        """Abandon the call, unless the limit was extended in the meantime."""
        with self._lock:
            self.is_given_up = not self.left()


def run_within(limit: TimeLimit, act: Callable[[], T]) -> T:
    """The result of act(), or its exception. Raises TooSlow if the limit passes first."""
    future: Future[T] = Future()
    # A daemon thread, so that an abandoned one does not keep the program from ending.
    Thread(target=copy_context().run, args=(_set_result, future, act), daemon=True).start()
    try:
        while not wait((future,), timeout=limit.left()).done:
            limit.give_up()
            if limit.is_given_up:
                raise TooSlow
    except KeyboardInterrupt:
        limit.is_given_up = True
        raise
    return future.result()


def _set_result(future: "Future[T]", act: Callable[[], T]) -> None:
    try:
        future.set_result(act())
    except BaseException as error:  # noqa: BLE001 (raised again in the waiting thread)
        future.set_exception(error)
