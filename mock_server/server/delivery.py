"""Acts out what becomes of an answer on its way: late, in drops, cut off, never. On a socket by the
bytes and the end of the connection; in this process by raising what httpx would raise. It decides
nothing: mock_server.scenarios.faults says what is to happen."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from bisect import bisect_right
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from starlette.types import Scope, Send

from mock_server.server.http1 import head
from mock_server.simulation.call import Line, Reply

if TYPE_CHECKING:
    from httpx import RequestError

# Real seconds from now until a moment of the tenant's time; inf while its clock is frozen.
Left = Callable[[float], float]

SLICE = 0.05  # so often it is looked whether somebody moved the clock, or the client left
DROP = 0.01  # so long at least between two drops
LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)  # RST in place of FIN
ROUNDING = 1e-6  # a clock that is moved in two steps may end this little before their sum
UNSENT = 0x894B  # SIOCOUTQNSD: bytes that Linux has not put on the wire


def is_on_socket(scope: Scope) -> bool:
    """Whether the call came through a server, not from this process."""
    return "transport" in (scope.get("state") or {})


async def act_out(reply: Reply, scope: Scope, send: Send, left: Left) -> bool:
    """Act out the reply's line. True: the answer is now to be sent as any other; False: all is done
    with it. Raises what httpx would raise where there is no socket."""
    line = reply.line or Line()
    transport = (scope.get("state") or {}).get("transport")
    if transport is not None:
        return await _on_socket(reply, line, scope, send, left)
    await _until(line.due, left)
    error = httpx_error(reply, scope["method"])
    if error is not None:
        raise error
    return True


def httpx_error(reply: Reply, method: str = "GET") -> RequestError | None:
    """What httpx raises when this answer comes on a socket; None where it arrives whole, as all of
    an answer to HEAD does whose head arrives."""
    import httpx  # late: the server has no need of it

    line = reply.line or Line()
    if method == "HEAD" and line.sent != -1:
        return None
    if line.end == "refuse":
        return httpx.ConnectError("[Errno 111] Connection refused")
    if line.end == "reset":
        return httpx.ReadError("[Errno 104] Connection reset by peer")
    if line.end == "hold":
        return httpx.ReadTimeout("timed out")
    broken = _broken_off(reply, line)
    return httpx.RemoteProtocolError(broken) if broken else None


def _broken_off(reply: Reply, line: Line) -> str:
    """What h11 says of an answer that ends too early; "" where it does not."""
    if line.sent == -1:
        return "Server disconnected without sending a response."
    expected = int(dict(reply.headers).get(b"content-length", b"0"))
    received = len(reply.body[: line.sent])
    if received >= expected:
        return ""
    why = f"complete message body (received {received} bytes, expected {expected})"
    return f"peer closed connection without sending {why}"


async def _on_socket(reply: Reply, line: Line, scope: Scope, send: Send, left: Left) -> bool:
    transport: asyncio.Transport = scope["state"]["transport"]
    try:
        there = await _until(line.due, left, transport)
        if there and line.end in ("", "stale") and not line.rate and line.sent is None:
            return True
        if there:
            await _write(_bytes(reply, line, scope["method"]), line, transport, left)
            await _end(line, scope, transport)
    except BaseException:
        transport.abort()  # the server stops: better no answer than uvicorn's 500
        raise
    await _done(send)
    return False


async def _until(moment: float, left: Left, transport: asyncio.Transport | None = None) -> bool:
    """Wait for a moment of the tenant's time; whether the client is still there then."""
    while transport is None or _is_there(transport):
        seconds = left(moment - ROUNDING)
        if seconds <= 0:
            return True
        await asyncio.sleep(min(seconds, SLICE))
    return False


def _is_there(transport: asyncio.Transport) -> bool:
    """Whether the client has not left. That is seen by reading, which stops where it has sent much
    more behind this call; one that then goes on to send is cut off."""
    if not transport.is_closing():
        transport.resume_reading()
    return not transport.is_closing()


def _bytes(reply: Reply, line: Line, method: str) -> bytes:
    """What goes on the wire."""
    if line.sent == -1:
        return b""
    body = b"" if method == "HEAD" else reply.body[: line.sent]
    return head(reply, close=True) + body


async def _write(data: bytes, line: Line, transport: asyncio.Transport, left: Left) -> None:
    """Write, and wait until all of it is on its way: an RST would overtake what still lies here."""
    if line.rate:
        await _drip(data, line, transport, left)
    elif not transport.is_closing():
        transport.write(data)
    while not transport.is_closing() and _unsent(transport):
        await asyncio.sleep(DROP)


async def _drip(data: bytes, line: Line, transport: asyncio.Transport, left: Left) -> None:
    """Each byte at its moment; those whose moment is past go together."""

    def seconds(number: int) -> float:
        return left(line.due + number / line.rate - ROUNDING)

    sent = 0
    while sent < len(data) and not transport.is_closing():
        due = bisect_right(range(len(data) + 1), 0.0, lo=sent, key=seconds) - 1
        if due > sent:
            transport.write(data[sent:due])
            sent = due
        await asyncio.sleep(min(max(seconds(sent + 1), DROP), SLICE))


def _unsent(transport: asyncio.Transport) -> int:
    """Bytes in our buffer, and where the system tells also in its own."""
    size = transport.get_write_buffer_size()
    if size or sys.platform != "linux":
        return size
    from fcntl import ioctl

    number = transport.get_extra_info("socket").fileno()
    return int.from_bytes(ioctl(number, UNSENT, b"\0" * 4), sys.byteorder)


async def _end(line: Line, scope: Scope, transport: asyncio.Transport) -> None:
    """What becomes of the connection. Bytes of ours said `connection: close`: it never stays."""
    while line.end == "hold" and _is_there(transport):
        await asyncio.sleep(SLICE)
    if transport.is_closing():
        return
    if line.end == "refuse" and "refuse" in scope["state"]:
        scope["state"]["refuse"](line.seconds)
    if line.end in ("reset", "refuse"):
        _reset(transport)
    else:
        transport.close()


def leave(line: Line, scope: Scope) -> None:
    """Do what is still to be done to the connection once the answer is sent."""
    transport = (scope.get("state") or {}).get("transport")
    if line.end != "stale" or transport is None or transport.is_closing():
        return
    if getattr(transport.get_protocol(), "has_unread", False):
        _reset(transport)  # the next call came with this one, pipelined
    else:
        transport.set_protocol(_Stale(transport))


class _Stale(asyncio.Protocol):
    """Lets a kept connection die at the next call, as one does that a proxy gave up meanwhile. What
    else happens to it is the business of the protocol that had it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._before: Any = transport.get_protocol()

    def data_received(self, data: bytes) -> None:
        del data
        _reset(self._transport)

    def eof_received(self) -> None:
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._before.connection_lost(exc)

    def pause_writing(self) -> None:
        self._before.pause_writing()

    def resume_writing(self) -> None:
        self._before.resume_writing()


def _reset(transport: asyncio.Transport) -> None:
    """End the connection by RST."""
    sock = transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
    transport.abort()


async def _done(send: Send) -> None:
    """Let uvicorn take the call for answered; nothing of this passes the ended connection."""
    with suppress(RuntimeError):  # uvloop's, where it is gone altogether
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
