"""VCR.py's cassettes (version 1) as ours. They hold no times: what came after what is all that
counts, besides what the bodies say."""

from __future__ import annotations

from base64 import b64decode
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from contracts.cassette.assemble import Assembler
from contracts.cassette.bodies import body_of, body_of_text
from contracts.cassette.cleaner import Cleaner
from contracts.cassette.model import Body, Cassette, Exchange
from contracts.cassette.problems import checked_url
from contracts.spec import Spec

_Headers = dict[str, str | list[str]]


class _Code(Struct, frozen=True):
    code: Annotated[int, Meta(ge=100, le=599)]


class _Request(Struct, frozen=True):
    """body: a text, bytes, or one of those in an object, as `string` or `base64_string`."""

    method: str
    uri: str
    headers: _Headers = {}
    body: Any = None


class _Response(Struct, frozen=True):
    """status and body: of requests and aiohttp; status_code and content: of httpx in older versions
    of VCR.py."""

    headers: _Headers = {}
    body: Any = None
    status: _Code | None = None
    status_code: Annotated[int, Meta(ge=100, le=599)] | None = None
    content: Any = None


class _Interaction(Struct, frozen=True):
    request: _Request
    response: _Response


class _Vcr(Struct, frozen=True):
    interactions: tuple[_Interaction, ...]


def from_vcr(tree: Any, spec: Spec) -> Cassette:
    """The cassette of one of VCR.py's. Raises ValidationError."""
    said = msgspec.convert(tree, _Vcr)
    for number, interaction in enumerate(said.interactions):
        checked_url(interaction.request.uri, f"$.interactions[{number}].request.uri")
    first = urlsplit(said.interactions[0].request.uri) if said.interactions else urlsplit("")
    host = first.netloc.rpartition("@")[2]
    assembler = Assembler(spec, upstream=f"{first.scheme}://{host}" if host else "")
    cleaner = Cleaner()
    for number, interaction in enumerate(said.interactions):
        who = cleaner.who(_pairs(interaction.request.headers))
        assembler.take(_exchange(interaction, number, cleaner), who)
    assembler.note("read from VCR.py: it says in which order things came, but not when")
    return assembler.cassette()


def _exchange(said: _Interaction, number: int, cleaner: Cleaner) -> Exchange:
    where = f"$.interactions[{number}]"
    url, response = urlsplit(said.request.uri), said.response
    headers = _pairs(said.request.headers)
    body = _body(_content(said.request.body, f"{where}.request.body"), _encoding(headers))
    request = cleaner.request(said.request.method, url.path, url.query, headers, body)
    status = response.status.code if response.status else response.status_code
    if status is None:
        raise msgspec.ValidationError(f"There is no status - at `{where}.response`")
    headers = _pairs(response.headers)
    told = response.content if response.body is None else response.body
    body = _body(_content(told, f"{where}.response.body"), _encoding(headers))
    return Exchange(request, answer=cleaner.answer(status, headers, body))


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


def _body(content: str | bytes | None, encoding: str) -> Body | None:
    """VCR.py may have decompressed a body and left its Content-Encoding where it was."""
    if not content:
        return None
    if isinstance(content, str):
        return body_of_text(content)
    body = body_of(content, encoding)
    return body_of(content) if encoding and body and isinstance(body.size, int) else body


def _encoding(headers: list[tuple[str, str]]) -> str:
    return ", ".join(value for name, value in headers if name.lower() == "content-encoding")


def _pairs(headers: _Headers) -> list[tuple[str, str]]:
    """Values are texts, or lists of them."""
    return [
        (name, one)
        for name, value in headers.items()
        for one in (value if isinstance(value, list) else [value])
    ]
