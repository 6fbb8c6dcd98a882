"""Explains an input URL that the fake accepted, but the service could not fetch."""

from __future__ import annotations

from contracts.spec.pointers import parts_of, value_at
from mock_server.engine.public_urls import ADVICE, UNREACHABLE
from mock_server.explain.case import Case, Finding, short


def is_unreachable(case: Case) -> bool:
    """Whether the call was carried out in spite of such a URL."""
    near_miss = case.entry.near_miss
    return near_miss is not None and near_miss.keyword == UNREACHABLE


def unreachable(case: Case) -> Finding:
    """Explain the URL, and advise a public one."""
    near_miss = case.entry.near_miss
    assert near_miss
    return Finding(
        rule=f"{near_miss.field}: the service could not fetch this URL: {near_miss.reason}",
        pointer=near_miss.pointer,
        expected="a public URL",
        got=short(value_at(case.body, parts_of(near_miss.pointer))),
        place=near_miss.schema,
        advice=f"the fake accepts it, since it fetches nothing; for the service, {ADVICE}. "
        "The variant unreachable-url makes the fake answer as the service does",
    )
