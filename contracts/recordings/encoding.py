"""Encodes a recording as JSON. Each part is encoded and searched for secrets only once, however
often the file of a growing recording is written. If a secret is left in a part, a placeholder
replaces it and nothing else is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from contracts.recordings.leaks import without_leaks
from contracts.recordings.model import Cassette, RecordedTimeline
from contracts.redact.secret_forms import PLACEHOLDER

_NO_STATES = b'\n  "states": []'
Known = dict[int, tuple[Struct, bytes]]


class Encoder:
    """Encodes one recording repeatedly. It caches the bytes of the parts of the last time; parts
    are frozen, so that the same object has the same bytes. warn: is called once for each place
    where a secret was left."""

    def __init__(self, warn: Callable[[str], object] = lambda _: None) -> None:
        self._last: Known = {}
        self._warn = warn
        self._reported: set[str] = set()

    def pieces(self, cassette: Cassette) -> Iterator[bytes]:
        """The bytes of the file, in pieces. The whole is JSON with an indent of 2."""
        known: Known = {}
        try:
            yield from self._pieces(cassette, known)
            self._last = known
        except BaseException:  # also one of the caller: the next try need not start again
            self._last |= known
            raise

    def _pieces(self, cassette: Cassette, known: Known) -> Iterator[bytes]:
        head = self._formatted(replace(cassette, exchanges=(), timelines=()), "")
        yield head.removesuffix(b"\n}")
        exchanges = (
            self._part(exchange, f"/exchanges/{number}", known)
            for number, exchange in enumerate(cassette.exchanges)
        )
        timelines = (
            self._timeline(timeline, f"/timelines/{number}", known)
            for number, timeline in enumerate(cassette.timelines)
        )
        yield from _list("exchanges", exchanges)
        yield from _list("timelines", timelines)
        yield b"\n}\n"

    def _part(self, value: Struct, place: str, known: Known) -> bytes:
        """An item of a list that is a field of an object."""
        found = self._last.get(id(value)) or (value, _indented(self._formatted(value, place)))
        known[id(value)] = found
        return found[1]

    def _timeline(self, timeline: RecordedTimeline, place: str, known: Known) -> bytes:
        states = [
            self._part(state, f"{place}/states/{number}", known)
            for number, state in enumerate(timeline.states)
        ]
        found = self._last.get(id(timeline))
        if found is None:
            head = self._formatted(replace(timeline, states=()), place)
            filled = b"".join(_list("states", states)).removeprefix(b",")
            found = timeline, _indented(head.replace(_NO_STATES, filled, 1))
        known[id(timeline)] = found
        return found[1]

    def _formatted(self, value: Any, place: str) -> bytes:
        data = msgspec.json.encode(value)
        kept, leaks = without_leaks(msgspec.json.decode(data))
        for leak in leaks:
            leak_text = f"{leak.kind} at {place}{leak.place}"
            if leak_text not in self._reported:
                self._reported.add(leak_text)
                self._warn(f"{leak_text} looks like a secret: {PLACEHOLDER} is in its place")
        return msgspec.json.format(msgspec.json.encode(kept) if leaks else data, indent=2)


def encoded(cassette: Cassette) -> bytes:
    """The bytes of the file."""
    return b"".join(Encoder().pieces(cassette))


def _indented(data: bytes) -> bytes:
    """Indent by two more levels. In JSON, a line ends only between two values."""
    return data.replace(b"\n", b"\n    ")


def _list(name: str, items: Iterable[bytes]) -> Iterator[bytes]:
    """A list as a field of the top object, after another field; nothing for an empty list."""
    before = f',\n  "{name}": [\n    '.encode()
    for item in items:
        yield before
        yield item
        before = b",\n    "
    if before == b",\n    ":
        yield b"\n  ]"
