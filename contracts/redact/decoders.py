"""Undoes encodings in which a text may hide from a plain search, but that a reader or a program can
decode. Does not know any secret: redactor.py searches the results.

Decoded are: percent-encoding, escapes of JSON, C, Python and JavaScript, HTML entities,
quoted-printable, invisible characters, UTF-16 and UTF-32, base64 and base64url at any offset, hex
with and without separators, gzip and zlib. Each result is decoded again, up to DEPTH levels.

Most texts are not encoded, so each decoder first checks whether it has any work (see
encoding_checks.py). Its results are mostly random bytes, of which only runs of text are decoded
again."""

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

DEPTH = 4  # nested encodings that are decoded
LARGEST = 1 << 20  # decompressed bytes that are searched
AROUND = 256  # bytes on each side of an escape that are decoded with it, if escapes are few
BLOCKS = (1024, 32, 1)  # bytes of damaged data that are decompressed at a time
PACKED = 8  # places in one text that are checked for compressed data


def decodings(data: bytes, depth: int = DEPTH) -> Iterator[Decoded]:
    """The data itself, and the result of each chain of decoders. Data that is not encoded gives few
    and short results. Two results may have the same bytes and come from different places."""
    return _decode_deeply(Decoded(data), depth)


def unescaped(data: bytes) -> Iterator[bytes]:
    """The data with its escapes undone once, twice and so on, as long as that changes it."""
    for _ in range(DEPTH):
        decoded = _escapes(Decoded(data))
        if decoded is None:
            return
        data = decoded.data
        yield data


def _decode_deeply(decoded: Decoded, depth: int) -> Iterator[Decoded]:
    """The text itself and everything decoded from it, up to `depth` levels."""
    yield decoded
    if depth:
        for result in _decode_once(decoded):
            yield from _decode_deeply(result, depth - 1)


def _decode_once(decoded: Decoded) -> Iterator[Decoded]:
    """The result of each decoder that found something."""
    text = decoded if decoded.is_text else _readable(decoded)
    if text is not None:
        yield from filter(None, (decode(text) for decode in _DECODERS))
    if packed := _packed(decoded):
        yield packed


# Each alternative begins with a literal character, which `re` finds quickly. The first letter of a
# group's name is its kind in _READ: x and u are hex numbers, o octal ones, h entities of HTML, p
# pairs of backslashes.
_LETTER = rb"[A-Za-z0-9+/]"
_ESCAPE = re.compile(
    rb"%(?:25){0,7}(?P<x1>[0-9A-Fa-f]{2})|%(?:25){0,7}[uU](?P<u1>[0-9A-Fa-f]{4})"
    rb"|\\\\{0,7}+(?:[xX](?P<x2>[0-9A-Fa-f]{2})|[uU](?:0000)?(?P<u2>[0-9A-Fa-f]{4})"
    rb"|[uU]\{0*(?P<u3>[0-9A-Fa-f]{1,6})\}|(?P<o1>[0-3][0-7]{2}))|\\(?=[\"'/\\])"
    rb"|&(?P<h1>#[0-9]{1,7};?)|&(?P<h2>#[xX][0-9A-Fa-f]{1,6};?)"
    rb"|&(?P<h3>(?:[A-Za-z]{2,8};|amp|lt|gt|quot|AMP|LT|GT|QUOT))"
    rb"|"
    + encoding_checks.INVISIBLE
    +
    # The end of a line inside base64, which may be escaped.
    rb"|\r\n(?<="
    + _LETTER
    + rb"{60}\r\n)(?="
    + _LETTER
    + rb")"
    rb"|\n(?<=" + _LETTER + rb"{60}\n)(?=" + _LETTER + rb")"
    rb"|\\n(?<=" + _LETTER + rb"{60}\\n)(?=" + _LETTER + rb")"
    rb"|\\r\\n(?<=" + _LETTER + rb"{60}\\r\\n)(?=" + _LETTER + rb")"
)
# The same with a single backslash before the escape: `\\u0041` is a backslash and an `A`.
_ESCAPE_OF_ONE = re.compile(
    _ESCAPE.pattern.replace(rb"\\\\{0,7}+", rb"\\").replace(rb"[\"'/\\]", rb"[\"'/]")
)
# Undone alone, for escapes that spell a part of another escape: `\\\\u007500\\u0036D` in JSON is
# `\\u007500\u0036D`, and `&#1%315` in a URL is `&#115`. So entities stay, and `\\` is a backslash.
_OUTER_ESCAPE = re.compile(
    rb"%(?P<x1>[0-9A-Fa-f]{2})|%[uU](?P<u1>[0-9A-Fa-f]{4})"
    rb"|(?P<pairs>(?:\\\\){1,64})|\\(?=[\"'/])|\\[xX](?P<x2>[0-9A-Fa-f]{2})"
    rb"|\\[uU](?P<u2>[0-9A-Fa-f]{4})|\\[uU]\{0*(?P<u3>[0-9A-Fa-f]{1,6})\}|\\(?P<o1>[0-3][0-7]{2})"
)
# An entity inside of another one: `&#4&#56;;` is `&#48;`, and not the character 4 before an 8. An
# entity is valid without its semicolon, so these are undone alone, with it.
_NESTED_ENTITY = re.compile(rb"&#?[xX]?[0-9A-Fa-f]*&#")
_WHOLE_ENTITY = re.compile(
    rb"&(?P<h1>#[0-9]{1,7};)|&(?P<h2>#[xX][0-9A-Fa-f]{1,6};)|&(?P<h3>[A-Za-z]{2,8};)"
)
# A single `=10` is more often a parameter, as in `a=10`, so at least two are required.
_MANY_QUOTED = re.compile(rb"=(?:[0-9A-Fa-f]{2}[^=&\s]{0,4}=[0-9A-Fa-f]{2}|[ \t]*\r?\n)")
_QUOTED = re.compile(rb"=(?P<x>[0-9A-Fa-f]{2})|=[ \t]*\r?\n")
# Zeros, byte order marks and invisible characters, in UTF-16 of either byte order.
_ZERO = re.compile(rb"\0|\xff\xfe|\xfe\xff|(?<=\0)[\x0b-\x0f]\x20|\x20[\x0b-\x0f](?=\0)")


def _escapes(decoded: Decoded) -> Decoded | None:
    return _undone(_ESCAPE, decoded) if encoding_checks.may_be_escaped(decoded.data) else None


def _escapes_of_one(decoded: Decoded) -> Decoded | None:
    return _undone(_ESCAPE_OF_ONE, decoded) if rb"\\" in decoded.data else None


def _outer_escapes(decoded: Decoded) -> Decoded | None:
    is_nested = encoding_checks.may_be_nested(decoded.data)
    return _undone(_OUTER_ESCAPE, decoded) if is_nested else None


def _entities(decoded: Decoded) -> Decoded | None:
    is_nested = b"&#" in decoded.data and _NESTED_ENTITY.search(decoded.data)
    return _undone(_WHOLE_ENTITY, decoded) if is_nested else None


def _quoted(decoded: Decoded) -> Decoded | None:
    is_quoted = b"=" in decoded.data and _MANY_QUOTED.search(decoded.data)
    return _undone(_QUOTED, decoded) if is_quoted else None


def _wide(decoded: Decoded) -> Decoded | None:
    """UTF-16 and UTF-32 of ASCII text, with the zeros removed."""
    return _undone(_ZERO, decoded) if encoding_checks.is_wide(decoded.data) else None


Part = tuple[bytes, int, int, tuple[int, int] | None]  # with its source, as in Segment


def _undone(pattern: re.Pattern[bytes], decoded: Decoded) -> Decoded | None:
    """Undo each match of the pattern. If there are few, only the text around them is kept, because
    the rest has not changed. The map to the source costs more than the text, since a text may
    consist of escapes, so it is made only when it is needed."""
    source = decoded.data
    data, count = pattern.subn(_read if pattern.groups else b"", source)
    if not count:
        return None
    far = len(source)
    if count * AROUND < far:
        far = AROUND
        data = b"".join(part[0] for part in _parts(pattern, source, far))
    return decoded.derive(data, lambda: list(_mapped(_parts(pattern, source, far))))


def _parts(pattern: re.Pattern[bytes], source: bytes, far: int) -> Iterator[Part]:
    """Each escape, undone, and the text around it, up to `far` bytes on each side."""
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
    for part, start, end, ratio in parts:
        yield Segment(length, start, end, ratio)
        length += len(part)


def _read(found: re.Match[bytes]) -> bytes:
    name = found.lastgroup
    return _decoded(name[0], found[name]) if name else b""


@lru_cache(maxsize=1024)
def _decoded(kind: str, text: bytes) -> bytes:
    """The bytes of one escape. kind: the first letter of the name of its group."""
    return _READ[kind](text.decode())


_SAME = (1, 1)
_READ: dict[str, Callable[[str], bytes]] = {
    "x": bytes.fromhex,
    "o": lambda text: bytes((int(text, 8),)),
    "u": lambda text: chr(min(int(text, 16), 0x10FFFF)).encode("utf-8", "surrogatepass"),
    "p": lambda text: text[::2].encode(),
    "h": lambda text: unescape(f"&{text}").encode("utf-8", "surrogatepass"),
}


def _readable(decoded: Decoded) -> Decoded | None:
    """The runs of text in decoded bytes, most of which are random; None without any."""
    if not encoding_checks.is_unbroken(decoded.data):
        return decoded
    found = list(encoding_checks.texts(decoded.data))
    starts = accumulate((end - start + 1 for start, end in found), initial=0)
    data = b"\0".join(decoded.data[start:end] for start, end in found)
    segments = [Segment(at, *one, _SAME) for at, one in zip(starts, found, strict=False)]
    return decoded.derive(data, lambda: segments) if found else None


def _only(letters: str) -> bytes:
    """A table for translate: these letters stay, all other bytes become blanks."""
    known = letters.encode()
    return bytes(byte if byte in known else 0x20 for byte in range(256))


_IS_BASE64 = _only(ascii_letters + digits + "+/-_")
_IS_HEX = _only(hexdigits)
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{11,}")  # eight bytes need eleven characters
_HEX = re.compile(rb"[0-9A-Fa-f]{16,}")
_CLOSE = re.compile(rb"(?:(?!0x)[^ :,\-\r\n])+")


def _base64(decoded: Decoded) -> Decoded | None:
    """Every run of base64, decoded from each of the four offsets at which a group may begin."""
    runs = [run for run in decoded.data.translate(_IS_BASE64).split() if len(run) >= 11]
    if not runs:
        return None
    joined = decoded.derive(b"/".join(runs), lambda: _joined(_BASE64, decoded.data))
    text = joined.data.translate(_TO_STANDARD) + b"////"
    parts = [a2b_base64(text[at : len(text) - (len(text) - at) % 4]) for at in range(4)]
    return joined.derive(b"".join(parts), lambda: _shifted(parts, (3, 4)), is_text=False)


def _hex(decoded: Decoded) -> Decoded | None:
    """Every run of hex digits, decoded from both offsets at which a byte may begin."""
    if not encoding_checks.has_hex(decoded.data):
        return None
    runs = [run for run in decoded.data.translate(_IS_HEX).split() if len(run) >= 16]
    joined = decoded.derive(b"f".join(runs), lambda: _joined(_HEX, decoded.data))
    text = joined.data.decode()
    parts = [bytes.fromhex(text[at : len(text) - (len(text) - at) % 2]) for at in (0, 1)]
    return joined.derive(b"".join(parts), lambda: _shifted(parts, (1, 2)), is_text=False)


def _hex_apart(decoded: Decoded) -> Decoded | None:
    """Hex digits with separators (blanks, colons, commas) or `0x` between them."""
    if not encoding_checks.may_have_hex_apart(decoded.data):
        return None
    close = decoded.data.replace(b"0x", b"").translate(None, encoding_checks.APART)
    if len(close) == len(decoded.data):
        return None
    return _hex(decoded.derive(close, lambda: _joined(_CLOSE, decoded.data, 0)))


def _joined(pattern: re.Pattern[bytes], data: bytes, between: int = 1) -> list[Segment]:
    """The map from the joined matches of a pattern to the data. between: bytes between two of
    them."""
    segments, length = [], 0
    for found in pattern.finditer(data):
        segments.append(Segment(length, *found.span(), _SAME))
        length += len(found[0]) + between
    return segments


def _shifted(parts: list[bytes], ratio: tuple[int, int]) -> list[Segment]:
    """The map from results that were decoded at several offsets to the encoded text."""
    starts = accumulate(map(len, parts[:-1]), initial=0)
    return [Segment(start, at, sys.maxsize, ratio) for at, start in enumerate(starts)]


def _packed(decoded: Decoded) -> Decoded | None:
    """The decompressed data of each place where gzip or zlib data begins; each is one segment."""
    parts: list[bytes] = []
    segments: list[Segment] = []
    if not encoding_checks.may_be_packed(decoded.data):
        return None
    for found in islice(_MAGIC.finditer(decoded.data), PACKED):
        start = found.start()
        part, used = _unpacked(decoded.data[start:])
        if part:
            segments.append(Segment(sum(map(len, parts)), start, start + used))
            parts.append(part)
    return decoded.derive(b"".join(parts), lambda: segments) if parts else None


_MAGIC = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")  # of gzip and of zlib


def _unpacked(data: bytes) -> tuple[bytes, int]:
    """As much as can be decompressed, and how many bytes of the data that took."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        part = unpacker.decompress(data, LARGEST)
    except zlib.error:
        return _unpacked_before_error(data)
    return part, len(data) - len(unpacker.unused_data)


def _unpacked_before_error(data: bytes) -> tuple[bytes, int]:
    """The same for damaged data, such as gzip without its zeros: a key may be in the part before
    the damage. When zlib raises an error it returns nothing, so it gets smaller and smaller
    blocks."""
    parts: list[bytes] = []
    at, left, unpacker = 0, LARGEST, zlib.decompressobj(zlib.MAX_WBITS | 32)
    for size in BLOCKS:
        with suppress(zlib.error):
            while at < len(data) and left:
                before = unpacker.copy()
                part = unpacker.decompress(data[at : at + size], left)
                parts.append(part)
                at, left = at + size, left - len(part)
        unpacker = before
    return b"".join(parts), at


_DECODERS = (
    _escapes, _escapes_of_one, _outer_escapes, _entities, _quoted, _wide, _base64, _hex, _hex_apart,
)  # fmt: skip
