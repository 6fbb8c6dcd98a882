"""Who may use the control API. Keeps a foreign web site out even from a browser on this machine."""

from __future__ import annotations

import hmac
import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from mock_server.settings import Settings, is_loopback

TOKEN_HEADER = "x-mock-admin-token"  # noqa: S105 (the name of a header)


def refusal(settings: Settings, client: str | None, headers: Headers) -> str | None:
    """Why a control call is refused, for people; None when it may pass.

    A page of another site reaches us under its own Host (DNS rebinding) or with its Origin; both
    are refused. Off this machine a token is needed."""
    hosts, origins = headers.getlist("host"), headers.getlist("origin")
    if len(hosts) != 1 or not _known(settings, _name("//" + hosts[0])):
        shown = ", ".join(hosts)[:80]
        return f"Host {shown!r} is not this server; use 127.0.0.1, or start with --allow-host"
    if len(origins) > 1 or (origins and not _known(settings, _name(origins[0]))):
        shown = ", ".join(origins)[:80]
        return f"Origin {shown!r} is foreign; control calls come from this machine's own pages"
    if settings.admin_token is not None:
        given = headers.get(TOKEN_HEADER, "")
        if hmac.compare_digest(given.encode(), settings.admin_token.encode()):
            return None
        return f"the header {TOKEN_HEADER} must carry the server's --admin-token"
    if not settings.is_loopback or not (client is None or is_loopback(client)):
        return "the control API answers on loopback only; start with --admin-token to open it"
    return None


def _name(url: str) -> str:
    """The host's name without port and final dot: of `//[::1]:8787` it is `::1`."""
    try:
        return (urlsplit(url).hostname or "").lower().removesuffix(".")
    except ValueError:
        return ""


def _known(settings: Settings, name: str) -> bool:
    """Names that are ours. An IP address is no foreign site's name: with a token all pass."""
    if is_loopback(name) or name == settings.host.lower() or name in settings.allow_hosts:
        return True
    return settings.admin_token is not None and _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
