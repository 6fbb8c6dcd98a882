"""One request with its answer. Whatever shows, judges or exports exchanges gets this type: checks,
fuzz and reports from a provider, HAR and curl commands from the journal.

Three types of files and memory stay apart from it. A row of the journal is bytes that are not
redacted yet, so that a call costs microseconds. A bundle keeps bytes and times exactly, to compare
the answers of a reproduction. A recording keeps JSON bodies as values that people can read and
compare, and of a long body only the size."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from msgspec import Struct

from contracts.provider.curl import BEARER, as_curl
from contracts.spec.pointers import MISSING, parts_of, value_at

SHOWN = 300  # characters of a value, at most


class Exchange(Struct, frozen=True):
    """A request that was sent, and its answer.

    url: complete. headers: as sent, with the key redacted. body: the text; None without a body.
    status: 0 if no answer arrived, and then `answer` is the reason. answer_headers: names in lower
    case, without cookies. at: epoch s when it was sent; seconds: until the answer was complete.
    has_key: whether it was sent with a key that the provider may accept. operation: the intended
    operationId, "" for none. price: CNY that were taken for it and not given back."""

    method: str
    url: str
    headers: dict[str, str]
    body: str | None
    status: int
    answer_headers: dict[str, str]
    answer: str
    at: float = 0.0
    seconds: float = 0.0
    has_key: bool = False
    operation: str = ""
    price: float = 0.0

    @property
    def value(self) -> Any:
        """The JSON value of the answer; None if the answer is not JSON, contains NaN or half a
        surrogate pair, or is nested too deeply."""
        try:
            value = json.loads(self.answer, parse_constant=_no_constant)
            json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            return None
        return value

    def curl(self) -> str:
        """A curl command that sends the request again, with the key of the user's environment."""
        headers = dict(self.headers)
        if self.has_key:
            headers["Authorization"] = BEARER
        return as_curl(self.method, self.url, headers, text=self.body)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def text_of_body(data: bytes) -> str:
    """The text of a body. Bytes that are not UTF-8 become half surrogate pairs, which bytes_of_body
    turns back."""
    return data.decode("utf-8", "surrogateescape")


def bytes_of_body(text: str) -> bytes:
    """The bytes of a body of an Exchange."""
    return text.encode("utf-8", "surrogateescape")


def shown_body(text: str) -> tuple[str, bool]:
    """The body and False; for bytes that are not UTF-8 their base64, and True."""
    if text.isascii():
        return text, False
    try:
        text.encode()
    except UnicodeEncodeError:
        return b64encode(bytes_of_body(text)).decode(), True
    return text, False


def answer_at(exchange: Exchange, pointer: str) -> Any:
    """The value at a JSON pointer of the answer, at `#header/NAME` or at `#status`; MISSING if
    there is none."""
    if pointer == "#status":
        return exchange.status
    if pointer.startswith("#header/"):
        return exchange.answer_headers.get(pointer.removeprefix("#header/").lower(), MISSING)
    return value_at(exchange.value, parts_of(pointer))


def shown(value: Any) -> str:
    """A value as one line for people, cut after SHOWN characters."""
    if value is MISSING:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
