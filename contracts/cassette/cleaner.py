"""Takes the secrets out of a call before anything of it is kept: those that it shows by their place
(Authorization, cookies, signatures), and the keys that were sent, wherever else they stand."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any
from urllib.parse import parse_qsl

from msgspec import UNSET

from contracts.cassette.bodies import body_of_text
from contracts.cassette.model import Answer, Body, Request
from contracts.cassette.secrets import (
    KEY_PLACEHOLDER,
    PLACEHOLDER,
    SHORTEST,
    cleaned,
    cleaned_value,
    is_secret_name,
    placeholder_of,
)
from contracts.masks import in_base64, pattern_of
from contracts.secret_names import is_key_name, is_secret_header

MOST_KEYS = 512  # that are remembered, in base64 too; who sends more of them tests a gateway
KEY_HEADERS = {"authorization", "x-api-key", "api-key", "x-dashscope-api-key", "x-dashscope-apikey"}
COOKIES = {"cookie", "set-cookie", "set-cookie2"}
# Of the connection, not of the call (RFC 9110, 7.6.1).
HOP_BY_HOP = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
    "te", "trailer", "transfer-encoding", "upgrade",
}  # fmt: skip
_KEPT_OF_REQUEST = {"accept", "authorization", "api-key", "content-type", "user-agent"}

Headers = Iterable[tuple[str, str]]


class Cleaner:
    """One recording's: it learns the keys that are sent, and finds them again in later texts."""

    def __init__(self) -> None:
        self._keys: OrderedDict[str, re.Pattern[str]] = OrderedDict()

    def learn(self, headers: Headers, query: str = "", body: Body | None = None) -> bool:
        """Remember the keys and the cookies that a request brings along. Whether any are new."""
        before = list(self._keys)
        for name, value in headers:
            if _is_secret(name.lower()) and name.lower() not in COOKIES:
                for key in _keys_in(value):
                    self._remember(key)
            if name.lower() == "cookie":
                for cookie in value.split(";"):
                    self._remember(cookie.partition("=")[2].strip())
        for name, value in parse_qsl(query):
            if is_secret_name(name):
                self._remember(value)
        if body is not None and body.json is not UNSET:
            for value in _secret_fields(body.json):
                self._remember(value)
        return list(self._keys) != before

    @staticmethod
    def who(headers: Headers) -> str:
        """Who sends a request with these headers: the key as it is; "" for none."""
        return next((value.strip() for name, value in headers if name.lower() in KEY_HEADERS), "")

    def _remember(self, key: str) -> None:
        if len(key) < SHORTEST or key in self._keys or PLACEHOLDER in key:
            return
        written = {key, json.dumps(key)[1:-1], escape(key), *in_base64(key.encode())}
        self._keys |= {form: pattern_of(form) for form in written if len(form) >= SHORTEST}
        while len(self._keys) > MOST_KEYS:
            self._keys.popitem(last=False)

    def text(self, text: str) -> str:
        """A text without secrets."""
        escaped = "%" in text or "\\u" in text
        for key, pattern in sorted(self._keys.items(), key=lambda item: -len(item[0])):
            if escaped:
                text = pattern.sub(KEY_PLACEHOLDER, text)
            elif key in text:
                text = text.replace(key, KEY_PLACEHOLDER)
        return cleaned(text)

    def body(self, body: Body | None) -> Body | None:
        """A body without secrets."""
        if body is None or body.size is not UNSET:
            return body
        if isinstance(body.text, str):
            return body_of_text(self.text(body.text))
        return Body(json=cleaned_value(self.value(body.json)))

    def value(self, value: Any) -> Any:
        """A JSON value without secrets in its texts."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {self.text(name): self.value(item) for name, item in value.items()}
        return value

    def request(
        self, method: str, path: str, query: str, headers: Headers, body: Body | None
    ) -> Request:
        """What is kept of a request; it learns its keys first."""
        headers = list(headers)
        self.learn(headers, query, body)
        kept = [
            (name, value)
            for name, value in headers
            if name.lower() in _KEPT_OF_REQUEST or name.lower().startswith("x-")
        ]
        query = self.text(query)
        return Request(method, self.text(path), query, self.headers(kept), self.body(body))

    def answer(self, status: int, headers: Headers, body: Body | None) -> Answer:
        """What is kept of an answer."""
        return Answer(status, self.headers(headers), self.body(body))

    def headers(self, headers: Headers) -> dict[str, str]:
        """Headers without secrets, cookies and what belongs to the connection; of one that came
        several times all values, as HTTP joins them."""
        kept: dict[str, str] = {}
        for name, value in ((self.text(name.lower()), value) for name, value in headers):
            if name not in COOKIES | HOP_BY_HOP:
                value = self._header(name, value)
                kept[name] = f"{kept[name]}, {value}" if name in kept else value
        return kept

    def _header(self, name: str, value: str) -> str:
        if not value.strip():
            return value
        return placeholder_of(value) if _is_secret(name) else self.text(value)


def _secret_fields(value: Any) -> Iterator[str]:
    """The texts in a JSON value that are secrets by the name of their field."""
    for name, item in value.items() if isinstance(value, dict) else ():
        if is_key_name(name) and isinstance(item, str):
            yield item
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        yield from _secret_fields(item)


def _is_secret(header: str) -> bool:
    return is_secret_name(header) or is_secret_header(header)


def _keys_in(value: str) -> Iterator[str]:
    """The keys in a header: whole, without the scenario at its end, and the two parts of Basic."""
    whole = value.strip().rpartition(" ")[2]
    yield from (whole, whole.partition("+")[0], whole.partition(".")[0])
    try:
        pair = b64decode(whole, validate=True).decode("latin-1")
    except ValueError:
        return
    yield from pair.partition(":")[::2]
