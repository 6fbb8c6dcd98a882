"""A call that has ended, however it ended, leaves no open connection and no thread."""

import asyncio
import select
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from emo_client import AsyncClient, Client, ConnectionFailed, DownloadFailed, TaskTimeout

BODY = b'{"output": {"task_id": "t", "task_status": "RUNNING"}}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
TIMEOUT, PATIENCE = 0.1, 20.0  # seconds; of the client, and until a test fails


def drip(line: socket.socket) -> None:
    """Send a head byte by byte, until the client leaves or the test has failed."""
    line.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(1000):
        if select.select([line], [], [], TIMEOUT / 10)[0]:
            break
        line.sendall(b"a")


class Server:
    """Sends `first` for the first request of a connection; for others it only calls `then`."""

    def __init__(self) -> None:
        self.first, self.open, self.changed = b"", 0, threading.Condition()
        self.then: Callable[[socket.socket], object] = lambda _: None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/api/v1"
        self.start(self.accept)

    def start(self, act: Callable[[], None]) -> None:
        threading.Thread(target=act, name="server", daemon=True).start()

    def accept(self) -> None:
        with suppress(OSError):  # the test is over
            while True:
                line, _ = self.listener.accept()
                self.open += 1
                self.start(partial(self.hold, line))

    def hold(self, line: socket.socket) -> None:
        with line, suppress(ConnectionError):
            left = self.first
            while line.recv(65536):
                line.sendall(left)
                if not left:
                    self.then(line)
                left = b""
        with self.changed:
            self.open -= 1
            self.changed.notify()

    def is_left(self) -> bool:
        """Whether the client has closed all connections, or closes them soon."""
        with self.changed:
            return self.changed.wait_for(lambda: self.open == 0, PATIENCE)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.listener.shutdown(socket.SHUT_RDWR)
    made.listener.close()


@pytest.fixture
def call(emo_with: Any, server: Server) -> Any:
    """Calls methods of one client, which is not closed, and checks what the last one left."""
    options: Any = {"api_key": "sk-0123456789abcdef", "base_url": server.url, "timeout": TIMEOUT}

    def left_by(act: Callable[[], Any]) -> Any:
        before = {thread for thread in threading.enumerate() if thread.name != "server"}
        try:
            return act()
        finally:
            assert {t for t in threading.enumerate() if t.name != "server"} <= before

    def with_client(name: str, *args: Any, **named: Any) -> Any:
        emo = Client(**options)
        try:
            emo.get("t") if server.first else None
            return getattr(emo, name)(*args, **named)
        finally:
            assert server.is_left()

    async def with_async_client(name: str, *args: Any, **named: Any) -> Any:
        emo = AsyncClient(**options)
        try:
            await emo.get("t") if server.first else None
            return await getattr(emo, name)(*args, **named)
        finally:
            assert server.is_left()

    is_sync = emo_with.__name__ == "Sync"
    run = with_client if is_sync else lambda *a, **n: asyncio.run(with_async_client(*a, **n))
    return lambda *args, **named: left_by(lambda: run(*args, **named))


def test_a_call_without_an_answer_leaves_nothing_open(call) -> None:
    with pytest.raises(ConnectionFailed, match="ReadTimeout"):
        call("cancel", "t")


def test_a_wait_that_ended_at_its_deadline_leaves_nothing_open(call) -> None:
    with pytest.raises(TaskTimeout, match="has not been seen"):
        call("wait", "t", timeout=0.5)


def test_a_download_that_ended_at_its_deadline_leaves_nothing_open(call, server, tmp_path) -> None:
    with pytest.raises(DownloadFailed, match="ReadTimeout"):
        call("download", server.url, tmp_path / "v.mp4", timeout=0.5)
    assert list(tmp_path.iterdir()) == []


def test_a_head_that_comes_byte_by_byte_on_a_kept_connection_ends_the_call(call, server) -> None:
    server.first, server.then = ANSWER, drip
    with pytest.raises(ConnectionFailed, match="came too slowly"):
        call("cancel", "t")


@pytest.fixture
def ctrl_c() -> Iterator[Callable[[object], None]]:
    """Sends the signal of Ctrl-C to the thread of the test."""
    before, main = signal.signal(signal.SIGINT, signal.default_int_handler), threading.get_ident()
    yield lambda _: signal.pthread_kill(main, signal.SIGINT)
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals of POSIX")
@pytest.mark.parametrize("name", ["wait", "cancel", "download"])
def test_a_call_that_ctrl_c_interrupted_leaves_nothing_open(
    call, server, ctrl_c, tmp_path, name
) -> None:
    server.then = ctrl_c
    args = (server.url, tmp_path / "v.mp4") if name == "download" else ("t",)
    with pytest.raises(KeyboardInterrupt):
        call(name, *args)
    assert list(tmp_path.iterdir()) == []


def test_a_canceled_task_of_asyncio_leaves_nothing_open(server) -> None:
    async def run() -> None:
        emo = AsyncClient(api_key="sk-0123456789abcdef", base_url=server.url)
        waiting = asyncio.create_task(emo.wait("t"))
        loop = asyncio.get_running_loop()
        server.then = lambda _: loop.call_soon_threadsafe(waiting.cancel)
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert server.is_left()

    asyncio.run(run())
