"""The fast path of the protocol, without a task: it answers the same bytes as uvicorn's way through
ASGI, for any calls and any division of their bytes."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Iterable
from typing import Any

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn.server import ServerState

from contracts.http1.head import Head
from contracts.http1.protocol import BoundedProtocol
from contracts.spec.loader import Spec
from mock_server.engine.pipeline import Engine
from mock_server.journal.journal import Entry
from mock_server.server.app import FakeApp
from mock_server.server.fast_path import LONG, Protocol
from mock_server.server.run import UVICORN
from mock_server.settings import Settings
from mock_server.simulation.call import Reply
from tests.helpers.fake import EPOCH, SERVICE, request

SPEC = Spec.load()
KEY = "Authorization: Bearer sk-wire\r\n"
CREATE = json.dumps(request(SPEC, "createVideoTask"))


class LongWay(Protocol):
    """The protocol without its fast path: every call becomes a task."""

    def on_head(self, head: Head) -> None:
        BoundedProtocol.on_head(self, head)


class Wire(asyncio.Transport):
    """A connection in memory."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.data, self.closed, self.paused = b"", False, False
        self.unsent, self.ended = 0, False

    def write(self, data: Any) -> None:
        assert not self.closed
        self.data += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def write_eof(self) -> None:
        self.ended = True

    def abort(self) -> None:
        self.closed = True

    def get_write_buffer_size(self) -> int:
        return self.unsent


def post(body: str, *, headers: str = "", path: str = "video-synthesis") -> str:
    return (
        f"POST {SERVICE}/{path} HTTP/1.1\r\nHost: x\r\n{KEY}X-DashScope-Async: enable\r\n{headers}"
        + ("" if "chunked" in headers else f"Content-Length: {len(body)}\r\n")
        + f"\r\n{body}"
    )


def get(path: str, headers: str = KEY, method: str = "GET", version: str = "1.1") -> str:
    return f"{method} {path} HTTP/{version}\r\nHost: x\r\n{headers}\r\n"


CALLS = {
    "poll": get("/api/v1/tasks/1"),
    "list": get("/api/v1/tasks?page_size=1"),
    "no key": get("/api/v1/tasks/1", headers=""),
    "no path": get("/nowhere"),
    "head": get("/api/v1/tasks/1", method="HEAD"),
    "own path in escapes": get("/%5f%5F%6docK__/health".lower()),
    "escapes": get("/api/v1/tasks/%31"),
    "all": get("*", method="OPTIONS"),
    "absolute": get("http://there/api/v1/tasks/1?a=b#c"),
    "own path": get("/__mock__/health"),
    "sample": get("/samples/none"),
    "HTTP/1.0": get("/api/v1/tasks/1", version="1.0"),
    "the last": get("/api/v1/tasks/1", headers=f"{KEY}Connection: close\r\n"),
    "a scenario": get("/api/v1/tasks/1", headers=f"{KEY}X-Mock-Scenario: SUCCEEDED\r\n"),
    "a fault": get("/api/v1/tasks/1", headers=f"{KEY}X-Mock-Scenario: truncated\r\n"),
    "late": get("/api/v1/tasks/1", headers=f"{KEY}X-Mock-Scenario: latency=0\r\n"),
    "create": post(CREATE),
    "create in chunks": post(
        f"{len(CREATE):x}\r\n{CREATE}\r\n0\r\n\r\n", headers="Transfer-Encoding: chunked\r\n"
    ),
    "create when told to": post(CREATE, headers="Expect: 100-continue\r\n"),
    "create at length": post(CREATE + " " * (2 * LONG)),
    "create too much": post(CREATE + " " * (1 << 20)),
    "create nothing": post(""),
    "a GET with a body": get("/api/v1/tasks/1", headers=f"{KEY}Content-Length: 2\r\n") + "{}",
}


class Connection:
    """One connection of a protocol to its own fake with a fixed clock."""

    def __init__(
        self, way: type[BoundedProtocol], app: Any = None, loop: Any = None, **more: Any
    ) -> None:
        still = Settings(time="frozen", seed="wire")
        self.app = app or FakeApp(Engine(SPEC, settings=still, real=lambda: 1e9))
        config = uvicorn.Config(self.app, http=way, **UVICORN)
        config.load()
        self.state, self.wire = ServerState(), Wire()
        loop = loop or asyncio.get_running_loop()
        self.protocol = way(config, self.state, {}, _loop=loop, **more)
        self.protocol.connection_made(self.wire)

    async def send(self, pieces: Iterable[str]) -> None:
        """Send each piece after the one before is processed, large ones in several parts."""
        for piece in pieces:
            for start in range(0, len(piece), LONG):
                if not self.wire.closed:
                    self.protocol.data_received(piece[start : start + LONG].encode())
                    await self.settle()
                    assert not self.wire.paused, "nobody will ever read on"

    async def settle(self) -> None:
        """Run the event loop until only the client can act."""
        for _ in range(100):
            await asyncio.sleep(0)

    def end(self) -> None:
        self.protocol.connection_lost(None)

    def entries(self) -> list[Entry]:
        engine = self.app.engine
        tenant = engine.tenant_of_headers({b"authorization": b"Bearer sk-wire"})
        return list(engine.recorder.journal.entries(tenant))

    def handled(self) -> int:
        return len(self.entries())


async def answers(way: type[Protocol], pieces: list[str], app: FakeApp | None = None) -> bytes:
    connection = Connection(way, app)
    await connection.send(pieces)
    while connection.state.tasks:
        await asyncio.wait(connection.state.tasks)
    connection.end()
    return connection.wire.data


def cut(text: str, places: list[int]) -> list[str]:
    at = sorted(place % len(text) for place in places)
    return [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)]


@settings(deadline=None)  # a body of a MiB takes its time
@given(
    calls=st.lists(st.sampled_from(sorted(CALLS)), min_size=1, max_size=4),
    places=st.lists(st.integers(0, 1 << 21), max_size=4),
)
def test_the_fast_path_and_asgi_answer_the_same_bytes_for_any_pieces(
    calls: list[str], places: list[int]
) -> None:
    pieces = cut("".join(CALLS[name] for name in calls), places)
    short, long = (asyncio.run(answers(way, pieces)) for way in (Protocol, LongWay))
    assert short == long
    assert short.startswith(b"HTTP/1.1 ")


TOKENS = st.sampled_from(["h2c", "H2C", "TLS/1.2", "websocket", "foo, h2c", "IRC/6.9", "a" * 99])
CONNECTIONS = st.sampled_from(
    ["Upgrade", "upgrade, HTTP2-Settings", "keep-alive,UPGRADE", "x\r\nConnection: Upgrade"]
)
MORE = st.sampled_from(["", "HTTP2-Settings: AAMAAABk\r\n", "Upgrade: other\r\n"])
OFFERS = st.builds("Connection: {}\r\nUpgrade:{}{}\r\n{}".format, CONNECTIONS,
                   st.sampled_from([" ", "", "\t"]), TOKENS, MORE)  # fmt: skip


def offering(call: str, offer: str) -> str:
    """The call with an offer to change the protocol."""
    start, _, rest = call.partition("\r\n")
    return f"{start}\r\n{offer}{rest}"


@settings(deadline=None)
@given(
    calls=st.lists(st.sampled_from(sorted(CALLS)), min_size=1, max_size=3),
    offers=st.lists(OFFERS | st.just(""), min_size=3, max_size=3),
    places=st.lists(st.integers(0, 1 << 12), max_size=4),
)
def test_an_offer_of_another_protocol_does_not_change_an_answer(
    calls: list[str], offers: list[str], places: list[int]
) -> None:
    plain = [CALLS[name] for name in calls]
    offered = [offering(call, offer) for call, offer in zip(plain, offers, strict=False)]
    pieces = cut("".join(offered), places)
    assert asyncio.run(answers(Protocol, pieces)) == asyncio.run(answers(Protocol, plain))


def test_the_method_connect_is_refused() -> None:
    calls = [get("there:443", method="CONNECT")]
    assert asyncio.run(answers(Protocol, calls)).startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize("name", ["poll", "list", "create", "create in chunks", "no key"])
def test_an_immediate_answer_needs_no_task(name: str) -> None:
    async def tasks() -> int:
        connection = Connection(Protocol)
        connection.protocol.data_received(CALLS[name].encode())
        assert connection.wire.data.startswith(b"HTTP/1.1 ")
        connection.end()
        return len(connection.state.tasks)

    assert asyncio.run(tasks()) == 0


def test_the_body_of_a_get_is_in_the_journal_on_both_paths() -> None:
    async def kept(way: type[Protocol]) -> list[bytes]:
        connection = Connection(way)
        await connection.send([CALLS["a GET with a body"]])
        connection.end()
        return [entry.body for entry in connection.entries()]

    assert asyncio.run(kept(Protocol)) == asyncio.run(kept(LongWay)) == [b"{}"]


def test_no_call_is_handled_while_the_client_does_not_read() -> None:
    async def handled() -> list[int]:
        connection = Connection(Protocol)
        connection.protocol.pause_writing()
        connection.protocol.data_received((CALLS["poll"] * 5).encode())
        await connection.settle()
        numbers = [connection.handled()]
        connection.protocol.resume_writing()
        await connection.settle()
        connection.end()
        return [*numbers, connection.handled(), connection.wire.data.count(b"200 OK")]

    assert asyncio.run(handled()) == [0, 5, 5]


@pytest.mark.parametrize("broken", ["BREW / COFFEE\r\n\r\n", get("http://there"), get("?x")])
def test_malformed_http_is_refused_after_the_answers_of_earlier_calls(broken: str) -> None:
    answer = asyncio.run(answers(Protocol, [CALLS["poll"] + broken]))
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"400"]


@pytest.mark.parametrize("name", ["create", "create at length"])
def test_a_server_that_stops_completes_only_the_call_that_is_arriving(name: str) -> None:
    async def handled() -> int:
        connection = Connection(Protocol)
        end = CALLS[name].index('"model"')
        await connection.send([CALLS[name][:end]])
        connection.protocol.shutdown()
        await connection.send([CALLS[name][end:], CALLS["create"]])
        connection.end()
        assert b"connection: close" in connection.wire.data
        return connection.handled()

    assert asyncio.run(handled()) == 1


def test_reading_is_paused_while_a_long_body_is_processed() -> None:
    async def check() -> None:
        connection = Connection(Protocol)
        connection.protocol.data_received(CALLS["create at length"][: 2 * LONG].encode())
        assert connection.wire.paused
        await connection.settle()
        assert not connection.wire.paused

    asyncio.run(check())


def test_pipelined_calls_are_answered_one_by_one_between_other_connections() -> None:
    async def check() -> None:
        connection = Connection(Protocol)
        connection.protocol.data_received((CALLS["poll"] * 3).encode())
        assert connection.handled() == 1
        await connection.settle()
        assert connection.handled() == 3
        connection.end()

    asyncio.run(check())


def test_calls_after_a_waiting_one_are_not_parsed_and_reading_is_paused() -> None:
    async def check() -> None:
        waiting = get("/api/v1/tasks/1", headers=f"{KEY}X-Mock-Scenario: latency=9\r\n")
        connection = Connection(LongWay)
        connection.protocol.data_received((waiting + CALLS["poll"] * 2).encode())
        await connection.settle()
        assert (connection.handled(), connection.wire.paused) == (1, False)
        connection.protocol.data_received((CALLS["poll"] * 2000).encode())
        assert (connection.handled(), connection.wire.paused) == (1, True)
        connection.end()
        for task in connection.state.tasks:
            task.cancel()

    asyncio.run(check())


def test_a_client_that_sends_endlessly_after_a_waiting_call_is_disconnected() -> None:
    async def check() -> None:
        held = get("/api/v1/tasks/1", headers=f"{KEY}X-Mock-Scenario: latency=9\r\n")
        connection = Connection(Protocol)
        connection.protocol.data_received((held + CALLS["poll"] * 2000).encode())
        await connection.settle()
        assert not connection.wire.closed
        connection.protocol.data_received(CALLS["poll"].encode())
        assert connection.wire.closed
        connection.end()
        for task in connection.state.tasks:
            task.cancel()

    asyncio.run(check())


class Wrong(FakeApp):
    def answer(self, *parts: Any) -> Reply:
        raise ZeroDivisionError("a mistake of ours")


def test_a_bug_is_answered_500_and_the_server_continues(
    mistakes: list[logging.LogRecord],
) -> None:
    pieces = [CALLS["poll"], CALLS["own path"]]

    def wrong() -> Wrong:
        return Wrong(Engine(SPEC, settings=Settings(seed="wire"), real=lambda: EPOCH))

    short, long = (asyncio.run(answers(way, pieces, wrong())) for way in (Protocol, LongWay))
    assert short == long
    assert len(mistakes) == 2
    assert short.startswith(b"HTTP/1.1 500 ")
