"""Plain HTTP/1.1 for the clients of the soak: requests as bytes, and connections."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from typing import Any, NamedTuple, Self

HOST = "127.0.0.1"
HANG = 20.0  # seconds; an answer that takes longer counts as a hang


class Answer(NamedTuple):
    """An answer. seconds: from the request to the last byte."""

    status: int
    body: bytes
    seconds: float

    def json(self) -> Any:
        """The value of the JSON body. Raises ValueError if it is not JSON."""
        return json.loads(self.body)


def request(
    method: str, path: str, body: bytes = b"", *, key: str = "", headers: str = "", host: str = HOST
) -> bytes:
    """A request. headers: complete lines with their line ends. key: "" sends no Authorization."""
    lines = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}"
    if key:
        lines += f"Authorization: Bearer {key}\r\n"
    if body:
        lines += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{lines}\r\n".encode() + body


class Connection:
    """A keep-alive connection, as an async context manager."""

    def __init__(self, port: int, receive_buffer: int | None = None) -> None:
        self._port, self._receive_buffer = port, receive_buffer

    async def __aenter__(self) -> Self:
        sock = socket.socket()
        sock.setblocking(False)
        if self._receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await asyncio.get_running_loop().sock_connect(sock, (HOST, self._port))
            self.reader, self.writer = await asyncio.open_connection(sock=sock)
        except BaseException:
            sock.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()

    async def ask(self, data: bytes) -> Answer:
        """The answer to one request. Raises OSError, EOFError or TimeoutError without one."""
        began = time.perf_counter()
        async with asyncio.timeout(HANG):
            self.writer.write(data)
            head = await self.reader.readuntil(b"\r\n\r\n")
            body = await self.reader.readexactly(_length(head))
        return Answer(int(head[9:12]), body, time.perf_counter() - began)

    async def send(self, data: bytes) -> None:
        """Write, and wait until the server has read most of it."""
        self.writer.write(data)
        await self.writer.drain()

    async def read_to_end(self, within: float, most: int = 64 << 20) -> bytes:
        """Read until the server closes. Raises TimeoutError after `within` s without a byte."""
        parts, size = [], 0
        while size < most:
            async with asyncio.timeout(within):
                part = await self.reader.read(1 << 16)
            if not part:
                break
            parts.append(part)
            size += len(part)
        return b"".join(parts)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    raise EOFError(f"an answer without a length: {head[:200]!r}")
