"""Checks web addresses in the settings: page origins, the public URL, hosts, trusted proxies.
Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from contracts.text.hosts import AUTHORITY, is_authority, is_ipv6

LOCALHOST = "localhost"  # as an origin it allows every loopback origin
DEFAULT_PORTS = {"http": 80, "https": 443}
_FORM = "use SCHEME://HOST or SCHEME://HOST:PORT, such as http://localhost:5173"
_NOT_ORIGINS = {
    "*": "name each origin, or use localhost for every page of this machine",
    "null": "a page opened from a file has no origin; serve its folder (python3 -m http.server) "
    "and use localhost",
}
_HOST = re.compile(r"[\w.-]+|\[[0-9a-f:.]+\]", re.ASCII)
_PATH = re.compile(r"[\w.~/%:@!$&'()*+,;=-]*", re.ASCII)


class UrlError(ValueError):
    """An invalid address. The message has the value and a valid form."""


def page_origin(text: str) -> str:
    """The origin as browsers send it: lower case, no default port. `localhost` stays unchanged.

    Raises UrlError."""
    if text == LOCALHOST:
        return text
    if text in _NOT_ORIGINS:
        raise UrlError(f"{text!r} is not an origin: {_NOT_ORIGINS[text]}")
    parts = _split(text)
    if not parts.scheme or not parts.netloc:
        raise UrlError(f"{text!r} is not an origin; {_FORM}")
    origin = _origin(text, parts)
    if parts.path or "?" in text or "#" in text:
        raise UrlError(f"{text!r} is more than an origin; use {origin}")
    return origin


def public_url(text: str) -> str:
    """The URL `https://HOST[:PORT][/PREFIX]` without a final `/api/v1` or slash. Raises
    UrlError."""
    parts = _split(text)
    if parts.scheme not in DEFAULT_PORTS or not parts.netloc:
        raise UrlError(f"{text!r} is not a URL of a server; use one such as https://fake.example")
    origin = _origin(text, parts)
    if "?" in text or "#" in text:
        raise UrlError(f"{origin + parts.path} is followed by a query or a fragment; leave it out")
    if not _PATH.fullmatch(parts.path):
        raise UrlError(f"{text!r} has characters in its path that must be percent-encoded")
    return origin + parts.path.rstrip("/").removesuffix("/api/v1").rstrip("/")


def host_name(text: str) -> str:
    """The host name or IP address, without port: `fake`, `10.0.0.5`, `::1`. Raises UrlError."""
    found = AUTHORITY.fullmatch(text)
    if is_ipv6(text):
        return text
    if found is None or not is_authority(text):
        raise UrlError(f"{text!r} is not a host name; use one such as localhost or fake.example")
    name = found[2] or found[1].rstrip(".")
    if name != text:
        raise UrlError(f"{text!r} is more than a host name; use {name}")
    return name


def addresses(text: str) -> Callable[[str], bool]:
    """A function that checks whether an IP address is in a list.

    text: addresses and networks, separated by commas or spaces, or `*` for all. Raises UrlError."""
    names = [name for name in re.split(r"[\s,]+", text) if name]
    if names == ["*"]:
        return lambda _: True
    networks = [_network(name) for name in names]

    @lru_cache(maxsize=1024)
    def among(client: str) -> bool:
        try:
            address = ip_address(client)
        except ValueError:
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in networks)

    return among


def _split(text: str) -> SplitResult:
    if not text.isascii() or not text.isprintable() or " " in text:
        raise UrlError(f"{text!r} must be ASCII without spaces; a name such as bücher.example is "
                       "written as xn--bcher-kva.example")  # fmt: skip
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises where it is not a number up to 65535
    except ValueError as error:
        raise UrlError(f"{text!r} is not a URL: {error}") from None
    return parts


def _origin(text: str, parts: SplitResult) -> str:
    name, port = parts.hostname or "", parts.port
    host = f"[{name}]" if ":" in name else name
    if "@" in parts.netloc:
        raise UrlError("a URL with a user or password cannot be used here; leave them out")
    if not _HOST.fullmatch(host) or port == 0 or parts.netloc.endswith(":"):
        raise UrlError(f"{text!r} has an invalid host or port; {_FORM}")
    shown = "" if port in (None, DEFAULT_PORTS.get(parts.scheme)) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def _network(name: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(name)
    except ValueError as error:
        way_on = "use an address, a network such as 10.0.0.0/8, or * alone for all"
        raise UrlError(f"{name!r} is not an address or network ({error}); {way_on}") from None
