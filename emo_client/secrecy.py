"""Redacts the API key in answers: some gateways repeat it, even in part or encoded."""

import html
import re
import zlib
from binascii import a2b_base64
from collections.abc import Iterator
from itertools import chain, islice

from emo_client.inflate import inflated

# A shorter key could be part of any word. Parts of this length of a longer key are redacted too.
SHORTEST = 8
SHOWN = "…"
DEPTH = 4  # nested encodings to decode
LONGEST = 1 << 16  # bytes of decompressed data to search
PLACES = 8  # offsets of one text at which to look for compressed data
READ = 16 << 20  # bytes to search for one text, in all of its decodings: 1 to 2 s
UNREAD = "… (not shown: its encodings are too many to look for the key in them)"

_ESCAPE = re.compile(
    rb"%(?:25){0,7}(?P<x1>[0-9A-Fa-f]{2})|\\{1,8}[xX](?P<x2>[0-9A-Fa-f]{2})"
    rb"|\\{1,8}[uU](?P<u>[0-9A-Fa-f]{4})|\\{1,8}(?P<o>[0-3][0-7]{2})"
    rb"|(?P<h>&#[xX]?[0-9A-Fa-f]{1,7};?|&[A-Za-z]{2,8};)|\\(?=[\"'/\\])"
    rb"|(?<=[A-Za-z0-9+/]{60})(?:\r|\\r)?(?:\n|\\n)(?=[A-Za-z0-9+/=])"  # base64 in lines
    rb"|\0|\xe2\x80[\x8b-\x8f]|\xe2\x81\xa0|\xef\xbb\xbf|\xc2\xad|=[ \t]*\r?\n"
)
# The same for texts in which `\\u0041` is a backslash and an `A`.
_ESCAPE_OF_ONE = re.compile(
    _ESCAPE.pattern.replace(rb"\\{1,8}", rb"\\").replace(rb"[\"'/\\]", rb"[\"'/]")
)
# Undone alone, for escapes that spell a part of another escape: `\\\\u007500\\u0036D` in JSON is
# `\\u007500\u0036D`, and `&#1%315` in a URL is `&#115`. So entities stay, and `\\` is a backslash;
# and entities are undone alone, in HTML that has other escapes.
_OUTER_ESCAPE = re.compile(
    rb"%(?P<x1>[0-9A-Fa-f]{2})|(?P<pairs>(?:\\\\)+)|\\(?=[\"'/])"
    rb"|\\[xX](?P<x2>[0-9A-Fa-f]{2})|\\[uU](?P<u>[0-9A-Fa-f]{4})|\\(?P<o>[0-3][0-7]{2})"
)
_ENTITY = re.compile(rb"(?P<h>&#[xX]?[0-9A-Fa-f]{1,7};?|&[A-Za-z]{2,8};)")
_QUOTED = re.compile(rb"=(?P<x>[0-9A-Fa-f]{2})")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{11,}")
_HEX = re.compile(rb"[0-9A-Fa-f]{2}(?:[ :-]?[0-9A-Fa-f]{2}){7,}")
_PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")  # gzip or zlib begins
_STANDARD = bytes.maketrans(b"-_", b"+/")
# A word that may be an encoded key: the text between blanks, quotes and brackets.
_WORD = re.compile(rb"[^\s\"'<>{}\[\]()]+")
# A part of a word, or of a name such as `InvalidURL`. It does not prove that a key is present.
_WORDS = rb"(?:[A-Z]+|[a-z]*(?:[A-Z]{1,4}[a-z]{2,}|No|Is|In|Of|To)*(?:[A-Z]{1,4}[a-z]?)?)"
_NAME = re.compile(rb"(?:[^A-Za-z0-9]|" + _WORDS + rb"(?![A-Za-z0-9]))+|[^A-Za-z]+")


class Secret:
    """An API key that no error, repr or log may show. Only reveal() returns it."""

    def __init__(self, key: str) -> None:
        self._key, data = key, key.encode("utf-8", "replace")
        self._raw = re.compile(re.escape(data), re.IGNORECASE)
        self._parts, self._all_parts = _parts(data), _all_parts(data.lower())

    def __repr__(self) -> str:
        return "<key>"

    def reveal(self) -> str:
        """The key, for the header that carries it."""
        return self._key

    def clean(self, text: str) -> str:
        """The text without the key, and without every word that contains it in another form: in
        base64, in hex, escaped for JSON, URLs or HTML, in other case, without `sk-`, or in part."""
        data = text.encode("utf-8", "surrogatepass")
        clean = self.clean_bytes(data)
        return text if clean == data else clean.decode("utf-8", "replace")

    def clean_bytes(self, data: bytes) -> bytes:
        """Like clean(), for bytes in a charset that includes ASCII. Returns UNREAD for a text that
        would take too long."""
        try:
            if not self._is_in(data):
                return data
            data = self._raw.sub(SHOWN.encode(), data)
            data = _WORD.sub(lambda found: self._redacted(found[0]), data)
            return self._redacted(data)
        except _TooMuch:
            return UNREAD.encode()

    def _redacted(self, data: bytes) -> bytes:
        return SHOWN.encode() if self._is_in(data) else data

    def _is_in(self, data: bytes) -> bool:
        for decoded, is_text in _decodings(data):
            lower = decoded.lower()
            if any(part in lower for part in (self._parts if is_text else self._all_parts)):
                return True
        return False


class _TooMuch(Exception):
    """A text and its decodings have more than READ bytes. 4 MiB of nested encodings would take a
    minute."""


def _parts(key: bytes) -> list[bytes]:
    """The texts that reveal a key, in lower case: the key, the key without its prefix, and its
    parts."""
    if len(key) < SHORTEST:
        return []
    all_parts = _all_parts(key)
    wholes = [part for part in (key, key[3:]) if len(part) >= SHORTEST]
    begin = all_parts[:1] if key.lower().startswith((b"sk-", b"st-")) else []
    revealing = [*begin, *wholes, *(part for part in all_parts if not _NAME.fullmatch(part))]
    return [part.lower() for part in revealing]


def _all_parts(key: bytes) -> list[bytes]:
    return [key[at : at + SHORTEST] for at in range(len(key) - SHORTEST + 1)]


def _decodings(data: bytes) -> Iterator[tuple[bytes, bool]]:
    """The data itself, and each different result of up to DEPTH decoders. The bool is whether it is
    text, in which a part of the key may be an ordinary word. Decoded base64, hex and compressed
    data are not text. Raises _TooMuch."""
    layer, seen, left = [(data, True)], {(data, True)}, READ - len(data)
    yield data, True
    for _ in range(DEPTH):
        texts, layer = layer, []
        for decoded in chain.from_iterable(_decoded_once(*text) for text in texts):
            if decoded not in seen:
                left -= len(decoded[0])
                if left < 0:
                    raise _TooMuch
                yield decoded
                seen.add(decoded)
                layer.append(decoded)


def _decoded_once(data: bytes, is_text: bool) -> Iterator[tuple[bytes, bool]]:
    """The data decoded by each decoder. A text with its escapes undone is still a text."""
    for pattern in (_ESCAPE, _ESCAPE_OF_ONE, _OUTER_ESCAPE, _ENTITY, _QUOTED):
        yield pattern.sub(_char, data), is_text
    for decode in (_of_base64, _of_hex, _decompressed):
        if read := decode(data):
            yield read, False


def _char(found: re.Match[bytes]) -> bytes:
    kind = found.lastgroup or ""
    if not kind:
        return b""
    if kind == "pairs":
        return found[kind][::2]
    text = found[kind].decode()
    if kind == "h":
        return html.unescape(text).encode("utf-8", "replace")
    number = int(text, 8 if kind == "o" else 16)
    return chr(number).encode("utf-8", "surrogatepass") if kind == "u" else bytes((number,))


def _of_base64(data: bytes) -> bytes:
    """All runs of base64, each decoded from the four offsets where a group may begin."""
    text = b"/".join(_BASE64.findall(data)).translate(_STANDARD)
    padded = [text[at:] + b"A" * (-len(text[at:]) % 4) for at in range(4)] if text else []
    return b"\n".join(map(a2b_base64, padded))


def _of_hex(data: bytes) -> bytes:
    runs = [re.sub(rb"[ :-]", b"", run).decode() for run in _HEX.findall(data)]
    both = [run[at : len(run) - (len(run) - at) % 2] for run in runs for at in (0, 1)]
    return b"\n".join(map(bytes.fromhex, both))


def _decompressed(data: bytes) -> bytes:
    """The first gzip and zlib streams in the data, decompressed; b"" without any."""
    places = islice(_PACKED.finditer(data), PLACES)
    found = (inflated(data[place.start() :], zlib.MAX_WBITS | 32, LONGEST) for place in places)
    return b"\n".join(plain or b"" for plain in found)
