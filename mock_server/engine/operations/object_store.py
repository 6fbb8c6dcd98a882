"""The object store's answer to a download: the video, a part of it, or an XML error, with the
headers of OSS. It has no state."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import md5
from xml.sax.saxutils import escape

from contracts.spec.loader import Operation, Outcome
from mock_server.engine.operations.results import Denied
from mock_server.journal.redact import without_secrets
from mock_server.simulation.call import Call, Reply
from mock_server.simulation.ids import store_id
from mock_server.simulation.timestamps import http_date
from mock_server.stages import Request

LAST_MOMENT = 253402300799.0  # of the year 9999
_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*(?:,|$)", re.ASCII)
Headers = list[tuple[bytes, bytes]]


def outcome_of(
    operation: Operation, call: Call, chosen: Outcome | None, found: bytes | Denied
) -> Outcome:
    """The outcome of a download: of the scenario that was chosen, else of the call itself. A
    scenario with a 200 does not change a refusal."""
    outcome = _own_outcome(operation, call, found)
    return chosen if chosen and (chosen.status != 200 or outcome.status == 200) else outcome


def render(outcome: Outcome, found: bytes | Denied, request: Request) -> Reply:
    """Render an outcome to bytes. found: the video, or why there is none."""
    if outcome.status == 200 and isinstance(found, bytes):
        return _video(outcome, request, found)
    more = _times(found, request.now) if isinstance(found, Denied) else ""
    if outcome.status == 404:
        call = request.call
        path = without_secrets(_printable(call.path), call.headers, call.query)
        more = f"<Key>{escape(path)}</Key>"
    code, message = outcome.value["code"], outcome.value["message"]
    return _xml(outcome.status, _error(code, message) + more, outcome.name, request)


def failed(operation: Operation, request: Request) -> Reply:
    """Answer as a store that has failed."""
    denied = Denied("store-error")
    return render(outcome_of(operation, request.call, None, denied), denied, request)


def unknown_scenario(text: str, request: Request) -> Reply:
    """Answer a download that asks for an unknown scenario. No store answers so."""
    return _xml(400, _error("UnknownScenario", text), "", request)


def _own_outcome(operation: Operation, call: Call, found: bytes | Denied) -> Outcome:
    """The outcome of a download without a scenario."""
    if call.method not in ("GET", "HEAD"):
        return operation.outcomes["not-allowed"]
    if isinstance(found, Denied):
        return operation.outcomes[found.outcome]
    if _is_standard(call) and _asks_for_a_part(call) and _span(call, len(found)) is None:
        return operation.outcomes["bad-range"]
    return operation.outcomes["downloaded"]


@lru_cache(maxsize=16)
def etag(video: bytes) -> bytes:
    """The MD5 of the bytes in capitals: the ETag of OSS for an object of one part."""
    return b'"%s"' % md5(video, usedforsecurity=False).hexdigest().upper().encode()


def _video(outcome: Outcome, request: Request, body: bytes) -> Reply:
    tag = etag(body)
    is_same = request.call.headers.get(b"if-range", tag) == tag
    span = _span(request.call, len(body)) if is_same and outcome.range != "ignored" else None
    headers = [(b"content-type", b"video/mp4"), (b"etag", tag)]
    if outcome.range != "ignored":
        headers.append((b"accept-ranges", b"bytes"))
    if span is None:
        return Reply(200, _headers(body, headers, request), body, outcome.name)
    first, last = _shifted(*span) if outcome.range == "shifted" else span
    headers.append((b"content-range", b"bytes %d-%d/%d" % (first, last, len(body))))
    part = body[first : last + 1]
    return Reply(206, _headers(part, headers, request), part, outcome.name)


def _span(call: Call, size: int) -> tuple[int, int] | None:
    """First and last byte of the Range header; None to send the whole object. OSS ignores a range
    that is not inside the object, unless the client asks for standard behaviour, and all ranges but
    the first."""
    found = _RANGE.match(_header(call, b"range"))
    if found is None or not any(found.groups()):
        return None
    first, last = (int(text) if text else None for text in found.groups())
    if first is None:
        assert last is not None
        first, last = size - last, size - 1
    elif last is None:
        last = size - 1
    if _is_standard(call):
        first, last = max(first, 0), min(last, size - 1)
    return (first, last) if 0 <= first <= last < size else None


def _shifted(first: int, last: int) -> tuple[int, int]:
    """A wrong part of the object: one byte earlier, or shorter if it begins at 0."""
    return (first - 1, last) if first else (first, max(first, last - 1))


def _asks_for_a_part(call: Call) -> bool:
    found = _RANGE.match(_header(call, b"range"))
    return found is not None and any(found.groups())


def _is_standard(call: Call) -> bool:
    return _header(call, b"x-oss-range-behavior") == "standard"


def _header(call: Call, name: bytes) -> str:
    return call.headers.get(name, b"").decode("latin-1")


def _error(code: str, message: str) -> str:
    return f"<Code>{code}</Code><Message>{escape(message)}</Message>"


def _xml(status: int, inside: str, name: str, request: Request) -> Reply:
    host = escape(request.call.origin.partition("://")[2])
    ids = f"<RequestId>{store_id(request.request_id)}</RequestId><HostId>{host}</HostId>"
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inside}{ids}</Error>\n'
    body = text.encode("utf-8", "replace")
    headers = _headers(body, [(b"content-type", b"application/xml")], request)
    return Reply(status, headers, body, name)


def _headers(body: bytes, own: Headers, request: Request) -> Headers:
    return [
        (b"content-length", b"%d" % len(body)),
        (b"date", http_date(int(request.now))),
        (b"server", b"AliyunOSS"),
        (b"x-oss-request-id", store_id(request.request_id).encode()),
        (b"x-oss-server-time", b"0"),
        *own,
    ]


def _times(denied: Denied, now: float) -> str:
    if denied.expires is None:
        return ""
    return f"<Expires>{_iso(denied.expires)}</Expires><ServerTime>{_iso(now)}</ServerTime>"


def _printable(path: str) -> str:
    return "".join(c for c in path.lstrip("/")[:500] if c.isprintable())


def _iso(epoch: float) -> str:
    moment = datetime.fromtimestamp(min(epoch, LAST_MOMENT), UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
