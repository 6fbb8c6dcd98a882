"""Quick checks whether bytes may be encoded; False is certain. Decodes nothing.

Most bytes are not encoded, so the cheapest check comes first: searching for a byte or translating.
Regular expressions run only after those matched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import hexdigits

APART = b" :,-\r\n"  # separators between bytes in hex
MANY_ZEROS = 7  # eight ASCII characters in UTF-16 have seven zeros between them
# Invisible characters: soft hyphen, zero-width space, byte order mark and the like.
INVISIBLE = (
    rb"\xc2\xad|\xcd\x8f|\xe1\xa0\x8e|\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa0-\xaf]"
    rb"|\xef\xbb\xbf|\xef\xb8[\x80-\x8f]"
)
_INVISIBLE = re.compile(INVISIBLE)
_INVISIBLE_PREFIXES = (b"\xc2\xad", b"\xcd\x8f", b"\xe1\xa0", b"\xe2\x80", b"\xe2\x81", b"\xef\xbb",
                 b"\xef\xb8")  # fmt: skip
_ESCAPE_CHARS = (b"%", b"\\", b"&", b"\n")
_NESTED = re.compile(rb"\\\\[xXuU0-3]|&#[xX]?[0-9A-Fa-f]{0,7}[%\\]")
_PACKED_TEXT = (b"x\x01", b"x^")  # beginnings of zlib data in ASCII
_PACKED = (*_PACKED_TEXT, b"x\x9c", b"x\xda", b"\x1f\x8b\x08")
# No second zero directly after the first one: else a run of zeros would cost its square.
_WIDE = re.compile(rb"\0[^\0]{1,3}(?:\0+[^\0]{1,3}){5}\0+[^\0]")


def _marker_table(letters: bytes) -> bytes:
    """A table for translate: these bytes become `a`, all others a blank."""
    return bytes(0x61 if byte in letters else 0x20 for byte in range(256))


_HEX = _marker_table(hexdigits.encode())
_TEXT = _marker_table(bytes(range(0x20, 0x7F)) + b"\t\r\n")
_EIGHT, _SIXTEEN = b"a" * 8, b"a" * 16


def may_be_escaped(data: bytes) -> bool:
    """Whether the data may contain an escape, an invisible character or the end of a line."""
    return _has(data, _ESCAPE_CHARS) or (not data.isascii() and _has(data, _INVISIBLE_PREFIXES))


def may_be_nested(data: bytes) -> bool:
    """Whether an escape may spell a part of another one, as in `\\\\u0041` and `&#%36%35;`."""
    return _has(data, (rb"\\", b"&#")) and _NESTED.search(data) is not None


def may_be_packed(data: bytes) -> bool:
    """Whether data compressed with gzip or zlib may begin somewhere."""
    return _has(data, _PACKED_TEXT if data.isascii() else _PACKED)


def is_wide(data: bytes) -> bool:
    """Whether the data may contain eight characters of UTF-16 or UTF-32."""
    return data.count(0) >= MANY_ZEROS and _WIDE.search(data) is not None


def has_hex(data: bytes) -> bool:
    """Whether the data contains eight bytes in hex."""
    return _SIXTEEN in data.translate(_HEX)


def may_have_hex_apart(data: bytes) -> bool:
    """Whether the data may contain hex digits with separators (blanks, colons, commas) or `0x`
    between them."""
    return _SIXTEEN in data.translate(_HEX, APART + b"x")


def is_unbroken(data: bytes) -> bool:
    """Whether no invisible character can be between the letters of a text in the data."""
    has_invisible = _has(data, _INVISIBLE_PREFIXES) and _INVISIBLE.search(data)
    return not has_invisible and not is_wide(data)


def texts(data: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of each run of at least eight printable ASCII characters."""
    marks = data.translate(_TEXT) + b" "
    start = marks.find(_EIGHT)
    while start >= 0:
        end = marks.find(b" ", start)
        yield start, end
        start = marks.find(_EIGHT, end)


def _has(data: bytes, parts: tuple[bytes, ...]) -> bool:
    for part in parts:  # noqa: SIM110 (any() costs twice as much)
        if part in data:
            return True
    return False
