"""Decodes a text once and keeps all that can be read in it, so that a secret that becomes known
later can be searched for without decoding again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.redact.decoded import Decoded
from contracts.redact.decoders import decodings

# Decoded bytes are mostly random; a part of a secret can only be in a run of characters.
_READABLE = re.compile(rb"(?:[\x20-\x7e]|[\xc2-\xf4][\x80-\xbf]{1,3}){8,}")
# The result may have so many bytes, plus so many times the bytes of the data.
SMALL, TIMES = 1 << 16, 4


def search_text_of(data: bytes) -> bytes | None:
    """The data and everything decoded from it that may be text, in lower case; None if that is much
    more than the data, as with compressed data."""
    left, kept = SMALL + TIMES * len(data), []
    for decoded in decodings(data):
        for text in _readable(decoded):
            left -= len(text)
            if left < 0:
                return None
            kept.append(text)
    return b"\n".join(kept).lower()


def _readable(decoded: Decoded) -> Iterator[bytes]:
    if decoded.is_text:
        yield decoded.data
    else:
        yield from _READABLE.findall(decoded.data)
