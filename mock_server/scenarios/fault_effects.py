"""What each fault makes of a reply. Pure: time and chance are arguments, and nothing is sent."""

from __future__ import annotations

from math import exp
from typing import Any, NamedTuple

from mock_server.simulation.call import Line, Reply

LONGEST = 86400.0  # the longest latency, in seconds

# nginx's own page, which most gateways show, and what it calls each status.
BAD_GATEWAY = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n"
    "<center><h1>{0}</h1></center>\r\n<hr><center>nginx</center>\r\n"
    "</body>\r\n</html>\r\n"
)
GATEWAY_SAYS = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}
# What Envoy says when its upstream fails, here with a status and a type that deny it.
NOT_JSON = b"upstream connect error or disconnect/reset before headers"
# A gzip header, then a deflate block of the type that does not exist.
BAD_GZIP = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xff"
OF_THE_GATEWAY = (b"date", b"x-mock-")  # the headers that are not the service's own


class Blow(NamedTuple):
    """The reply that is struck, the tenant's time, and 32 bytes of chance."""

    reply: Reply
    now: float
    chance: bytes


def latency(
    blow: Blow,
    seconds: float = 0.0,
    between: tuple[float, float] | None = None,
    median: float | None = None,
    sigma: float = 0.0,
) -> Reply:
    """Latencies add up."""
    if between is not None:
        low, high = between
        seconds = low + (high - low) * _share(blow.chance)
    elif median is not None:
        seconds = min(median * exp(sigma * _normal(blow.chance)), LONGEST)
    return _line(blow.reply, due=_start(blow) + seconds)


def drip(blow: Blow, rate: float) -> Reply:
    return _line(blow.reply, due=_start(blow), rate=rate)


def connect_refused(blow: Blow, seconds: float) -> Reply:
    return _line(blow.reply, sent=-1, end="refuse", seconds=seconds)


def reset(blow: Blow) -> Reply:
    return _line(blow.reply, sent=-1, end="reset")


def reset_body(blow: Blow, part: float) -> Reply:
    return _line(blow.reply, sent=int(len(blow.reply.body) * part), end="reset")


def cut_off(blow: Blow, bytes: float) -> Reply:
    return _line(blow.reply, sent=int(bytes), end="close")


def stale_connection(blow: Blow) -> Reply:
    return _line(blow.reply, end="stale")


def close(blow: Blow) -> Reply:
    return _line(blow.reply, sent=-1, end="close")


def hold(blow: Blow) -> Reply:
    return _line(blow.reply, sent=-1, end="hold")


def truncated(blow: Blow, part: float) -> Reply:
    body = blow.reply.body
    return _body(blow.reply, body[: int(len(body) * part)])


def wrong_length(blow: Blow, more: float) -> Reply:
    length = b"%d" % (len(blow.reply.body) + int(more))
    return _line(_header(blow.reply, b"content-length", length), sent=None, end="close")


def not_json(blow: Blow) -> Reply:
    return _body(blow.reply._replace(status=200), NOT_JSON)


def bad_gateway(blow: Blow, status: float) -> Reply:
    page = BAD_GATEWAY.format(f"{int(status)} {GATEWAY_SAYS[int(status)]}").encode()
    kept = [header for header in blow.reply.headers if header[0].startswith(OF_THE_GATEWAY)]
    headers = [(b"server", b"nginx"), (b"content-type", b"text/html"), *kept]
    return _body(blow.reply._replace(status=int(status), headers=headers), page)


def bad_gzip(blow: Blow) -> Reply:
    return _body(_header(blow.reply, b"content-encoding", b"gzip"), BAD_GZIP + blow.chance)


def wrong_type(blow: Blow) -> Reply:
    return _header(blow.reply, b"content-type", b"text/html; charset=utf-8")


def _line(reply: Reply, **changes: Any) -> Reply:
    """The reply with its line changed; what an earlier fault said of the rest stays."""
    return reply._replace(line=(reply.line or Line())._replace(**changes))


def _body(reply: Reply, body: bytes) -> Reply:
    return _header(reply, b"content-length", b"%d" % len(body))._replace(body=body)


def _header(reply: Reply, name: bytes, value: bytes) -> Reply:
    others = [header for header in reply.headers if header[0] != name]
    return reply._replace(headers=[(name, value), *others])


def _start(blow: Blow) -> float:
    """When the answer would set out: now, or when an earlier fault lets it."""
    return max(blow.reply.line.due if blow.reply.line else 0.0, blow.now)


def _share(chance: bytes) -> float:
    """A number in (0, 1): 52 bits, so that neither end is ever reached by rounding."""
    return ((int.from_bytes(chance[:8], "big") >> 12) + 0.5) / (1 << 52)


def _normal(chance: bytes) -> float:
    from statistics import NormalDist  # 10 ms that only a log-normal latency costs

    return NormalDist().inv_cdf(_share(chance))
