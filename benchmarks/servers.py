"""The measured servers: how to start and stop them, and the requests that they answer."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import calls
from benchmarks.load import BadAnswer, exchange
from benchmarks.machine import SERVER_CORE, on_core
from contracts.spec.loader import Spec
from mock_server.server.run import UVICORN

START_TIMEOUT = 30.0
EMO = str(Path(sys.executable).with_name("emo"))
POLLS = ("RUNNING", "SUCCEEDED")
ROWS = (*(f"poll, {state}" for state in POLLS), "create", "create, invalid body")


@dataclass(frozen=True, slots=True)
class TimedRequest:
    """A request as bytes, and the expected status of its answer."""

    data: bytes
    status: int


@dataclass(frozen=True, slots=True)
class Server:
    """A server to measure. command: starts it on a port. requests: the requests that it can answer,
    by row of the table; called before each burst. does: its work for an answer, in one line.
    judges: whether it validates requests or keeps state, so that the fake must be faster."""

    name: str
    command: Callable[[int], list[str]]
    requests: Callable[[int], dict[str, TimedRequest]]
    does: str
    judges: bool = False


@contextmanager
def running(server: Server) -> Iterator[tuple[int, int, float]]:
    """Run the server on its core: yields port, process id, and seconds to the first answer."""
    port = _free_port()
    with on_core(SERVER_CORE):
        started = time.perf_counter()
        process = subprocess.Popen(
            server.command(port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    try:
        _wait_for_answer(server, port, process)
        yield port, process.pid, time.perf_counter() - started
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_answer(server: Server, port: int, process: subprocess.Popen[bytes]) -> None:
    """Send a request every 2 ms until the server answers."""
    until = time.perf_counter() + START_TIMEOUT
    while time.perf_counter() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{server.name} ended with exit code {process.returncode}")
        try:
            exchange(port, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            return
        except (OSError, BadAnswer):
            time.sleep(0.002)
    raise RuntimeError(f"{server.name} gave no answer within {START_TIMEOUT:.0f} s")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def the_fake(spec: Spec) -> Server:
    """`emo serve` with --time skip, so that tasks soon are SUCCEEDED."""
    known: dict[int, dict[str, TimedRequest]] = {}

    def requests(port: int) -> dict[str, TimedRequest]:
        if port not in known:
            made = [calls.poll(spec, port, state) for state in POLLS]
            made += [calls.create(spec), calls.create_invalid(spec)]
            known[port] = {call.name: TimedRequest(call.request(), call.status) for call in made}
        return known[port]

    return Server(
        "emo",
        lambda port: [EMO, "serve", "--port", str(port), "--time", "skip"],
        requests,
        "authenticates, validates, keeps state, checks its own answers",
        judges=True,
    )


def the_limit(answers: dict[str, bytes], requests: dict[str, TimedRequest]) -> Server:
    """The bare server with these answers. Each row has its own path, which ends with a number."""
    rows: list[tuple[str, str, int, list[list[str]], str]] = []
    asked: dict[str, TimedRequest] = {}
    for number, (row, answer) in enumerate(answers.items()):
        head, _, body = answer.decode().partition("\r\n\r\n")
        headers = [line.split(": ", 1) for line in head.split("\r\n")[1:]]
        method, path, rest = requests[row].data.split(b" ", 2)
        own = path + b"/%d" % number
        rows.append((method.decode(), own.decode(), requests[row].status, headers, body))
        asked[row] = TimedRequest(b" ".join((method, own, rest)), requests[row].status)
    command = [sys.executable, "-m", "benchmarks.bare"]
    return Server(
        "bare",
        lambda port: [*command, str(port), json.dumps(UVICORN), json.dumps(rows)],
        lambda _: asked,
        "a Starlette route each that reads the body and answers the same bytes",
    )
