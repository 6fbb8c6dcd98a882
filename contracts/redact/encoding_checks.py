"""Tells quickly whether bytes may be in an encoding; False is certain. Undoes none of them.

Most bytes are in no encoding, so what costs least comes first: to find a byte, to translate; a
regular expression only where those found something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import hexdigits

APART = b" :,-\r\n"  # what stands between bytes in hex
MANY_ZEROS = 7  # as many as eight characters of UTF-16 have between them
# Characters that are not seen.
UNSEEN = (
    rb"\xc2\xad|\xcd\x8f|\xe1\xa0\x8e|\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa0-\xaf]"
    rb"|\xef\xbb\xbf|\xef\xb8[\x80-\x8f]"
)
_UNSEEN = re.compile(UNSEEN)
_UNSEEN_SIGNS = (b"\xc2\xad", b"\xcd\x8f", b"\xe1\xa0", b"\xe2\x80", b"\xe2\x81", b"\xef\xbb",
                 b"\xef\xb8")  # fmt: skip
_ESCAPE_SIGNS = (b"%", b"\\", b"&", b"\n")
_PACKED_TEXT = (b"x\x01", b"x^")  # how zlib begins in ASCII
_PACKED = (*_PACKED_TEXT, b"x\x9c", b"x\xda", b"\x1f\x8b\x08")
# Behind the first zero, which `re` finds quickly, is none: else a run of zeros costs its square.
_WIDE = re.compile(rb"\0[^\0]{1,3}(?:\0+[^\0]{1,3}){5}\0+[^\0]")


def _marks(letters: bytes) -> bytes:
    """A table for translate: these bytes become `a`, all others blanks."""
    return bytes(0x61 if byte in letters else 0x20 for byte in range(256))


_HEX = _marks(hexdigits.encode())
_TEXT = _marks(bytes(range(0x20, 0x7F)) + b"\t\r\n")
_EIGHT, _SIXTEEN = b"a" * 8, b"a" * 16


def may_be_escaped(data: bytes) -> bool:
    """Whether there may be an escape, a character that is not seen, or the end of a line."""
    return _has(data, _ESCAPE_SIGNS) or (not data.isascii() and _has(data, _UNSEEN_SIGNS))


def may_be_packed(data: bytes) -> bool:
    """Whether what gzip or zlib made may begin somewhere."""
    return _has(data, _PACKED_TEXT if data.isascii() else _PACKED)


def is_wide(data: bytes) -> bool:
    """Whether eight characters of UTF-16 or UTF-32 may be there."""
    return data.count(0) >= MANY_ZEROS and _WIDE.search(data) is not None


def has_hex(data: bytes) -> bool:
    """Whether eight bytes in hex are there."""
    return _SIXTEEN in data.translate(_HEX)


def may_have_hex_apart(data: bytes) -> bool:
    """The same of hex digits that have blanks, colons and the like between them, or `0x`."""
    return _SIXTEEN in data.translate(_HEX, APART + b"x")


def is_unbroken(data: bytes) -> bool:
    """Whether nothing that is not seen can be between the letters of a text in the data."""
    has_unseen = _has(data, _UNSEEN_SIGNS) and _UNSEEN.search(data)
    return not has_unseen and not is_wide(data)


def texts(data: bytes) -> Iterator[tuple[int, int]]:
    """Where eight or more characters of ASCII follow one another; start and end of each."""
    marks = data.translate(_TEXT) + b" "
    start = marks.find(_EIGHT)
    while start >= 0:
        end = marks.find(b" ", start)
        yield start, end
        start = marks.find(_EIGHT, end)


def _has(data: bytes, signs: tuple[bytes, ...]) -> bool:
    for sign in signs:  # noqa: SIM110 (any() costs twice as much)
        if sign in data:
            return True
    return False
