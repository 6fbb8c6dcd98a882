"""Ends a blocking exchange of httpx at a deadline, without a thread.

The timeouts of httpx apply to each read. Headers that arrive byte by byte, or `100 Continue`
answers without end, never exceed them. httpx has no setting for the whole, but it reports each
connection that it opens to the `trace` extension of a request. bound_reads is such an extension: it
limits each later read from the connection by the deadline of the exchange that reads.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

import httpx

_left: ContextVar[Callable[[], float] | None] = ContextVar("seconds left", default=None)


@contextmanager
def time_limit(left: Callable[[], float]) -> Iterator[None]:
    """Within this context reads end at the deadline, with httpx.ReadTimeout.

    left: returns the seconds to the deadline; it may have moved since the last read."""
    token = _left.set(left)
    try:
        yield
    finally:
        _left.reset(token)


def bound_reads(event: str, info: Mapping[str, Any]) -> None:
    """Let the reads from a new connection end at the deadline. A `trace` extension of httpx."""
    if event.endswith(("connect_tcp.complete", "connect_unix_socket.complete", "tls.complete")):
        stream = info["return_value"]
        stream.read = partial(_read, stream.read)


def too_slow() -> httpx.ReadTimeout:
    """The error at the deadline."""
    return httpx.ReadTimeout("the answer came too slowly")


def _read(read: Callable[..., bytes], max_bytes: int, timeout: float | None = None) -> bytes:
    left = _left.get()
    if left is None:  # a request of the owner of the httpx client
        return read(max_bytes, timeout)
    seconds = left()
    if seconds <= 0:
        raise too_slow()
    try:
        return read(max_bytes, seconds if timeout is None else min(timeout, seconds))
    except Exception:
        if left() <= 0:
            raise too_slow() from None
        raise
