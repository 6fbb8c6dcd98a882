"""Exports exchanges as HAR 1.2, which developer tools of browsers can open. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus

from contracts.provider.exchange import Exchange, bytes_of_body, shown_body
from mock_server.journal.entry import Entry
from mock_server.journal.exchange import exchange_of
from mock_server.journal.json_pieces import with_items
from mock_server.simulation.call import Delivery
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
    exchange = exchange_of(entry)
    timings = {"send": 0, "wait": round(entry.delay * 1000, 3), "receive": _receive(entry)}
    return {
        "startedDateTime": format_time(entry.at).replace(" ", "T") + "+08:00",
        "time": round(timings["wait"] + timings["receive"], 3),
        "request": _request(exchange),
        "response": _response(exchange, entry.delivery),
        "cache": {},
        "timings": timings,
        "comment": _comment(entry),
        "_resourceType": "fetch",  # browsers show it as a call, not as a script
    }


def _request(exchange: Exchange) -> dict[str, Any]:
    body = exchange.body or ""
    request: dict[str, Any] = {
        "method": exchange.method,
        "url": exchange.url,
        "httpVersion": HTTP,
        "cookies": [],
        "headers": _pairs(exchange.headers.items()),
        "queryString": _query(exchange.url.partition("?")[2]),
        "headersSize": -1,
        "bodySize": len(bytes_of_body(body)),
    }
    if body:
        text, encoded = shown_body(body)
        kind = exchange.headers.get("content-type", UNKNOWN_TYPE)
        request["postData"] = {"mimeType": kind, "text": text}
        if encoded:  # HAR has no field for this
            request["postData"]["_encoding"] = "base64"
            request["postData"]["comment"] = "base64, since it is not UTF-8"
    return request


def _response(exchange: Exchange, delivery: Delivery | None) -> dict[str, Any]:
    """The response; as browsers do, status 0 and an error if no answer was sent."""
    end = delivery.end if delivery else ""
    text, encoded = shown_body(exchange.answer)
    size = len(bytes_of_body(exchange.answer))
    kind = exchange.answer_headers.get("content-type", UNKNOWN_TYPE)
    content: dict[str, Any] = {"size": size, "mimeType": kind}
    if exchange.status:
        content["text"] = text
    if encoded:
        content["encoding"] = "base64"
    response = {
        "status": exchange.status,
        "statusText": PHRASES.get(exchange.status, ""),
        "httpVersion": HTTP if exchange.status else "",
        "cookies": [],
        "headers": _pairs(exchange.answer_headers.items()),
        "content": content,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": size if exchange.status else -1,
    }
    if not exchange.status:
        response["_error"] = ERRORS.get(end, ERRORS["close"])
    elif end not in ("", "stale"):
        response["_error"] = CUT if end == "close" else ERRORS[end]
    return response


def _query(query: str) -> list[dict[str, str]]:
    """All query parameters, also those without a value."""
    pairs = (part.partition("=") for part in query.split("&") if part)
    return _pairs((unquote_plus(name), unquote_plus(value)) for name, _, value in pairs)


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


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
