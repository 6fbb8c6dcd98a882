"""Renders the head of a reply as bytes of HTTP/1.1."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus

from mock_server.simulation.call import Reply

_PHRASES = {status.value: status.phrase.encode() for status in HTTPStatus}
CLOSE = (b"connection", b"close")


def head(reply: Reply, *, close: bool) -> bytes:
    """Status line and headers. close: adds `connection: close`."""
    headers = [*reply.headers, CLOSE] if close else reply.headers
    return b"\r\n".join([_start(reply.status), *map(b": ".join, headers), b"\r\n"])


@cache
def _start(status: int) -> bytes:
    return b"HTTP/1.1 %d %s" % (status, _PHRASES.get(status, b""))
