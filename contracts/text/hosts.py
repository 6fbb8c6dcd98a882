"""Names of hosts as the headers Host and Origin have them. Pure; it asks no name service."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

AUTHORITY = re.compile(r"([\w.-]+|\[([0-9a-fA-F:.]+)\])(?::([0-9]{1,5}))?", re.ASCII)
LONGEST_AUTHORITY = 255  # characters
# Any of these says that a proxy passed the call on.
FORWARDING = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "forwarded",
              "via")  # fmt: skip


def is_authority(text: str) -> bool:
    """Whether it is `HOST` or `HOST:PORT`, as a Host header has it: a name, an IPv4 address or an
    IPv6 address in brackets, in at most 255 characters, without a user."""
    found = AUTHORITY.fullmatch(text) if len(text) <= LONGEST_AUTHORITY else None
    if found is None or int(found[3] or 0) > 65535:
        return False
    return found[2] is None or is_ipv6(found[2])


def is_ipv6(text: str) -> bool:
    """Whether it is an IPv6 address, without brackets."""
    try:
        return ip_address(text).version == 6
    except ValueError:
        return False


def name_of(url: str) -> str:
    """The host's name without port and final dot, in lower case: of `//[::1]:8787` it is `::1`. ""
    where the URL has none."""
    try:
        return (urlsplit(url).hostname or "").lower().removesuffix(".")
    except ValueError:
        return ""
