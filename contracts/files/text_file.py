"""The text of a file that a user hands in, whatever editor or shell wrote it: in UTF-8, UTF-16 or
UTF-32, with a byte order mark or without. Windows PowerShell's `>` writes UTF-16 with a mark."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

MOST_BYTES = 256 << 20  # of a file that a user hands in

# Those of UTF-32 first: that of UTF-16 in little-endian is the beginning of one of them.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What compressed files begin with.
_PACKED = ((b"\x1f\x8b", "gzip"), (b"PK\x03\x04", "zip"), (b"\x28\xb5\x2f\xfd", "zstd"))


class EncodingError(ValueError):
    """A file that is too large, or in an encoding that is not read. Its text says which, and where
    that shows."""


def bytes_of(path: Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of a file, at most so many: a device has no end. Raises OSError, EncodingError."""
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise EncodingError(f"is larger than {most >> 20} MiB, the most that is read; split it")
    return data


def text_of(data: bytes) -> str:
    """The text of these bytes, without a mark, every line ending in `\\n`. Raises EncodingError."""
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
    """Where and why a text is not JSON: `line 3, column 5: Expecting value`. error: what the reader
    said of it, which counts where it is JSON and something else is wrong."""
    try:
        json.loads(text)
    except json.JSONDecodeError as found:
        return f"line {found.lineno}, column {found.colno}: {found.msg}"
    except (RecursionError, ValueError):
        pass  # nested too deep, a number of more digits than Python converts
    return "it is nested too deep" if isinstance(error, RecursionError) else str(error)


def utf8_of(data: bytes) -> bytes:
    """The same text in UTF-8. Raises EncodingError."""
    return text_of(data).encode()


def _unmarked(data: bytes) -> str:
    """UTF-16 shows where every other byte of the beginning is 0: these files begin in ASCII."""
    if data[:2] in (b"", b"\0\0") or b"\0" not in data[:2]:
        return "utf-8"
    return "utf-16-be" if data[0] == 0 else "utf-16-le"
