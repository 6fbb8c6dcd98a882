"""Redacts the places of a request that are for secrets: certain headers, parameters and fields.

Any value there is hidden, even a short one. Each function adds the hidden values to `found`."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote, unquote_plus

from contracts.redact.secret_names import (
    KEY_NAMES,
    WORDS,
    is_key_name,
    is_secret_header,
    is_secret_name,
)
from contracts.redact.secret_values import USER_OF_URL, secrets_of, secrets_of_url
from contracts.redact.signed_urls import ASSIGNED

AUTHORIZATION = b"authorization"
# Usual headers that are not for secrets; AUTHORIZATION contains the key and is handled apart.
USUAL = frozenset(
    b"accept accept-encoding accept-language authorization connection content-length content-type "
    b"cache-control date host pragma user-agent x-dashscope-async x-dashscope-datainspection "
    b"x-dashscope-ossresourceresolve x-dashscope-sdk-client x-dashscope-workspace "
    b"x-mock-scenario".split()
)
_SCHEME = re.compile(rb"(?i)\s*(?:bearer|basic|digest|token)\s+")
_WORDS = tuple(word.encode() for word in WORDS)
_FIELD = re.compile(
    rf"(?i)((?:\\*[\"']){KEY_NAMES}(?:\\*[\"'])\s*:\s*\[?\s*)"
    rf"(?:(\\+\")([^\"\\]*)|(\")((?:[^\"\\]|\\.)*)|(')([^']*)|()([0-9]+))".encode()
)
_FORM = re.compile(rb"[^\s={}\"<>]+=[^\s{}\"<>]*")
_IN_PART = re.compile(rf"(?i)(name=\"?{KEY_NAMES}\"?[^\n]*\n\r?\n)([^\r\n]*)".encode())
# A line of YAML or of a shell, a JSON object without quotes, an element of XML.
_BARE = re.compile(
    rf"(?i)((?:^|[\s,{{<?&]|\\[nrt]){KEY_NAMES}(?:\s*[:=]\s*|>))([^\s\"'&,;<>{{}}\[\]\\]+)".encode()
)
_IN_URLS = (b"://", b":\\", b"%3A", b"%3a", b"%253")  # each URL contains one of them
_EQUALS = (b"=", b"3D", b"3d")  # each match of ASSIGNED contains one of them
# Not hidden in the fake's result URLs and task lists: a call cannot be repeated without them.
_NEEDED = frozenset(["Signature", "OSSAccessKeyId", "api_key_id"])
_BEARER = re.compile(rb"(?i)(\bbearer\s+)([^\s\"'&,;<>\\]{8,})")


def stars(secret: bytes, shown: int = 0) -> bytes:
    """Asterisks in the length of the secret; the first `shown` bytes stay."""
    return secret[:shown] + b"*" * (len(secret) - shown)


def in_header(name: bytes, value: bytes, found: list[str]) -> bytes:
    """The redacted value of a header. Secret headers are hidden (the scheme of Authorization
    stays); in others, such as Referer, secrets in URLs and parameters are hidden."""
    if not is_secret_header(name.decode("latin-1")):
        value = _in_urls(value, found)
        return _values(_BARE, value, found) if b"=" in value else value
    scheme = _SCHEME.match(value)
    start = scheme.end() if scheme else 0
    found += secrets_of(value.decode("latin-1"))
    return stars(value, start if name == AUTHORIZATION else 0)


def in_text(text: str, found: list[str]) -> str:
    """A path or a value with signatures and passwords of URLs hidden."""
    data = text.encode("utf-8", "surrogatepass")
    return _in_urls(data, found).decode("utf-8", "surrogatepass")


def in_query(query: str, found: list[str]) -> str:
    """The query with the values of parameters such as `api_key` hidden, and secrets in the URLs of
    other parameters."""
    if not query:
        return query
    parts = (part.partition("=") for part in re.split("([&;])", query))
    return "".join(name + equals + _parameter(name, value, found) for name, equals, value in parts)


def in_body(body: bytes, found: list[str]) -> bytes:
    """The body with the values of fields such as `"api_key"` and after `Bearer` hidden; JSON,
    forms, multipart and any other text."""
    body = _in_urls(body, found)
    lower = body.lower()
    if not body or not any(word in lower for word in _WORDS):  # most bodies
        return body

    if _FORM.fullmatch(body):
        return in_query(body.decode("latin-1"), found).encode("latin-1")
    for pattern in (_FIELD, _IN_PART, _BEARER, _BARE):
        body = _values(pattern, body, found)
    return body


def _values(pattern: re.Pattern[bytes], data: bytes, found: list[str]) -> bytes:
    """The data with the last group of each match hidden."""

    def hidden(match: re.Match[bytes]) -> bytes:
        before, *values = (group for group in match.groups() if group is not None)
        found.append(_unescaped(values[-1]))
        return b"".join([before, *values[:-1], stars(values[-1])])

    return pattern.sub(hidden, data)


def _in_urls(data: bytes, found: list[str]) -> bytes:
    """The data with signatures and passwords of URLs hidden; no answer of the fake depends on
    them."""
    if not any(mark in data for mark in _IN_URLS):
        return data

    def hidden(match: re.Match[str]) -> str:
        before, value, *rest = match.groups()
        found.extend((value, unquote(value), *secrets_of_url(match[0])))
        return "".join((before, "*" * len(value), *rest))

    text = USER_OF_URL.sub(hidden, data.decode("latin-1"))
    if any(sign in data for sign in _EQUALS):
        text = ASSIGNED.sub(hidden, text)
    return text.encode("latin-1")


def _parameter(name: str, value: str, found: list[str]) -> str:
    plain = unquote(name)
    if not is_key_name(plain) and (plain in _NEEDED or not is_secret_name(plain)):
        return in_text(value, found)
    found += [value, unquote_plus(value), unquote(value)]
    return "*" * len(value)


def _unescaped(value: bytes) -> str:
    text = value.decode("latin-1")
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text
