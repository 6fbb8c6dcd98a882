"""Undoes encodings: every way in which a text may be written so that a reader, or a program, can
still restore it. It knows no secret; contracts.redact.redactor looks for them in what it yields.

Undone are: percent, escapes of JSON, C, Python and JavaScript, entities of HTML, quoted-printable,
invisible characters, UTF-16 and UTF-32, base64 and base64url at any offset, hex with and without
separators, gzip and zlib; and each of them again in what the others gave, DEPTH times.

Most texts are in no encoding, so each decoder first asks whether it has anything to do (see
encoding_checks.py). What it gives is mostly noise, of which only what may be text is read again."""

from __future__ import annotations

import re
import sys
import zlib
from binascii import a2b_base64
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from html import unescape
from itertools import accumulate, islice
from string import ascii_letters, digits, hexdigits

from contracts.redact import encoding_checks
from contracts.redact.decoded import Decoded, Segment

DEPTH = 4  # encodings inside of each other that are undone
LARGEST = 1 << 20  # bytes of unpacked data that are read
AROUND = 256  # bytes on each side of an escape that are read with it, where escapes are few
BLOCKS = (1024, 32, 1)  # bytes of damaged data that are unpacked at a time
PACKED = 8  # places of one text that are looked at for compressed data


def views(data: bytes, depth: int = DEPTH) -> Iterator[Decoded]:
    """The data as it is, and as each chain of decodings reads it. Text that is in no encoding gives
    short views of noise."""
    return _above(Decoded(data), depth)


def unescaped(data: bytes) -> Iterator[bytes]:
    """The data with its escapes undone once, twice and so on, as long as that changes it."""
    for _ in range(DEPTH):
        view = _escapes(Decoded(data))
        if view is None:
            return
        data = view.data
        yield data


def _above(view: Decoded, depth: int) -> Iterator[Decoded]:
    yield view
    if depth:
        for decoded in _decodings(view):
            yield from _above(decoded, depth - 1)


def _decodings(view: Decoded) -> Iterator[Decoded]:
    """The view as each decoder reads it that has anything to do."""
    text = view if view.is_text else _readable(view)
    if text is not None:
        yield from filter(None, (decode(text) for decode in _DECODERS))
    if packed := _packed(view):
        yield packed


# Each alternative begins with a letter as it is, for which `re` looks quickly. The name of a group
# begins with how to read it.
_LETTER = rb"[A-Za-z0-9+/]"
_ESCAPE = re.compile(
    rb"%(?:25){0,7}(?P<x1>[0-9A-Fa-f]{2})|%(?:25){0,7}[uU](?P<u1>[0-9A-Fa-f]{4})"
    rb"|\\\\{0,7}+(?:[xX](?P<x2>[0-9A-Fa-f]{2})|[uU](?:0000)?(?P<u2>[0-9A-Fa-f]{4})"
    rb"|[uU]\{0*(?P<u3>[0-9A-Fa-f]{1,6})\}|(?P<o1>[0-3][0-7]{2}))|\\(?=[\"'/\\])"
    rb"|&(?P<h1>#[0-9]{1,7};?)|&(?P<h2>#[xX][0-9A-Fa-f]{1,6};?)"
    rb"|&(?P<h3>(?:[A-Za-z]{2,8};|amp|lt|gt|quot|AMP|LT|GT|QUOT))"
    rb"|"
    + encoding_checks.UNSEEN
    +
    # The end of a line inside of base64, which may be escaped.
    rb"|\r\n(?<="
    + _LETTER
    + rb"{60}\r\n)(?="
    + _LETTER
    + rb")"
    rb"|\n(?<=" + _LETTER + rb"{60}\n)(?=" + _LETTER + rb")"
    rb"|\\n(?<=" + _LETTER + rb"{60}\\n)(?=" + _LETTER + rb")"
    rb"|\\r\\n(?<=" + _LETTER + rb"{60}\\r\\n)(?=" + _LETTER + rb")"
)
# The same where `\\u0041` is a backslash and an `A`.
_ESCAPE_OF_ONE = re.compile(
    _ESCAPE.pattern.replace(rb"\\\\{0,7}+", rb"\\").replace(rb"[\"'/\\]", rb"[\"'/]")
)
# One alone is more often the value of a parameter, as in `a=10`.
_MANY_QUOTED = re.compile(rb"=(?:[0-9A-Fa-f]{2}[^=&\s]{0,4}=[0-9A-Fa-f]{2}|[ \t]*\r?\n)")
_QUOTED = re.compile(rb"=(?P<x>[0-9A-Fa-f]{2})|=[ \t]*\r?\n")
# Characters that are not seen, in UTF-16 of either order.
_ZERO = re.compile(rb"\0|\xff\xfe|\xfe\xff|(?<=\0)[\x0b-\x0f]\x20|\x20[\x0b-\x0f](?=\0)")


def _escapes(view: Decoded) -> Decoded | None:
    return _undone(_ESCAPE, view) if encoding_checks.may_be_escaped(view.data) else None


def _escapes_of_one(view: Decoded) -> Decoded | None:
    return _undone(_ESCAPE_OF_ONE, view) if rb"\\" in view.data else None


def _quoted(view: Decoded) -> Decoded | None:
    is_quoted = b"=" in view.data and _MANY_QUOTED.search(view.data)
    return _undone(_QUOTED, view) if is_quoted else None


def _wide(view: Decoded) -> Decoded | None:
    """UTF-16 and UTF-32 of what ASCII has, with its zeros left out."""
    return _undone(_ZERO, view) if encoding_checks.is_wide(view.data) else None


Part = tuple[bytes, int, int, tuple[int, int] | None]  # with the place of its source, as in Segment


def _undone(pattern: re.Pattern[bytes], view: Decoded) -> Decoded | None:
    """The data with what the pattern finds undone; of few escapes only what is around them, for the
    rest reads as it did before. A text may be one escape behind another: so the map to the source,
    which costs more than the text, is made when it is asked for."""
    source = view.data
    data, count = pattern.subn(_read if pattern.groups else b"", source)
    if not count:
        return None
    far = len(source)
    if count * AROUND < far:
        far = AROUND
        data = b"".join(part[0] for part in _parts(pattern, source, far))
    return view.over(data, lambda: list(_mapped(_parts(pattern, source, far))))


def _parts(pattern: re.Pattern[bytes], source: bytes, far: int) -> Iterator[Part]:
    """Each escape, undone, and what is beside it, up to so many bytes far."""
    at = 0
    for found in pattern.finditer(source):
        start, end = found.span()
        if start - at > 2 * far:
            if at:
                yield source[at : at + far] + b"\n", at, at + far, _SAME
            at = start - far
        yield source[at:start], at, start, _SAME
        yield _read(found), start, end, None
        at = end
    yield source[at : at + far], at, len(source), _SAME


def _mapped(parts: Iterator[Part]) -> Iterator[Segment]:
    length = 0
    for part, start, end, even in parts:
        yield Segment(length, start, end, even)
        length += len(part)


def _read(found: re.Match[bytes]) -> bytes:
    name = found.lastgroup
    return _decoded(name[0], found[name]) if name else b""


@lru_cache(maxsize=1024)
def _decoded(how: str, text: bytes) -> bytes:
    """What an escape stands for; how: the first letter of the name of its group."""
    return _READ[how](text.decode())


_SAME = (1, 1)
_READ: dict[str, Callable[[str], bytes]] = {
    "x": bytes.fromhex,
    "o": lambda text: bytes((int(text, 8),)),
    "u": lambda text: chr(min(int(text, 16), 0x10FFFF)).encode("utf-8", "surrogatepass"),
    "h": lambda text: unescape(f"&{text}").encode("utf-8", "surrogatepass"),
}


def _readable(view: Decoded) -> Decoded | None:
    """What may be text in bytes that were decoded, most of which never were text."""
    if not encoding_checks.is_unbroken(view.data):
        return view
    found = list(encoding_checks.texts(view.data))
    starts = accumulate((end - start + 1 for start, end in found), initial=0)
    data = b"\0".join(view.data[start:end] for start, end in found)
    pieces = [Segment(at, *one, _SAME) for at, one in zip(starts, found, strict=False)]
    return view.over(data, lambda: pieces) if found else None


def _only(letters: str) -> bytes:
    """A table for translate: these letters stay, all other bytes become blanks."""
    known = letters.encode()
    return bytes(byte if byte in known else 0x20 for byte in range(256))


_IS_BASE64 = _only(ascii_letters + digits + "+/-_")
_IS_HEX = _only(hexdigits)
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{11,}")  # as long as eight characters are in it
_HEX = re.compile(rb"[0-9A-Fa-f]{16,}")
_CLOSE = re.compile(rb"(?:(?!0x)[^ :,\-\r\n])+")


def _base64(view: Decoded) -> Decoded | None:
    """Every run of base64, from each of the four places where a group may begin."""
    runs = [run for run in view.data.translate(_IS_BASE64).split() if len(run) >= 11]
    if not runs:
        return None
    joined = view.over(b"/".join(runs), lambda: _joined(_BASE64, view.data))
    text = joined.data.translate(_TO_STANDARD) + b"////"
    parts = [a2b_base64(text[at : len(text) - (len(text) - at) % 4]) for at in range(4)]
    return joined.over(b"".join(parts), lambda: _shifted(parts, (3, 4)), is_text=False)


def _hex(view: Decoded) -> Decoded | None:
    """Every run of hex digits, from both places where a byte may begin."""
    if not encoding_checks.has_hex(view.data):
        return None
    runs = [run for run in view.data.translate(_IS_HEX).split() if len(run) >= 16]
    joined = view.over(b"f".join(runs), lambda: _joined(_HEX, view.data))
    text = joined.data.decode()
    parts = [bytes.fromhex(text[at : len(text) - (len(text) - at) % 2]) for at in (0, 1)]
    return joined.over(b"".join(parts), lambda: _shifted(parts, (1, 2)), is_text=False)


def _hex_apart(view: Decoded) -> Decoded | None:
    """The same of hex digits that have blanks, colons and the like between them, or `0x`."""
    if not encoding_checks.may_have_hex_apart(view.data):
        return None
    close = view.data.replace(b"0x", b"").translate(None, encoding_checks.APART)
    if len(close) == len(view.data):
        return None
    return _hex(view.over(close, lambda: _joined(_CLOSE, view.data, 0)))


def _joined(pattern: re.Pattern[bytes], data: bytes, between: int = 1) -> list[Segment]:
    """The map of the runs of a pattern to the data that they were taken from; so many bytes are
    between two of them."""
    pieces, length = [], 0
    for found in pattern.finditer(data):
        pieces.append(Segment(length, *found.span(), _SAME))
        length += len(found[0]) + between
    return pieces


def _shifted(parts: list[bytes], even: tuple[int, int]) -> list[Segment]:
    """The map of what was decoded from several places on to the text that it was decoded from."""
    starts = accumulate(map(len, parts[:-1]), initial=0)
    return [Segment(start, at, sys.maxsize, even) for at, start in enumerate(starts)]


def _packed(view: Decoded) -> Decoded | None:
    """What is compressed in the data, from where it begins; each is one piece."""
    parts: list[bytes] = []
    pieces: list[Segment] = []
    if not encoding_checks.may_be_packed(view.data):
        return None
    for found in islice(_MAGIC.finditer(view.data), PACKED):
        start = found.start()
        part, used = _unpacked(view.data[start:])
        if part:
            pieces.append(Segment(sum(map(len, parts)), start, start + used))
            parts.append(part)
    return view.over(b"".join(parts), lambda: pieces) if parts else None


_MAGIC = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")  # of gzip and of zlib


def _unpacked(data: bytes) -> tuple[bytes, int]:
    """As much as can be unpacked, and how many bytes that took."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        part = unpacker.decompress(data, LARGEST)
    except zlib.error:
        return _unpacked_before_error(data)
    return part, len(data) - len(unpacker.unused_data)


def _unpacked_before_error(data: bytes) -> tuple[bytes, int]:
    """The same of damaged data, such as gzip without its zeros, in which a key may stand before
    the damage. zlib raises an error in place of what it has unpacked, so it gets ever less."""
    parts: list[bytes] = []
    at, room, unpacker = 0, LARGEST, zlib.decompressobj(zlib.MAX_WBITS | 32)
    for size in BLOCKS:
        with suppress(zlib.error):
            while at < len(data) and room:
                before = unpacker.copy()
                part = unpacker.decompress(data[at : at + size], room)
                parts.append(part)
                at, room = at + size, room - len(part)
        unpacker = before
    return b"".join(parts), at


_DECODERS = (_escapes, _escapes_of_one, _quoted, _wide, _base64, _hex, _hex_apart)
