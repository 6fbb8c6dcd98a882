"""What is wrong with what a store gave as a video: by its head, then by its bytes. Each function
returns a text for people, "" when nothing is wrong."""

import re
from pathlib import Path
from typing import BinaryIO

from emo_client.exchange import HttpAnswer

_LENGTH = re.compile(r"[0-9]{1,18}")
_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18})")
_MOST_BOXES = 10_000  # of an MP4 that are looked at
_SHOWN = 24  # bytes of what is no video
_MARKUP = (b"<", b"{", b"[")


def type_of(head: HttpAnswer) -> str:
    """The media type, in lower case, without parameters."""
    return head.headers.get("content-type", "").partition(";")[0].strip().lower()


def wrong_type(head: HttpAnswer) -> str:
    """A login page is not saved as a video."""
    if head.headers.get("content-encoding", "identity") != "identity":
        return "the video came compressed, so its length cannot be checked"
    kind = type_of(head)
    odd = kind.startswith("text/") or kind.endswith(("/xml", "+xml", "/json", "+json"))
    return f"{kind} came instead of a video" if odd else ""


def length_of(head: HttpAnswer) -> int | None:
    """The Content-Length; None where there is none."""
    length = head.headers.get("content-length", "")
    return int(length) if _LENGTH.fullmatch(length) else None


def wrong_length(head: HttpAnswer) -> str:
    """Only a video whose end can be known is taken."""
    length = length_of(head)
    if length == 0:
        return "the video is empty"
    if length is None and "chunked" not in head.headers.get("transfer-encoding", ""):
        return "the video came without a length"
    return ""


def range_of(head: HttpAnswer) -> tuple[int, int] | None:
    """The first byte of a 206 and the length of the whole; None where it does not say both."""
    found = _RANGE.fullmatch(head.headers.get("content-range", ""))
    return (int(found[1]), int(found[2])) if found else None


def strong_etag(head: HttpAnswer) -> str:
    """What is in an ETag that proves equal bytes and may be in a file name, else nothing."""
    found = re.fullmatch(r'"([\w-]{1,64})"', head.headers.get("etag", ""), re.ASCII)
    return found[1] if found else ""


def wrong_content(file: Path, kind: str) -> str:
    """A text that came as a video, or an MP4 that was cut though all of its Content-Length came.

    kind: the type that the store gave. A file that the store does not call video/mp4 need not be
    an MP4, but may be no markup and no JSON.
    """
    with file.open("rb") as opened:
        begin = opened.read(512)
        if begin[4:8] == b"ftyp":
            return _cut(opened, file.stat().st_size)
        is_markup = begin.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_MARKUP)
    if kind != "video/mp4" and not is_markup:
        return ""
    return f"what came is not an MP4, which has ftyp at byte 4: it begins {begin[:_SHOWN]!r}"


def _cut(file: BinaryIO, size: int) -> str:
    """An MP4 is a row of boxes, each of which begins with its length (ISO/IEC 14496-12, 4.2)."""
    at = 0
    for _ in range(_MOST_BOXES):
        file.seek(at)
        begin = file.read(16)
        length = int.from_bytes(begin[:4])
        if length == 1:  # the length does not fit into 4 bytes
            length = int.from_bytes(begin[8:])
        if len(begin) < 8 or length < 8:  # the end; or the last box, which has the rest
            return ""
        at += length
        if at > size:
            return f"the MP4 is cut: {size} of {at} bytes came"
    return ""
