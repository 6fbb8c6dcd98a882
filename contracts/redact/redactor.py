"""Redacts known secrets in a text or in bytes, in every encoding that decoders.py undoes. Journal,
recordings, reports, errors and the control API all hide secrets with it.

Callers know the key that was sent. Other modules of this folder find more secrets: secret_places.py
in the parts of a request, secret_names.py by the names of fields and headers, secret_forms.py and
key_like.py by their form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from contracts.redact.decoded import Decoded
from contracts.redact.decoders import decodings
from contracts.redact.encoding_checks import may_be_packed
from contracts.redact.key_like import WORD_START, redact_key_like
from contracts.redact.secret_search import SecretSearch
from contracts.redact.signed_urls import redact_signatures

REDACTED_KEY = "sk-***"
SHORT = 8  # a shorter key may be a part of an ordinary word
# Texts without secrets are cached: their largest size in bytes, and their number.
BRIEF, REMEMBERED = 512, 2048
LARGE = 1 << 14  # a larger text is searched as a whole, not string by string
QUOTE = b'"'
# An unknown key, as long as a real one. Ids begin with `task-`, so that `sk-` does not count.
_BODY = rb"[A-Za-z0-9_.-]{15,}[A-Za-z0-9_-]"
_UNKNOWN_KEY = re.compile(WORD_START.encode() + b"sk-" + _BODY)
_ANYWHERE = re.compile(rb"sk-(?<![Tt][Aa]sk-)" + _BODY)  # also after a letter
_SIGNATURE_HINTS = ("=", "/", "%", "\\u003")  # a text without any of them has no signed URL


class TextRedactor:
    """Redacts these secrets, and other keys that look like real ones.

    keys: the secrets; those shorter than SHORT characters are ignored. replacement: for each
    secret; None for as many `*` as it has bytes. public: a text; parts of it never count as a part
    of a secret."""

    def __init__(
        self, keys: Iterable[str], replacement: str | None = REDACTED_KEY, public: str = ""
    ) -> None:
        self._keys: dict[str, None] = {}
        self._replacement = None if replacement is None else replacement.encode()
        self._public = public
        # Cached: short texts such as the names in each body.
        self._without_secrets: set[bytes] = set()
        self.add(keys)

    def add(self, keys: Iterable[str]) -> None:
        """Redact these keys too. The cost of one does not depend on how many there are already."""
        new = dict.fromkeys(sorted({key for key in keys if len(key) >= SHORT} - self._keys.keys()))
        self._keys |= new
        self._without_secrets.clear()
        if "_search" in self.__dict__:
            self._search.add(new)

    @cached_property
    def _search(self) -> SecretSearch:
        return SecretSearch(self._keys, self._public)

    def may_be_in(self, data: bytes, known: Iterable[bytes] = ()) -> bool:
        """Whether the data may contain a secret. False is certain, and quick: strings in quotes
        that contained no secret earlier are not searched again, and neither are those in
        `known`."""
        new = set(self._texts(data)) - self._without_secrets
        new.difference_update(known)
        if new and any(map(self._may_contain_secret, decodings(QUOTE.join(new)))):
            return True
        if len(self._without_secrets) > REMEMBERED:
            self._without_secrets.clear()
        self._without_secrets.update(text for text in new if len(text) <= BRIEF)
        return False

    def may_be_in_search_text(self, search_text: bytes) -> bool:
        """Whether a result of search_text.search_text_of may contain one of these keys. False is
        certain. Unknown keys that look like real ones are not searched for."""
        return self._search.contains_part(search_text)

    def _texts(self, data: bytes) -> list[bytes]:
        """The strings between quotes. Encodings end at a quote, except for compressed data."""
        is_whole = len(data) > LARGE or self._search.has_quotes or may_be_packed(data)
        return [data] if is_whole else data.split(QUOTE)

    def _may_contain_secret(self, decoded: Decoded) -> bool:
        data = decoded.data
        if b"sk-" in data and _ANYWHERE.search(data):
            return True
        lower = data.lower()
        search = self._search
        return search.may_be_in(lower) and any(search.matches(lower, is_text=decoded.is_text))

    def redact_bytes(self, data: bytes) -> bytes:
        """The bytes with the replacement for every secret, and for every part of one that has at
        least eight bytes."""
        if not self.may_be_in(data):
            return data
        parts: list[bytes] = []
        at = 0
        for start, end in _merged(data, sorted(self._spans(data))):
            replacement = b"*" * (end - start) if self._replacement is None else self._replacement
            parts += (data[at:start], replacement)
            at = end
        return b"".join([*parts, data[at:]])

    def _spans(self, data: bytes) -> Iterator[tuple[int, int]]:
        for decoded in decodings(data):
            lower = decoded.data.lower()
            if self._search.may_be_in(lower):
                runs = self._search.matches(lower, is_text=decoded.is_text)
                yield from (decoded.original_span(*run) for run in runs)
            if b"sk-" in decoded.data:
                yield from (
                    decoded.original_span(*found.span())
                    for found in _UNKNOWN_KEY.finditer(decoded.data)
                )

    def redact_keys(self, text: str) -> str:
        """The text with the replacement for every key. Signatures of URLs stay."""
        data = text.encode("utf-8", "surrogatepass")
        found = self.redact_bytes(data)
        return text if found == data else found.decode("utf-8", "surrogatepass")

    def redact(self, text: str) -> str:
        """The text with the replacement for every key, and `***` for the signatures of URLs."""
        text, lower = self.redact_keys(text), text.lower()
        return redact_signatures(text, "***") if any(s in lower for s in _SIGNATURE_HINTS) else text

    def redacted_urls(self, text: str) -> dict[str, str]:
        """The URLs of a JSON text that contain a signature: from the redacted URL to the
        original."""
        found = (url for url in _strings(_value(text)) if url.startswith(("http://", "https://")))
        return {shown: url for url in found if (shown := self.redact(url)) != url}


def without_secrets(text: str, secrets: Iterable[str], public: str = "") -> str:
    """A text without these secrets and without words that look like a key. public: as in
    TextRedactor."""
    return redact_key_like(TextRedactor(secrets, public=public).redact_keys(text))


def _merged(data: bytes, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans with touching ones joined, and widened to whole characters of UTF-8."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            last = merged.pop()
            start, end = last[0], max(end, last[1])
        merged.append((_boundary(data, start, -1), _boundary(data, end, 1)))
    return merged


def _boundary(data: bytes, at: int, step: int) -> int:
    """The end of the UTF-8 character that contains this index, so that no character is split."""
    for index in range(at, at + 4 * step, step):
        if not 0 < index < len(data) or data[index] & 0xC0 != 0x80:
            return min(max(index, 0), len(data))
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
