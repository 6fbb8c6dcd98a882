"""Decompresses gzip, zlib and raw deflate, up to a limit and up to any damage: 4 MB of gzip can
expand to 4 GB, and gateways cut answers off."""

import zlib

RAW = -zlib.MAX_WBITS
_PIECES = (16 << 10, 512, 16, 1)  # bytes to decompress at a time


def inflated(packed: bytes, wbits: int, most: int) -> bytes | None:
    """At most `most` bytes of the decompressed data; None if it does not have this format.

    wbits: the format, as for zlib. A text can look like the beginning of a raw stream, so RAW data
    has to be complete.
    """
    unpacker, plain, at = zlib.decompressobj(wbits), bytearray(), 0
    for size in _PIECES:  # zlib returns nothing for a piece with damage; smaller pieces get closer
        before = unpacker
        try:
            while at < len(packed) and len(plain) < most and not unpacker.eof:
                before = unpacker.copy()
                plain += unpacker.decompress(packed[at : at + size], most - len(plain))
                at += size
        except zlib.error:
            unpacker = before
            continue
        is_end = unpacker.eof and at >= len(packed) and not unpacker.unused_data
        is_whole = is_end or len(plain) == most
        return bytes(plain) if is_whole or wbits != RAW else None
    return bytes(plain) if plain and wbits != RAW else None
