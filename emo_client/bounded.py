"""A blocking call that ends in time, whatever it waits for. It knows nothing of what it calls.

httpx bounds each read, so an answer whose head comes byte by byte, a `100 Continue` again and again
or a name that is looked up for a minute would hold a call far beyond its limit. Nothing breaks off
a blocking call from within; so it is made on a thread of its own, which is left behind when the
time is over and ends with its connection.
"""

from collections.abc import Callable
from concurrent.futures import Future, wait
from contextvars import copy_context
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


class TooSlow(Exception):
    """The time was over. What was called goes on, unheard."""


def within(seconds: float, act: Callable[[], T]) -> T:
    """What act returns or raises, in at most so many seconds; TooSlow after them."""
    future: Future[T] = Future()
    # A daemon: one that was left behind does not hold up the end of the program.
    Thread(target=copy_context().run, args=(_fulfil, future, act), daemon=True).start()
    if not wait((future,), timeout=seconds).done:
        raise TooSlow
    return future.result()


def _fulfil(future: "Future[T]", act: Callable[[], T]) -> None:
    try:
        future.set_result(act())
    except BaseException as error:  # noqa: BLE001 - raised again by who waits
        future.set_exception(error)
