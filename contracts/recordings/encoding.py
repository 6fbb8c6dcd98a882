"""The bytes of a cassette's file. Each part is encoded and scanned for secrets once, however often
the recording that it belongs to is written while it grows. Nothing is lost to a secret that is left
in a part: a placeholder takes its place, and nothing else's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from contracts.recordings.model import Cassette, RecordedTimeline
from contracts.recordings.secrets import PLACEHOLDER, proved

_NO_STATES = b'\n  "states": []'
Known = dict[int, tuple[Struct, bytes]]


class Encoder:
    """One recording's. It keeps the bytes of the parts of the cassette that it encoded last; parts
    are frozen, so the same object has the same bytes. tell: is told each place where a secret was
    left, once."""

    def __init__(self, tell: Callable[[str], object] = lambda _: None) -> None:
        self._last: Known = {}
        self._tell = tell
        self._told: set[str] = set()

    def pieces(self, cassette: Cassette) -> Iterator[bytes]:
        """The bytes of the file, in pieces: those of msgspec for the whole, with an indent of 2."""
        known: Known = {}
        try:
            yield from self._pieces(cassette, known)
            self._last = known
        except BaseException:  # also of who writes them: the next try need not begin anew
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
        """An item of a list that stands in an object."""
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
        kept, leaks = proved(msgspec.json.decode(data))
        for leak in leaks:
            what = f"{leak.kind} at {place}{leak.place}"
            if what not in self._told:
                self._told.add(what)
                self._tell(f"{what} looks like a secret: {PLACEHOLDER} is in its place")
        return msgspec.json.format(msgspec.json.encode(kept) if leaks else data, indent=2)


def encoded(cassette: Cassette) -> bytes:
    """The file's bytes."""
    return b"".join(Encoder().pieces(cassette))


def _indented(data: bytes) -> bytes:
    """Two levels deeper. In JSON a line ends between two values only."""
    return data.replace(b"\n", b"\n    ")


def _list(name: str, items: Iterable[bytes]) -> Iterator[bytes]:
    """A list of an object at the top, behind another field; nothing of one that is empty."""
    before = f',\n  "{name}": [\n    '.encode()
    for item in items:
        yield before
        yield item
        before = b",\n    "
    if before == b",\n    ":
        yield b"\n  ]"
