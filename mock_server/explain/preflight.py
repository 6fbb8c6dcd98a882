"""Explains a refused CORS preflight: the request that a browser sends before a page of another
origin may call."""

from __future__ import annotations

from mock_server.explain.case import Case, Finding, short
from mock_server.web.origins import UrlError, page_origin

ASKED = "Access-Control-Request-Method"


def is_preflight(case: Case) -> bool:
    """Whether the call is a CORS preflight."""
    return case.entry.method == "OPTIONS" and case.header(ASKED) is not None


def not_allowed(case: Case) -> Finding:
    """Explain why the browser did not send the page's call."""
    origin = case.header("Origin") or ""
    method = (case.header(ASKED) or "")[:20]
    try:
        advice = f"start the fake with --cors {page_origin(origin)}, or let the page's own server "
        advice += "forward the calls; docs/docker-and-ci.md shows both"
    except UrlError as error:
        advice = str(error)
    return Finding(
        rule=f"a browser asked whether a page of another origin may send this {method}; the "
        "service allows none, so the page's call fails",
        pointer="#header/Origin",
        got=short(origin),
        advice=advice,
    )
