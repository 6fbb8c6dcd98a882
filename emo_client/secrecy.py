"""Hides the key in what a service sends back: some gateways repeat it in their answers."""

import html
import re
import zlib
from binascii import a2b_base64
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

# A shorter key could be part of any word; so many characters of a longer one are hidden too.
SHORTEST = 8
SHOWN = "…"
DEPTH = 4  # encodings inside of each other that are undone
LONGEST = 1 << 16  # bytes that are read of what is compressed
PLACES = 8  # of one text that are looked at for compressed data
READ = 16 << 20  # bytes of one text that are read, each encoding of it counted: 1 to 2 s
UNREAD = "… (not shown: its encodings are too many to look for the key in them)"

_ESCAPE = re.compile(
    rb"%(?:25){0,7}(?P<x1>[0-9A-Fa-f]{2})|\\{1,8}[xX](?P<x2>[0-9A-Fa-f]{2})"
    rb"|\\{1,8}[uU](?P<u>[0-9A-Fa-f]{4})|\\{1,8}(?P<o>[0-3][0-7]{2})"
    rb"|(?P<h>&#[xX]?[0-9A-Fa-f]{1,7};?|&[A-Za-z]{2,8};)|\\(?=[\"'/\\])"
    rb"|(?<=[A-Za-z0-9+/]{60})(?:\r|\\r)?(?:\n|\\n)(?=[A-Za-z0-9+/=])"  # base64 in lines
    rb"|\0|\xe2\x80[\x8b-\x8f]|\xe2\x81\xa0|\xef\xbb\xbf|\xc2\xad|=[ \t]*\r?\n"
)
# The same where `\\u0041` is a backslash and an `A`.
_ESCAPE_OF_ONE = re.compile(
    _ESCAPE.pattern.replace(rb"\\{1,8}", rb"\\").replace(rb"[\"'/\\]", rb"[\"'/]")
)
_QUOTED = re.compile(rb"=(?P<x>[0-9A-Fa-f]{2})")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{11,}")
_HEX = re.compile(rb"[0-9A-Fa-f]{2}(?:[ :-]?[0-9A-Fa-f]{2}){7,}")
_PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")  # gzip or zlib begins
_STANDARD = bytes.maketrans(b"-_", b"+/")
# What a key with its encoding may be: all between blanks, quotes and brackets.
_WORD = re.compile(rb"[^\s\"'<>{}\[\]()]+")
# A part of a word, or of a name such as `InvalidURL`: it does not show that a key is there.
_WORDS = rb"(?:[A-Z]+|[a-z]*(?:[A-Z]{1,4}[a-z]{2,}|No|Is|In|Of|To)*(?:[A-Z]{1,4}[a-z]?)?)"
_NAME = re.compile(rb"(?:[^A-Za-z0-9]|" + _WORDS + rb"(?![A-Za-z0-9]))+|[^A-Za-z]+")


class Secret:
    """A key that no error, repr or log may show. It is shown by `reveal` alone."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._raw = re.compile(re.escape(key.encode("utf-8", "replace")), re.IGNORECASE)
        data = key.encode("utf-8", "replace")
        self._parts, self._all_parts = _parts(data), _all_parts(data.lower())

    def __repr__(self) -> str:
        return "<key>"

    def reveal(self) -> str:
        """The key, for the header that carries it."""
        return self._key

    def clean(self, text: str) -> str:
        """The text without the key, and without every word from which it could be read: in base64,
        in hex, escaped for JSON, URLs or HTML, in other case, without its `sk-`, or in part."""
        data = text.encode("utf-8", "surrogatepass")
        clean = self.clean_bytes(data)
        return text if clean == data else clean.decode("utf-8", "replace")

    def clean_bytes(self, data: bytes) -> bytes:
        """The same of bytes in any charset that has ASCII in it. UNREAD in place of those that
        would take too long."""
        try:
            return self._cleaned(data, _Work())
        except _TooMuch:
            return UNREAD.encode()

    def _cleaned(self, data: bytes, work: "_Work") -> bytes:
        if not self._is_in(data, work):
            return data
        data = self._raw.sub(SHOWN.encode(), data)
        data = _WORD.sub(lambda found: self._shown(found[0], work), data)
        return SHOWN.encode() if self._is_in(data, work) else data

    def _shown(self, word: bytes, work: "_Work") -> bytes:
        return SHOWN.encode() if self._is_in(word, work) else word

    def _is_in(self, data: bytes, work: "_Work") -> bool:
        for reading, is_text in _readings(data):
            lower = work.counted(reading).lower()
            if any(part in lower for part in (self._parts if is_text else self._all_parts)):
                return True
        return False


class _TooMuch(Exception):
    """More than READ bytes would have to be read."""


class _Work:
    """Counts the bytes that are read. An answer in which each encoding hides others, 4 MiB of it,
    would take a minute."""

    def __init__(self) -> None:
        self._left = READ

    def counted(self, reading: bytes) -> bytes:
        """The reading. Raises _TooMuch."""
        self._left -= len(reading)
        if self._left < 0:
            raise _TooMuch
        return reading


def _parts(key: bytes) -> list[bytes]:
    """What shows that a key is in a text in lower case: it, it without its beginning, and its
    parts."""
    if len(key) < SHORTEST:
        return []
    all_parts = _all_parts(key)
    wholes = [part for part in (key, key[3:]) if len(part) >= SHORTEST]
    begin = all_parts[:1] if key.lower().startswith((b"sk-", b"st-")) else []
    telling = [*begin, *wholes, *(part for part in all_parts if not _NAME.fullmatch(part))]
    return [part.lower() for part in telling]


def _all_parts(key: bytes) -> list[bytes]:
    return [key[at : at + SHORTEST] for at in range(len(key) - SHORTEST + 1)]


def _readings(
    data: bytes, depth: int = DEPTH, *, is_text: bool = True
) -> Iterator[tuple[bytes, bool]]:
    """The data as it is, and as it reads in each encoding. Each with whether it is text, in which
    a part of the key may be an ordinary word; decoded base64, hex and compressed data are not."""
    yield data, is_text
    for pattern in (_ESCAPE, _ESCAPE_OF_ONE, _QUOTED) if depth else ():
        read = pattern.sub(_char, data)
        if read != data:
            yield from _readings(read, depth - 1, is_text=is_text)
    for decode in (_of_base64, _of_hex, _unpacked) if depth else ():
        read = decode(data)
        if read:
            yield from _readings(read, depth - 1, is_text=False)


def _char(found: re.Match[bytes]) -> bytes:
    kind = found.lastgroup or ""
    if not kind:
        return b""
    text = found[kind].decode()
    if kind == "h":
        return html.unescape(text).encode("utf-8", "replace")
    number = int(text, 8 if kind == "o" else 16)
    return chr(number).encode("utf-8", "surrogatepass") if kind == "u" else bytes((number,))


def _of_base64(data: bytes) -> bytes:
    """All runs of base64, each from every place where a group may begin."""
    text = b"/".join(_BASE64.findall(data)).translate(_STANDARD)
    padded = [text[at:] + b"A" * (-len(text[at:]) % 4) for at in range(4)] if text else []
    return b"\n".join(map(a2b_base64, padded))


def _of_hex(data: bytes) -> bytes:
    runs = [re.sub(rb"[ :-]", b"", run).decode() for run in _HEX.findall(data)]
    both = [run[at : len(run) - (len(run) - at) % 2] for run in runs for at in (0, 1)]
    return b"\n".join(map(bytes.fromhex, both))


def _unpacked(data: bytes) -> bytes:
    """What is compressed in the data, from the first places where that may begin."""
    places = islice(_PACKED.finditer(data), PLACES)
    return b"\n".join(_beginning(data[found.start() :]) for found in places)


def _beginning(packed: bytes) -> bytes:
    """As much as can be unpacked: before what is damaged too, where zlib raises an error in place
    of what it has unpacked."""
    parts: list[bytes] = []
    unpacker, at, room = zlib.decompressobj(zlib.MAX_WBITS | 32), 0, LONGEST
    for size in (len(packed), 1024, 32, 1):
        with suppress(zlib.error):
            while at < len(packed) and room:
                before = unpacker.copy()
                parts.append(unpacker.decompress(packed[at : at + size], room))
                at, room = at + size, room - len(parts[-1])
        unpacker = before
    return b"".join(parts)
