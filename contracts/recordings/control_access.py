"""Keeps strangers out of the control API of a fake behind the recorder. The fake is called by the
recorder, from this machine and under the fake's own name, so it cannot see who called."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.requests import Request

from contracts.text.hosts import FORWARDING, is_authority, is_loopback, name_of

PREFIX, HEALTH = "__mock__", "/__mock__/health"
WAY_ON = "call the fake itself, without the recorder"


def refusal(request: Request) -> str:
    """Why a call of the control API is not passed on, with the way on; "" for one that may pass,
    and for every other call. Passed on are calls of programs and pages of this machine, under a
    loopback name (a page of another site comes under its own: DNS rebinding)."""
    if not _is_control(request.scope["path"]):
        return ""
    headers = request.headers
    hosts, origins = headers.getlist("host"), headers.getlist("origin")
    strange = {
        "it has another Host than a loopback name": [*map(_is_local, hosts)] != [True],
        "its Origin is another site": not all(is_loopback(name_of(o)) for o in origins),
        "it comes from another machine": request.client and not is_loopback(request.client.host),
        "it came through a proxy": any(name in headers for name in FORWARDING),
    }
    why = " and ".join(text for text, is_so in strange.items() if is_so)
    return f"the recorder does not pass this control call on: {why}; {WAY_ON}" if why else ""


def _is_control(path: str) -> bool:
    """However its letters are escaped, and whatever stands before it. The route that tells every
    probe whether a fake is up is open to all there, too."""
    return PREFIX in unquote(unquote(path)).lower() and path != HEALTH


def _is_local(host: str) -> bool:
    return is_authority(host) and is_loopback(name_of(f"//{host}"))
