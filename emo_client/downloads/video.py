"""Checks of a downloaded video: first of the HTTP headers, then of the file. The wrong_… functions
return a text for an error message, or "" for a valid video."""

import re
from pathlib import Path
from typing import BinaryIO

import httpx

_LENGTH = re.compile(r"[0-9]{1,18}")
_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18})")
_MOST_BOXES = 10_000  # boxes of an MP4 to check
_SHOWN = 24  # bytes of a wrong file to show in an error
_MARKUP = (b"<", b"{", b"[")


def type_of(head: httpx.Response) -> str:
    """The media type in the Content-Type, in lower case, without parameters."""
    kind: str = head.headers.get("content-type", "")
    return kind.partition(";")[0].strip().lower()


def wrong_type(head: httpx.Response) -> str:
    """Why the media type or the compression is wrong; this keeps out login pages, for example."""
    if head.headers.get("content-encoding", "identity") != "identity":
        return "the video is compressed, so its length cannot be checked"
    kind = type_of(head)
    odd = kind.startswith("text/") or kind.endswith(("/xml", "+xml", "/json", "+json"))
    return f"the answer is {kind}, not a video" if odd else ""


def length_of(head: httpx.Response) -> int | None:
    """The Content-Length; None without a valid one."""
    length = head.headers.get("content-length", "")
    return int(length) if _LENGTH.fullmatch(length) else None


def wrong_length(head: httpx.Response) -> str:
    """Why the length is wrong: without a length the end of the video would be unknown."""
    length = length_of(head)
    if length == 0:
        return "the video is empty"
    if length is None and "chunked" not in head.headers.get("transfer-encoding", ""):
        return "the answer has no length"
    return ""


def range_of(head: httpx.Response) -> tuple[int, int] | None:
    """The first byte of a 206 and the total length, from Content-Range; None without both."""
    found = _RANGE.fullmatch(head.headers.get("content-range", ""))
    return (int(found[1]), int(found[2])) if found else None


def strong_etag(head: httpx.Response) -> str:
    """The value of a strong ETag, if it can be part of a file name; else "". A strong ETag proves
    that two answers have the same bytes."""
    found = re.fullmatch(r'"([\w-]{1,64})"', head.headers.get("etag", ""), re.ASCII)
    return found[1] if found else ""


def wrong_content(file: Path, kind: str) -> str:
    """Why the file is not a complete video: a text, or an MP4 that ends early although its
    Content-Length was complete.

    kind: the media type. A file of another type than video/mp4 need not be an MP4, but must not be
    HTML, XML or JSON.
    """
    with file.open("rb") as opened:
        begin = opened.read(512)
        if begin[4:8] == b"ftyp":
            return _cut(opened, file.stat().st_size)
        is_markup = begin.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_MARKUP)
    if kind != "video/mp4" and not is_markup:
        return ""
    return f"the file is not an MP4, which has ftyp at byte 4: it begins {begin[:_SHOWN]!r}"


def _cut(file: BinaryIO, size: int) -> str:
    """Why an MP4 is incomplete. It is a sequence of boxes, and each begins with its length (ISO/IEC
    14496-12, 4.2)."""
    at = 0
    for _ in range(_MOST_BOXES):
        file.seek(at)
        begin = file.read(16)
        length = int.from_bytes(begin[:4])
        if length == 1:  # the length does not fit into 4 bytes
            length = int.from_bytes(begin[8:])
        if len(begin) < 8 or length < 8:  # the end, or the last box, which extends to the end
            return ""
        at += length
        if at > size:
            return f"the MP4 is incomplete: it has {size} of {at} bytes"
    return ""
