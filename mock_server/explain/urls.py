"""Explains an input URL that the fake accepted, but the service could not fetch."""

from __future__ import annotations

from contracts.spec.pointers import parts_of, value_at
from mock_server.engine.public_urls import ADVICE, UNREACHABLE
from mock_server.explain.case import Case, Finding, short


def is_unreachable(case: Case) -> bool:
    """Whether the call was carried out in spite of such a URL."""
    near = case.entry.near
    return near is not None and near.keyword == UNREACHABLE


def unreachable(case: Case) -> Finding:
    """Explain the URL, and what to send in its place."""
    near = case.entry.near
    assert near
    return Finding(
        rule=f"{near.field}: the service could not fetch this URL: {near.reason}",
        pointer=near.pointer,
        expected="a public URL",
        got=short(value_at(case.body, parts_of(near.pointer))),
        place=near.schema,
        advice=f"the fake accepts it, since it fetches nothing; for the service, {ADVICE}. "
        "The variant unreachable-url makes the fake answer as the service does",
    )
