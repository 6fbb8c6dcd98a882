"""What a text reads as when its encodings are undone, kept so that secrets that become known later
are looked for in it without undoing them again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.redact.decoded import Decoded
from contracts.redact.decoders import views

# What can hold a part of a secret in decoded bytes, which are noise for the most part.
_READABLE = re.compile(rb"(?:[\x20-\x7e]|[\xc2-\xf4][\x80-\xbf]{1,3}){8,}")
SMALL, TIMES = 1 << 16, 4  # bytes, and times the text, from which on readings are not kept


def search_text_of(data: bytes) -> bytes | None:
    """The data and all that can be read in it, in lower case, in few more bytes than it has; None
    where there is much more, as in compressed data."""
    room, kept = SMALL + TIMES * len(data), []
    for view in views(data):
        for reading in _readable(view):
            room -= len(reading)
            if room < 0:
                return None
            kept.append(reading)
    return b"\n".join(kept).lower()


def _readable(view: Decoded) -> Iterator[bytes]:
    if view.is_text:
        yield view.data
    else:
        yield from _READABLE.findall(view.data)
