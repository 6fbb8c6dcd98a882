"""Finds the origin (scheme, host, port) by which a client reached the server; URLs in answers begin
with it.

By default it is the origin that the client called. Forwarding headers are used only if they come
from a trusted proxy: any client can send them, and a recorded call has outdated ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from contracts.text.hosts import is_authority
from mock_server.web.origins import addresses, public_url

Address = tuple[str, int | None] | None
# Arguments as in ASGI: headers (the last of repeated ones), client, scheme, server.
OriginOf = Callable[[Mapping[bytes, bytes], Address, str, Address], str]
_SCHEMES = {b"http": "http", b"https": "https"}


def origin_of(public: str | None, trusted: str | None) -> OriginOf:
    """A function that returns the origin of a call, such as `http://127.0.0.1:8787`.

    public, trusted: public_url and forwarded_allow_ips of Settings. Raises UrlError."""
    if public is not None:
        origin = public_url(public)
        return lambda *_: origin
    if trusted is None:
        return _called_origin
    is_trusted = addresses(trusted)

    def forwarded(
        headers: Mapping[bytes, bytes], client: Address, scheme: str, server: Address
    ) -> str:
        if client is None or not is_trusted(client[0]):
            return _called_origin(headers, client, scheme, server)
        proto = _SCHEMES.get(_first(headers, b"x-forwarded-proto").lower(), scheme)
        host = _valid_host(_first(headers, b"x-forwarded-host"))
        return f"{proto}://{host}" if host else _called_origin(headers, client, proto, server)

    return forwarded


def _called_origin(headers: Mapping[bytes, bytes], _: Address, scheme: str, server: Address) -> str:
    """The origin from the Host header; from the server's address if the header is invalid."""
    host = _valid_host(headers.get(b"host", b""))
    if not host:
        name, port = server or ("127.0.0.1", 80)
        host = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    return f"{scheme}://{host}"


def _first(headers: Mapping[bytes, bytes], name: bytes) -> bytes:
    """The first value of a header: in a chain of proxies the client called the first one."""
    return headers.get(name, b"").partition(b",")[0].strip()


@lru_cache(maxsize=1024)
def _valid_host(host: bytes) -> str:
    """The text of a Host header, "" if it is invalid."""
    text = host.decode("latin-1")
    return text if is_authority(text) else ""
