"""How much a recording keeps in memory while it grows, and how much work a look for secrets is that
become known later. What each part reads as is found out once, when it is kept. It decides nothing
about calls."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from contracts.recordings.bodies import bytes_of
from contracts.recordings.model import (
    RecordedAnswer,
    RecordedBody,
    RecordedExchange,
    RecordedRequest,
)
from contracts.recordings.scrubber import Scrubber
from contracts.redact.search_text import search_text_of

ROOM = 64 << 20  # bytes of parts and of what they read as; beyond it bodies are kept as their sizes
LOOK = 4 << 20  # bytes of parts that are cleaned again in one look for later secrets
FULL = "its bodies were not kept: the recording is full"
COSTLY = "its bodies were not kept: too many encodings to look for secrets in"
Part = TypeVar("Part", RecordedExchange, RecordedRequest, RecordedAnswer)
Known = dict[int, tuple[RecordedExchange | RecordedRequest | RecordedAnswer, bytes]]


class MemoryLimit:
    """One recording's. The parts are held, too, so that the id of one is nobody else's. lost: how
    many parts lost their bodies."""

    def __init__(self) -> None:
        self._known: Known = {}
        self._used: Known = {}
        self._bytes = self._work = 0
        self.lost = 0

    def put(self, part: Part) -> Part:
        """The part as it is kept: without bodies where there is no room for them, or where they
        read as much more than they have bytes."""
        data = msgspec.json.encode(part)
        reading = search_text_of(data)
        if reading is None:
            return self._put_small(part, COSTLY)
        if self._bytes + len(data) + len(reading) > ROOM:
            return self._put_small(part, FULL)
        self._hold(part, data, reading)
        return part

    def _put_small(self, part: Part, why: str) -> Part:
        small = self._small(part, why)
        data = msgspec.json.encode(small)
        self._hold(small, data, search_text_of(data) or b"")
        return small

    def _small(self, part: Part, why: str) -> Part:
        small = without_bodies(part, why)
        self.lost += small is not part
        return small

    def _hold(
        self, part: RecordedExchange | RecordedRequest | RecordedAnswer, data: bytes, reading: bytes
    ) -> None:
        self._known[id(part)] = self._used[id(part)] = (part, reading)
        self._bytes += len(data) + len(reading)

    def begin_look(self) -> None:
        """Look through all parts, with the work of one look."""
        self._used, self._work = {}, LOOK

    def may_hold(self, part: Part, cleaner: Scrubber) -> bool:
        """Whether there may be something to clean in a part that is kept; False is certain. One
        without a reading (encodings without end in a header) is always cleaned."""
        known = self._known[id(part)]
        self._used[id(part)] = known
        return not known[1] or cleaner.may_be_in_search_text(known[1])

    def affordable(self, part: Part) -> Part:
        """The part, without bodies where this look has cleaned too much already."""
        self._work -= len(msgspec.json.encode(part))
        return part if self._work >= 0 else self._small(part, COSTLY)

    def replace(self, before: Part, after: Part) -> Part:
        """Keep another part in place of one, which may be the same."""
        if after is before:
            return before
        reading = self._used.pop(id(before))[1]
        self._bytes -= len(msgspec.json.encode(before)) + len(reading)
        return self.put(after)

    def forget_others(self) -> None:
        """Keep the parts that were looked at since the look began."""
        self._known, self._used = self._used, {}


def without_bodies(part: Part, why: str) -> Part:
    """The part with the sizes of its bodies. An exchange says why; the same where it has none."""
    if isinstance(part, RecordedExchange):
        request = _without_body(part.request)
        answer = part.answer and _without_body(part.answer)
        if request is part.request and answer is part.answer:
            return part
        note = "; ".join(filter(None, (part.note, why)))
        return replace(part, request=request, answer=answer, note=note)
    return _without_body(part)


_Bodied = TypeVar("_Bodied", RecordedRequest, RecordedAnswer)


def _without_body(one: _Bodied) -> _Bodied:
    if one.body is None or one.body.size is not UNSET:
        return one
    return replace(one, body=RecordedBody(size=len(bytes_of(one.body))))
