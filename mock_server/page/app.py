"""Serves the page at `/` to browsers, with its headers."""

from __future__ import annotations

from base64 import b64encode
from functools import cache, partial
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.control.access import missing
from mock_server.control.export import in_thread
from mock_server.engine.pipeline import Engine
from mock_server.web.client_origin import OriginOf

ROOT, ICON = "/", "/favicon.ico"
# Browsers and their developer tools request these on their own.
ABSENT = (
    "/apple-touch-icon.png", "/apple-touch-icon-precomposed.png",
    "/.well-known/appspecific/com.chrome.devtools.json",
)  # fmt: skip
ICONS = (ICON, *ABSENT)
SHOWN = 20  # latest exchanges
HTML, JSON = "text/html", "application/json"


def wants_page(scope: Scope) -> bool:
    """Whether a browser requests the page, or a file that browsers request on their own. All other
    calls go to the service."""
    if scope["path"] not in (ROOT, *ICONS) or scope["method"] not in ("GET", "HEAD"):
        return False
    accepted = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
    return scope["path"] in ICONS or _prefers_html(accepted)


def page_app(engine: Engine, origin: OriginOf) -> ASGIApp:
    """The page of an engine as an ASGI app. origin: returns the address that a client called."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        response: Response
        if scope["path"] in ABSENT:
            response = Response(status_code=404)
        elif scope["path"] == ICON:
            response = Response(_file("favicon.svg"), media_type="image/svg+xml")
            response.headers["cache-control"] = "max-age=86400"
        else:
            # Explanations of large bodies take long, so a thread makes the page.
            made = await in_thread(scope, partial(_page, engine, origin, scope))
            response = HTMLResponse(made)
            response.headers.update(_headers())
        await response(scope, receive, send)

    return serve


def _page(engine: Engine, origin: OriginOf, scope: Scope) -> str:
    """Render the page. It shows exchanges only to a client that may use the control API."""
    from mock_server.page.view import View, as_html  # imported late: it loads the explanations

    request, headers = Request(scope), dict(scope["headers"])
    hidden = missing(engine.settings, request.client and request.client.host, request.headers)
    view = View(
        engine=engine,
        root=origin(headers, scope.get("client"), scope["scheme"], scope.get("server")),
        at=engine.real(),
        exchanges=None if hidden else engine.recorder.journal.latest(SHOWN),
    )
    return as_html(view, _style())


def _prefers_html(accepted: str) -> bool:
    """Whether the Accept header names HTML, and does not prefer JSON."""
    weights = dict(map(_weight, accepted.lower().split(",")))
    wanted = weights.get(HTML, 0.0)
    return wanted > 0 and wanted >= weights.get(JSON, 0.0)


def _weight(part: str) -> tuple[str, float]:
    """The type and the weight of `text/html;q=0.8` (RFC 9110, 12.5.1)."""
    kind, *parameters = (piece.strip() for piece in part.split(";"))
    given = [p.partition("=")[2] for p in parameters if p.startswith("q=")]
    try:
        return kind, float(given[0]) if given else 1.0
    except ValueError:
        return kind, 0.0


@cache
def _headers() -> dict[str, str]:
    digest = b64encode(sha256(_style().encode()).digest()).decode()
    return {
        "content-security-policy": f"default-src 'none'; style-src 'sha256-{digest}'; "
        "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "cache-control": "no-store",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "vary": "Accept",
        "x-content-type-options": "nosniff",
    }


@cache
def _file(name: str) -> bytes:
    return Path(__file__).with_name(name).read_bytes()


def _style() -> str:
    return _file("page.css").decode()
