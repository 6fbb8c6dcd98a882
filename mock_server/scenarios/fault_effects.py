"""Applies each fault to a reply. Pure: time and chance are arguments, and nothing is sent."""

from __future__ import annotations

from math import exp
from typing import Any, NamedTuple

from mock_server.simulation.call import NOTHING, Delivery, Reply

LONGEST = 86400.0  # the longest latency, in seconds

# The error page of nginx, which most gateways show, and its title for each status.
BAD_GATEWAY = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n"
    "<center><h1>{0}</h1></center>\r\n<hr><center>nginx</center>\r\n"
    "</body>\r\n</html>\r\n"
)
GATEWAY_TITLES = {
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}
# The text of Envoy when its upstream fails; the fault sends it as 200 and as JSON.
NOT_JSON = b"upstream connect error or disconnect/reset before headers"
# A gzip header, then a deflate block of type 3, which does not exist.
BAD_GZIP = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xff"
OF_THE_GATEWAY = (b"date", b"x-mock-")  # headers of a gateway page that stay


class FaultEffect(NamedTuple):
    """The input of a fault: the reply to change, the tenant's time, and 32 random bytes."""

    reply: Reply
    now: float
    chance: bytes


def latency(
    effect: FaultEffect,
    seconds: float = 0.0,
    between: tuple[float, float] | None = None,
    median: float | None = None,
    sigma: float = 0.0,
) -> Reply:
    """Delay the reply; latencies of several faults add up."""
    if between is not None:
        low, high = between
        seconds = low + (high - low) * _share(effect.chance)
    elif median is not None:
        seconds = min(median * exp(sigma * _normal(effect.chance)), LONGEST)
    return _with_delivery(effect.reply, due=_start(effect) + seconds)


def drip(effect: FaultEffect, rate: float) -> Reply:
    return _with_delivery(effect.reply, due=_start(effect), rate=rate)


def connect_refused(effect: FaultEffect, seconds: float) -> Reply:
    return _with_delivery(effect.reply, sent=NOTHING, end="refuse", seconds=seconds)


def reset(effect: FaultEffect) -> Reply:
    return _with_delivery(effect.reply, sent=NOTHING, end="reset")


def reset_body(effect: FaultEffect, part: float) -> Reply:
    return _with_delivery(effect.reply, sent=int(len(effect.reply.body) * part), end="reset")


def cut_off(effect: FaultEffect, bytes: float) -> Reply:
    return _with_delivery(effect.reply, sent=int(bytes), end="close")


def stale_connection(effect: FaultEffect) -> Reply:
    return _with_delivery(effect.reply, end="stale")


def close(effect: FaultEffect) -> Reply:
    return _with_delivery(effect.reply, sent=NOTHING, end="close")


def hold(effect: FaultEffect) -> Reply:
    return _with_delivery(effect.reply, sent=NOTHING, end="hold")


def truncated(effect: FaultEffect, part: float) -> Reply:
    body = effect.reply.body
    return _with_body(effect.reply, body[: int(len(body) * part)])


def wrong_length(effect: FaultEffect, more: float) -> Reply:
    length = b"%d" % (len(effect.reply.body) + int(more))
    return _with_delivery(
        _with_header(effect.reply, b"content-length", length), sent=None, end="close"
    )


def not_json(effect: FaultEffect) -> Reply:
    return _with_body(effect.reply._replace(status=200), NOT_JSON)


def bad_gateway(effect: FaultEffect, status: float) -> Reply:
    page = BAD_GATEWAY.format(f"{int(status)} {GATEWAY_TITLES[int(status)]}").encode()
    kept = [header for header in effect.reply.headers if header[0].startswith(OF_THE_GATEWAY)]
    headers = [(b"server", b"nginx"), (b"content-type", b"text/html"), *kept]
    return _with_body(effect.reply._replace(status=int(status), headers=headers), page)


def bad_gzip(effect: FaultEffect) -> Reply:
    return _with_body(
        _with_header(effect.reply, b"content-encoding", b"gzip"), BAD_GZIP + effect.chance
    )


def wrong_type(effect: FaultEffect) -> Reply:
    return _with_header(effect.reply, b"content-type", b"text/html; charset=utf-8")


def _with_delivery(reply: Reply, **changes: Any) -> Reply:
    """The reply with a changed delivery; fields that earlier faults set stay."""
    return reply._replace(delivery=(reply.delivery or Delivery())._replace(**changes))


def _with_body(reply: Reply, body: bytes) -> Reply:
    return _with_header(reply, b"content-length", b"%d" % len(body))._replace(body=body)


def _with_header(reply: Reply, name: bytes, value: bytes) -> Reply:
    others = [header for header in reply.headers if header[0] != name]
    return reply._replace(headers=[(name, value), *others])


def _start(effect: FaultEffect) -> float:
    """The time at which the reply would be sent: now, or later if an earlier fault delays it."""
    return max(effect.reply.delivery.due if effect.reply.delivery else 0.0, effect.now)


def _share(chance: bytes) -> float:
    """A random number in (0, 1): 52 bits, so that rounding never reaches 0 or 1."""
    return ((int.from_bytes(chance[:8], "big") >> 12) + 0.5) / (1 << 52)


def _normal(chance: bytes) -> float:
    from statistics import NormalDist  # 10 ms; only a log-normal latency needs it

    return NormalDist().inv_cdf(_share(chance))
