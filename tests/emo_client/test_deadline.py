"""A server that keeps the connection busy and never answers blocks no call (real sockets). The
bound is the timeout plus GRACE, and the time of one scheduling; SLACK is for a busy machine."""

import select
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from emo_client import ConnectionFailed, TaskTimeout
from emo_client.async_client import AsyncClient
from emo_client.client import Client
from emo_client.intake import GRACE
from emo_client.time_limit import bound_reads, time_limit

# The bytes sent first, and those repeated until the client disconnects.
BUSY = {
    "a head byte by byte": (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
    "100 Continue for ever": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body byte by byte": (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"a"),
}
LIMIT, SLACK = 0.2, 3.0


@pytest.fixture(params=BUSY.values(), ids=BUSY)
def busy(request: pytest.FixtureRequest) -> Iterator[str]:
    """The base URL of such a server."""
    first, again = request.param
    listener = socket.create_server(("127.0.0.1", 0))

    def hold(line: socket.socket) -> None:
        with line:
            try:
                line.sendall(first)
                for _ in range(500):  # until the client leaves or the test has failed
                    if select.select([line], [], [], LIMIT / 10)[0] and not line.recv(65536):
                        break
                    line.sendall(again)
            except ConnectionError:
                pass

    def accept() -> None:
        try:
            while True:
                threading.Thread(target=hold, args=(listener.accept()[0],), daemon=True).start()
        except OSError:  # closed
            pass

    threading.Thread(target=accept, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture
def emo_there(emo_with, busy: str):
    """A client of either kind with the real clock."""
    emo = emo_with(base_url=busy, timeout=LIMIT)
    kind = Client if isinstance(emo.client(), Client) else AsyncClient
    del emo.options["clock"], emo.options["now"]
    emo.client = lambda: kind(**emo.options)
    return emo


def test_a_wait_ends_while_the_connection_stays_busy(emo_there) -> None:
    began = time.monotonic()
    with pytest.raises(TaskTimeout, match="came too slowly"):
        emo_there.wait("t", timeout=2 * LIMIT)
    assert time.monotonic() - began < 10


def test_a_call_that_was_not_answered_in_time_may_have_arrived(emo_there) -> None:
    began = time.monotonic()
    with pytest.raises(ConnectionFailed, match="came too slowly") as caught:
        emo_there.detect("https://x/p.png")
    assert time.monotonic() - began < LIMIT + GRACE + SLACK
    assert caught.value.may_have_arrived


class Stream:
    """A connection of httpx; `read` returns the timeout that it was given."""

    def read(self, max_bytes: int, timeout: float | None = None) -> float | None:
        return timeout


@pytest.mark.parametrize(
    "event", ["connection.connect_tcp", "connection.start_tls", "proxy.start_tls"]
)
def test_each_read_from_a_connection_ends_at_the_deadline(event: str) -> None:
    stream, left = Stream(), [5.0]
    bound_reads(f"{event}.complete", {"return_value": stream})
    assert stream.read(9, timeout=30.0) == 30.0  # outside of a call of ours
    with time_limit(lambda: left[0]):
        assert (stream.read(9, timeout=30.0), stream.read(9, timeout=2.0)) == (5.0, 2.0)
        assert stream.read(9) == 5.0
        left[0] = 0.0
        with pytest.raises(httpx.ReadTimeout, match="came too slowly"):
            stream.read(9, timeout=30.0)
    assert stream.read(9, timeout=30.0) == 30.0


def test_other_events_of_httpx_are_left_alone() -> None:
    bound_reads("connection.connect_tcp.started", {"host": "x"})
    bound_reads("http11.receive_response_headers.complete", {"return_value": (b"HTTP/1.1", 200)})
