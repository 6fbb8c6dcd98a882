"""Reads cassettes of VCR.py (version 1) and Betamax. They contain no usable times: only the order
of the calls is known, and the times in the bodies."""

from __future__ import annotations

from base64 import b64decode
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from contracts.recordings.bodies import BodyLimit, body_of_packed, body_of_text, bytes_of
from contracts.recordings.builder import RecordingBuilder
from contracts.recordings.dashscope_calls import CandidateCall, ignored_calls_note, select
from contracts.recordings.errors import with_place
from contracts.recordings.model import Cassette, RecordedBody, RecordedExchange
from contracts.recordings.nulls import without_nulls
from contracts.recordings.scrubber import Scrubber
from contracts.spec.loader import Spec

_Headers = dict[str, str | list[str] | None] | None


class _Code(Struct, frozen=True):
    code: Annotated[int, Meta(ge=100, le=599)]


class _VcrRequest(Struct, frozen=True):
    """body: text, bytes, or an object with one of them as `string` or `base64_string`."""

    method: str
    uri: str
    headers: _Headers = {}
    body: Any = None


class _VcrResponse(Struct, frozen=True):
    """status and body: written for requests and aiohttp; status_code and content: for httpx by
    older versions of VCR.py."""

    headers: _Headers = {}
    body: Any = None
    status: _Code | None = None
    status_code: Annotated[int, Meta(ge=100, le=599)] | None = None
    content: Any = None


class _Interaction(Struct, frozen=True):
    request: _VcrRequest
    response: _VcrResponse | None = None


class _Vcr(Struct, frozen=True):
    interactions: list[Any] | None


def from_vcr(tree: Any, spec: Spec) -> Cassette:
    """Convert a cassette of VCR.py. Raises CassetteError, ValidationError."""
    interactions = msgspec.convert(tree, _Vcr).interactions or []
    calls = [_candidate(interaction) for interaction in interactions]
    chosen = select(calls, spec)
    numbers = [number for number, is_selected in enumerate(chosen) if is_selected]
    first = urlsplit(calls[numbers[0]].url) if numbers else urlsplit("")
    host = first.netloc.rpartition("@")[2]
    builder = RecordingBuilder(spec, upstream=f"{first.scheme}://{host}" if host else "")
    scrubber, limit = Scrubber(), BodyLimit()
    for number in numbers:
        interaction = _read(interactions[number], f"$.interactions[{number}]")
        key = scrubber.key_of(_pairs(interaction.request.headers))
        exchange = _exchange(interaction, number, scrubber)
        limit.take(*exchange.bodies())
        builder.take(exchange, key)
    builder.note("read from VCR.py: it has the order of the calls, but no times")
    if note := ignored_calls_note(calls, chosen):
        builder.note(note)
    return builder.cassette()


def from_betamax(tree: Any, spec: Spec) -> Cassette:
    """Convert a cassette of Betamax, in which the list has a different name."""
    return from_vcr({"interactions": tree["http_interactions"]}, spec)


def _candidate(interaction: Any) -> CandidateCall:
    """The fields of an interaction that show whether it is a call of DashScope, as far as it has
    them."""
    parts = interaction if isinstance(interaction, dict) else {}
    request, response = (parts.get(name) for name in ("request", "response"))
    request = request if isinstance(request, dict) else {}
    response = response if isinstance(response, dict) else {}
    body = response.get("content") if response.get("body") is None else response["body"]

    def answer() -> object:
        value = _answer_body(body, response.get("headers"))
        return bytes_of(value)

    return CandidateCall(
        str(request.get("method", "")).upper(), str(request.get("uri", "")), answer
    )


def _answer_body(body: Any, headers: Any) -> RecordedBody | None:
    try:
        pairs = _pairs(msgspec.convert(headers, _Headers))
        return _body(_content(body, "$"), _encoding(pairs))
    except msgspec.ValidationError:
        return None


def _read(interaction: Any, where: str) -> _Interaction:
    try:
        return msgspec.convert(without_nulls(interaction), _Interaction, strict=False)
    except msgspec.ValidationError as error:
        raise with_place(error, where) from None


def _exchange(interaction: _Interaction, number: int, scrubber: Scrubber) -> RecordedExchange:
    where = f"$.interactions[{number}]"
    url, response = urlsplit(interaction.request.uri), interaction.response
    headers = _pairs(interaction.request.headers)
    body = _body(_content(interaction.request.body, f"{where}.request.body"), _encoding(headers))
    request = scrubber.request(
        interaction.request.method.upper(), url.path, url.query, headers, body
    )
    if response is None:
        return RecordedExchange(request, note="no answer arrived")
    status = response.status.code if response.status else response.status_code
    if status is None:
        raise msgspec.ValidationError(f"The status is missing - at `{where}.response`")
    headers = _pairs(response.headers)
    content = response.content if response.body is None else response.body
    body = _body(_content(content, f"{where}.response.body"), _encoding(headers))
    return RecordedExchange(request, answer=scrubber.answer(status, headers, body))


def _content(value: Any, where: str) -> str | bytes | None:
    """A body in any of its forms."""
    if isinstance(value, dict) and value.get("base64_string"):
        try:
            return b64decode(value["base64_string"])
        except (ValueError, TypeError):
            raise msgspec.ValidationError(f"Invalid base64 - at `{where}`") from None
    content = value.get("string") if isinstance(value, dict) else value
    if content is None or isinstance(content, str | bytes):
        return content
    found = type(content).__name__
    raise msgspec.ValidationError(f"Expected text or bytes, got `{found}` - at `{where}`")


def _body(content: str | bytes | None, encoding: str) -> RecordedBody | None:
    if not content:
        return None
    return body_of_text(content) if isinstance(content, str) else body_of_packed(content, encoding)


def _encoding(headers: list[tuple[str, str]]) -> str:
    return ", ".join(value for name, value in headers if name.lower() == "content-encoding")


def _pairs(headers: _Headers) -> list[tuple[str, str]]:
    """Name and value of each header; several values become several pairs."""
    return [
        (name, one)
        for name, value in (headers or {}).items()
        for one in (value if isinstance(value, list) else [value or ""])
    ]
