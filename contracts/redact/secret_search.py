"""Finds parts of secrets in plain bytes, in any case. It knows no encoding: spellings.py
undoes those first. Its cost grows with the bytes, not with the number of secrets."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator

from contracts.redact.decoders import unescaped

LEAST = 8  # characters of a secret that are looked for
LONGEST = 4096  # bytes of one secret that are looked for
_GRAM, _STEP = 4, 5  # every part of LEAST bytes has a gram in it, of which each _STEP-th is known
_FEW = 64  # grams that are looked for one by one
_ALIKE = 8  # secrets with the same beginning; of more of them it is a secret itself
_PREFIX, _PREFIXES = b"sk-", (b"sk-", b"st-")
# Letters as in words and names such as `createVideoTask`, or digits alone, may be a word or a date,
# so they tell nothing by themselves.
_WORD = re.compile(
    rb"[a-z]*(?:[A-Z][a-z]{2,}|[\W_]+[a-z]*)*(?:[A-Z][a-z]?)?|[A-Z\W_]+|[0-9\W_]+", re.ASCII
)
# Nor does a part of a name that everybody has in their calls.
_PUBLIC = (
    b"/api/v1/services/aigc/image2video/video-synthesis /compatible-mode/v1/tasks http://127.0.0.1:"
    b" emo-detect-v1 wan2.2-s2v-detect liveportrait-detect sha256 utf-8 http/1.1 base64 x-oss-v1"
    b" authorization: bearer sk-redacted "
)

Telling = dict[bytes, tuple[bytes, int]]
Wholes = dict[bytes, list[bytes]]


class _Parts:
    """Parts of LEAST bytes: those that tell that a secret is there, with the secret and its place
    in it; and those of which all the rest must be there, too. They grow with the secrets."""

    def __init__(self) -> None:
        self.telling: Telling = {}
        self.wholes: Wholes = {}
        self._read = 0

    def new_of(self, secrets: list[bytes]) -> list[bytes]:
        """Those that were added since this was asked last."""
        new, self._read = secrets[self._read :], len(secrets)
        return new

    def add_whole(self, part: bytes, secret: bytes) -> None:
        """A secret with such a beginning, all of which must be there; where many begin so, the
        beginning tells enough."""
        alike = self.wholes.setdefault(part, [])
        if len(alike) == _ALIKE:
            self.telling.setdefault(part, (secret, 0))
        elif secret not in alike:
            alike.append(secret)


class SecretSearch:
    """Of some secrets. Found are whole ones with or without their `sk-`, their beginnings, and all
    parts that no ordinary word has. public: a text whose parts are no secrets. has_quotes: whether
    there is a `"` in one of the secrets."""

    def __init__(self, secrets: Iterable[str], public: str = "") -> None:
        self._public = _PUBLIC + public.lower().encode("utf-8", "replace")
        self.has_quotes = False
        self._secrets: list[bytes] = []
        self._grams: set[bytes] = set()
        self._numbers: set[int] = set()  # each part of LEAST bytes as one
        self._texts, self._others = _Parts(), _Parts()
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Look for these secrets, too. One costs no more where there are many already."""
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
        """Whether a part of a secret may be in the bytes, which are in lower case. False is
        certain."""
        if len(self._grams) <= _FEW:
            for gram in self._grams:  # noqa: SIM110 (any() costs twice as much)
                if gram in lower:
                    return True
            return False
        return self.holds(lower)

    def holds(self, lower: bytes) -> bool:
        """Whether as many bytes of a secret as are looked for are in the bytes, which are in lower
        case. It costs as much for many secrets as for one."""
        return not all(self._numbers.isdisjoint(_numbers(lower, at)) for at in range(LEAST))

    def runs(self, lower: bytes, *, is_text: bool = True) -> Iterator[tuple[int, int]]:
        """Where parts of secrets are in the bytes, in order; start and end of each. is_text:
        whether there may be ordinary words in them."""
        parts = self._parts_of_texts() if is_text else self._parts_of_others()
        telling, wholes = parts.telling, parts.wholes
        least = 0
        for at in self._places(lower):
            if at < least:
                continue
            part = lower[at : at + LEAST]
            end = 0
            if part in telling:
                at, end = _extended(lower, at, least, *telling[part])
            elif part in wholes:
                end = at + max(len(w) if lower.startswith(w, at) else -at for w in wholes[part])
            if end:
                yield at, end
                least = end

    def _places(self, lower: bytes) -> Iterable[int]:
        """Where a part of LEAST bytes may begin: shortly before a gram."""
        if len(self._grams) > _FEW:
            return range(len(lower) - LEAST + 1)
        found = {at for gram in self._grams for at in _all_of(gram, lower)}
        return sorted({max(at - before, 0) for at in found for before in range(_STEP)})

    def _parts_of_texts(self) -> _Parts:
        """Each part that tells that a secret is there; and each other part that a secret begins
        with, where all of the secret must be there."""
        parts = self._texts
        for secret in parts.new_of(self._secrets):
            lower = secret.lower()
            start = len(_PREFIX) if lower.startswith(_PREFIXES) else 0
            for at, part in enumerate(_parts_of(lower)):
                if (start and at == 0) or self._tells(secret[at : at + LEAST]):
                    parts.telling[part] = lower, at
                elif at in (0, start) and lower[at:] not in self._public:
                    parts.add_whole(part, lower[at:])
        return parts

    def _tells(self, part: bytes) -> bool:
        return _WORD.fullmatch(part) is None and part.lower() not in self._public

    def _parts_of_others(self) -> _Parts:
        """Each part of a secret."""
        parts = self._others
        for secret in parts.new_of(self._secrets):
            lower = secret.lower()
            for at, part in enumerate(_parts_of(lower)):
                if part not in self._public:
                    parts.telling[part] = lower, at
        return parts


def _forms(secret: str) -> Iterator[bytes]:
    """The bytes of a secret, also as they are where it was sent in escapes."""
    for data in {secret.encode("utf-8", "replace"), secret.encode("latin-1", "replace")}:
        for form in (data, *unescaped(data)):
            if len(form) >= LEAST:
                yield form[:LONGEST]


def _parts_of(secret: bytes) -> Iterator[bytes]:
    return (secret[at : at + LEAST] for at in range(len(secret) - LEAST + 1))


def _numbers(data: bytes, start: int) -> memoryview:
    """Each LEAST bytes from a place on, one behind the other, as numbers."""
    whole = (len(data) - start) // LEAST * LEAST
    return memoryview(data)[start : start + max(whole, 0)].cast("Q")


def _all_of(gram: bytes, lower: bytes) -> Iterator[int]:
    at = lower.find(gram)
    while at >= 0:
        yield at
        at = lower.find(gram, at + 1)


def _extended(lower: bytes, start: int, least: int, secret: bytes, place: int) -> tuple[int, int]:
    """The part of a secret that is at `start`, with as much of the secret as is beside it; not
    before `least`."""
    end, next_place = start + LEAST, place + LEAST
    while end < len(lower) and next_place < len(secret) and lower[end] == secret[next_place]:
        end, next_place = end + 1, next_place + 1
    while start > least and place and lower[start - 1] == secret[place - 1]:
        start, place = start - 1, place - 1
    return start, end
