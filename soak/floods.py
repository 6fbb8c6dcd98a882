"""Floods of requests to a server whose memory is measured. Each ends by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from benchmarks import load
from soak.attacks_on_the_api import BODY
from soak.wire import Connection, request

CREATE = "/api/v1/services/aigc/image2video/video-synthesis"
DETECT = "/api/v1/services/aigc/image2video/face-detect"
POLL = "/api/v1/tasks/5f0e3c1a-0000-4000-8000-000000000000"
ASYNC = "X-DashScope-Async: enable\r\n"
KEY = "sk-memory"
SMALL = 4096  # bytes of a receive buffer
HELD = 4.0  # seconds for which connections are held
MEGABYTE = b"x" * 1_000_000
LONG = 600.0  # seconds, more than any flood takes


@dataclass(frozen=True)
class Flood:
    """A flood. run: takes the port, and whether to send only a hundredth of the requests. bare:
    also measure a bare app."""

    name: str
    run: Callable[[int, bool], Awaitable[None]]
    bare: bool = True


async def _calls(port: int, data: bytes, count: int) -> None:
    options = {"connections": 32, "seconds": LONG, "most": count}
    await asyncio.to_thread(load.run, port, data, 200, **options)  # type: ignore[arg-type]


async def creates_and_polls(port: int, quick: bool) -> None:
    """500,000 creates, then 1,000,000 polls of one task."""
    async with Connection(port) as line:
        own = request("POST", CREATE, BODY, key=KEY + "-poll", headers=ASYNC)
        task = (await line.ask(own)).json()["output"]["task_id"]
    count = 5_000 if quick else 500_000
    await _calls(port, request("POST", CREATE, BODY, key=KEY, headers=ASYNC), count)
    await _calls(port, request("GET", f"/api/v1/tasks/{task}", key=KEY + "-poll"), 2 * count)


async def keys(port: int, quick: bool) -> None:
    """A create for each of 50,000 keys."""
    async with Connection(port) as line:
        for number in range(500 if quick else 50_000):
            await line.ask(request("POST", CREATE, BODY, key=f"{KEY}-{number}", headers=ASYNC))


async def _hold(port: int, each: Iterable[bytes], receive_buffer: int | None = None) -> None:
    """Open a connection for each request, send it, and keep the connection open without reading."""
    async with AsyncExitStack() as stack:
        sending = []
        for data in each:
            line = await stack.enter_async_context(Connection(port, receive_buffer))
            sending.append(asyncio.ensure_future(line.send(data)))
        _, waiting = await asyncio.wait(sending, timeout=HELD)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)
        await asyncio.sleep(HELD)


async def endless_heads(port: int, quick: bool) -> None:
    head = f"GET {POLL} HTTP/1.1\r\n".encode() + b"a: b\r\n" * (500_000 if not quick else 50_000)
    await _hold(port, [head] * 4)


async def pipelined(port: int, quick: bool) -> None:
    del quick
    await _hold(port, [request("GET", POLL, key=KEY) * 30_000] * 8, SMALL)


async def journal_readers(port: int, quick: bool) -> None:
    del quick
    large = request("POST", DETECT, b'{"a":"' + MEGABYTE + b'"}', key=KEY)
    async with Connection(port) as line:
        for _ in range(70):
            await line.ask(large)
    await _hold(port, [request("GET", "/__mock__/journal", key=KEY)] * 6, SMALL)


async def unfinished_bodies(port: int, quick: bool) -> None:
    data = request("POST", DETECT, MEGABYTE, key=KEY)[:-1]
    await _hold(port, [data] * (10 if quick else 100))


async def bodies_too_large(port: int, quick: bool) -> None:
    data = request("POST", DETECT, MEGABYTE * 20, key=KEY)
    await _hold(port, [data] * (2 if quick else 20))


async def idle(port: int, quick: bool) -> None:
    await _hold(port, [b""] * (50 if quick else 500))


FLOODS = [
    Flood("500,000 creates and 1,000,000 polls", creates_and_polls, bare=False),
    Flood("a create for each of 50,000 keys", keys, bare=False),
    Flood("4 requests with endless headers of 3 MB", endless_heads),
    Flood("8 times 30,000 pipelined polls without reading", pipelined),
    Flood("6 clients that request a full journal and do not read it", journal_readers, bare=False),
    Flood("100 bodies of 1 MB without their last byte", unfinished_bodies),
    Flood("20 bodies of 20 MB", bodies_too_large),
    Flood("500 idle connections", idle),
]
