"""Searches plain bytes for secrets and parts of secrets, ignoring case. Encodings are undone
before, in decoders.py. The cost grows with the bytes, not with the number of secrets."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator

from contracts.redact.decoders import unescaped

LEAST = 8  # bytes of the shortest part of a secret that is searched for
LONGEST = 4096  # bytes of one secret that are searched for
# A gram of 4 bytes for every 5 bytes of a secret: each part of LEAST bytes contains one.
_GRAM, _STEP = 4, 5
_FEW = 64  # up to so many grams are searched for one by one
_ALIKE = 8  # of more secrets with the same beginning, the beginning alone is redacted
_PREFIX, _PREFIXES = b"sk-", (b"sk-", b"st-")
# Letters as in words and in names such as `createVideoTask`, or digits alone, may be a word or a
# date, so a match of them proves nothing.
_WORD = re.compile(
    rb"[a-z]*(?:[A-Z][a-z]{2,}|[\W_]+[a-z]*)*(?:[A-Z][a-z]?)?|[A-Z\W_]+|[0-9\W_]+", re.ASCII
)
# The same holds for parts of names that occur in the calls of every client.
_PUBLIC = (
    b"/api/v1/services/aigc/image2video/video-synthesis /compatible-mode/v1/tasks http://127.0.0.1:"
    b" emo-detect-v1 wan2.2-s2v-detect liveportrait-detect sha256 utf-8 http/1.1 base64 x-oss-v1"
    b" authorization: bearer sk-redacted "
)

Distinctive = dict[bytes, tuple[bytes, int]]
Beginnings = dict[bytes, list[bytes]]


class _Parts:
    """The parts of LEAST bytes of the secrets, as they are added. distinctive: parts that no
    ordinary text contains, each with its secret and its offset there. beginnings: parts that
    ordinary text may contain, each with the secrets that must follow as a whole."""

    def __init__(self) -> None:
        self.distinctive: Distinctive = {}
        self.beginnings: Beginnings = {}
        self._read = 0

    def new_of(self, secrets: list[bytes]) -> list[bytes]:
        """The secrets that were added since the last call."""
        new, self._read = secrets[self._read :], len(secrets)
        return new

    def add_whole(self, part: bytes, secret: bytes) -> None:
        """Add a secret that must be found as a whole. If many secrets have the same beginning, that
        beginning alone counts as a secret."""
        alike = self.beginnings.setdefault(part, [])
        if len(alike) == _ALIKE:
            self.distinctive.setdefault(part, (secret, 0))
        elif secret not in alike:
            alike.append(secret)


class SecretSearch:
    """Finds these secrets, with or without their `sk-`, their beginnings, and each part of at least
    LEAST bytes that is not an ordinary word. public: a text; parts of it never count as a part of a
    secret. has_quotes: whether a secret contains a `"`."""

    def __init__(self, secrets: Iterable[str], public: str = "") -> None:
        self._public = _PUBLIC + public.lower().encode("utf-8", "replace")
        self.has_quotes = False
        self._secrets: list[bytes] = []
        self._grams: set[bytes] = set()
        self._numbers: set[int] = set()  # each part of LEAST bytes as a number
        self._text_parts, self._bytes_parts = _Parts(), _Parts()
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Search for these secrets too. The cost of one does not depend on how many there are
        already."""
        new = sorted({form for secret in secrets for form in _forms(secret)})
        self._secrets += new
        self.has_quotes = self.has_quotes or any(b'"' in secret for secret in new)
        self._grams.update(
            secret[at : at + _GRAM].lower()
            for secret in new
            for at in range(0, len(secret) - _GRAM + 1, _STEP)
        )
        self._numbers.update(
            int.from_bytes(part, sys.byteorder)
            for secret in map(bytes.lower, new)
            for part in _parts_of(secret)
            if part not in self._public
        )

    def may_be_in(self, lower: bytes) -> bool:
        """Whether these bytes, in lower case, may contain a part of a secret. False is certain."""
        if len(self._grams) <= _FEW:
            for gram in self._grams:  # noqa: SIM110 (any() costs twice as much)
                if gram in lower:
                    return True
            return False
        return self.contains_part(lower)

    def contains_part(self, lower: bytes) -> bool:
        """Whether these bytes, in lower case, contain LEAST consecutive bytes of a secret. The cost
        does not depend on the number of secrets."""
        return not all(self._numbers.isdisjoint(_numbers(lower, at)) for at in range(LEAST))

    def matches(self, lower: bytes, *, is_text: bool = True) -> Iterator[tuple[int, int]]:
        """Start and end of each part of a secret in these bytes, in order. lower: in lower case.
        is_text: whether the bytes may contain ordinary words."""
        parts = self._parts_for_text() if is_text else self._parts_for_bytes()
        distinctive, beginnings = parts.distinctive, parts.beginnings
        least = 0
        for at in self._offsets(lower):
            if at < least:
                continue
            part = lower[at : at + LEAST]
            end = 0
            if part in distinctive:
                at, end = _extended(lower, at, least, *distinctive[part])
            elif part in beginnings:
                end = at + max(len(w) if lower.startswith(w, at) else -at for w in beginnings[part])
            if end:
                yield at, end
                least = end

    def _offsets(self, lower: bytes) -> Iterable[int]:
        """Offsets at which a part of LEAST bytes may begin: shortly before a gram."""
        if len(self._grams) > _FEW:
            return range(len(lower) - LEAST + 1)
        found = {at for gram in self._grams for at in _all_of(gram, lower)}
        return sorted({max(at - before, 0) for at in found for before in range(_STEP)})

    def _parts_for_text(self) -> _Parts:
        """The parts to search for in text: distinctive ones, and the beginnings of secrets that
        must be there as a whole."""
        parts = self._text_parts
        for secret in parts.new_of(self._secrets):
            lower = secret.lower()
            start = len(_PREFIX) if lower.startswith(_PREFIXES) else 0
            for at, part in enumerate(_parts_of(lower)):
                if (start and at == 0) or self._is_distinctive(secret[at : at + LEAST]):
                    parts.distinctive[part] = lower, at
                elif at in (0, start) and lower[at:] not in self._public:
                    parts.add_whole(part, lower[at:])
        return parts

    def _is_distinctive(self, part: bytes) -> bool:
        """Whether an ordinary text cannot contain this part."""
        return _WORD.fullmatch(part) is None and part.lower() not in self._public

    def _parts_for_bytes(self) -> _Parts:
        """The parts to search for in bytes that are not text: all parts of all secrets."""
        parts = self._bytes_parts
        for secret in parts.new_of(self._secrets):
            lower = secret.lower()
            for at, part in enumerate(_parts_of(lower)):
                if part not in self._public:
                    parts.distinctive[part] = lower, at
        return parts


def _forms(secret: str) -> Iterator[bytes]:
    """The bytes of a secret, also with its escapes undone."""
    for data in {secret.encode("utf-8", "replace"), secret.encode("latin-1", "replace")}:
        for form in (data, *unescaped(data)):
            if len(form) >= LEAST:
                yield form[:LONGEST]


def _parts_of(secret: bytes) -> Iterator[bytes]:
    return (secret[at : at + LEAST] for at in range(len(secret) - LEAST + 1))


def _numbers(data: bytes, start: int) -> memoryview:
    """Consecutive groups of LEAST bytes, from an offset on, as numbers."""
    whole = (len(data) - start) // LEAST * LEAST
    return memoryview(data)[start : start + max(whole, 0)].cast("Q")


def _all_of(gram: bytes, lower: bytes) -> Iterator[int]:
    at = lower.find(gram)
    while at >= 0:
        yield at
        at = lower.find(gram, at + 1)


def _extended(lower: bytes, start: int, least: int, secret: bytes, offset: int) -> tuple[int, int]:
    """Extend the part that was found at `start` to both sides, as far as the bytes match the secret
    and not before `least`."""
    end, next_offset = start + LEAST, offset + LEAST
    while end < len(lower) and next_offset < len(secret) and lower[end] == secret[next_offset]:
        end, next_offset = end + 1, next_offset + 1
    while start > least and offset and lower[start - 1] == secret[offset - 1]:
        start, offset = start - 1, offset - 1
    return start, end
