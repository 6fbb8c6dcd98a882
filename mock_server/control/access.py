"""Decides who may use the control API. A foreign web site may not, even in a browser on this
machine."""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Iterator

from starlette.datastructures import Headers

from contracts.text.hosts import FORWARDING, is_authority, is_loopback, name_of
from mock_server.settings import Settings

TOKEN_HEADER = "x-mock-admin-token"  # noqa: S105 (the name of a header)
SHOWN = 80  # characters of a header in a message


def missing(settings: Settings, client: str | None, headers: Headers) -> list[str]:
    """Every reason to refuse a control call, each with the next step; empty if it is allowed.

    A page of another site calls with its own Host (DNS rebinding) or with its Origin; both are
    refused. A call from another machine, or through a proxy for one, needs the token."""
    return [
        *_wrong_host(settings, headers),
        *_wrong_origin(settings, headers),
        *_no_token(settings, client, headers),
    ]


def _wrong_host(settings: Settings, headers: Headers) -> Iterator[str]:
    hosts = headers.getlist("host")
    named = [*hosts, *_listed(headers, "x-forwarded-host")]
    unknown = [
        host
        for host in named
        if not is_authority(host) or not _known(settings, name_of(f"//{host}"))
    ]
    if len(hosts) == 1 and not unknown:
        return
    host = ", ".join(unknown or hosts)[:SHOWN]
    allowing = _allowing(name_of(f"//{host}"))
    yield f"Host {host!r} is not a name of this server: call 127.0.0.1{allowing}"


def _wrong_origin(settings: Settings, headers: Headers) -> Iterator[str]:
    origins = headers.getlist("origin")
    if not origins or (len(origins) == 1 and _known(settings, name_of(origins[0]))):
        return
    origin = ", ".join(origins)[:SHOWN]
    yield (
        f"Origin {origin!r} is a page of another site: call from a page of this machine"
        f"{_allowing(name_of(origin))}"
    )


def _no_token(settings: Settings, client: str | None, headers: Headers) -> Iterator[str]:
    if settings.admin_token is not None:
        given = headers.get(TOKEN_HEADER, "")
        if not hmac.compare_digest(given.encode(), settings.admin_token.encode()):
            yield (
                "the header X-Mock-Admin-Token must carry the token that the server was started "
                "with (--admin-token or EMO_ADMIN_TOKEN)"
            )
    elif not settings.is_loopback or not _is_local(client, headers):
        yield (
            "it answers on loopback only: start the server with --admin-token TOKEN (or "
            "EMO_ADMIN_TOKEN) and send the token in the header X-Mock-Admin-Token"
        )


def _allowing(name: str) -> str:
    """The option that allows a host, if the text can be a host name."""
    possible = re.fullmatch(r"[a-z0-9_.:-]+", name)
    return f", or start the server with --allow-host {name} (or EMO_ALLOW_HOST)" if possible else ""


def _is_local(client: str | None, headers: Headers) -> bool:
    """Whether the call was sent on this machine. Behind a proxy on this machine every client has a
    loopback address, so each address in X-Forwarded-For must be loopback, too."""
    if client is not None and not is_loopback(client):
        return False
    if not any(name in headers for name in FORWARDING):
        return True
    hops = [name_of(f"//{hop}") for hop in _listed(headers, "x-forwarded-for")]
    return bool(hops) and all(map(is_loopback, hops))


def _listed(headers: Headers, name: str) -> list[str]:
    return [part.strip() for value in headers.getlist(name) for part in value.split(",")]


def _known(settings: Settings, name: str) -> bool:
    """Whether a host name is one of this server. If a token is needed, any IP address counts, since
    a foreign site has a name."""
    if is_loopback(name) or name == settings.host.lower() or name in settings.allow_hosts:
        return True
    return (settings.admin_token is not None or not settings.is_loopback) and _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
