"""Takes bytes out of their Content-Encoding, never more than a limit: a thousandth of it may have
come. Only codings of zlib, whose output can be bounded."""

from __future__ import annotations

import zlib

ACCEPTED = "gzip, deflate"
MOST = 5  # layers that are unpacked
# wbits of zlib: gzip has a header of its own; `deflate` is zlib's by the RFC, raw by some servers.
_WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}


class CannotUnpack(Exception):
    """The bytes are not in their coding, or it has too many layers."""


class UnknownCoding(CannotUnpack):
    """There is no such coding, or it is none of zlib's."""


def unpacked(data: bytes, encoding: str, most: int) -> bytes:
    """The bytes without their codings; more than `most` bytes of them only where there is one more,
    so `most + 1` bytes mean that they are cut. encoding: of Content-Encoding. Raises CannotUnpack,
    UnknownCoding."""
    names = [name.strip().lower() for name in encoding.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if len(names) > MOST:
        raise CannotUnpack(f"the body has {len(names)} codings, and no more than {MOST} are read")
    if unknown := [name for name in names if name not in _WINDOWS]:
        raise UnknownCoding(f"the coding {unknown[0][:40]!r} is not known")
    for name in reversed(names):
        data = _layer(data, name, most + 1)
        if len(data) > most:
            break
    return data


def _layer(data: bytes, name: str, most: int) -> bytes:
    for wbits in _WINDOWS[name]:
        unpacker = zlib.decompressobj(wbits)
        try:
            plain = unpacker.decompress(data, most)
        except zlib.error:
            continue
        if unpacker.eof or len(plain) >= most:
            return plain
    raise CannotUnpack(f"the body is not {name}, as its Content-Encoding says, or ends early")
