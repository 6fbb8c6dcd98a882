"""Redacts a call before it is kept: secrets in known places (Authorization, cookies, signatures),
and the keys that were sent, wherever else they appear."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from contracts.recordings.bodies import body_of_text
from contracts.recordings.leaks import without_leaks
from contracts.recordings.model import (
    RecordedAnswer,
    RecordedBody,
    RecordedExchange,
    RecordedRequest,
)
from contracts.redact.redactor import TextRedactor
from contracts.redact.secret_forms import (
    KEY_PLACEHOLDER,
    PLACEHOLDER,
    SHORTEST,
    placeholder_of,
    redacted_text,
    redacted_value,
)
from contracts.redact.secret_names import is_key_name, is_secret_header, is_secret_name
from contracts.redact.secret_values import secrets_of

MOST_KEYS = 512  # secrets that are remembered; only tests of a gateway send more
KEY_HEADERS = {"authorization", "x-api-key", "api-key", "x-dashscope-api-key", "x-dashscope-apikey"}
COOKIES = {"cookie", "set-cookie", "set-cookie2"}
# Headers of the connection, not of the call (RFC 9110, 7.6.1).
HOP_BY_HOP = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
    "te", "trailer", "transfer-encoding", "upgrade",
}  # fmt: skip
_KEPT_OF_REQUEST = {"accept", "authorization", "api-key", "content-type", "user-agent"}

Headers = Iterable[tuple[str, str]]


class Scrubber:
    """Redacts the calls of one recording. It learns the keys that are sent, and redacts them in
    later texts too."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = dict.fromkeys(secrets)
        self._redactor = _redactor_of(self._secrets)
        self._latest: set[str] = set()

    def learn(self, headers: Headers, query: str = "", body: RecordedBody | None = None) -> None:
        """Remember the secrets of a request."""
        found = {
            secret
            for secret in _secrets(headers, query, body)
            if len(secret) >= SHORTEST and PLACEHOLDER not in secret
        }
        new = sorted(found - self._secrets.keys())
        if not new:
            return
        self._secrets |= dict.fromkeys(new)
        if len(self._secrets) <= MOST_KEYS:
            self._redactor.add(new)
        else:  # drop many old ones at once, because starting again costs as much as many new keys
            self._secrets = dict.fromkeys(list(self._secrets)[-MOST_KEYS // 2 :])
            self._redactor = _redactor_of(self._secrets)
        self._latest.update(new)

    def for_new_secrets(self) -> Scrubber | None:
        """A scrubber for only those secrets that were learned since the last call of this method,
        to redact earlier calls; None without new ones."""
        latest, self._latest = self._latest, set()
        return Scrubber(latest) if latest else None

    def may_be_in(self, data: bytes) -> bool:
        """Whether the bytes may contain a secret. False is certain, and quick."""
        return self._redactor.may_be_in(data)

    def may_be_in_search_text(self, readings: bytes) -> bool:
        """Whether a result of search_text.search_text_of may contain one of the keys. False is
        certain."""
        return self._redactor.may_be_in_search_text(readings)

    @staticmethod
    def key_of(headers: Headers) -> str:
        """The key in the headers of a request, as it was sent; "" without one."""
        return next((value.strip() for name, value in headers if name.lower() in KEY_HEADERS), "")

    def text(self, text: str) -> str:
        """The text without secrets."""
        return redacted_text(self._redactor.redact_keys(text))

    def body(self, body: RecordedBody | None) -> RecordedBody | None:
        """The body without secrets."""
        if body is None or body.size is not UNSET:
            return body
        if isinstance(body.text, str):
            return body_of_text(self.text(body.text))
        may_show = self._redactor.may_be_in(msgspec.json.encode(body.json))
        return RecordedBody(json=self.value(body.json) if may_show else redacted_value(body.json))

    def value(self, value: Any) -> Any:
        """The JSON value without secrets in its texts, names and secret fields."""
        return redacted_value(value, self.text, self._number)

    def _number(self, value: Any) -> Any:
        """0 for a secret in hex that consists of digits."""
        return 0 if self._redactor.may_be_in(str(value).encode()) else value

    def request(
        self, method: str, path: str, query: str, headers: Headers, body: RecordedBody | None
    ) -> RecordedRequest:
        """The recorded form of a request. Its keys are learned first."""
        headers = list(headers)
        self.learn(headers, query, body)
        kept = [
            (name, value)
            for name, value in headers
            if name.lower() in _KEPT_OF_REQUEST or name.lower().startswith("x-")
        ]
        query = self.text(query)
        return RecordedRequest(method, self.text(path), query, self.headers(kept), self.body(body))

    def answer(self, status: int, headers: Headers, body: RecordedBody | None) -> RecordedAnswer:
        """The recorded form of an answer."""
        return RecordedAnswer(status, self.headers(headers), self.body(body))

    def headers(self, headers: Headers) -> dict[str, str]:
        """Headers without secrets, cookies and hop-by-hop headers; the values of a repeated header
        are joined."""
        kept: dict[str, str] = {}
        for name, value in ((self.text(name.lower()), value) for name, value in headers):
            if name not in COOKIES | HOP_BY_HOP:
                value = self._header(name, value)
                kept[name] = f"{kept[name]}, {value}" if name in kept else value
        return kept

    def _header(self, name: str, value: str) -> str:
        if not value.strip():
            return value
        return placeholder_of(value) if is_secret_header(name) else self.text(value)


def exchange_without_leaks(exchange: RecordedExchange) -> RecordedExchange:
    """Replace each part of a redacted exchange that still looks like a secret by a placeholder, and
    note its place."""
    value, leaks = without_leaks(msgspec.to_builtins(exchange))
    if not leaks:
        return exchange
    kept = msgspec.convert(value, RecordedExchange)
    places = ", ".join(leak.place for leak in leaks)
    return replace(kept, note=f"{kept.note}; redacted: {places}".removeprefix("; "))


def _redactor_of(secrets: Iterable[str]) -> TextRedactor:
    return TextRedactor(secrets, KEY_PLACEHOLDER)


def _secrets(headers: Headers, query: str, body: RecordedBody | None) -> Iterator[str]:
    """The secrets of a request, by the names of headers, parameters and fields."""
    for name, value in headers:
        if is_secret_header(name.lower()):
            yield from secrets_of(value)
    for name, value in parse_qsl(query):
        if is_secret_name(name) or is_key_name(name):
            yield value
    if body is not None and body.json is not UNSET:
        yield from _secret_fields(body.json)


def _secret_fields(value: Any) -> Iterator[str]:
    """The texts in a JSON value whose field has the name of a key."""
    for name, item in value.items() if isinstance(value, dict) else ():
        if is_key_name(name) and isinstance(item, str):
            yield item
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        yield from _secret_fields(item)
