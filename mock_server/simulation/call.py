"""What enters and leaves the engine: frozen values that drivers make of HTTP and back."""

from __future__ import annotations

from typing import NamedTuple


class Call(NamedTuple):
    """A request. `path` is as sent, percent-encoded; header names are lower case, of repeated ones
    the last counts; `origin` is how the client reached us (`http://127.0.0.1:8787`); `head_bytes`
    is the size of path and headers; a body over the limit may be cut behind it."""

    method: str
    path: str
    query: str = ""
    headers: dict[bytes, bytes] = {}  # noqa: RUF012 (never written to)
    body: bytes = b""
    origin: str = "http://127.0.0.1:8787"
    head_bytes: int = 0

    def __repr__(self) -> str:
        """Nothing of what the client chose: a key may stand anywhere in it."""
        return f"<Call: {len(self.headers)} headers, {len(self.body)} bytes of body>"


class Line(NamedTuple):
    """What becomes of an answer on its way, where it does not simply arrive. Data: drivers act it
    out, on a socket or by raising what httpx would raise.

    `due`: the tenant's time before which nothing is sent. `sent`: how much of the body is sent
    (None: all of it; -1: not even the head). `end`: what becomes of the connection then: "" stays,
    "close" is FIN, "reset" is RST, "hold" is silence until the client leaves, "refuse" is RST and
    no new connection to the server for `seconds` of the machine's time, "stale" is RST when the
    next call comes on it. `rate`: bytes of head and body a second of the tenant's time (0: at
    once). `tenant`: whose time it is."""

    due: float = 0.0
    sent: int | None = None
    end: str = ""
    rate: float = 0.0
    seconds: float = 0.0
    tenant: str = ""


class Reply(NamedTuple):
    """An answer. `outcome` is its name in the spec; `line` is what happens to it on the way."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    outcome: str
    line: Line | None = None

    @property
    def answered(self) -> bool:
        """Whether at least the head of it was sent."""
        return self.line is None or self.line.sent != -1
