"""Secrets, their encodings, and a search for them in decoded text. It shares no code with the
modules that hide secrets: it decodes a text in every known way and searches for 8 characters."""

from __future__ import annotations

import base64
import gzip
import html
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import quote_from_bytes, unquote_to_bytes

from hypothesis import strategies as st

EIGHT = 8
_HEXES = st.sampled_from("0123456789abcdef")
_LETTERS = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")


def _text(letters: st.SearchStrategy[str], least: int, most: int) -> st.SearchStrategy[str]:
    return st.lists(letters, min_size=least, max_size=most).map("".join)


# Keys in the formats of DashScope, invented ones, and those of other services.
KEYS = st.one_of(
    _text(_HEXES, 32, 32).map("sk-{}".format),
    _text(_LETTERS, 16, 60).map("sk-{}".format),
    st.tuples(_text(_LETTERS, 7, 7), _text(_LETTERS, 4, 4), _text(_LETTERS, 30, 60)).map(
        lambda parts: f"sk-ws-H.{'.'.join(parts)}"
    ),
    _text(_LETTERS, 16, 30).map("st-{}".format),
    st.sampled_from(["sk-attack-0001", "sk-abcdef12", "sk-my_own/key+1=", "sk-team-blue-7f3a"]),
)


def _each(form: str) -> Callable[[bytes], bytes]:
    return lambda data: "".join(form.format(byte) for byte in data).encode()


def _every_third(form: str) -> Callable[[bytes], bytes]:
    def encode(data: bytes) -> bytes:
        return b"".join(
            form.format(byte).encode() if not place % 3 else bytes((byte,))
            for place, byte in enumerate(data)
        )

    return encode


def _wide(coding: str) -> Callable[[bytes], bytes]:
    return lambda data: data.decode("latin-1").encode(coding)


def _folded(data: bytes) -> bytes:
    return base64.encodebytes(b"Authorization: Bearer " + data + b"\n" + b"x" * 60)


ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "percent": _each("%{:02x}"),
    "PERCENT": _each("%{:02X}"),
    "percent of some": _every_third("%{:02x}"),
    "JSON": _each("\\u{:04x}"),
    "JSON of some": _every_third("\\u{:04X}"),
    "\\x": _each("\\x{:02x}"),
    "octal": _each("\\{:03o}"),
    "HTML": _each("&#{};"),
    "HTML in hex": _each("&#x{:X};"),
    "HTML without end": _each("&#{}"),
    "base64": base64.b64encode,
    "base64 of Bearer": lambda data: base64.b64encode(b"Bearer " + data),
    "base64 of a user": lambda data: base64.b64encode(b"me:" + data).rstrip(b"="),
    "base64url": base64.urlsafe_b64encode,
    "base64 in lines": _folded,
    "hex": lambda data: data.hex().encode(),
    "HEX": lambda data: data.hex().upper().encode(),
    "hex with colons": lambda data: data.hex(":").encode(),
    "upper case": bytes.upper,
    "lower case": bytes.lower,
    "without sk-": lambda data: data[3:],
    "UTF-16": _wide("utf-16"),
    "UTF-16BE": _wide("utf-16-be"),
    "UTF-32": _wide("utf-32-le"),
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "quoted-printable": _each("={:02X}"),
    "zero width": lambda data: "\u200b".join(data.decode("latin-1")).encode(),
}
BINARY = {"UTF-16", "UTF-16BE", "UTF-32", "gzip", "zlib"}
CASES = {"upper case", "lower case"}  # of packed data nothing is left in another case
CHAINS = st.tuples(st.sampled_from(sorted(ENCODINGS)), st.sampled_from(sorted(ENCODINGS))).filter(
    lambda chain: not (chain[0] in BINARY and chain[1] in CASES)
)


def encoded(secret: str, chain: tuple[str, ...]) -> bytes:
    """The secret in one encoding after the other."""
    data = secret.encode()
    for name in chain:
        data = ENCODINGS[name](data)
    return data


# The character that begins an escape, how it is escaped itself, and the escape of any character.
ESCAPES = {
    "JSON": ("\\", "\\\\", "\\u{:04x}"),
    "\\x": ("\\", "\\\\", "\\x{:02x}"),
    "octal": ("\\", "\\\\", "\\{:03o}"),
    "percent": ("%", "%25", "%{:02X}"),
    "HTML": ("&", "&amp;", "&#{};"),
    "HTML in hex": ("&", "&amp;", "&#x{:x};"),
}


@st.composite
def escaped_in_part(draw: st.DrawFn, most: int = 3) -> tuple[str, str]:
    """A key, and the key escaped up to `most` times; each time some of its characters, at random,
    and each character that begins an escape."""
    key = text = draw(KEYS)
    random = draw(st.randoms(use_true_random=False))
    for start, of_start, form in draw(
        st.lists(st.sampled_from(sorted(ESCAPES.values())), min_size=1, max_size=most)
    ):
        share = random.choice((0.1, 0.4, 0.7, 1))
        text = "".join(
            form.format(ord(char)) if random.random() < share else {start: of_start}.get(char, char)
            for char in text
        )
    return key, text


def shows(text: str | bytes, secret: str) -> str:
    """Eight characters of the secret that can be restored from the text; "" if there are none."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    low = secret.encode().lower()
    parts = [low[at : at + EIGHT] for at in range(len(low) - EIGHT + 1)]
    for reading in _readings(data, 3):
        lower = reading.lower()
        for part in parts:
            if part in lower:
                return part.decode()
    return ""


def _readings(data: bytes, depth: int) -> Iterator[bytes]:
    yield data
    if depth:
        read = {reading for decode in _DECODERS for reading in decode(data)}
        for reading in read - {data}:
            yield from _readings(reading, depth - 1)


def _pattern(pattern: bytes, base: int) -> Callable[[bytes], Iterator[bytes]]:
    compiled = re.compile(pattern)

    def decode(data: bytes) -> Iterator[bytes]:
        read = compiled.sub(lambda found: chr(int(found[1], base)).encode(), data)
        if read != data:
            yield read

    return decode


def _of_html(data: bytes) -> Iterator[bytes]:
    if b"&" in data:
        yield html.unescape(data.decode("latin-1")).encode("latin-1", "replace")


def _of_url(data: bytes) -> Iterator[bytes]:
    if b"%" in data:
        yield unquote_to_bytes(data)


def _of_base64(data: bytes) -> Iterator[bytes]:
    for run in re.findall(rb"[A-Za-z0-9+/_-]{11,}", data):
        standard = run.replace(b"-", b"+").replace(b"_", b"/")
        for start in range(4):
            part = standard[start:]
            yield base64.b64decode(part[: len(part) // 4 * 4])


def _of_hex(data: bytes) -> Iterator[bytes]:
    for run in re.findall(rb"[0-9A-Fa-f]{2}(?::?[0-9A-Fa-f]{2}){7,}", data):
        yield bytes.fromhex(run.replace(b":", b"").decode())


def _visible(data: bytes) -> Iterator[bytes]:
    if b"\0" in data or b"\xe2\x80\x8b" in data:
        yield data.replace(b"\0", b"").replace("\u200b".encode(), b"")


def _unpacked(data: bytes) -> Iterator[bytes]:
    for found in re.finditer(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]", data):
        unpacker, part = zlib.decompressobj(zlib.MAX_WBITS | 32), b""
        with suppress(zlib.error):  # the data before the damage is readable
            for byte in data[found.start() :]:
                part += unpacker.decompress(bytes((byte,)))
        yield part


_DECODERS = (
    _of_url, _pattern(rb"\\+u00([0-9A-Fa-f]{2})", 16), _pattern(rb"\\+x([0-9A-Fa-f]{2})", 16),
    _pattern(rb"\\+([0-3][0-7]{2})", 8), _pattern(rb"=([0-9A-Fa-f]{2})", 16),
    _of_html, _of_base64, _of_hex, _visible, _unpacked,
)  # fmt: skip
__all__ = [
    "BINARY", "CHAINS", "ENCODINGS", "KEYS", "encoded", "escaped_in_part", "quote_from_bytes",
    "shows",
]  # fmt: skip
