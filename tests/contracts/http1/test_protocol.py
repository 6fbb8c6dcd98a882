"""Applications get the requests that the reader finds, as an ASGI task or directly."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.http1.protocol import BoundedProtocol
from contracts.http1.refused import RequestRefused
from mock_server.journal.log_line import json_line, text_line
from mock_server.server.fast_path import Protocol
from mock_server.simulation.call import Call, Reply
from tests.contracts.http1.test_reader import read
from tests.helpers.http1 import STREAMS, Request, cut
from tests.mock_server.server.test_fast_path import Connection

EMPTY = Reply(200, [(b"content-length", b"0")], b"", "")


class Application:
    """Stores the requests that it gets, as an ASGI task or directly."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.refused_for: list[str] = []

    def origin(self, *_: object) -> str:
        return "http://x"

    def answers_at_once(self, method: str, path: str) -> bool:
        return method != "HEAD"

    def answer(self, call: Call) -> Reply:
        path, query = call.path.encode("latin-1"), call.query.encode("latin-1")
        self.requests.append(Request(call.method.encode(), path, query, call.headers, call.body))
        return EMPTY

    def refused(self, refused: RequestRefused) -> Reply:
        self.refused_for.append(str(refused))
        return EMPTY._replace(status=400)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message["body"], message["more_body"]
        path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        self.answer(Call(scope["method"], path, query, dict(scope["headers"]), body))
        await send({"type": "http.response.start", "status": 200, "headers": EMPTY.headers})
        await send({"type": "http.response.body"})


@pytest.mark.parametrize("way", [BoundedProtocol, Protocol])
@settings(max_examples=60)
@given(data=STREAMS, places=st.lists(st.integers(0, 300), max_size=3))
def test_an_application_gets_the_requests_that_the_reader_finds(
    way: type[BoundedProtocol], data: bytes, places: list[int]
) -> None:
    async def asked() -> list[Request]:
        app = Application()
        connection = Connection(way, app)
        for piece in cut(data, places):
            if not connection.wire.closed:
                connection.protocol.data_received(piece)
                await connection.settle()
        connection.end()
        await connection.settle()
        return app.requests

    found = [request._replace(headers=dict(request.headers)) for request in read(data).requests]
    assert asyncio.run(asked()) == found


def test_an_invalid_request_is_logged_and_counted() -> None:
    lines: list[str] = []

    async def send() -> str:
        connection = Connection(Protocol)
        recorder = connection.app.engine.recorder
        recorder.listeners.append(
            lambda tenant, entry: lines.extend([text_line(entry, tenant), json_line(entry, tenant)])
        )
        await connection.send(["GET / HTTP/1.1\r\nX-Key: sk-secret\r\n\r\n"])
        connection.end()
        return str(recorder.counts())

    counts = asyncio.run(send())
    assert lines[0].endswith(" -    400 InvalidParameter-missing-or-format (it has no Host header)")
    assert json.loads(lines[1])["reason"] == "it has no Host header"
    assert "secret" not in "".join(lines)
    assert 'emo_exchanges_total{operation="none",status="400"} 1' in counts
