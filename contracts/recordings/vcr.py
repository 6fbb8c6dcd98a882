"""Cassettes of VCR.py (version 1) and Betamax as ours. They hold no times that count: the order is
all, besides what the bodies say."""

from __future__ import annotations

from base64 import b64decode
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from contracts.recordings.bodies import BodyLimit, body_of_packed, body_of_text, bytes_of
from contracts.recordings.builder import RecordingBuilder
from contracts.recordings.dashscope_calls import CandidateCall, left_out, ours
from contracts.recordings.errors import placed
from contracts.recordings.model import Cassette, RecordedBody, RecordedExchange
from contracts.recordings.nulls import without_nulls
from contracts.recordings.operations import OperationFinder
from contracts.recordings.scrubber import Scrubber
from contracts.spec.loader import Spec

_Headers = dict[str, str | list[str] | None] | None


class _Code(Struct, frozen=True):
    code: Annotated[int, Meta(ge=100, le=599)]


class _VcrRequest(Struct, frozen=True):
    """body: a text, bytes, or one of those in an object, as `string` or `base64_string`."""

    method: str
    uri: str
    headers: _Headers = {}
    body: Any = None


class _VcrResponse(Struct, frozen=True):
    """status and body: of requests and aiohttp; status_code and content: of httpx in older versions
    of VCR.py."""

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
    """The cassette of one of VCR.py's. Raises CassetteError, ValidationError."""
    interactions = msgspec.convert(tree, _Vcr).interactions or []
    calls = [_seen(interaction) for interaction in interactions]
    chosen = ours(calls, OperationFinder(spec))
    numbers = [number for number, is_ours in enumerate(chosen) if is_ours]
    first = urlsplit(calls[numbers[0]].url) if numbers else urlsplit("")
    host = first.netloc.rpartition("@")[2]
    assembler = RecordingBuilder(spec, upstream=f"{first.scheme}://{host}" if host else "")
    cleaner, room = Scrubber(), BodyLimit()
    for number in numbers:
        said = _read(interactions[number], f"$.interactions[{number}]")
        who = cleaner.who(_pairs(said.request.headers))
        exchange = _exchange(said, number, cleaner)
        room.take(*exchange.bodies())
        assembler.take(exchange, who)
    assembler.note("read from VCR.py: it says in which order things came, but not when")
    if note := left_out(calls, chosen):
        assembler.note(note)
    return assembler.cassette()


def from_betamax(tree: Any, spec: Spec) -> Cassette:
    """The cassette of one of Betamax's, which has another name for the list alone."""
    return from_vcr({"interactions": tree["http_interactions"]}, spec)


def _seen(interaction: Any) -> CandidateCall:
    """What shows whose an interaction is, as far as it has that."""
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
        raise placed(error, where) from None


def _exchange(said: _Interaction, number: int, cleaner: Scrubber) -> RecordedExchange:
    where = f"$.interactions[{number}]"
    url, response = urlsplit(said.request.uri), said.response
    headers = _pairs(said.request.headers)
    body = _body(_content(said.request.body, f"{where}.request.body"), _encoding(headers))
    request = cleaner.request(said.request.method.upper(), url.path, url.query, headers, body)
    if response is None:
        return RecordedExchange(request, note="no answer came")
    status = response.status.code if response.status else response.status_code
    if status is None:
        raise msgspec.ValidationError(f"There is no status - at `{where}.response`")
    headers = _pairs(response.headers)
    told = response.content if response.body is None else response.body
    body = _body(_content(told, f"{where}.response.body"), _encoding(headers))
    return RecordedExchange(request, answer=cleaner.answer(status, headers, body))


def _content(said: Any, where: str) -> str | bytes | None:
    """A body in any of its forms."""
    if isinstance(said, dict) and said.get("base64_string"):
        try:
            return b64decode(said["base64_string"])
        except (ValueError, TypeError):
            raise msgspec.ValidationError(f"Invalid base64 - at `{where}`") from None
    content = said.get("string") if isinstance(said, dict) else said
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
    """Values are texts, or lists of them."""
    return [
        (name, one)
        for name, value in (headers or {}).items()
        for one in (value if isinstance(value, list) else [value or ""])
    ]
