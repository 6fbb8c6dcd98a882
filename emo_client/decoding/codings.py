"""Takes a body out of its Content-Encoding, in pieces and never beyond a limit: 4 MB of gzip can
unpack to 4 GB. Only codings of zlib, whose output can be bounded; the client asks for no others."""

import zlib

from emo_client import limits

ACCEPTED = "gzip, deflate"
_RAW = -zlib.MAX_WBITS
# wbits of zlib: gzip has a header of its own; `deflate` is zlib's by RFC 9110, raw by some servers.
_WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, _RAW)}
_PIECE = 16 << 10  # bytes that are unpacked at a time


def unpacked(body: bytes, encoding: str, most: int) -> tuple[bytes, bool]:
    """The body without its codings, at most `most` bytes of it, and whether it has more.

    encoding: of Content-Encoding; unknown names in it are passed over. A body that is not in its
    coding is returned as it is, a damaged one up to the damage: gateways unpack or damage a body
    and leave the header, and the id of a task may stand in it.
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
    """At most so many bytes of what was packed; None where it is not in this coding."""
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
    # Text can pass for a raw stream that ends early.
    is_whole = unpacker.eof and not unpacker.unused_data
    return bytes(plain) if is_whole or wbits != _RAW else None


def _before_damage(unpacker: "zlib._Decompress", piece: bytes, most: int) -> bytes:
    """What can be unpacked of a damaged piece. Byte by byte, for zlib gives nothing of a piece in
    which it finds the damage."""
    plain = bytearray()
    try:
        for at in range(len(piece)):
            if len(plain) >= most:
                break
            plain += unpacker.decompress(piece[at : at + 1], most - len(plain))
    except zlib.error:
        pass
    return bytes(plain)
