"""Parses host names as in the headers Host and Origin. Sends nothing: it makes no DNS request."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

AUTHORITY = re.compile(r"([\w.-]+|\[([0-9a-fA-F:.]+)\])(?::([0-9]{1,5}))?", re.ASCII)
LONGEST_AUTHORITY = 255  # characters
# A request with any of these headers came through a proxy.
FORWARDING = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "forwarded",
              "via")  # fmt: skip


def is_authority(text: str) -> bool:
    """Whether the text is a valid Host header, `HOST` or `HOST:PORT`. HOST is a name, an IPv4
    address or an IPv6 address in brackets. At most 255 characters; no user name."""
    found = AUTHORITY.fullmatch(text) if len(text) <= LONGEST_AUTHORITY else None
    if found is None or int(found[3] or 0) > 65535:
        return False
    return found[2] is None or is_ipv6(found[2])


def is_ipv6(text: str) -> bool:
    """Whether the text is an IPv6 address without brackets."""
    try:
        return ip_address(text).version == 6
    except ValueError:
        return False


def is_loopback(name: str) -> bool:
    """Return whether a host's name or address is loopback: `localhost`, 127.0.0.0/8 or ::1. Names
    below localhost (`a.localhost`) and 0.0.0.0 are not loopback here."""
    if name.lower() == "localhost":
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def name_of(url: str) -> str:
    """The host name of a URL in lower case, without port and final dot; "" if the URL has no host.
    `//[::1]:8787` has the host name `::1`."""
    try:
        return (urlsplit(url).hostname or "").lower().removesuffix(".")
    except ValueError:
        return ""
