"""HAR 1.2 as a cassette: what browsers save, and `emo journal --har`. Calls that have nothing to do
with DashScope, of which a page makes many, are left out."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from contracts.cassette.assemble import Assembler
from contracts.cassette.bodies import body_of, body_of_text
from contracts.cassette.cleaner import Cleaner
from contracts.cassette.model import Answer, Body, Cassette, Exchange, Request
from contracts.cassette.operations import Operations
from contracts.cassette.problems import CassetteError, checked_url
from contracts.spec import Spec

API = "/api/v1/"


class _Pair(Struct, frozen=True):
    name: str
    value: str


class _Content(Struct, frozen=True):
    text: str = ""
    size: int = 0
    encoding: str = ""


class _PostData(Struct, frozen=True):
    text: str = ""
    encoding: str = msgspec.field(default="", name="_encoding")


class _Request(Struct, frozen=True, rename={"post_data": "postData"}):
    method: str
    url: str
    headers: tuple[_Pair, ...] = ()
    post_data: _PostData | None = None


class _Response(Struct, frozen=True):
    status: Annotated[int, Meta(ge=0, le=599)]
    headers: tuple[_Pair, ...] = ()
    content: _Content = _Content()
    error: str = msgspec.field(default="", name="_error")


class _Entry(Struct, frozen=True, rename={"started": "startedDateTime"}):
    started: str
    request: _Request
    response: _Response


class _Log(Struct, frozen=True):
    entries: tuple[_Entry, ...]


class _Har(Struct, frozen=True):
    log: _Log


def from_har(tree: Any, spec: Spec) -> Cassette:
    """The cassette of a HAR. Raises CassetteError, ValidationError."""
    log = msgspec.convert(tree, _Har).log
    operations = Operations(spec)
    for number, entry in enumerate(log.entries):
        checked_url(entry.request.url, f"$.log.entries[{number}].request.url")
    found = [(_moment(entry, number), entry) for number, entry in enumerate(log.entries)]
    ours = [(at, entry) for at, entry in found if _is_ours(entry.request, operations)]
    ours.sort(key=lambda one: one[0])  # pages may be in any order
    start = ours[0][0] if ours else datetime.fromtimestamp(0, UTC)
    began = start.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    upstream = _origin(ours[0][1].request.url) if ours else ""
    assembler, cleaner = Assembler(spec, upstream=upstream, began=began if ours else ""), Cleaner()
    for at, entry in ours:
        who = cleaner.who(_pairs(entry.request.headers))
        assembler.take(_exchange(entry, round((at - start).total_seconds(), 3), cleaner), who)
    if len(ours) < len(log.entries):
        assembler.note(f"{len(log.entries) - len(ours)} calls of other services were left out")
    return assembler.cassette()


def _moment(entry: _Entry, number: int) -> datetime:
    try:
        moment = datetime.fromisoformat(entry.started)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        where = f"$.log.entries[{number}].startedDateTime"
        raise CassetteError(f"{entry.started[:60]!r} is no time - at `{where}`") from None


def _is_ours(request: _Request, operations: Operations) -> bool:
    path = urlsplit(request.url).path
    return API in path or operations.find(request.method, path) is not None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _exchange(entry: _Entry, at: float, cleaner: Cleaner) -> Exchange:
    request = _request(entry.request, cleaner)
    response = entry.response
    if response.status < 100:  # browsers write 0 for an answer that never came
        return Exchange(request, at, note=cleaner.text(response.error or "no answer came"))
    return Exchange(request, at, _answer(response, cleaner), note=cleaner.text(response.error))


def _request(said: _Request, cleaner: Cleaner) -> Request:
    url, post = urlsplit(said.url), said.post_data
    body = _body(post.text, post.encoding, 0) if post else None
    return cleaner.request(said.method, url.path, url.query, _pairs(said.headers), body)


def _answer(said: _Response, cleaner: Cleaner) -> Answer:
    content = said.content
    body = _body(content.text, content.encoding, content.size)
    return cleaner.answer(said.status, _pairs(said.headers), body)


def _body(text: str, encoding: str, size: int) -> Body | None:
    """HAR holds bodies without their Content-Encoding; of a long one maybe only its size."""
    if not text:
        return Body(size=size) if size > 0 else None
    if encoding != "base64":
        return body_of_text(text)
    try:
        return body_of(b64decode("".join(text.split()), validate=True))
    except ValueError:
        return Body(size=max(size, 0))


def _pairs(headers: tuple[_Pair, ...]) -> list[tuple[str, str]]:
    """HTTP/2 has `:authority` and the like among its headers."""
    return [(pair.name, pair.value) for pair in headers if not pair.name.startswith(":")]
