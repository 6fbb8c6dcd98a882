"""Explains the refused question of a browser whether a page of another origin may send a call."""

from __future__ import annotations

from mock_server.explain.case import Case, Finding, short
from mock_server.web.origins import UrlError, page_origin

ASKED = "Access-Control-Request-Method"


def is_preflight(case: Case) -> bool:
    """Whether a browser asked, for a page, and was not answered as the page needs."""
    return case.entry.method == "OPTIONS" and case.header(ASKED) is not None


def not_allowed(case: Case) -> Finding:
    """The call that the page wanted to send was never sent."""
    origin = case.header("Origin") or ""
    method = (case.header(ASKED) or "")[:20]
    try:
        advice = f"start the fake with --cors {page_origin(origin)}, or let the page's own server "
        advice += "pass the calls on; docs/deploy.md shows both"
    except UrlError as error:
        advice = str(error)
    return Finding(
        rule=f"a browser asked whether a page of another origin may send this {method}; the "
        "service allows none, so the page's call fails",
        pointer="#header/Origin",
        got=short(origin),
        advice=advice,
    )
