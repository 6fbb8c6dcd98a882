"""Delivers a reply with its fault on a socket: late, slowly, cut off, or never."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from bisect import bisect_right
from contextlib import suppress
from functools import partial
from typing import Any

from starlette.types import Scope, Send

from mock_server.server.reply_bytes import sent_bytes
from mock_server.server.waiting import SLICE, Waiting
from mock_server.simulation.call import Delivery, Reply
from mock_server.web.connection import transport_of

DROP = 0.01  # seconds between two writes, at least
LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)  # RST in place of FIN
UNSENT = 0x894B  # SIOCOUTQNSD: bytes that Linux has not sent yet


async def deliver_on_socket(reply: Reply, scope: Scope, send: Send, wait: Waiting) -> bool:
    """Deliver the reply with its fault. Returns True if the caller has to send the answer as usual,
    False if nothing is left to do."""
    transport, delivery = scope["state"]["transport"], reply.delivery or Delivery()
    try:
        is_there = await wait.until(delivery.due, partial(_is_there, transport))
        if (
            is_there
            and delivery.end in ("", "stale")
            and not delivery.rate
            and delivery.sent is None
        ):
            return True
        if is_there:
            await _write(sent_bytes(reply, scope["method"]), delivery, transport, wait)
            await _end(delivery, scope, transport)
    except BaseException:
        transport.abort()  # the server stops: no answer is better than the 500 of uvicorn
        raise
    await _mark_answered(send)
    return False


def _is_there(transport: asyncio.Transport) -> bool:
    """Whether the client is still connected. Only reading shows it, so reading goes on; a client
    that keeps sending is disconnected by its own protocol."""
    if not transport.is_closing():
        transport.resume_reading()
    return not transport.is_closing()


async def _write(
    data: bytes, delivery: Delivery, transport: asyncio.Transport, wait: Waiting
) -> None:
    """Write, and wait until all bytes are sent: an RST would discard those in the buffer."""
    if delivery.rate:
        await _drip(data, delivery, transport, wait)
    elif not transport.is_closing():
        transport.write(data)
    while not transport.is_closing() and _unsent(transport):
        await _let_client_act(DROP)


async def _drip(
    data: bytes, delivery: Delivery, transport: asyncio.Transport, wait: Waiting
) -> None:
    """Send each byte at its time. Bytes that are due are sent together."""

    def seconds(number: int) -> float:
        return wait.seconds(delivery.due + number / delivery.rate)

    sent = 0
    while sent < len(data) and not transport.is_closing():
        due = bisect_right(range(len(data) + 1), 0.0, lo=sent, key=seconds) - 1
        if due > sent:
            transport.write(data[sent:due])
            sent = due
        await wait.sleep(min(max(seconds(sent + 1), DROP), SLICE))


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
        await _let_client_act(SLICE)
    if transport.is_closing():
        return
    if delivery.end == "refuse" and "refuse" in scope["state"]:
        scope["state"]["refuse"](delivery.seconds)
    if delivery.end in ("reset", "refuse"):
        _reset(transport)
    else:
        transport.close()


async def _let_client_act(seconds: float) -> None:
    """Let the client act: it reads, or disconnects. That takes time of the machine, and no virtual
    clock can stand for it, so this sleep is not an argument."""
    await asyncio.sleep(seconds)


def make_stale(delivery: Delivery, scope: Scope) -> None:
    """After the answer was sent: if the fault is a stale connection, the next call resets it."""
    transport = transport_of(scope)
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


async def _mark_answered(send: Send) -> None:
    """Mark the call as answered for uvicorn. Nothing is sent, since the connection has ended."""
    with suppress(RuntimeError):  # of uvloop, if the connection no longer exists
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
