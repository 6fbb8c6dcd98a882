"""The bytes of a cassette's file. Each part is encoded and scanned for secrets once, however often
the recording that it belongs to is written while it grows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from contracts.cassette.model import Cassette, Timeline
from contracts.cassette.problems import CassetteError
from contracts.cassette.secrets import scan

SHOWN = 5  # places of secrets that an error names
Known = dict[int, tuple[Struct, bytes]]


class Encoder:
    """One recording's. It keeps the bytes of the parts of the cassette that it encoded last; parts
    are frozen, so the same object has the same bytes."""

    def __init__(self) -> None:
        self._last: Known = {}

    def pieces(self, cassette: Cassette) -> Iterator[bytes]:
        """The bytes of the file, in pieces: those of msgspec for the whole, with an indent of 2.
        Raises CassetteError, and names the places, where a secret is left."""
        known: Known = {}
        try:
            yield from self._pieces(cassette, known)
            self._last = known
        except BaseException:  # also of who writes them: the next try need not begin anew
            self._last |= known
            raise

    def _pieces(self, cassette: Cassette, known: Known) -> Iterator[bytes]:
        yield _formatted(replace(cassette, exchanges=(), timelines=()), "").removesuffix(b"\n}")
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
        found = self._last.get(id(value)) or (value, _indented(_formatted(value, place)))
        known[id(value)] = found
        return found[1]

    def _timeline(self, timeline: Timeline, place: str, known: Known) -> bytes:
        states = [
            self._part(state, f"{place}/states/{number}", known)
            for number, state in enumerate(timeline.states)
        ]
        found = self._last.get(id(timeline))
        if found is None:
            empty, filled = (
                b'\n  "states": []',
                b"".join(_list("states", states)).removeprefix(b","),
            )
            head = _formatted(replace(timeline, states=()), place)
            found = timeline, _indented(head.replace(empty, filled, 1))
        known[id(timeline)] = found
        return found[1]


def encoded(cassette: Cassette) -> bytes:
    """The file's bytes. Raises CassetteError, and names the places, where a secret is left."""
    return b"".join(Encoder().pieces(cassette))


def _formatted(value: Any, place: str) -> bytes:
    data = msgspec.json.format(msgspec.json.encode(value), indent=2)
    leaks = scan(data.decode())
    if leaks:
        places = ", ".join(f"{leak.kind} at {place}{leak.place}" for leak in leaks[:SHOWN])
        raise CassetteError(f"not written, for secrets are left in it: {places}")
    return data


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
