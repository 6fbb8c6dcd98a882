"""Sends answers whose size grows with the state. One thread makes each piece when the client has
taken the one before; a short answer is made at once, and so is any answer to this process. The
answer is complete, or the connection is cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import TypeVar

from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from contracts.text.printable import in_json
from mock_server.control.request import ControlError, Export
from mock_server.web.connection import transport_of

PIECE = 64 << 10  # bytes sent at a time
PARTS = 256  # texts made in one turn of an export
MOST = 32  # exports at a time
STALLED = 60.0  # seconds in which a client must take a piece

# One thread: more would slow down the event loop and each other.
_thread = ThreadPoolExecutor(1, "emo-export")
T = TypeVar("T")


async def in_thread(scope: Scope, function: Callable[[], T]) -> T:
    """Call the function in the thread of all exports, so that other connections are served
    meanwhile. A call of this process is answered at once, without an event loop."""
    if transport_of(scope) is None:
        return function()
    return await asyncio.get_running_loop().run_in_executor(_thread, function)


class Exports:
    """The exports of one app. stalled: seconds in which a client must take a piece."""

    def __init__(self, stalled: float = STALLED) -> None:
        self.stalled = stalled
        self.count = 0  # exports being sent

    async def answer(self, export: Export, scope: Scope) -> Response:
        """The answer with the export. A short one is made whole. Raises ControlError if it cannot
        be made, or if MOST are being sent."""
        if export.is_short or transport_of(scope) is None:
            kind, pieces = _made(export)
            return Response(b"".join(pieces), media_type=kind)
        if self.count >= MOST:
            raise ControlError(f"{MOST} exports are being sent: try again when one has ended", 503)
        self.count += 1
        try:
            kind, pieces = await in_thread(scope, partial(_made, export))
            begin = [await in_thread(scope, partial(next, pieces, None)) for _ in range(2)]
        except BaseException:
            self.count -= 1
            raise
        if None in begin:
            self.count -= 1
            return Response(begin[0], media_type=kind)
        return _Streamed(self, kind, _in_turn(scope, chain(begin, pieces)))


def _made(export: Export) -> tuple[str, Iterator[bytes]]:
    """The content type of an export, and its pieces."""
    kind, texts = export.make()
    return kind, in_pieces(map(in_json, texts) if "json" in kind else texts)


class _Streamed(StreamingResponse):
    """An answer whose pieces are made while it is sent."""

    def __init__(self, exports: Exports, kind: str, pieces: AsyncIterator[bytes]) -> None:
        super().__init__(pieces, media_type=kind)
        self._exports = exports

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = transport_of(scope)

        async def taken(message: Message) -> None:
            """Send a piece. Close the connection of a client that takes none: it would keep
            memory."""
            try:
                async with asyncio.timeout(self._exports.stalled):
                    await send(message)
            except TimeoutError:
                if transport is not None:
                    transport.abort()
                raise ClientDisconnect from None

        try:
            if scope["method"] == "HEAD":
                self.body_iterator = _in_turn(scope, iter(()))
            await super().__call__(scope, receive, taken)
        finally:
            self._exports.count -= 1


async def _in_turn(scope: Scope, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces that are not empty, each made when it is needed."""
    while (piece := await in_thread(scope, partial(next, pieces, None))) is not None:
        if piece:
            yield piece


def in_pieces(texts: Iterable[str]) -> Iterator[bytes]:
    """The texts in UTF-8, in pieces of at most PIECE bytes and at most PARTS texts each."""
    piece = bytearray()
    for number, text in enumerate(texts, 1):
        piece += text.encode("utf-8", "replace")
        while len(piece) >= PIECE:
            yield bytes(piece[:PIECE])
            del piece[:PIECE]
        if number % PARTS == 0:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)
