"""Who may use the control API. Keeps a foreign web site out even from a browser on this machine."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from mock_server.settings import LOOPBACK, Settings

TOKEN_HEADER = "x-mock-admin-token"  # noqa: S105 (the name of a header)


def refusal(settings: Settings, client: str | None, headers: Mapping[str, str]) -> str | None:
    """Why a control call is refused, for people; None when it may pass.

    A page of another site reaches us under its own Host (DNS rebinding) or with its Origin; both
    are refused. Off this machine a token is needed."""
    host = _name(headers.get("host", ""))
    if not _known(settings, host):
        return f"Host {host[:80]!r} is not this server; use 127.0.0.1, or start with --allow-host"
    origin = headers.get("origin")
    if origin is not None and not _known(settings, urlsplit(origin).hostname or ""):
        return (
            f"Origin {origin[:80]!r} is foreign; control calls come from this machine's own pages"
        )
    if settings.admin_token is not None:
        given = headers.get(TOKEN_HEADER, "")
        if hmac.compare_digest(given.encode(), settings.admin_token.encode()):
            return None
        return f"the header {TOKEN_HEADER} must carry the server's --admin-token"
    if not settings.is_loopback or not _is_loopback(client):
        return "the control API answers on loopback only; start with --admin-token to open it"
    return None


def _name(host: str) -> str:
    """The name without the port: `[::1]:8787` is `::1`."""
    try:
        return (urlsplit("//" + host).hostname or "").lower()
    except ValueError:
        return ""


def _known(settings: Settings, name: str) -> bool:
    """Names that are ours. An IP address is no foreign site's name: with a token all pass."""
    if name in LOOPBACK or name == settings.host.lower() or name in settings.allow_hosts:
        return True
    return settings.admin_token is not None and _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(client: str | None) -> bool:
    """Whether the peer is this machine. No address at all is an in-process driver."""
    if client is None or not _is_address(client):
        return True
    address = ipaddress.ip_address(client)
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
