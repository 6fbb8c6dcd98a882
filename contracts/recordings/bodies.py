"""Converts bodies between bytes and their form in a recording. Decompresses a copy, up to a
limit."""

from __future__ import annotations

from base64 import b64decode

import msgspec
from msgspec import UNSET

from contracts.files.user_file import deeper_than
from contracts.provider.content_encoding import CannotUnpack, unpacked
from contracts.recordings.errors import CassetteError
from contracts.recordings.model import RecordedBody

LONGEST = 1 << 20  # bytes of a body that is kept; a longer one counts as a download
LONGEST_FILE = 32 << 20  # bytes of all bodies in a file of another program
MOST_VALUES = 20_000  # values in JSON that is kept as a value; larger JSON is kept as text
DEEPEST = 63  # levels of JSON that is kept as a value; deeper JSON is kept as text
_URL_SAFE = str.maketrans("-_", "+/")


class BodyLimit:
    """Limits the bodies of one file in all: a small file can contain thousands of bodies that
    decompress to LONGEST bytes each."""

    def __init__(self) -> None:
        self._left = LONGEST_FILE

    def take(self, *bodies: RecordedBody | None) -> None:
        """Count these bodies. Raises CassetteError if the limit is exceeded."""
        self._left -= sum(len(bytes_of(body)) for body in bodies)
        if self._left < 0:
            most = f"{LONGEST_FILE >> 20} MiB"
            raise CassetteError(f"has more than {most} of decompressed bodies; remove some calls")


def body_of(data: bytes, encoding: str = "", *, size: int | None = None) -> RecordedBody | None:
    """The recorded form of a body; None for an empty one. encoding: the value of Content-Encoding.
    size: the complete size, if `data` is only the beginning."""
    size = len(data) if size is None else size
    plain = None if size > len(data) or size > LONGEST else decoded(data, encoding)
    text = None if plain is None else _text(plain)
    if not size:
        return None
    return RecordedBody(size=size) if text is None else body_of_text(text)


def body_of_packed(data: bytes, encoding: str) -> RecordedBody | None:
    """The body of bytes that a program may have decompressed without removing the Content-Encoding
    header."""
    body = body_of(data, encoding)
    return body_of(data) if encoding and body and isinstance(body.size, int) else body


def body_of_base64(text: str, encoding: str = "") -> RecordedBody | None:
    """The body of a text that claims to be base64; if it is not, the text itself is the body."""
    packed = "".join(text.split()).rstrip("=").translate(_URL_SAFE)
    try:
        data = b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except ValueError:
        return body_of_text(text)
    return body_of_packed(data, encoding)


def body_of_text(text: str) -> RecordedBody:
    """The body of a text: as a value if it is JSON, else as text."""
    if sum(map(text.count, ",[{")) > MOST_VALUES:
        return RecordedBody(text=text)
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return RecordedBody(text=text)
    return RecordedBody(text=text) if deeper_than(value, DEEPEST) else RecordedBody(json=value)


def bytes_of(body: RecordedBody | None) -> bytes:
    """The bytes of a recorded body; empty if it was not kept."""
    if body is None or body.size is not UNSET:
        return b""
    return body.text.encode() if isinstance(body.text, str) else msgspec.json.encode(body.json)


def decoded(data: bytes, encoding: str) -> bytes | None:
    """The bytes without their Content-Encoding; None if that is unknown or invalid, or the result
    is too large."""
    try:
        plain = unpacked(data, encoding, LONGEST)
    except CannotUnpack:
        return None
    return plain if len(plain) <= LONGEST else None


def _text(data: bytes) -> str | None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
