"""Connections with an inactive client are closed after a timeout for each phase; connections that
wait for the server are not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.http1.bounds import LINGER_SECONDS, SWEEP_SECONDS, Timeouts
from contracts.http1.protocol import BoundedProtocol
from contracts.http1.sweep import Sweep
from mock_server.server.fast_path import Protocol
from tests.mock_server.server.test_fast_path import CALLS, Connection

LOOK = SWEEP_SECONDS  # a connection is closed at the next look
TIMEOUTS = Timeouts(keep_alive=5, head=10, body=30, write=60)
POLL, CREATE = CALLS["poll"], CALLS["create"]
Scene = Callable[[Connection, "Timers"], Coroutine[Any, Any, None]]


class Timers:
    """An event loop with a clock that the test moves; everything else is the running loop."""

    def __init__(self) -> None:
        self.now, self.timers = 0.0, list["Timer"]()
        self._loop = asyncio.get_running_loop()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    def time(self) -> float:
        return self.now

    def call_at(self, moment: float, look: Callable[..., None], *args: Any) -> Timer:
        self.timers.append(Timer(self, moment, lambda: look(*args)))
        return self.timers[-1]

    def run_until(self, moment: float) -> None:
        while self.timers and (first := min(self.timers, key=lambda t: t.moment)).moment <= moment:
            self.timers.remove(first)
            self.now = max(self.now, first.moment)
            first.look()
        self.now = moment


class Timer:
    def __init__(self, timers: Timers, moment: float, look: Callable[[], None]) -> None:
        self.timers, self.moment, self.look = timers, moment, look

    def cancel(self) -> None:
        if self in self.timers.timers:
            self.timers.timers.remove(self)


async def never(scope: Any, receive: Any, send: Any) -> None:
    """An application that never answers and reads no body."""
    await asyncio.Event().wait()


def play(
    scene: Scene,
    way: type[BoundedProtocol] = Protocol,
    app: Any = None,
    timeouts: Timeouts = TIMEOUTS,
) -> None:
    async def run() -> None:
        timers = Timers()
        connection = Connection(way, app, loop=timers, timeouts=timeouts)
        await scene(connection, timers)
        assert len(timers.timers) == 1
        connection.protocol.connection_lost(OSError())
        assert not timers.timers
        for task in connection.state.tasks:
            task.cancel()

    asyncio.run(run())


def test_a_connection_is_closed_after_5_idle_seconds() -> None:
    async def scene(connection: Connection, timers: Timers) -> None:
        await connection.send([POLL])
        timers.run_until(4.0)
        await connection.send([POLL, POLL])
        timers.run_until(8.9)
        assert not connection.wire.closed
        timers.run_until(9.0 + LOOK)
        assert connection.wire.closed

    play(scene)


@settings(max_examples=40, deadline=None)
@given(gaps=st.lists(st.floats(0.1, 6.0), min_size=1, max_size=6))
def test_a_connection_is_closed_5_s_after_its_last_request_or_one_look_later(
    gaps: list[float],
) -> None:
    async def scene(connection: Connection, timers: Timers) -> None:
        for gap in gaps:
            await connection.send([POLL])
            timers.run_until(timers.now + gap)
            if connection.wire.closed:
                assert gap >= 5.0
                return
            assert gap < 5.0 + LOOK

    play(scene)


def test_a_connection_without_a_request_is_closed_without_an_answer() -> None:
    async def scene(connection: Connection, timers: Timers) -> None:
        timers.run_until(9.9)
        assert not connection.wire.closed
        timers.run_until(10.0 + LOOK)
        assert connection.wire.closed
        assert connection.wire.data == b""

    play(scene)


def test_a_request_head_has_10_s_to_be_complete() -> None:
    async def scene(connection: Connection, timers: Timers) -> None:
        await connection.send([POLL])
        timers.run_until(3.0)
        for second in range(3, 13):
            assert not connection.wire.closed
            await connection.send([POLL[second - 3]])
            timers.run_until(second + 0.99)
        timers.run_until(13.0 + LOOK)
        assert b"HTTP/1.1 408 " in connection.wire.data
        assert b"--timeout-head 10" in connection.wire.data
        assert connection.wire.closed

    play(scene)


def test_a_refused_connection_stays_open_until_the_client_could_read_the_answer() -> None:
    async def scene(connection: Connection, timers: Timers) -> None:
        await connection.send(["BREW / COFFEE\r\n\r\n", POLL, POLL])
        assert connection.wire.data.count(b"HTTP/1.1 ") == 1
        assert (connection.wire.ended, connection.wire.closed) == (True, False)
        timers.run_until(LINGER_SECONDS - LOOK)
        assert not connection.wire.closed
        timers.run_until(LINGER_SECONDS + LOOK)
        assert connection.wire.closed

    play(scene)


def test_a_body_times_out_30_s_after_its_last_byte() -> None:
    async def scene(connection: Connection, timers: Timers) -> None:
        await connection.send([CREATE[:-40]])
        timers.run_until(29.0)
        await connection.send([CREATE[-40:-1]])
        timers.run_until(30.9)
        assert not connection.wire.closed
        timers.run_until(59.0 + LOOK)
        assert b"HTTP/1.1 408 " in connection.wire.data
        assert connection.handled() == 0

    play(scene)


def test_a_body_that_is_too_slow_times_out() -> None:
    async def scene(connection: Connection, timers: Timers) -> None:
        head, *_ = CALLS["create too much"].partition("\r\n\r\n")
        await connection.send([head + "\r\n\r\n"])
        second = 0
        while not connection.wire.closed:
            await connection.send(["x"])
            second += 1
            timers.run_until(second)
        assert 30 <= second <= 32

    play(scene)


def test_an_upload_at_500_bytes_a_second_is_accepted() -> None:
    async def scene(connection: Connection, timers: Timers) -> None:
        call = CALLS["create at length"]
        for number, start in enumerate(range(0, len(call), 5000)):
            timers.run_until(10 * number)
            await connection.send([call[start : start + 5000]])
        assert b"HTTP/1.1 200 " in connection.wire.data

    play(scene)


def test_a_call_that_waits_for_its_answer_does_not_time_out() -> None:
    async def scene(connection: Connection, timers: Timers) -> None:
        await connection.send([POLL])
        timers.run_until(1000.0)
        assert not connection.wire.closed

    play(scene, BoundedProtocol, never)


def test_a_body_that_the_application_does_not_read_yet_does_not_time_out() -> None:
    async def scene(connection: Connection, timers: Timers) -> None:
        call = CALLS["create when told to"]
        connection.protocol.data_received(call[: call.index('{"model"')].encode())
        await connection.settle()
        timers.run_until(1000.0)
        assert not connection.wire.closed

    play(scene, BoundedProtocol, never)


def test_a_client_that_does_not_read_its_answer_is_disconnected() -> None:
    async def scene(connection: Connection, timers: Timers) -> None:
        connection.wire.unsent = 100
        timers.run_until(9.0)
        await connection.send([POLL])
        timers.run_until(70.0)
        connection.wire.unsent = 50  # it reads slowly
        timers.run_until(125.0)
        connection.wire.closed = False  # so it was for being idle
        timers.run_until(240.0)
        assert connection.wire.closed

    play(scene)


def test_the_timeouts_can_be_set() -> None:
    async def scene(connection: Connection, timers: Timers) -> None:
        await connection.send([POLL])
        timers.run_until(59.0)
        assert not connection.wire.closed
        await connection.send([POLL[:9]])
        timers.run_until(60.0 + LOOK)
        assert connection.wire.closed

    play(scene, timeouts=Timeouts(keep_alive=60, head=1))


def test_one_timer_serves_all_connections_and_no_call_sets_another() -> None:
    async def run() -> None:
        timers, sweep = Timers(), Sweep()
        connections = [Connection(Protocol, loop=timers, sweep=sweep) for _ in range(3)]
        (first,) = timers.timers
        for connection in connections:
            await connection.send([POLL, POLL])
        assert timers.timers == [first]
        timers.run_until(30.0)
        assert all(connection.wire.closed for connection in connections)
        for connection in connections:
            assert timers.timers
            connection.end()
        assert not timers.timers

    asyncio.run(run())


def test_a_timed_out_request_is_answered_once_even_if_the_client_reads_nothing() -> None:
    async def scene(connection: Connection, timers: Timers) -> None:
        await connection.send([POLL[:9]])
        timers.run_until(50.0)
        assert connection.wire.data.count(b"HTTP/1.1 408 ") == 1

    play(scene)
