"""One request and its answer, whoever answers: so many bytes, as they come and unpacked, and so
many seconds for all of it. The only way in which `contracts` and the command line read answers of
others over HTTP.

httpx bounds each read alone, so a head that comes byte by byte, or `100 Continue` for ever, would
hold a call without end; nothing breaks off a blocking call from within. So it is made on a thread
of its own, which is left behind when the time is over and reads no more.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import closing
from contextvars import copy_context
from threading import Event, Thread
from typing import Any, NamedTuple

import httpx
import msgspec

from contracts.provider.content_encoding import ACCEPTED, CannotUnpack, UnknownCoding, unpacked

BEGINNING = 1000  # bytes that are kept of an answer that is larger


class Answer(NamedTuple):
    """An answer. body: without its Content-Encoding. size: bytes that were read, as they came.
    is_cut: whether it is larger than was wanted; the body is its beginning then."""

    status: int
    headers: httpx.Headers
    body: bytes
    size: int
    is_cut: bool = False

    @property
    def text(self) -> str:
        """The body as UTF-8, whatever it is."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The value of the body. Raises ValueError."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ValueError(str(error)) from None


def fetch(
    http: httpx.Client,
    request: httpx.Request,
    *,
    most: int,
    seconds: float,
    keep: int | None = None,
) -> Answer:
    """Send it, and read at most `most` bytes of the answer, as they come and unpacked. keep: bytes
    of a body that is only counted, and is not unpacked; None for all. Raises httpx.HTTPError, also
    where the answer is not whole in time, or not in its coding."""
    if "accept-encoding" in request.headers:
        request.headers["Accept-Encoding"] = ACCEPTED
    future: Future[Answer] = Future()
    left = Event()
    act = (_fulfil, future, lambda: _read(http, request, most, keep, left))
    Thread(target=copy_context().run, args=act, daemon=True).start()
    try:
        if not wait((future,), timeout=seconds).done:
            raise httpx.ReadTimeout(f"the answer was not whole after {seconds:g} s")
    finally:
        left.set()
    return future.result()


def large(size: int) -> str:
    """A limit for people: "4 MiB", "256 KiB"."""
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"


def _fulfil(future: Future[Answer], act: Callable[[], Answer]) -> None:
    try:
        future.set_result(act())
    except BaseException as error:  # noqa: BLE001 - raised again by who waits
        future.set_exception(error)


def _read(
    http: httpx.Client, request: httpx.Request, most: int, keep: int | None, left: Event
) -> Answer:
    response = http.send(request, stream=True)
    body, size = bytearray(), 0
    with closing(response):
        # The response of a mock was read, and unpacked, already.
        is_read = response.is_stream_consumed
        for part in response.iter_bytes() if is_read else response.iter_raw():
            size += len(part)
            body += part[: max(0, (most if keep is None else keep) - len(body))]
            if size > most or left.is_set():
                break
    if size > most:
        return Answer(response.status_code, response.headers, bytes(body[:BEGINNING]), size, True)
    coding = "" if is_read or keep is not None else response.headers.get("content-encoding", "")
    plain = _plain(bytes(body), coding, most)
    is_cut = len(plain) > most
    kept = plain[:BEGINNING] if is_cut else plain
    return Answer(response.status_code, response.headers, kept, size, is_cut)


def _plain(body: bytes, coding: str, most: int) -> bytes:
    """The unpacked body; as it is where its coding is not known: some gateways name a charset."""
    try:
        return unpacked(body, coding, most)
    except UnknownCoding:
        return body
    except CannotUnpack as error:
        raise httpx.DecodingError(str(error)) from None
