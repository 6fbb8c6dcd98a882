"""Decompresses a body by its Content-Encoding, up to a limit. Supports the codings of zlib, which
can limit its output; the client requests no others."""

from emo_client import limits
from emo_client.inflate import RAW, inflated

ACCEPTED = "gzip, deflate"
# wbits of zlib. By RFC 9110 `deflate` has a zlib header, but some servers send it raw.
_WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, RAW)}


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
        found = (inflated(body, wbits, most + 1) for wbits in _WINDOWS[name])
        plain = next((one for one in found if one is not None), body)
        body, is_cut = plain[:most], is_cut or len(plain) > most
    return body, is_cut
