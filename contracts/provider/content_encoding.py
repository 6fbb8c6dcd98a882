"""Undoes the Content-Encoding of a body, up to a limit of decoded bytes: a small body can
decompress to a thousand times its size. Only the codings of zlib are accepted, whose output can be
bounded."""

from __future__ import annotations

import zlib

ACCEPTED = "gzip, deflate"
MOST = 5  # nested codings that are accepted
# wbits for zlib: gzip has its own header; `deflate` has a zlib header in the RFC, but some servers
# send it without.
_WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}


class CannotUnpack(Exception):
    """The body does not have the coding that its header names, or has too many."""


class UnknownCoding(CannotUnpack):
    """The name of the coding is unknown, or it is not a coding of zlib."""


def unpacked(data: bytes, encoding: str, limit: int) -> bytes:
    """The decoded body. At most `limit + 1` bytes are returned; more than `limit` mean that the
    rest was cut off. encoding: the value of Content-Encoding. Raises CannotUnpack,
    UnknownCoding."""
    names = [name.strip().lower() for name in encoding.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if len(names) > MOST:
        raise CannotUnpack(f"the body has {len(names)} nested codings; at most {MOST} are decoded")
    if unknown := [name for name in names if name not in _WINDOWS]:
        raise UnknownCoding(f"unknown Content-Encoding {unknown[0][:40]!r}")
    for name in reversed(names):
        data = _layer(data, name, limit + 1)
        if len(data) > limit:
            break
    return data


def _layer(data: bytes, name: str, limit: int) -> bytes:
    for wbits in _WINDOWS[name]:
        unpacker = zlib.decompressobj(wbits)
        try:
            plain = unpacker.decompress(data, limit)
        except zlib.error:
            continue
        if unpacker.eof or len(plain) >= limit:
            return plain
    raise CannotUnpack(f"the body does not match its Content-Encoding {name}, or is incomplete")
