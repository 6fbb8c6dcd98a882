"""The load generator: sends prebuilt requests in a closed loop over a few keep-alive connections.

It uses one thread, plain sockets and a selector, and parses only enough of HTTP/1.1 to find the end
of an answer. Time and number of requests are limited."""

from __future__ import annotations

import gc
import selectors
import socket
from array import array
from dataclasses import dataclass
from time import perf_counter, process_time

TIMEOUT = 30.0


class BadAnswer(Exception):
    """An unexpected answer; the text of the error has its beginning."""


@dataclass(frozen=True, slots=True)
class Load:
    """The result of one burst. latencies: seconds, sorted. busy: the share of the time in which the
    generator itself computed; near 1 the generator is the bottleneck, not the server."""

    seconds: float
    latencies: array[float]
    busy: float

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def quantile(self, q: float) -> float:
        """The quantile `q` of the latencies, in seconds."""
        return self.latencies[min(len(self.latencies) - 1, int(q * len(self.latencies)))]


class _Connection:
    __slots__ = ("buffer", "sent", "sock")

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.sent = 0.0


def answer_end(data: bytes) -> int:
    """The end of the first answer in `data`; 0 if the answer is incomplete."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return 0
    names = data[:head].lower()
    at = names.find(b"\r\ncontent-length:")
    if at >= 0:
        end = names.find(b"\r\n", at + 17)
        size = int(names[at + 17 : end if end > 0 else head])
        return head + 4 + size if len(data) >= head + 4 + size else 0
    if b"\r\ntransfer-encoding: chunked" in names:
        end = data.find(b"0\r\n\r\n", head)
        return end + 5 if end >= 0 else 0
    raise BadAnswer(f"no length in {data[:200]!r}")


def exchange(port: int, request: bytes) -> bytes:
    """Send one request on a new connection and return the whole answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as sock:
        sock.sendall(request)
        data = b""
        while not answer_end(data):
            part = sock.recv(65536)
            if not part:
                raise BadAnswer(f"the connection ended after {data[:200]!r}")
            data += part
        return data


def run(
    port: int, request: bytes, status: int, *, connections: int, seconds: float, most: int = 10**6
) -> Load:
    """Send `request` repeatedly for `seconds` or until `most` answers have arrived.

    Raises BadAnswer for an answer with another status."""
    expected = b"HTTP/1.1 %d " % status
    latencies = array("d")
    clients = [_Connection(port) for _ in range(connections)]
    selector = selectors.DefaultSelector()
    for client in clients:
        selector.register(client.sock, selectors.EVENT_READ, client)
    gc.disable()
    try:
        started, computed = perf_counter(), process_time()
        for client in clients:
            client.sent = perf_counter()
            client.sock.sendall(request)
        _loop(selector, request, expected, latencies, started + seconds, most)
        took, computed = perf_counter() - started, process_time() - computed
    finally:
        gc.enable()
        selector.close()
        for client in clients:
            client.sock.close()
    return Load(took, array("d", sorted(latencies)), computed / took)


def _loop(
    selector: selectors.BaseSelector,
    request: bytes,
    expected: bytes,
    latencies: array[float],
    until: float,
    most: int,
) -> None:
    while True:
        ready = selector.select(TIMEOUT)
        if not ready:
            raise BadAnswer(f"no answer within {TIMEOUT:.0f} s")
        for key, _ in ready:
            client: _Connection = key.data
            data = client.sock.recv(65536)
            if client.buffer or not answer_end(data):
                client.buffer += data
                if not data:
                    raise BadAnswer("the connection ended under load")
                if not answer_end(client.buffer):
                    continue
                data, client.buffer = client.buffer, b""
            now = perf_counter()
            latencies.append(now - client.sent)
            if not data.startswith(expected):
                raise BadAnswer(f"expected {expected.decode()}but got {data[:300]!r}")
            if now >= until or len(latencies) >= most:
                return
            client.sent = now
            client.sock.sendall(request)
