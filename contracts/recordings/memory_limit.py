"""Limits the memory of a growing recording, and the work of redacting it again when a later call
shows a new secret. The decoded text of each part is kept, so that it need not be decoded again."""

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

ROOM = 64 << 20  # bytes of parts and of their decoded text; beyond it only sizes of bodies are kept
LOOK = 4 << 20  # bytes of parts that are redacted again in one pass
FULL = "its bodies were not kept: the recording is full"
COSTLY = "its bodies were not kept: searching them for secrets would take too long"
Part = TypeVar("Part", RecordedExchange, RecordedRequest, RecordedAnswer)
Known = dict[int, tuple[RecordedExchange | RecordedRequest | RecordedAnswer, bytes]]


class MemoryLimit:
    """Bounds the parts of one recording. It keeps a reference to each part, so that no other object
    can get its id. lost: how many parts lost their bodies."""

    def __init__(self) -> None:
        self._known: Known = {}
        self._used: Known = {}
        self._bytes = self._work = 0
        self.lost = 0

    def put(self, part: Part) -> Part:
        """Add a part. Returns the part as it is kept: without bodies if the recording is full, or
        if its decoded text is much larger than the part."""
        data = msgspec.json.encode(part)
        search_text = search_text_of(data)
        if search_text is None:
            return self._put_small(part, COSTLY)
        if self._bytes + len(data) + len(search_text) > ROOM:
            return self._put_small(part, FULL)
        self._hold(part, data, search_text)
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
        self,
        part: RecordedExchange | RecordedRequest | RecordedAnswer,
        data: bytes,
        search_text: bytes,
    ) -> None:
        self._known[id(part)] = self._used[id(part)] = (part, search_text)
        self._bytes += len(data) + len(search_text)

    def begin_pass(self) -> None:
        """Begin a pass over all parts."""
        self._used, self._work = {}, LOOK

    def may_hold(self, part: Part, scrubber: Scrubber) -> bool:
        """Whether a part may contain one of the scrubber's secrets. False is certain. A part
        without decoded text, such as one with endless encodings in a header, is always redacted."""
        known = self._known[id(part)]
        self._used[id(part)] = known
        return not known[1] or scrubber.may_be_in_search_text(known[1])

    def affordable(self, part: Part) -> Part:
        """The part; without its bodies if this pass has redacted too much already."""
        self._work -= len(msgspec.json.encode(part))
        return part if self._work >= 0 else self._small(part, COSTLY)

    def replace(self, before: Part, after: Part) -> Part:
        """Replace a part by another one, which may be the same object."""
        if after is before:
            return before
        search_text = self._used.pop(id(before))[1]
        self._bytes -= len(msgspec.json.encode(before)) + len(search_text)
        return self.put(after)

    def forget_others(self) -> None:
        """Drop the parts that were not visited in this pass."""
        self._known, self._used = self._used, {}


def without_bodies(part: Part, why: str) -> Part:
    """The part with the sizes of its bodies instead of the bodies. An exchange gets a note. The
    same object if it has no bodies."""
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
