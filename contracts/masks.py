"""Hides keys and signatures in a text, however they are spelled there. Decides nothing else."""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from contracts.signed_urls import unsigned

MASK = "sk-***"
SHORT = 8  # a shorter key could be part of any word
DEPTH = 3  # so often may a text be percent-encoded
BEGINNING = 12  # characters of a key that was cut off, from which on it is hidden too
ESCAPE = r"|(?<=\\[bfnrt])"  # JSON's `\n`, whose letter is no part of a word
_START = rf"(?:(?<![A-Za-z0-9]){ESCAPE})"
_END = r"(?<![]\"'`):;,.>])"  # what follows a key in a sentence is none of it
_KEY = re.compile(rf"{_START}(?:(sk-)[^\s/?&]+|(st-)[^\s/?&]{{12,}}){_END}")
_KEY_IN_JSON = re.compile(rf"{_START}(?:(sk-)[^\s/?&\"\\]+|(st-)[^\s/?&\"\\]{{12,}})")
_JSON_ESCAPE = re.compile(rb"\\u00([0-9A-Fa-f]{2})")
_SIGNS = ("=", "/", "%", "\\u003")  # without one of them nothing is signed


class Masks:
    """keys: the secrets to hide. Those of fewer than SHORT characters are not looked for."""

    def __init__(self, keys: Iterable[str]) -> None:
        long = {key for key in keys if len(key) >= SHORT}
        forms = {_lower(form) for key in long for form in spellings(key)}
        self._forms = sorted(forms, key=len, reverse=True)
        self._unescaped = [form for form in self._forms if not _has_escape(form)]
        self._long = long
        self._cut = [_lower(key) for key in long if len(key) > BEGINNING]

    def data(self, data: bytes) -> bytes:
        """The bytes with `sk-***` in place of every key."""
        if not self._long:
            return data
        lower, escaped = data.lower(), _has_escape(data)
        for form in self._forms if escaped else self._unescaped:
            if form in lower:
                data = _replaced(data, lower, form)
                lower = data.lower()
        for key in self._cut:
            if key[:BEGINNING] in lower:
                data = _without_beginning(data, lower, key)
                lower = data.lower()
        return self._without_mixed(data) if escaped else data

    def _without_mixed(self, data: bytes) -> bytes:
        """Some characters of a key may be in escapes and others not, which is seldom."""
        read = _read(data)
        for key in self._long:
            if key.encode("utf-8", "replace") in read:
                pattern = pattern_of(key).pattern.encode("utf-8", "replace")
                data = re.sub(pattern, MASK.encode(), data)
        return data

    def keys(self, text: str) -> str:
        """The text with `sk-***` in place of every key."""
        data = text.encode("utf-8", "surrogatepass")
        found = self.data(data)
        return text if found == data else found.decode("utf-8", "surrogatepass")

    def text(self, text: str) -> str:
        """The text without any of them, and without the signatures of URLs."""
        text, lower = self.keys(text), text.lower()
        return unsigned(text, "***") if any(s in lower for s in _SIGNS) else text

    def signed(self, text: str) -> dict[str, str]:
        """The URLs of a JSON text whose signatures are masked, by how they are shown then."""
        found = (url for url in _strings(_value(text)) if url.startswith(("http://", "https://")))
        return {shown: url for url in found if (shown := self.text(url)) != url}


def without_keys(text: str) -> str:
    """A text in which whatever looks like a key ends behind its `sk-`."""
    return _KEY.sub(_masked, text) if "sk-" in text or "st-" in text else text


def without_keys_in_json(text: str) -> str:
    """The same of a JSON text, of which no quote is lost."""
    return _KEY_IN_JSON.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    return f"{found[1] or found[2]}***"


def spellings(key: str) -> Iterator[str]:
    """The key as it is, in escapes of JSON, Python, URLs (also twice) and HTML, and in base64,
    wherever it begins in what was encoded. Any of them may be in other case."""
    percent = quote(key, safe="")
    dashes = percent.replace("-", "%2D")
    every = "".join(f"%{byte:02x}" for byte in key.encode("utf-8", "replace"))
    yield from (key, percent, quote(key), dashes, every)
    yield from (quote(percent), quote(dashes), quote(every), key.replace("\\", "\\\\"))
    yield "".join(f"\\u{ord(c):04x}" if not c.isalnum() else c for c in key)
    yield "".join(f"\\u{ord(c):04x}" for c in key)
    yield from (json.dumps(key)[1:-1], json.dumps(key)[1:-1].replace("/", "\\/"), repr(key)[1:-1])
    yield from (escape(key), escape(key, quote=False), escape(key).replace("&#x27;", "&#39;"))
    yield from in_base64(key.encode("utf-8", "replace"))


def pattern_of(key: str) -> re.Pattern[str]:
    """Where a key stands, each of its characters spelled in any way."""
    return re.compile("".join(map(spelled, key)))


def spelled(char: str) -> str:
    """A pattern for a character as it is, percent-encoded once or more, or as JSON's escape."""
    return rf"(?:{re.escape(char)}|(?i:%(?:25)*{ord(char):02x}|\\u00{ord(char):02x}))"


def _read(data: bytes) -> bytes:
    """The bytes as somebody reads them who knows all these ways."""
    for _ in range(DEPTH):
        before, data = data, unquote_to_bytes(data)
        data = _JSON_ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()), data)
        if data == before:
            break
    return data


def _has_escape(data: bytes) -> bool:
    return b"%" in data or b"\\" in data


def in_base64(key: bytes) -> Iterator[str]:
    """As much of the key's base64 as depends on the key alone, wherever it begins."""
    for encode in (b64encode, urlsafe_b64encode):
        for before in range(3):
            coded = encode(bytes(before) + key).decode()
            yield coded[-(-before * 8 // 6) : (before + len(key)) * 8 // 6]


def _replaced(data: bytes, lower: bytes, form: bytes) -> bytes:
    """The data with a mask wherever the form is in its lower case."""
    parts, start, at = [], 0, lower.find(form)
    while at >= 0:
        parts.append(data[start:at])
        start = at + len(form)
        at = lower.find(form, start)
    return MASK.encode().join([*parts, data[start:]])


def _without_beginning(data: bytes, lower: bytes, key: bytes) -> bytes:
    """The data with a mask for as much of the key as there is: an error may cut what it shows."""
    parts, start, at = [], 0, lower.find(key[:BEGINNING])
    while at >= 0:
        parts.append(data[start:at])
        start = at + BEGINNING
        while start < len(lower) and lower[start : start + 1] == key[start - at : start - at + 1]:
            start += 1
        at = lower.find(key[:BEGINNING], start)
    return MASK.encode().join([*parts, data[start:]])


def _lower(text: str) -> bytes:
    return text.encode("utf-8", "replace").lower()


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value, however deep."""
    layer = [value]
    while layer:
        yield from (item for item in layer if isinstance(item, str))
        layer = [
            inner
            for item in layer
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
