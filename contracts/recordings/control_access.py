"""Refuses control API calls of strangers when the recorder runs in front of a fake. The fake only
sees calls of the recorder, from this machine and under its own name, so it cannot check them
itself."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.requests import Request

from contracts.text.hosts import FORWARDING, is_authority, is_loopback, name_of

PREFIX, HEALTH = "__mock__", "/__mock__/health"
WAY_ON = "call the fake itself, without the recorder"


def refusal(request: Request) -> str:
    """The reason for not passing on a call of the control API, with a remedy; "" for calls that
    pass. Programs and pages of this machine may pass, if they use a loopback name as Host: a page
    of another site would send its own name (DNS rebinding)."""
    if not _is_control(request.scope["path"]):
        return ""
    headers = request.headers
    hosts, origins = headers.getlist("host"), headers.getlist("origin")
    reasons = {
        "its Host is not a loopback name": [*map(_is_local, hosts)] != [True],
        "its Origin is another site": not all(is_loopback(name_of(o)) for o in origins),
        "it comes from another machine": request.client and not is_loopback(request.client.host),
        "it came through a proxy": any(name in headers for name in FORWARDING),
    }
    why = " and ".join(text for text, is_so in reasons.items() if is_so)
    return f"the recorder does not pass this control call on: {why}; {WAY_ON}" if why else ""


def _is_control(path: str) -> bool:
    """Whether the path is a part of the control API, even with escapes or a prefix. The health
    check is open to everybody, as in the fake."""
    return PREFIX in unquote(unquote(path)).lower() and path != HEALTH


def _is_local(host: str) -> bool:
    return is_authority(host) and is_loopback(name_of(f"//{host}"))
