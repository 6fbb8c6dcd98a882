"""Delivers a reply with its fault: late, slowly, cut off, or never. On a socket by the bytes and
the end of the connection; in process by raising the exception of httpx."""

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
from mock_server.simulation.call import Delivery, Reply

if TYPE_CHECKING:
    from httpx import RequestError

# Seconds of the machine's time until a moment of the tenant's time; inf if its clock is frozen.
Left = Callable[[float], float]

# seconds between two looks at the clock, which a control call may move, and the client
SLICE = 0.05
DROP = 0.01  # seconds between two writes, at least
LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)  # RST in place of FIN
ROUNDING = 1e-6  # seconds by which a clock that was advanced twice may be short of the sum
UNSENT = 0x894B  # SIOCOUTQNSD: bytes that Linux has not sent yet


def is_on_socket(scope: Scope) -> bool:
    """Whether the call came through a socket, and not from this process."""
    return "transport" in (scope.get("state") or {})


async def deliver(reply: Reply, scope: Scope, send: Send, left: Left) -> bool:
    """Deliver the reply with its fault. Returns True if the caller has to send the answer as usual,
    False if nothing is left to do. In process it raises the exception of httpx."""
    delivery = reply.delivery or Delivery()
    transport = (scope.get("state") or {}).get("transport")
    if transport is not None:
        return await _on_socket(reply, delivery, scope, send, left)
    await _until(delivery.due, left)
    error = httpx_error(reply, scope["method"])
    if error is not None:
        raise error
    return True


def httpx_error(reply: Reply, method: str = "GET") -> RequestError | None:
    """The exception that httpx raises for this reply on a socket; None if it arrives complete. An
    answer to HEAD is complete with its head."""
    import httpx  # imported late: the server does not need it

    delivery = reply.delivery or Delivery()
    if method == "HEAD" and delivery.sent != -1:
        return None
    if delivery.end == "refuse":
        return httpx.ConnectError("[Errno 111] Connection refused")
    if delivery.end == "reset":
        return httpx.ReadError("[Errno 104] Connection reset by peer")
    if delivery.end == "hold":
        return httpx.ReadTimeout("timed out")
    broken = _broken_off(reply, delivery)
    return httpx.RemoteProtocolError(broken) if broken else None


def _broken_off(reply: Reply, delivery: Delivery) -> str:
    """The message of h11 for an answer that ends too early; "" if it does not."""
    if delivery.sent == -1:
        return "Server disconnected without sending a response."
    expected = int(dict(reply.headers).get(b"content-length", b"0"))
    received = len(reply.body[: delivery.sent])
    if received >= expected:
        return ""
    missing = f"complete message body (received {received} bytes, expected {expected})"
    return f"peer closed connection without sending {missing}"


async def _on_socket(
    reply: Reply, delivery: Delivery, scope: Scope, send: Send, left: Left
) -> bool:
    transport: asyncio.Transport = scope["state"]["transport"]
    try:
        there = await _until(delivery.due, left, transport)
        if there and delivery.end in ("", "stale") and not delivery.rate and delivery.sent is None:
            return True
        if there:
            await _write(_bytes(reply, delivery, scope["method"]), delivery, transport, left)
            await _end(delivery, scope, transport)
    except BaseException:
        transport.abort()  # the server stops: no answer is better than the 500 of uvicorn
        raise
    await _done(send)
    return False


async def _until(moment: float, left: Left, transport: asyncio.Transport | None = None) -> bool:
    """Wait for a moment of the tenant's time. Returns whether the client is still connected."""
    while transport is None or _is_there(transport):
        seconds = left(moment - ROUNDING)
        if seconds <= 0:
            return True
        await asyncio.sleep(min(seconds, SLICE))
    return False


def _is_there(transport: asyncio.Transport) -> bool:
    """Whether the client is still connected. Only reading shows it, so reading goes on; a client
    that keeps sending is disconnected by its own protocol."""
    if not transport.is_closing():
        transport.resume_reading()
    return not transport.is_closing()


def _bytes(reply: Reply, delivery: Delivery, method: str) -> bytes:
    """The bytes to send."""
    if delivery.sent == -1:
        return b""
    body = b"" if method == "HEAD" else reply.body[: delivery.sent]
    return head(reply, close=True) + body


async def _write(data: bytes, delivery: Delivery, transport: asyncio.Transport, left: Left) -> None:
    """Write, and wait until all bytes are sent: an RST would discard those in the buffer."""
    if delivery.rate:
        await _drip(data, delivery, transport, left)
    elif not transport.is_closing():
        transport.write(data)
    while not transport.is_closing() and _unsent(transport):
        await asyncio.sleep(DROP)


async def _drip(data: bytes, delivery: Delivery, transport: asyncio.Transport, left: Left) -> None:
    """Send each byte at its time. Bytes that are due are sent together."""

    def seconds(number: int) -> float:
        return left(delivery.due + number / delivery.rate - ROUNDING)

    sent = 0
    while sent < len(data) and not transport.is_closing():
        due = bisect_right(range(len(data) + 1), 0.0, lo=sent, key=seconds) - 1
        if due > sent:
            transport.write(data[sent:due])
            sent = due
        await asyncio.sleep(min(max(seconds(sent + 1), DROP), SLICE))


def _unsent(transport: asyncio.Transport) -> int:
    """Bytes in our buffer and, on Linux, in the buffer of the system."""
    size = transport.get_write_buffer_size()
    if size or sys.platform != "linux":
        return size
    from fcntl import ioctl

    number = transport.get_extra_info("socket").fileno()
    return int.from_bytes(ioctl(number, UNSENT, b"\0" * 4), sys.byteorder)


async def _end(delivery: Delivery, scope: Scope, transport: asyncio.Transport) -> None:
    """End the connection. It never stays open, since our head has `connection: close`."""
    while delivery.end == "hold" and _is_there(transport):
        await asyncio.sleep(SLICE)
    if transport.is_closing():
        return
    if delivery.end == "refuse" and "refuse" in scope["state"]:
        scope["state"]["refuse"](delivery.seconds)
    if delivery.end in ("reset", "refuse"):
        _reset(transport)
    else:
        transport.close()


def leave(delivery: Delivery, scope: Scope) -> None:
    """Prepare a stale connection after its answer was sent: the next call resets it."""
    transport = (scope.get("state") or {}).get("transport")
    if delivery.end != "stale" or transport is None or transport.is_closing():
        return
    if getattr(transport.get_protocol(), "has_unread", False):
        _reset(transport)  # the next call came with this one, pipelined
    else:
        transport.set_protocol(_Stale(transport))


class _Stale(asyncio.Protocol):
    """Resets a kept connection at its next call, as happens if a proxy has dropped it meanwhile.
    The other events go to the protocol that it replaces."""

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
    """Mark the call as answered for uvicorn. Nothing is sent, since the connection has ended."""
    with suppress(RuntimeError):  # of uvloop, if the connection no longer exists
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
