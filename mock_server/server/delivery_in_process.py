"""Delivers a reply with its fault to a client in this process: it waits as long as a client of a
socket would, and raises the exception that httpx would raise."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from mock_server.server.reply_bytes import sent_bytes
from mock_server.server.waiting import Waiting
from mock_server.simulation.call import NOTHING, Delivery, Reply

if TYPE_CHECKING:
    from httpx import RequestError


async def deliver_in_process(reply: Reply, method: str, wait: Waiting) -> None:
    """Wait until the whole answer has arrived. Raises the exception of httpx if it does not."""
    error = httpx_error(reply, method)
    if error is not None and wait.patience == inf and _is_held(reply):
        raise error  # otherwise this call would never end
    first, last = _arrival(reply, method)
    arrives = await wait.until(first) and await wait._replace(patience=inf).until(last)
    if not arrives:
        import httpx

        error = httpx.ReadTimeout("timed out")
    if error is not None:
        raise error


def _arrival(reply: Reply, method: str) -> tuple[float, float]:
    """The moments of the tenant's time at which the first and the last byte arrive. With an even
    rate a client that waits for the first byte waits for each."""
    delivery = reply.delivery or Delivery()
    if _is_held(reply):
        return inf, inf
    if not delivery.rate:
        return delivery.due, delivery.due
    size = len(sent_bytes(reply, method))
    return delivery.due + 1 / delivery.rate, delivery.due + size / delivery.rate


def _is_held(reply: Reply) -> bool:
    return reply.delivery is not None and reply.delivery.end == "hold"


def httpx_error(reply: Reply, method: str = "GET") -> RequestError | None:
    """The exception that httpx raises for this reply on a socket; None if it arrives complete. An
    answer to HEAD is complete with its head."""
    import httpx  # imported late: the server does not need it

    delivery = reply.delivery or Delivery()
    if method == "HEAD" and delivery.sent != NOTHING:
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
    if delivery.sent == NOTHING:
        return "Server disconnected without sending a response."
    expected = int(dict(reply.headers).get(b"content-length", b"0"))
    received = len(reply.body[: delivery.sent])
    if received >= expected:
        return ""
    missing = f"complete message body (received {received} bytes, expected {expected})"
    return f"peer closed connection without sending {missing}"
