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


class Reply(NamedTuple):
    """An answer. `outcome` is its name in the spec, `reason` why a call was refused, for people."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    outcome: str
    reason: str = ""
