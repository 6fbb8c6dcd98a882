"""A text as it reads after some decodings, with a map to the bytes that it was made of. Decodes
nothing itself: contracts.redact.decoders does."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple


class Segment(NamedTuple):
    """A part of a view, from `start` to the next piece, and where its source begins and ends.
    even: how many bytes of the view are made of how many of the source, (3, 4) for base64; None
    where the source cannot be divided."""

    start: int
    source: int
    source_end: int
    even: tuple[int, int] | None = None

    def source_of(self, at: int) -> tuple[int, int]:
        """The part of the source that made the byte `at` of the view."""
        if self.even is None:
            return self.source, self.source_end
        here, there = self.even
        begins = (at - self.start) * there // here
        ends = -(-(at - self.start + 1) * there // here)
        return self.source + begins, min(self.source + ends, self.source_end)


class Decoded(NamedTuple):
    """A text as it reads after some decodings. pieces: the map to the view below, made when it is
    asked for. is_text: whether people can read it as it is, or with its escapes undone."""

    data: bytes
    pieces: Callable[[], list[Segment]] | None = None
    below: Decoded | None = None
    is_text: bool = True

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the original text that holds this part of the view."""
        if self.pieces is None or self.below is None:
            return start, end
        pieces = self.pieces()
        starts = [piece.start for piece in pieces]
        first, last = bisect_right(starts, start) - 1, bisect_right(starts, end - 1) - 1
        begins, _ = pieces[first].source_of(start)
        _, ends = pieces[last].source_of(end - 1)
        return self.below.span(begins, ends)

    def over(
        self, data: bytes, pieces: Callable[[], list[Segment]], *, is_text: bool = True
    ) -> Decoded:
        """A view that was made of this one."""
        return Decoded(data, pieces, self, is_text and self.is_text)
