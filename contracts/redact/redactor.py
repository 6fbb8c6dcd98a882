"""Hides secrets in a text, however they are encoded there. Which values are secrets is decided
elsewhere: by the names of their places (contracts.redact.secret_names), or by who sent them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from contracts.redact.decoded import Decoded
from contracts.redact.decoders import views
from contracts.redact.encoding_checks import may_be_packed
from contracts.redact.secret_search import SecretSearch
from contracts.redact.signed_urls import redact_signatures

REDACTED_KEY = "sk-***"
SHORT = 8  # a shorter key could be part of any word
BRIEF, REMEMBERED = 512, 2048  # bytes of a clean text that is remembered, and how many are
LARGE = 1 << 14  # bytes of a text that is looked at as a whole
QUOTE = b'"'
ESCAPE = r"|(?<=\\[bfnrt])"  # JSON's `\n`, whose letter is no part of a word
_START = rf"(?:(?<![A-Za-z0-9]){ESCAPE})"
_END = r"(?<![]\"'`):;,.>])"  # what follows a key in a sentence is none of it
_KEY = re.compile(rf"{_START}(?:(sk-)[^\s/?&]+|(st-)[^\s/?&]{{12,}}){_END}")
_KEY_IN_JSON = re.compile(rf"{_START}(?:(sk-)[^\s/?&\"\\]+|(st-)[^\s/?&\"\\]{{12,}})")
# A key that nobody sent, as long as real ones are. `task-` is what ids begin with.
_BODY = rb"[A-Za-z0-9_.-]{15,}[A-Za-z0-9_-]"
_ANOTHERS = re.compile(_START.encode() + b"sk-" + _BODY)
_ANYWHERE = re.compile(rb"sk-(?<![Tt][Aa]sk-)" + _BODY)  # also behind a letter
_SIGNS = ("=", "/", "%", "\\u003")  # without one of them nothing is signed


class TextRedactor:
    """keys: the secrets to hide. Those of fewer than SHORT characters are not looked for. Other
    keys are hidden too, where they look like real ones. mask: the text in place of a secret; None
    for as many stars as it has bytes. public: a text whose parts are no secrets."""

    def __init__(
        self, keys: Iterable[str], mask: str | None = REDACTED_KEY, public: str = ""
    ) -> None:
        self._keys: dict[str, None] = {}
        self._mask = None if mask is None else mask.encode()
        self._public = public
        self._clean: set[bytes] = set()  # short texts without secrets, such as names in each body
        self.add(keys)

    def add(self, keys: Iterable[str]) -> None:
        """Hide these too. One costs no more where there are many already."""
        new = dict.fromkeys(sorted({key for key in keys if len(key) >= SHORT} - self._keys.keys()))
        self._keys |= new
        self._clean.clear()
        if "_fragments" in self.__dict__:
            self._fragments.add(new)

    @cached_property
    def _fragments(self) -> SecretSearch:
        return SecretSearch(self._keys, self._public)

    def may_be_in(self, data: bytes, known: Iterable[bytes] = ()) -> bool:
        """Whether there may be something to hide. False is certain, and found out quickly: of texts
        between quotes, those that were clean before are not looked at again, nor are those that are
        `known` to hold nothing."""
        new = set(self._texts(data)) - self._clean
        new.difference_update(known)
        if new and any(map(self._may_show, views(QUOTE.join(new)))):
            return True
        if len(self._clean) > REMEMBERED:
            self._clean.clear()
        self._clean.update(text for text in new if len(text) <= BRIEF)
        return False

    def may_be_in_search_text(self, readings: bytes) -> bool:
        """The same of what contracts.redact.search_text gave, for these keys alone."""
        return self._fragments.holds(readings)

    def _texts(self, data: bytes) -> list[bytes]:
        """The texts between quotes. No encoding goes beyond them, but for packed data."""
        is_whole = len(data) > LARGE or self._fragments.has_quotes or may_be_packed(data)
        return [data] if is_whole else data.split(QUOTE)

    def _may_show(self, view: Decoded) -> bool:
        data = view.data
        if b"sk-" in data and _ANYWHERE.search(data):
            return True
        lower = data.lower()
        fragments = self._fragments
        return fragments.may_be_in(lower) and any(fragments.runs(lower, is_text=view.is_text))

    def redact_bytes(self, data: bytes) -> bytes:
        """The bytes with a mask in place of every secret, and of every part of one that has eight
        characters."""
        if not self.may_be_in(data):
            return data
        parts: list[bytes] = []
        at = 0
        for start, end in _merged(data, sorted(self._spans(data))):
            mask = b"*" * (end - start) if self._mask is None else self._mask
            parts += (data[at:start], mask)
            at = end
        return b"".join([*parts, data[at:]])

    def _spans(self, data: bytes) -> Iterator[tuple[int, int]]:
        for view in views(data):
            lower = view.data.lower()
            if self._fragments.may_be_in(lower):
                runs = self._fragments.runs(lower, is_text=view.is_text)
                yield from (view.span(*run) for run in runs)
            if b"sk-" in view.data:
                yield from (view.span(*found.span()) for found in _ANOTHERS.finditer(view.data))

    def redact_keys(self, text: str) -> str:
        """The text with a mask in place of every secret."""
        data = text.encode("utf-8", "surrogatepass")
        found = self.redact_bytes(data)
        return text if found == data else found.decode("utf-8", "surrogatepass")

    def redact(self, text: str) -> str:
        """The text without any of them, and without the signatures of URLs."""
        text, lower = self.redact_keys(text), text.lower()
        return redact_signatures(text, "***") if any(s in lower for s in _SIGNS) else text

    def redacted_urls(self, text: str) -> dict[str, str]:
        """The URLs of a JSON text whose signatures are masked, by how they are shown then."""
        found = (url for url in _strings(_value(text)) if url.startswith(("http://", "https://")))
        return {shown: url for url in found if (shown := self.redact(url)) != url}


def redact_key_like(text: str) -> str:
    """A text in which whatever looks like a key ends behind its `sk-`."""
    return _KEY.sub(_masked, text) if "sk-" in text or "st-" in text else text


def redact_key_like_in_json(text: str) -> str:
    """The same of a JSON text, of which no quote is lost."""
    return _KEY_IN_JSON.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    return f"{found[1] or found[2]}***"


def _merged(data: bytes, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans, of which those that touch are one, and none begins or ends in a character."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            last = merged.pop()
            start, end = last[0], max(end, last[1])
        merged.append((_boundary(data, start, -1), _boundary(data, end, 1)))
    return merged


def _boundary(data: bytes, at: int, step: int) -> int:
    """The end of the character of UTF-8 in which the place is, so that none is cut in two."""
    for place in range(at, at + 4 * step, step):
        if not 0 < place < len(data) or data[place] & 0xC0 != 0x80:
            return min(max(place, 0), len(data))
    return at


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
