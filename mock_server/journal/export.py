"""Exports the journal as JSON, HAR, curl commands or the timeline of a task, in pieces."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from contracts.provider.exchange import Exchange, bytes_of_body, shown_body
from mock_server.journal.curl import as_curl_lines
from mock_server.journal.entry import Entry
from mock_server.journal.exchange import exchange_of
from mock_server.journal.filters import FilterError, Filters
from mock_server.journal.har import as_har
from mock_server.journal.journal import Journal
from mock_server.journal.json_pieces import encode, listed
from mock_server.journal.log_line import text_line
from mock_server.journal.timeline import TimelineBuilder
from mock_server.simulation import json_body
from mock_server.simulation.call import Delivery
from mock_server.simulation.timestamps import format_time
from mock_server.suggest.close_names import did_you_mean

PAGE = 1000  # the most exchanges of one JSON answer
FORMATS = ("json", "har", "curl", "timeline")
JSON, PLAIN = "application/json", "text/plain; charset=utf-8"


def journal_answer(
    journal: Journal,
    tenant_id: str,
    query: Mapping[str, str],
    operations: Collection[str] = (),
    outcomes: Collection[str] = (),
) -> tuple[str, Iterator[str]]:
    """The content type and the body of `GET /__mock__/journal`.

    query: `format`, and the fields of Filters. operations, outcomes: the valid names. Raises
    FilterError (a ValueError) before the first piece of the body.

    JSON is one page; its `next` is the `after` of the following page. If `next` is less than
    `after`, the journal has started again."""
    rest = dict(query)
    form = _format(rest.pop("format", "") or "json")
    filters = Filters.read(rest, operations, outcomes)
    if form == "timeline" and not filters.task_id:
        raise FilterError("a timeline is for one task: add task_id")
    if form == "json":
        return JSON, _page(journal, tenant_id, filters)
    entries = journal.entries(tenant_id, filters)
    if form == "curl":
        return PLAIN, as_curl_lines(entries)
    if form == "har":
        from importlib.metadata import version

        return JSON, as_har(entries, version("dashscope-emo-kit"))
    return JSON, _timeline(entries)


def as_json(entry: Entry) -> dict[str, Any]:
    """An exchange as JSON: times as epoch seconds and as texts, bodies as JSON values, and
    `summary`, a line for people."""
    exchange = exchange_of(entry)
    return {
        "number": entry.number,
        "summary": text_line(entry),
        "time": format_time(entry.at),
        "at": entry.at,
        "real": entry.real,
        "operation": entry.kind or None,
        "request": {
            "method": exchange.method,
            "url": exchange.url,
            "path": entry.path,
            "query": entry.query,
            "headers": list(exchange.headers.items()),
            **_body(exchange.body or ""),
        },
        "response": _response(exchange, entry.delivery),
        "request_id": entry.request_id,
        "task_id": entry.task_id or None,
        "outcome": entry.outcome or None,
        "scenario": entry.scenario or None,
        "source": entry.source or None,
        "fault": entry.fault or None,
        "violation": to_builtins(entry.violation),
        "near": to_builtins(entry.near_miss),
    }


def _format(name: str) -> str:
    if name not in FORMATS:
        hint = did_you_mean(name[:80], FORMATS)
        raise FilterError(f"no format {name[:80]!r}; there are {', '.join(FORMATS)}.{hint}")
    return name


def _page(journal: Journal, tenant_id: str, filters: Filters) -> Iterator[str]:
    size = min(PAGE, filters.limit or PAGE)
    latest = journal.number(tenant_id)
    count = reached = 0

    def exchanges() -> Iterator[dict[str, Any]]:
        nonlocal count, reached
        for entry in journal.entries(tenant_id, replace(filters, limit=size)):
            count, reached = count + 1, entry.number
            yield as_json(entry)

    yield '{"exchanges": '
    yield from listed(exchanges())
    rest = {
        "journal": journal.id,
        "dropped": journal.dropped(tenant_id),
        "next": reached if count == size else max(latest, reached),
    }
    yield f", {encode(rest)[1:]}"


def _timeline(entries: Iterator[Entry]) -> Iterator[str]:
    """The timeline as JSON. Yields "" for each exchange, so that the server can do other work."""
    task = TimelineBuilder()
    for entry in entries:
        task.add(entry)
        yield ""
    seen = task.timeline()
    yield f'{{"created": {encode(seen.created)}, "polls": '
    yield from listed(poll._asdict() | {"time": format_time(poll.at)} for poll in seen.polls)
    yield ', "runs": '
    yield from listed(run._asdict() for run in seen.runs)
    yield "}"


def _response(exchange: Exchange, delivery: Delivery | None) -> dict[str, Any]:
    """The part of the answer that was sent. `line`: how it was delivered, null: normally."""
    line = delivery._asdict() if delivery else None
    if line:
        del line["tenant"]
    if not exchange.status:
        return {"status": None, "headers": [], "body": None, "line": line}
    headers = list(exchange.answer_headers.items())
    return {"status": exchange.status, "headers": headers, **_body(exchange.answer), "line": line}


def _body(text: str) -> dict[str, Any]:
    """The field `body`, and `body_is` (`text` or `base64`) if it is not JSON."""
    if not text:
        return {"body": None}
    try:
        return {"body": json_body.decode(bytes_of_body(text))}
    except ValueError:
        shown, encoded = shown_body(text)
        return {"body": shown, "body_is": "base64" if encoded else "text"}
