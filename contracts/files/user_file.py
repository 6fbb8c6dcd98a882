"""Reads files of users: bounded in size, in UTF-8, UTF-16 or UTF-32, with or without a byte order
mark, which `>` in Windows PowerShell writes. JSON is bounded in depth. bounded_yaml.py reads YAML.
All files of users are read here."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Struct

MOST_BYTES = 256 << 20  # of a user's file
T = TypeVar("T")

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


class FileError(ValueError):
    """A file cannot be read, or its content is not what it should be. The text has the reason, and
    follows the name of the file: `cannot be read: No such file or directory`."""


class MissingFile(FileError):
    """The file does not exist."""


def bytes_of(path: Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of a file, at most `most`, because a device may never end. Raises FileError,
    MissingFile."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        kind = MissingFile if isinstance(error, FileNotFoundError) else FileError
        raise kind(f"cannot be read: {error.strerror or error}") from None
    if len(data) > most:
        raise FileError(f"is larger than {most >> 20} MiB; split it")
    return data


def text_of(data: bytes) -> str:
    """Decode a file to text, without a byte order mark; CRLF becomes LF. Raises FileError."""
    for beginning, program in _PACKED:
        if data.startswith(beginning):
            raise FileError(f"is compressed with {program}; unpack it first")
    mark, encoding = next(((m, e) for m, e in _MARKS if data.startswith(m)), (b"", ""))
    encoding = encoding or _unmarked(data)
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        name = encoding.partition("-le")[0].partition("-be")[0].upper()
        at = error.start + len(mark)
        why = f"byte {at} is 0x{data[at]:02x}"
        raise FileError(f"is not text in {name}: {why}; save it as UTF-8") from None
    return text.replace("\r\n", "\n")


def json_of(text: str, kind: type[T], name: str, version: object) -> T:
    """The JSON object of a file as a Struct. name: of the kind of file, as `a ledger`. version: the
    value of its field `format`. It is compared first, because another version may have other
    fields. Raises FileError."""
    try:
        found = msgspec.json.decode(text, type=_Versioned).format
        if found not in (UNSET, version):
            raise FileError(f"has the format {found!r:.80}; this version reads {version!r}")
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise FileError(f"is not {name}: {json_problem(text, error)}") from None


def json_file(path: Path, kind: type[T], name: str, version: object) -> T:
    """The same for a file. Raises FileError, MissingFile, whose text begins with the path."""
    try:
        return json_of(text_of(bytes_of(path)), kind, name, version)
    except FileError as error:
        raise type(error)(f"{path} {error}") from None


class _Versioned(Struct):
    format: Any = UNSET


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


def deeper_than(value: Any, levels: int) -> bool:
    """Whether non-empty objects and arrays of a JSON value are nested deeper than `levels`. Not
    recursive, because the recursion limit differs between versions of Python."""
    level = [value]
    for _ in range(levels + 1):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: Any) -> list[Any]:
    return list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []


def _unmarked(data: bytes) -> str:
    """The encoding of a file without a mark. The files begin with an ASCII character, so in UTF-16
    one of the first two bytes is 0."""
    if data[:2] in (b"", b"\0\0") or b"\0" not in data[:2]:
        return "utf-8"
    return "utf-16-be" if data[0] == 0 else "utf-16-le"
