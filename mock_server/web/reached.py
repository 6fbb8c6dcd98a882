"""How a client reached the server: the scheme, host and port that URLs in answers begin with.

By default it is what the client itself called. Forwarding headers count only when they come from a
proxy that the server was started to trust: any client can send them, and a recorded call that is
sent again carries those of another day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from contracts.text.hosts import is_authority
from mock_server.web.origins import addresses, public_url

Address = tuple[str, int | None] | None
# Headers (of repeated ones the last), client, scheme and server of a call, as ASGI has them.
OriginOf = Callable[[Mapping[bytes, bytes], Address, str, Address], str]
_SCHEMES = {b"http": "http", b"https": "https"}


def origin_of(public: str | None, trusted: str | None) -> OriginOf:
    """The function that gives the origin of each call, `http://127.0.0.1:8787`. public, trusted: as
    public_url and forwarded_allow_ips of Settings. Raises UrlError."""
    if public is not None:
        origin = public_url(public)
        return lambda *_: origin
    if trusted is None:
        return _called
    is_trusted = addresses(trusted)

    def forwarded(
        headers: Mapping[bytes, bytes], client: Address, scheme: str, server: Address
    ) -> str:
        if client is None or not is_trusted(client[0]):
            return _called(headers, client, scheme, server)
        proto = _SCHEMES.get(_first(headers, b"x-forwarded-proto").lower(), scheme)
        host = _possible(_first(headers, b"x-forwarded-host"))
        return f"{proto}://{host}" if host else _called(headers, client, proto, server)

    return forwarded


def _called(headers: Mapping[bytes, bytes], _: Address, scheme: str, server: Address) -> str:
    """A Host that cannot be one is not repeated."""
    host = _possible(headers.get(b"host", b""))
    if not host:
        name, port = server or ("127.0.0.1", 80)
        host = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    return f"{scheme}://{host}"


def _first(headers: Mapping[bytes, bytes], name: bytes) -> bytes:
    """Of a chain of proxies the one that the client called comes first."""
    return headers.get(name, b"").partition(b",")[0].strip()


@lru_cache(maxsize=1024)
def _possible(host: bytes) -> str:
    """The text of a Host header, "" where it cannot be one."""
    text = host.decode("latin-1")
    return text if is_authority(text) else ""
