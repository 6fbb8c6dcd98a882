"""Exports the journal as JSON, HAR, curl commands or the timeline of a task, in pieces."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from mock_server.journal.curl import as_curl_lines
from mock_server.journal.entry import Entry, text_of, text_or_base64
from mock_server.journal.filters import FilterError, Filters
from mock_server.journal.har import as_har
from mock_server.journal.journal import Journal
from mock_server.journal.json_pieces import encode, listed
from mock_server.journal.log_line import text_line
from mock_server.journal.timeline import TimelineBuilder
from mock_server.simulation import json_body
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
    return {
        "number": entry.number,
        "summary": text_line(entry),
        "time": format_time(entry.at),
        "at": entry.at,
        "real": entry.real,
        "operation": entry.kind or None,
        "request": {
            "method": entry.method,
            "url": entry.url,
            "path": entry.path,
            "query": entry.query,
            "headers": _headers(entry.headers.items()),
            **_body(entry.body),
        },
        "response": _response(entry),
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


def _response(entry: Entry) -> dict[str, Any]:
    """The part of the answer that was sent. `line`: how it was delivered, null: normally."""
    line = entry.delivery._asdict() if entry.delivery else None
    if line:
        del line["tenant"]
    if not entry.answered:
        return {"status": None, "headers": [], "body": None, "line": line}
    headers = _headers(entry.reply_headers)
    return {"status": entry.status, "headers": headers, **_body(entry.arrived), "line": line}


def _headers(headers: Collection[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(text_of(name), text_of(value)) for name, value in headers]


def _body(data: bytes) -> dict[str, Any]:
    """The field `body`, and `body_is` (`text` or `base64`) if it is not JSON."""
    if not data:
        return {"body": None}
    try:
        return {"body": json_body.decode(data)}
    except ValueError:
        text, encoded = text_or_base64(data)
        return {"body": text, "body_is": "base64" if encoded else "text"}
