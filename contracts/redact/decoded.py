"""A decoded text with a map back to the bytes that it was decoded from. Decoding itself is in
decoders.py."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple


class Segment(NamedTuple):
    """A part of a decoded text, from `start` to the next segment, and the bytes of its source, from
    `source` to `source_end`. ratio: how many decoded bytes come from how many source bytes, (3, 4)
    for base64; None if the source cannot be divided."""

    start: int
    source: int
    source_end: int
    ratio: tuple[int, int] | None = None

    def source_of(self, at: int) -> tuple[int, int]:
        """Start and end of the source bytes that became the decoded byte at this offset."""
        if self.ratio is None:
            return self.source, self.source_end
        decoded, encoded = self.ratio
        begins = (at - self.start) * encoded // decoded
        ends = -(-(at - self.start + 1) * encoded // decoded)
        return self.source + begins, min(self.source + ends, self.source_end)


class Decoded(NamedTuple):
    """A text after some decodings. segments: makes the map to `source`, the text before the last
    decoding; it is only made when needed. is_text: whether the bytes are text, as they are or with
    escapes undone."""

    data: bytes
    segments: Callable[[], list[Segment]] | None = None
    source: Decoded | None = None
    is_text: bool = True

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Start and end, in the original text, of this part of the decoded text."""
        if self.segments is None or self.source is None:
            return start, end
        segments = self.segments()
        starts = [segment.start for segment in segments]
        first, last = bisect_right(starts, start) - 1, bisect_right(starts, end - 1) - 1
        begins, _ = segments[first].source_of(start)
        _, ends = segments[last].source_of(end - 1)
        return self.source.original_span(begins, ends)

    def derive(
        self, data: bytes, segments: Callable[[], list[Segment]], *, is_text: bool = True
    ) -> Decoded:
        """A text that was decoded from this one."""
        return Decoded(data, segments, self, is_text and self.is_text)
