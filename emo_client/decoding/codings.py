"""Decompresses a body by its Content-Encoding, in pieces and up to a limit: 4 MB of gzip can expand
to 4 GB. Supports the codings of zlib, which can limit its output; the client requests no others."""

import zlib

from emo_client import limits

ACCEPTED = "gzip, deflate"
_RAW = -zlib.MAX_WBITS
# wbits of zlib. By RFC 9110 `deflate` has a zlib header, but some servers send it raw.
_WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, _RAW)}
_PIECE = 16 << 10  # bytes to decompress at a time


def unpacked(body: bytes, encoding: str, most: int) -> tuple[bytes, bool]:
    """At most `most` bytes of the decompressed body, and whether it has more.

    encoding: the Content-Encoding header; unknown codings in it are ignored. Gateways decompress or
    damage a body and keep the header. A body that is not compressed is therefore returned as it is,
    and a damaged one up to the damage: it may contain the id of a task.
    """
    names = [name.strip().lower() for name in encoding.split(",")]
    known = [name for name in names if name in _WINDOWS]
    is_cut = False
    for name in reversed(known if len(known) <= limits.CODINGS else []):
        found = (_inflated(body, wbits, most + 1) for wbits in _WINDOWS[name])
        plain = next((one for one in found if one is not None), body)
        body, is_cut = plain[:most], is_cut or len(plain) > most
    return body, is_cut


def _inflated(packed: bytes, wbits: int, most: int) -> bytes | None:
    """At most `most` bytes of the decompressed data; None if it is not in this coding."""
    unpacker, plain = zlib.decompressobj(wbits), bytearray()
    for at in range(0, len(packed), _PIECE):
        piece, before = packed[at : at + _PIECE], unpacker.copy()
        try:
            plain += unpacker.decompress(piece, most - len(plain))
        except zlib.error:
            plain += _before_damage(before, piece, most - len(plain))
            return bytes(plain) if plain and wbits != _RAW else None
        if len(plain) >= most:
            return bytes(plain)
        if unpacker.eof:
            break
    # A text can look like a raw stream that ends early.
    is_whole = unpacker.eof and not unpacker.unused_data
    return bytes(plain) if is_whole or wbits != _RAW else None


def _before_damage(unpacker: "zlib._Decompress", piece: bytes, most: int) -> bytes:
    """The data before the damage in a piece. It is decompressed byte by byte, because zlib returns
    nothing for a piece with damage."""
    plain = bytearray()
    try:
        for at in range(len(piece)):
            if len(plain) >= most:
                break
            plain += unpacker.decompress(piece[at : at + 1], most - len(plain))
    except zlib.error:
        pass
    return bytes(plain)
