"""Measures the HTTP protocol and the engine without a socket: processor seconds of a call, from the
bytes of its request to the bytes of its answer, as JSON.

    python -m benchmarks.no_socket

It prints a value for each batch, by row and server: `emo` is the fake, `bare` a Starlette route
that reads the body and sends the same bytes through uvicorn's own protocol. It uses few names of
the project, since compare.py runs it with the modules of an earlier commit, too."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import time
from typing import Any

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from benchmarks.machine import SERVER_CORE, on_core
from contracts.spec.loader import Spec
from mock_server.server.app import create_app
from mock_server.server.fast_path import Protocol
from mock_server.server.run import UVICORN
from mock_server.settings import Settings

CONNECTIONS, CALLS, BATCHES = 32, 64, 12
KEY = "Authorization: Bearer sk-benchmark\r\n"
BatchSeconds = dict[str, dict[str, list[float]]]  # by row and server


def child(*python: str) -> BatchSeconds:
    """The figures of a new process. python: its command; default this one, with this checkout."""
    with on_core(SERVER_CORE):
        command = [*(python or [sys.executable]), __file__]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found: BatchSeconds = json.loads(done.stdout)
    return found


class Collected(asyncio.Transport):
    """The transport of a connection in memory: it keeps the bytes that are written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 8787)})
        self.parts: list[bytes] = []

    def write(self, data: Any) -> None:
        self.parts.append(data)

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def resume_reading(self) -> None: ...

    def close(self) -> None: ...


class Server:
    """Some connections of an app."""

    def __init__(self, app: Any, protocol: Any) -> None:
        config = uvicorn.Config(app, http=protocol, **UVICORN)
        config.load()
        state, loop = ServerState(), asyncio.get_running_loop()
        made = [(protocol(config, state, {}, _loop=loop), Collected()) for _ in range(CONNECTIONS)]
        for connection, transport in made:
            connection.connection_made(transport)
        self._connections = made

    async def answers(self, request: bytes) -> None:
        """One call on each connection at the same time, each with a complete answer."""
        for connection, transport in self._connections:
            transport.parts.clear()
            connection.data_received(request)
        while not all(transport.parts for _, transport in self._connections):
            await asyncio.sleep(0)

    async def answer(self, request: bytes) -> bytes:
        """The bytes of one answer."""
        await self.answers(request)
        return b"".join(self._connections[0][1].parts)

    async def seconds_each(self, request: bytes) -> float:
        """Processor seconds of a call in one batch."""
        began = time.process_time()
        for _ in range(CALLS):
            await self.answers(request)
        return (time.process_time() - began) / CALLS / CONNECTIONS


def bare(request: bytes, answer: bytes) -> Starlette:
    """An app that gives this answer to this request."""
    head, _, content = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    method, path, _ = request.decode().split(" ", 2)

    async def endpoint(received: Request) -> Response:
        if method != "GET":
            await received.body()
        return Response(content, int(status.split()[1]), headers)

    return Starlette(routes=[Route(path, endpoint, methods=[method])])


async def requests(spec: Spec, fake: Server) -> dict[str, bytes]:
    """The measured requests. The task of the poll is PENDING: its clock stands still."""
    operation = spec.operations["createVideoTask"]
    body = json.dumps(next(iter(operation.requests.values())))
    create = (
        f"POST {spec.prefixes[0]}{operation.template} HTTP/1.1\r\nHost: 127.0.0.1\r\n{KEY}"
        f"X-DashScope-Async: enable\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
    made = json.loads((await fake.answer(create)).partition(b"\r\n\r\n")[2])
    path = f"{spec.prefixes[0]}/tasks/{made['output']['task_id']}"
    poll = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{KEY}\r\n".encode()
    return {"poll": poll, "create": create, "create, invalid body": create.replace(b"url", b"uri")}


async def measure() -> BatchSeconds:
    """Measure each row with both servers, batch by batch in turn."""
    spec = Spec.load()
    fake = Server(create_app(Settings(time="frozen"), spec=spec), Protocol)
    found: BatchSeconds = {}
    for row, request in (await requests(spec, fake)).items():
        limit = Server(bare(request, await fake.answer(request)), HttpToolsProtocol)
        gc.collect()
        gc.freeze()
        pairs = [
            (await fake.seconds_each(request), await limit.seconds_each(request))
            for _ in range(BATCHES)
        ]
        emo, least = map(list, zip(*pairs, strict=True))
        found[row] = {"emo": emo, "bare": least}
    return found


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(measure())))
