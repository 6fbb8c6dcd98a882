"""Takes the secrets out of a call before anything of it is kept: those that it shows by their place
(Authorization, cookies, signatures), and the keys that were sent, wherever else they stand."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Iterable
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
    pattern_of,
    placeholder_of,
)
from contracts.secret_names import is_secret_header

MOST_KEYS = 128  # that are remembered, in base64 too; who sends more of them tests a gateway
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

    def learn(self, headers: Headers, query: str = "") -> bool:
        """Remember the keys and the cookies that a request brings along. Whether any are new."""
        before = list(self._keys)
        for name, value in headers:
            if name.lower() in KEY_HEADERS | {"proxy-authorization"}:
                whole = value.strip().rpartition(" ")[2]
                for key in {whole, whole.partition(".")[0]}:
                    self._remember(key)
            if name.lower() == "cookie":
                for cookie in value.split(";"):
                    self._remember(cookie.partition("=")[2].strip())
        for name, value in parse_qsl(query):
            if is_secret_name(name):
                self._remember(value)
        return list(self._keys) != before

    @staticmethod
    def who(headers: Headers) -> str:
        """Who sends a request with these headers: the key as it is; "" for none."""
        return next((value.strip() for name, value in headers if name.lower() in KEY_HEADERS), "")

    def _remember(self, key: str) -> None:
        if len(key) < SHORTEST or key in self._keys or PLACEHOLDER in key:
            return
        packed = b64encode(key.encode()).decode().rstrip("=")
        self._keys |= {key: pattern_of(key), packed: pattern_of(packed)}
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
        self.learn(headers, query)
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
        is_secret = is_secret_name(name) or is_secret_header(name)
        return placeholder_of(value) if is_secret else self.text(value)
