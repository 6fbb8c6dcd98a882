"""Finds input URLs that the service could not fetch: private addresses and names. It reads the text
of the URL only, and resolves or fetches nothing."""

from __future__ import annotations

import socket
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from unicodedata import normalize
from urllib.parse import unquote

from mock_server.media import samples

UNREACHABLE = "unreachable"  # the keyword of such a violation; no JSON Schema has one for it
LONGEST_CACHED = 512  # characters of a URL; many calls have the same URLs
FETCHED = ("http", "https")
# Names that no public resolver knows: RFC 2606, 6761, 6762, 8375, and those of common routers.
PRIVATE_NAMES = (
    "localhost", "local", "localdomain", "internal", "lan", "home", "corp", "intranet", "private",
    "home.arpa", "test", "invalid",
)  # fmt: skip
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
ADVICE = "upload the file for an oss:// URL, or give a public http or https URL"


def why_unreachable(url: str) -> str:
    """The reason why the service could not fetch a valid URL; "" if it could. URLs of the fake's
    own samples count as public: they stand for public files."""
    return _cached(url) if len(url) <= LONGEST_CACHED else _why(url)


def _why(url: str) -> str:
    scheme, _, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    if scheme.lower() not in FETCHED:
        return ""
    why = _why_private(authority[:300])
    is_sample = why and path.startswith("samples/") and samples.sample(path.partition("/")[2])
    return "" if is_sample else why


_cached = lru_cache(maxsize=1024)(_why)


def why_not_fetched(value: object) -> str:
    """The reason why a value is not a URL that the service fetches, for explanations; "" if its
    scheme and form are right."""
    text = value.strip().lower() if isinstance(value, str) else ""
    scheme, colon, _ = text.partition(":")
    if scheme == "data":
        return "a data URI holds the file itself, and the service takes no file in a call"
    if scheme == "file" or text.startswith(("/", ".", "~", "\\")) or text[1:3] in (":\\", ":/"):
        return "it names a file on your machine, which the service cannot read"
    if "://" in text:
        return "" if scheme in (*FETCHED, "oss") else f"the service does not fetch {scheme}: URLs"
    return f"it has no http:// or https:// in front{' (' + scheme + ':)' if colon else ''}"


def _why_private(authority: str) -> str:
    host = authority.partition("?")[0].partition("#")[0].rpartition("@")[2]
    host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    name = normalize("NFKC", unquote(host)).lower().rstrip(".")  # full-width digits are digits
    address = _address(name)
    if address is not None:
        if address.is_loopback or address.is_unspecified:
            return f"{name} is an address of this machine"
        is_public = address.is_global and not address.is_multicast
        return "" if is_public else f"{name} is not a public address"
    if name.endswith(tuple(f".{end}" for end in PRIVATE_NAMES)) or name == "localhost":
        return f"{name} is not a name of the public internet"
    return (
        "" if "." in name else f"{name or 'it'} is not a name of the public internet: it has no dot"
    )


def _address(name: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a host name spells, in any form that resolvers accept (127.1,
    0x7f000001)."""
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(name)) if name[:1].isdigit() else None
        except (OSError, ValueError):
            return None
    return _inner(address) or address if isinstance(address, IPv6Address) else address


def _inner(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address inside an IPv6 address: mapped, 6to4 or NAT64."""
    by_nat64 = IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else None
    return address.ipv4_mapped or address.sixtofour or by_nat64
