"""Limits and timeouts of connections on real sockets, of the fake and of the recorder."""

from __future__ import annotations

import asyncio
import json
import re
import select
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from errno import EMFILE
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.http1.descriptors import DescriptorWatch
from contracts.spec.loader import Spec
from tests.helpers.cassette import recording
from tests.helpers.cli import CLEAN, EMO

Serve = Callable[..., AbstractContextManager[str]]
POLL = b"GET /api/v1/tasks/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-socket\r\n\r\n"


@pytest.fixture(scope="module", params=["the fake", "the recorder"])
def base(
    request: pytest.FixtureRequest,
    serve: Serve,
    spec: Spec,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    with serve() as fake:
        if request.param == "the fake":
            yield fake
            return
        with recording(spec, fake, tmp_path_factory.mktemp("recorder") / "c.json") as recorder:
            yield recorder


@contextmanager
def connected(url: str, **sizes: int) -> Iterator[socket.socket]:
    """A connection. sizes: of the buffers of the operating system, in bytes."""
    with socket.socket() as sock:
        for name, size in sizes.items():
            sock.setsockopt(socket.SOL_SOCKET, getattr(socket, name), size)
        sock.settimeout(20)
        sock.connect((httpx.URL(url).host, httpx.URL(url).port or 80))
        yield sock


def all_of(sock: socket.socket) -> bytes:
    """All bytes until the server closes the connection."""
    return b"".join(iter(lambda: sock.recv(1 << 16), b""))


@pytest.mark.parametrize("line", [b"a: b\r\n" * 10_000, b"a" * 60_000], ids=["lines", "one line"])
def test_a_client_that_is_still_sending_receives_the_431(base: str, line: bytes) -> None:
    with connected(base) as sock:
        sock.sendall(POLL[:-2])
        for _ in range(100):
            sock.sendall(line)
        sock.shutdown(socket.SHUT_WR)
        answer = all_of(sock)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert answer.lower().count(b"connection: close") == 1


@pytest.mark.parametrize("data", [b"BREW / COFFEE\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00"])
def test_bytes_that_are_not_http_are_answered_400_at_once(base: str, data: bytes) -> None:
    with connected(base) as sock:
        sock.sendall(data)
        assert all_of(sock).startswith(b"HTTP/1.1 400 ")


def test_the_recorder_answers_an_invalid_request_with_the_reason(
    spec: Spec, tmp_path: Path
) -> None:
    recorder = recording(spec, "http://127.0.0.1:9", tmp_path / "c.json")
    with recorder as url, connected(url) as sock:
        sock.sendall(b"\x16\x03\x01")
        _, _, text = all_of(sock).partition(b"\r\n\r\n")
    assert text == (
        b"This request is refused: it is TLS, and this port speaks plain HTTP: begin the URL with "
        b"http://.\n"
    )


def test_a_client_that_reads_late_gets_every_answer(serve: Serve) -> None:
    with serve() as url, connected(url, SO_RCVBUF=4096, SO_SNDBUF=4096) as sock:
        sock.setblocking(False)
        sent = 0
        while select.select([], [sock], [], 0.5)[1]:
            sent += sock.send((POLL * 500)[sent % len(POLL) :])
            assert sent < 64 << 20
        sock.settimeout(20)
        asked, answered, tail = sent // len(POLL), 0, b""
        while answered < asked:
            block = tail + sock.recv(1 << 20)
            answered += block.count(b"HTTP/1.1 200")
            tail = block[-11:]
    assert answered == asked


IDLE, LIMIT = 60, 48


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`emo serve` with few file descriptors: its URL, and the process."""
    limited = ["sh", "-c", f'ulimit -n {LIMIT}; exec "$@"', "sh"]
    command = [*limited, *EMO, "serve", "--port", "0", "--log", "json", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=CLEAN) as process:
        try:
            assert process.stderr
            yield json.loads(process.stderr.readline())["url"], process
        finally:
            process.terminate()


def test_missing_file_descriptors_are_reported_once_and_idle_clients_are_closed() -> None:
    with serving("--timeout-head", "0.5") as (url, process), ExitStack() as stack:
        for _ in range(IDLE):
            stack.enter_context(connected(url)).sendall(b"GET / HT")
        assert process.stderr
        line = json.loads(process.stderr.readline())
        assert line["event"] == "descriptors"
        assert f"the limit is {LIMIT}" in line["message"]
        assert "`ulimit -n`" in line["message"]
        timed_out = json.loads(process.stderr.readline())
        assert timed_out["status"] == 408
        assert timed_out["reason"].startswith("its head was not complete in time (--timeout-head")
        assert httpx.get(f"{url}/__mock__/health", trust_env=False).status_code == 200
        metrics = httpx.get(f"{url}/__mock__/metrics", trust_env=False).text
        process.terminate()
        assert "descriptors" not in process.stderr.read()
    assert re.search(r'exchanges_total{operation="none",status="408"} [1-9]', metrics)


class FullLoop(asyncio.SelectorEventLoop):
    """An event loop that cannot accept connections, and whose timers run at once."""

    def call_later(self, delay: float, callback: Any, *args: Any, context: Any = None) -> Any:
        return callback(*args)


def test_an_event_loop_that_cannot_accept_reports_it_once() -> None:
    loop, said = FullLoop(), list[str]()
    DescriptorWatch(said.append).watch_accepting(loop, ["a connection"] * 3)
    for _ in range(2):  # asyncio tries again each second
        error = OSError(EMFILE, "Too many open files")
        loop.call_exception_handler({"message": "socket.accept() failed", "exception": error})
    loop.close()
    (sentence,) = said
    assert sentence.startswith("out of file descriptors: 3 connections are open and the limit is ")
