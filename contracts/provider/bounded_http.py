"""Sends one request and reads its answer, with limits: bytes as received and decompressed, and
seconds in all. `contracts` and the command line read every answer of another server this way.

httpx only limits the time of each read, so a head that arrives byte by byte, or endless `100
Continue`, would never time out, and a blocking call cannot be interrupted. So the call runs in a
thread of its own, which is abandoned when the time is over and then reads no more."""

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

BEGINNING = 1000  # bytes that are kept of an answer beyond the limit


class Answer(NamedTuple):
    """An answer. body: decompressed. size: bytes that were read, as received. is_cut: whether the
    answer exceeds the limit; the body is then only its beginning."""

    status: int
    headers: httpx.Headers
    body: bytes
    size: int
    is_cut: bool = False

    @property
    def text(self) -> str:
        """The body decoded as UTF-8, with U+FFFD for invalid bytes."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The JSON value of the body. Raises ValueError."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ValueError(str(error)) from None


def fetch(
    http: httpx.Client,
    request: httpx.Request,
    *,
    limit: int,
    seconds: float,
    keep: int | None = None,
) -> Answer:
    """Send the request, and read the answer. limit: in bytes, for the body as received and
    decompressed. seconds: for the whole call. keep: bytes to keep of a body that is only
    counted and not decompressed; None keeps all. Raises httpx.HTTPError, also if the answer is not
    complete in time, or not in its Content-Encoding."""
    if "accept-encoding" in request.headers:
        request.headers["Accept-Encoding"] = ACCEPTED
    future: Future[Answer] = Future()
    abandoned = Event()
    act = (_set_result, future, lambda: _read(http, request, limit, keep, abandoned))
    Thread(target=copy_context().run, args=act, daemon=True).start()
    try:
        if not wait((future,), timeout=seconds).done:
            raise httpx.ReadTimeout(f"the answer was not complete after {seconds:g} s")
    finally:
        abandoned.set()
    return future.result()


def size_text(size: int) -> str:
    """A limit in bytes for people: "4 MiB", "256 KiB"."""
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"


def _set_result(future: Future[Answer], act: Callable[[], Answer]) -> None:
    try:
        future.set_result(act())
    except BaseException as error:  # noqa: BLE001 (fetch raises it again)
        future.set_exception(error)


def _read(
    http: httpx.Client, request: httpx.Request, limit: int, keep: int | None, abandoned: Event
) -> Answer:
    response = http.send(request, stream=True)
    body, size = bytearray(), 0
    with closing(response):
        # A response of httpx.MockTransport is already read and decompressed.
        is_read = response.is_stream_consumed
        for part in response.iter_bytes() if is_read else response.iter_raw():
            size += len(part)
            body += part[: max(0, (limit if keep is None else keep) - len(body))]
            if size > limit or abandoned.is_set():
                break
    if size > limit:
        return Answer(response.status_code, response.headers, bytes(body[:BEGINNING]), size, True)
    coding = "" if is_read or keep is not None else response.headers.get("content-encoding", "")
    plain = _plain(bytes(body), coding, limit)
    is_cut = len(plain) > limit
    kept = plain[:BEGINNING] if is_cut else plain
    return Answer(response.status_code, response.headers, kept, size, is_cut)


def _plain(body: bytes, coding: str, limit: int) -> bytes:
    """The decompressed body; unchanged if the coding is unknown, since some gateways put a charset
    there."""
    try:
        return unpacked(body, coding, limit)
    except UnknownCoding:
        return body
    except CannotUnpack as error:
        raise httpx.DecodingError(str(error)) from None
