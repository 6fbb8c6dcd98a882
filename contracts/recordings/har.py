"""Reads HAR: the format of browsers and proxies, and of `emo journal --har`. Programs omit
different fields or write null, so only the fields that are needed for DashScope's calls are
required."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, field

from contracts.recordings.bodies import BodyLimit, body_of_base64, body_of_text, bytes_of
from contracts.recordings.builder import RecordingBuilder
from contracts.recordings.dashscope_calls import CandidateCall, ignored_calls_note, select
from contracts.recordings.errors import CassetteError, with_place
from contracts.recordings.model import (
    Cassette,
    RecordedAnswer,
    RecordedBody,
    RecordedExchange,
    RecordedRequest,
)
from contracts.recordings.nulls import without_nulls
from contracts.recordings.scrubber import Scrubber
from contracts.spec.loader import Spec

_BY_BROWSER = "Internal Redirect"  # Chrome, for a host that requires https (HSTS)
_TEXT = re.compile("json|text")  # media types whose bytes are text
_Text = str | int | float | bool


class _Pair(Struct, frozen=True):
    name: str = ""
    value: _Text = ""


_Pairs = list[_Pair] | dict[str, _Text]


class _HarContent(Struct, frozen=True):
    """size: in bytes, -1 if the program does not know. encoding: of the text; `base64` in HAR 1.2.
    For request bodies some programs write `_encoding`."""

    text: str = ""
    size: float = -1
    encoding: str = ""
    own_encoding: str = field(default="", name="_encoding")
    mime: str = field(default="", name="mimeType")


class _HarRequest(Struct, frozen=True, rename={"post_data": "postData", "body_size": "bodySize"}):
    """body_size: in bytes, -1 if the program does not know."""

    method: str
    url: str
    headers: _Pairs = []
    post_data: _HarContent = _HarContent()
    body_size: float = -1


class _HarResponse(Struct, frozen=True):
    """error, failure: fields of Chrome and of Playwright for a call without an answer."""

    status: float = 0
    reason: str = field(default="", name="statusText")
    headers: _Pairs = []
    content: _HarContent = _HarContent()
    error: Any = field(default="", name="_error")
    failure: Any = field(default="", name="_failureText")


class _Entry(Struct, frozen=True, rename={"started": "startedDateTime"}):
    started: str
    request: _HarRequest
    response: _HarResponse = _HarResponse()


class _Log(Struct, frozen=True):
    entries: list[Any] | None


class _Har(Struct, frozen=True):
    log: _Log


def from_har(tree: Any, spec: Spec) -> Cassette:
    """Convert a HAR file to a recording. Raises CassetteError, ValidationError."""
    entries = msgspec.convert(tree, _Har).log.entries or []
    calls = [_candidate(entry) for entry in entries]
    chosen = select(calls, spec)
    numbers = [number for number, is_ours in enumerate(chosen) if is_ours]
    found = [_timed(entries[number], f"$.log.entries[{number}]") for number in numbers]
    found.sort(key=lambda one: one[0])  # the entries of several pages may be in any order
    start, began, upstream = datetime.fromtimestamp(0, UTC), "", ""
    if found:
        start, first = found[0]
        began = start.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        upstream = _origin(first.request.url)
    builder, scrubber = RecordingBuilder(spec, upstream=upstream, began=began), Scrubber()
    limit = BodyLimit()
    for at, entry in found:
        key = scrubber.key_of(_pairs(entry.request.headers))
        exchange = _exchange(entry, round((at - start).total_seconds(), 3), scrubber)
        limit.take(*exchange.bodies())
        builder.take(exchange, key)
    if note := _without_bodies(entry.response for _, entry in found):
        builder.note(note)
    if note := ignored_calls_note(calls, chosen):
        builder.note(note)
    return builder.cassette()


def _without_bodies(answers: Iterable[_HarResponse]) -> str:
    """A note about the answers whose body the program did not save; "" if all are there."""
    count = sum(a.status >= 100 and not a.content.text and a.content.size != 0 for a in answers)
    are = "body of 1 answer is" if count == 1 else f"bodies of {count} answers are"
    return f"the {are} not in this file: only status and headers are compared" if count else ""


def _candidate(entry: Any) -> CandidateCall:
    """The fields of an entry that show whether it is a call of DashScope, as far as it has them."""
    request = _nested(entry, "request")
    method, url = _nested(request, "method"), _nested(request, "url")
    content = _nested(entry, "response", "content")

    def answer() -> object:
        text = _nested(content, "text")
        is_packed = isinstance(text, str) and _nested(content, "encoding") == "base64"
        return bytes_of(body_of_base64(text)) if is_packed else text

    return CandidateCall(str(method or "").upper(), str(url or ""), answer)


def _nested(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _timed(entry: Any, where: str) -> tuple[datetime, _Entry]:
    try:
        read = msgspec.convert(without_nulls(entry), _Entry, strict=False)
    except msgspec.ValidationError as error:
        raise with_place(error, where) from None
    try:
        moment = datetime.fromisoformat(read.started)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        place = f"{where}.startedDateTime"
        raise CassetteError(f"{read.started[:60]!r} is not a time - at `{place}`") from None
    return moment, read


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _exchange(entry: _Entry, at: float, scrubber: Scrubber) -> RecordedExchange:
    request, response = _request(entry.request, scrubber), entry.response
    failures = (response.error, response.failure)
    note = next((text for text in failures if isinstance(text, str) and text), "")
    if response.status == 307 and response.reason == _BY_BROWSER:
        return RecordedExchange(request, at, note="the browser itself redirected the call to https")
    if 100 <= response.status <= 599:
        return RecordedExchange(request, at, _answer(response, scrubber), note=scrubber.text(note))
    if response.status > 599:
        note = note or f"{response.status:g} is not a status of HTTP"
    # Browsers write 0, and Playwright -1, for a call without an answer.
    return RecordedExchange(request, at, note=scrubber.text(note or "no answer arrived"))


def _request(raw: _HarRequest, scrubber: Scrubber) -> RecordedRequest:
    url, headers = urlsplit(raw.url), _pairs(raw.headers)
    body = _body(raw.post_data, headers) if raw.post_data.text else None
    if body is None and raw.method.upper() != "GET" and raw.body_size != 0:
        # There was a body that is not in the file, or its size is unknown.
        body = RecordedBody(size=max(int(raw.body_size), 0))
    return scrubber.request(raw.method.upper(), url.path, url.query, headers, body)


def _answer(raw: _HarResponse, scrubber: Scrubber) -> RecordedAnswer:
    headers = _pairs(raw.headers)
    return scrubber.answer(int(raw.status), headers, _body(raw.content, headers))


def _body(content: _HarContent, headers: list[tuple[str, str]]) -> RecordedBody | None:
    """HAR contains bodies without their Content-Encoding; of a long body perhaps only its size."""
    if not content.text:
        return RecordedBody(size=max(int(content.size), 0)) if content.size else None
    if (content.encoding or content.own_encoding).lower() != "base64":
        return body_of_text(content.text)
    encodings = [value for name, value in headers if name.lower() == "content-encoding"]
    body = body_of_base64(content.text, ", ".join(encodings))
    is_plain_text = body is not None and isinstance(body.size, int) and _TEXT.search(content.mime)
    return body_of_text(content.text) if is_plain_text else body


def _pairs(headers: _Pairs) -> list[tuple[str, str]]:
    """Name and value of the headers, without the pseudo-headers of HTTP/2 such as `:authority`."""
    given = headers.items() if isinstance(headers, dict) else ((h.name, h.value) for h in headers)
    return [(name, str(value)) for name, value in given if name and not name.startswith(":")]
