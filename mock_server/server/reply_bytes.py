"""Renders a reply as bytes of HTTP/1.1."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus

from mock_server.simulation.call import NOTHING, Delivery, Reply

_PHRASES = {status.value: status.phrase.encode() for status in HTTPStatus}
CLOSE = (b"connection", b"close")


def head(reply: Reply, *, close: bool) -> bytes:
    """Status line and headers. close: adds `connection: close`."""
    headers = [*reply.headers, CLOSE] if close else reply.headers
    return b"\r\n".join([_start(reply.status), *map(b": ".join, headers), b"\r\n"])


def sent_bytes(reply: Reply, method: str) -> bytes:
    """The bytes that the delivery of a reply sends before it ends the connection."""
    delivery = reply.delivery or Delivery()
    if delivery.sent == NOTHING:
        return b""
    body = b"" if method == "HEAD" else reply.body[: delivery.sent]
    return head(reply, close=True) + body


@cache
def _start(status: int) -> bytes:
    return b"HTTP/1.1 %d %s" % (status, _PHRASES.get(status, b""))
