"""Decodes the text of a user's file: UTF-8, UTF-16 or UTF-32, with or without a byte order mark.
For example, `>` in Windows PowerShell writes UTF-16 with a mark."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

MOST_BYTES = 256 << 20  # of a user's file

# UTF-32 comes before UTF-16: the mark of UTF-32-LE begins with the mark of UTF-16-LE.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The first bytes of compressed files.
_PACKED = ((b"\x1f\x8b", "gzip"), (b"PK\x03\x04", "zip"), (b"\x28\xb5\x2f\xfd", "zstd"))


class EncodingError(ValueError):
    """A file is too large, or its encoding is not supported. The text names the reason."""


def bytes_of(path: Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of a file, at most `most`, because a device may never end. Raises OSError, and
    EncodingError if the file is larger."""
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise EncodingError(f"is larger than {most >> 20} MiB; split it")
    return data


def text_of(data: bytes) -> str:
    """Decode a file to text, without a byte order mark; CRLF becomes LF. Raises EncodingError."""
    for beginning, program in _PACKED:
        if data.startswith(beginning):
            raise EncodingError(f"is compressed with {program}; unpack it first")
    mark, encoding = next(((m, e) for m, e in _MARKS if data.startswith(m)), (b"", ""))
    encoding = encoding or _unmarked(data)
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        name = encoding.partition("-le")[0].partition("-be")[0].upper()
        at = error.start + len(mark)
        why = f"byte {at} is 0x{data[at]:02x}"
        raise EncodingError(f"is not text in {name}: {why}; save it as UTF-8") from None
    return text.replace("\r\n", "\n")


def json_problem(text: str, error: Exception) -> str:
    """The place and the reason that a text is not JSON: `line 3, column 5: Expecting value`. error:
    the error of the first parser; its text is returned if the text is valid JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as found:
        return f"line {found.lineno}, column {found.colno}: {found.msg}"
    except (RecursionError, ValueError):
        pass  # nested too deep, or a number with more digits than Python converts
    return "it is nested too deep" if isinstance(error, RecursionError) else str(error)


def utf8_of(data: bytes) -> bytes:
    """Convert the text to UTF-8 bytes. Raises EncodingError."""
    return text_of(data).encode()


def _unmarked(data: bytes) -> str:
    """The encoding of a file without a mark. The files begin with an ASCII character, so in UTF-16
    one of the first two bytes is 0."""
    if data[:2] in (b"", b"\0\0") or b"\0" not in data[:2]:
        return "utf-8"
    return "utf-16-be" if data[0] == 0 else "utf-16-le"
