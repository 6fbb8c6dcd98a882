"""The input and output of the engine: a Call, and its Reply. `mock_server.server` makes a Call of
each HTTP request, and delivers the Reply."""

from __future__ import annotations

from typing import NamedTuple

NOTHING = -1  # Delivery.sent: not even the head of the answer


class Call(NamedTuple):
    """A request to the engine.

    path: as sent, percent-encoded. headers: names in lower case; the last of repeated ones wins.
    body: may be cut off after the size limit. origin: scheme, host and port by which the client
    reached the fake. head_bytes: the size of path and headers."""

    method: str
    path: str
    query: str = ""
    headers: dict[bytes, bytes] = {}  # noqa: RUF012 (never written to)
    body: bytes = b""
    origin: str = "http://127.0.0.1:8787"
    head_bytes: int = 0

    def __repr__(self) -> str:
        """Sizes only: any text that the client sent may contain a key."""
        return f"<Call: {len(self.headers)} headers, {len(self.body)} bytes of body>"


class Delivery(NamedTuple):
    """How an answer is delivered, if not immediately and completely. `mock_server.server` carries
    it out: on a socket, or in process by raising the exception of httpx.

    due: the tenant's time before which nothing is sent (epoch s). sent: bytes of the body to send;
    None: all, NOTHING: not even the head. end: the connection afterwards: "" stays open, "close"
    FIN, "reset" RST, "hold" silence until the client disconnects, "refuse" RST, and the server
    refuses new connections for `seconds` of the machine's time, "stale" RST at the next call on it.
    rate: bytes per second of the tenant's time, for head and body; 0: unlimited. tenant: its clock
    decides when `due` has come."""

    due: float = 0.0
    sent: int | None = None
    end: str = ""
    rate: float = 0.0
    seconds: float = 0.0
    tenant: str = ""


class Reply(NamedTuple):
    """An answer of the engine.

    outcome: its name in the spec. delivery: how it is delivered; None: immediately and
    completely."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    outcome: str
    delivery: Delivery | None = None

    @property
    def answered(self) -> bool:
        """Whether at least the head of the answer is sent."""
        return self.delivery is None or self.delivery.sent != NOTHING
