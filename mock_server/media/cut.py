"""Makes an MP4 of any length from a short one by repeating its samples under new tables.

It neither decodes nor encodes; the same input results in the same bytes. Box layouts: ISO/IEC
14496-12. Supported are only files as scripts/media/draw.py writes them: version 0 boxes, one edit
for each track, no B-frames.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from math import ceil
from typing import NamedTuple

_HOLDS_BOXES = (b"trak", b"edts", b"mdia", b"minf", b"stbl")
_GROUPS = (b"sgpd", b"sbgp")  # optional hints that refer to sample numbers
_MOVIE_SCALE = 1000  # time units per second in mvhd, tkhd and elst

# Samples per chunk, by handler: 1.6 s of each, so that picture and sound are close in the file.
_CHUNK = {b"vide": 24, b"soun": 25}

Edit = Callable[[bytes], bytes]


class Track(NamedTuple):
    """One track of the input file.

    scale: time units per second. step: units of one sample. lead: samples before the first one that
    is played (AAC has one). sync: numbers of the samples at which a player may start; None: all."""

    handler: bytes
    scale: int
    step: int
    lead: int
    samples: list[bytes]
    sync: frozenset[int] | None

    def number(self, place: int) -> int:
        """The number of the sample at a place of the new track."""
        return (
            place
            if place < self.lead
            else self.lead + (place - self.lead) % (len(self.samples) - self.lead)
        )


class TrackPlan(NamedTuple):
    """A track of the new file: the numbers of its samples, and its length in units of the track
    (with the lead)."""

    track: Track
    numbers: list[int]
    units: int

    @property
    def chunks(self) -> list[bytes]:
        each, samples = _CHUNK[self.track.handler], [self.track.samples[n] for n in self.numbers]
        return [b"".join(samples[at : at + each]) for at in range(0, len(samples), each)]


def cut(base: bytes, seconds: float) -> bytes:
    """A video of `seconds` > 0 (a whole number of frames) that plays `base` from its start,
    repeated as often as needed."""
    ftyp, moov = _find(base, b"ftyp"), _find(base, b"moov")
    plans = [_plan(_track(base, body), seconds) for kind, body in _boxes(moov) if kind == b"trak"]
    chunks = [plan.chunks for plan in plans]
    head = len(_box(b"ftyp", ftyp) + _moov(moov, plans, [[0] * len(own) for own in chunks], 0)) + 8
    media, offsets = _interleaved(chunks, head)
    index = _moov(moov, plans, offsets, round(seconds * _MOVIE_SCALE))
    return _box(b"ftyp", ftyp) + index + _box(b"mdat", media)


def _track(base: bytes, trak: bytes) -> Track:
    mdia, table = _find(trak, b"mdia"), _find(trak, b"mdia", b"minf", b"stbl")
    step = _words(_find(table, b"stts"))[3]
    return Track(
        handler=_find(mdia, b"hdlr")[8:12],
        scale=_words(_find(mdia, b"mdhd"))[3],
        step=step,
        lead=_words(_find(trak, b"edts", b"elst"))[3] // step,
        samples=list(_samples(base, table)),
        sync=_sync(table),
    )


def _samples(base: bytes, table: bytes) -> Iterator[bytes]:
    """The bytes of each sample, in order."""
    sizes = iter(_words(_find(table, b"stsz"))[3:])
    runs = _words(_find(table, b"stsc"))[2:]  # first chunk, samples in each, description
    for chunk, at in enumerate(_words(_find(table, b"stco"))[2:], 1):
        count = next(runs[i + 1] for i in range(len(runs) - 3, -1, -3) if runs[i] <= chunk)
        for size in islice(sizes, count):
            yield base[at : at + size]
            at += size


def _sync(table: bytes) -> frozenset[int] | None:
    found = [body for kind, body in _boxes(table) if kind == b"stss"]
    return frozenset(number - 1 for number in _words(found[0])[2:]) if found else None


def _plan(track: Track, seconds: float) -> TrackPlan:
    units = round(seconds * track.scale) + track.lead * track.step
    count = ceil(units / track.step)
    return TrackPlan(track, [track.number(place) for place in range(count)], units)


def _interleaved(chunks: list[list[bytes]], at: int) -> tuple[bytes, list[list[int]]]:
    """The chunks of all tracks in turn, and the offset of each in the file."""
    parts: list[bytes] = []
    offsets: list[list[int]] = [[] for _ in chunks]
    for turn in range(max(map(len, chunks))):
        for own, places in zip(chunks, offsets, strict=True):
            if turn < len(own):
                places.append(at)
                parts.append(own[turn])
                at += len(own[turn])
    return b"".join(parts), offsets


def _moov(moov: bytes, plans: list[TrackPlan], offsets: list[list[int]], duration: int) -> bytes:
    """The moov box (index) of the new file. duration: in _MOVIE_SCALE units."""
    tracks = iter(zip(plans, offsets, strict=True))
    parts = []
    for kind, body in _boxes(moov):
        if kind == b"trak":
            parts.append(_box(kind, _edited(body, _edits(*next(tracks), duration))))
        else:
            parts.append(_box(kind, _word_at(16, duration)(body) if kind == b"mvhd" else body))
    return _box(b"moov", *parts)


def _edits(plan: TrackPlan, offsets: list[int], duration: int) -> dict[bytes, Edit]:
    """The changes to the boxes of a track, by box type."""
    track, count = plan.track, len(plan.numbers)
    each = _CHUNK[track.handler]
    full, rest = divmod(count, each)
    runs = [(1, each)] * (full > 0) + [(full + 1, rest)] * (rest > 0)
    last = plan.units - (count - 1) * track.step
    times = [(count - 1, track.step)] * (count > 1) + [(1, last)]
    sizes = [len(track.samples[number]) for number in plan.numbers]
    sync = [p for p, number in enumerate(plan.numbers, 1) if number in (track.sync or ())]
    return {
        b"tkhd": _word_at(20, duration),
        b"elst": _word_at(8, duration),
        b"mdhd": _word_at(16, plan.units),
        b"stts": lambda _: _table(len(times), *(n for pair in times for n in pair)),
        b"stss": lambda _: _table(len(sync), *sync),
        b"stsc": lambda _: _table(len(runs), *(n for run in runs for n in (*run, 1))),
        b"stsz": lambda _: _table(0, count, *sizes),
        b"stco": lambda _: _table(len(offsets), *offsets),
    }


def _edited(body: bytes, edits: Mapping[bytes, Edit]) -> bytes:
    parts = []
    for kind, inner in _boxes(body):
        if kind in _HOLDS_BOXES:
            parts.append(_box(kind, _edited(inner, edits)))
        elif kind not in _GROUPS:
            parts.append(_box(kind, edits[kind](inner) if kind in edits else inner))
    return b"".join(parts)


def _word_at(place: int, value: int) -> Edit:
    """An edit that writes a 32-bit number at an offset of a box's body."""
    return lambda body: body[:place] + struct.pack(">I", value) + body[place + 4 :]


def _table(*numbers: int) -> bytes:
    """The body of a full box (version 0, no flags) with 32-bit numbers."""
    return struct.pack(f">{1 + len(numbers)}I", 0, *numbers)


def _words(body: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(body) // 4}I", body[: len(body) // 4 * 4])


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at + 8 : at + size]
        at += size


def _find(data: bytes, *path: bytes) -> bytes:
    """The body of the box at a path of box types."""
    for kind in path:
        data = next(body for found, body in _boxes(data) if found == kind)
    return data
