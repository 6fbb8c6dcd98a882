"""Exports exchanges as HAR 1.2, which developer tools of browsers can open. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus

from mock_server.journal.entry import Entry, text_of, text_or_base64
from mock_server.journal.json_pieces import with_items
from mock_server.simulation.timestamps import format_time

HTTP = "HTTP/1.1"
UNKNOWN_TYPE = "x-unknown"  # as browsers write it
PHRASES = {status.value: status.phrase for status in HTTPStatus}
# The names that Chrome has for the ends of a connection.
ERRORS = {
    "reset": "net::ERR_CONNECTION_RESET",
    "refuse": "net::ERR_CONNECTION_REFUSED",
    "hold": "net::ERR_TIMED_OUT",
    "close": "net::ERR_EMPTY_RESPONSE",
}
INSTANT = 1  # ms: browsers show 0 as an answer that is still pending
CUT = "net::ERR_CONTENT_LENGTH_MISMATCH"


def as_har(entries: Iterable[Entry], version: str) -> Iterator[str]:
    """A HAR log in pieces. version: of this project."""
    creator = {"name": "dashscope-emo-kit", "version": version}
    log = {"log": {"version": "1.2", "creator": creator, "entries": []}}
    return with_items(log, map(har_entry, entries))


def har_entry(entry: Entry) -> dict[str, Any]:
    """The HAR entry of one exchange, in the tenant's time."""
    timings = {"send": 0, "wait": round(entry.delay * 1000, 3), "receive": _receive(entry)}
    return {
        "startedDateTime": format_time(entry.at).replace(" ", "T") + "+08:00",
        "time": round(timings["wait"] + timings["receive"], 3),
        "request": _request(entry),
        "response": _response(entry),
        "cache": {},
        "timings": timings,
        "comment": _comment(entry),
        "_resourceType": "fetch",  # browsers show it as a call, not as a script
    }


def _request(entry: Entry) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": entry.method,
        "url": entry.url,
        "httpVersion": HTTP,
        "cookies": [],
        "headers": _headers(entry.headers.items()),
        "queryString": _query(entry.query),
        "headersSize": -1,
        "bodySize": len(entry.body),
    }
    if entry.body:
        text, encoded = text_or_base64(entry.body)
        kind = text_of(entry.headers.get(b"content-type", UNKNOWN_TYPE.encode()))
        request["postData"] = {"mimeType": kind, "text": text}
        if encoded:  # HAR has no field for this
            request["postData"]["_encoding"] = "base64"
            request["postData"]["comment"] = "base64, since it is not UTF-8"
    return request


def _response(entry: Entry) -> dict[str, Any]:
    """The response; as browsers do, status 0 and an error if no answer was sent."""
    if not entry.answered:
        content: dict[str, Any] = {"size": 0, "mimeType": UNKNOWN_TYPE}
        error = ERRORS.get(entry.delivery.end if entry.delivery else "", ERRORS["close"])
        return _answer(0, "", [], content, -1) | {"httpVersion": "", "_error": error}
    body = entry.arrived
    text, encoded = text_or_base64(body)
    kind = dict(entry.reply_headers).get(b"content-type", UNKNOWN_TYPE.encode())
    content = {"size": len(body), "mimeType": text_of(kind), "text": text}
    if encoded:
        content["encoding"] = "base64"
    phrase = PHRASES.get(entry.status, "")
    answer = _answer(entry.status, phrase, entry.reply_headers, content, len(body))
    if entry.delivery and entry.delivery.end not in ("", "stale"):
        answer["_error"] = CUT if entry.delivery.end == "close" else ERRORS[entry.delivery.end]
    return answer


def _answer(
    status: int,
    phrase: str,
    headers: Iterable[tuple[bytes, bytes]],
    content: dict[str, Any],
    size: int,
) -> dict[str, Any]:
    return {
        "status": status,
        "statusText": phrase,
        "httpVersion": HTTP,
        "cookies": [],
        "headers": _headers(headers),
        "content": content,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": size,
    }


def _headers(headers: Iterable[tuple[bytes, bytes]]) -> list[dict[str, str]]:
    return [{"name": text_of(name), "value": text_of(value)} for name, value in headers]


def _query(query: str) -> list[dict[str, str]]:
    """All query parameters, also those without a value."""
    pairs = (part.partition("=") for part in query.split("&") if part)
    return [{"name": unquote_plus(n), "value": unquote_plus(v)} for n, _, v in pairs]


def _receive(entry: Entry) -> float:
    """Milliseconds for the body: 0 if no answer was sent; more if a fault limits its rate."""
    if not entry.answered:
        return 0
    rate = entry.delivery.rate if entry.delivery else 0.0
    return max(INSTANT, round(1000 * len(entry.arrived) / rate, 3)) if rate else INSTANT


def _comment(entry: Entry) -> str:
    facts = {
        "operation": entry.kind,
        "outcome": entry.outcome,
        "scenario": f"{entry.scenario} by {entry.source}" if entry.scenario else entry.source,
        "fault": entry.fault,
        "explain": entry.request_id if entry.explained else "",
    }
    return "; ".join(f"{name}: {fact}" for name, fact in facts.items() if fact)
