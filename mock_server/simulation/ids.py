"""Ids and other chance, all from secrets: the same secrets give the same bytes. Keeps nothing."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b

_STORE_ID = re.compile(r"[0-9A-Fa-f]{24}")


def tenant_of(key: str, seed: bytes) -> str:
    """The tenant of an API key: 16 hex digits that do not give the key away."""
    return blake2b(key.encode(), key=seed, digest_size=8, person=b"tenant").hexdigest()


def uuid(secret: bytes, number: int, version: str) -> str:
    """A UUID-shaped id with the given version digit; no two numbers give the same, and without the
    tenant's secret nobody can guess one. The service's task ids are version 4 in every capture,
    its request ids mostly 9 (CNB)."""
    block, place = divmod(number, 4)
    before, behind = _four(secret, block)[place]
    return before + version + behind


_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))


@lru_cache(maxsize=4096)
def _four(secret: bytes, block: int) -> list[tuple[str, str]]:
    """What stands before and behind the version digit of four ids: one hash has enough for them."""
    digits = blake2b(b"%d" % block, key=secret, digest_size=64, person=b"id").hexdigest()
    return [_around(digits[i : i + 32]) for i in range(0, 128, 32)]


def _around(h: str) -> tuple[str, str]:
    return f"{h[:8]}-{h[8:12]}-", f"{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:]}"


def store_id(request_id: str) -> str:
    """A request id in the form of the object store: 24 hexadecimal capitals."""
    return request_id.replace("-", "")[:24].upper()


def beginning_of(store_id: str) -> str:
    """The beginning of the request id that has this form in the store; "" of any other text."""
    if not _STORE_ID.fullmatch(store_id):
        return ""
    h = store_id.lower()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def digest(seed: bytes, *parts: str) -> bytes:
    """32 bytes that depend on the seed and the parts alone."""
    return blake2b("\0".join(parts).encode("utf-8", "replace"), key=seed, digest_size=32).digest()
