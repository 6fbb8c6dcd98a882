"""Ids and other chance, all from a seed: the same run gives the same bytes. Keeps nothing."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b


def tenant_of(key: str, seed: bytes) -> str:
    """The tenant of an API key: 16 hex digits that do not give the key away."""
    return blake2b(key.encode(), key=seed, digest_size=8, person=b"tenant").hexdigest()


def uuid(seed: bytes, tenant: str, number: int, version: str) -> str:
    """A UUID-shaped id with the given version digit; no two numbers of a tenant give the same. The
    service's task ids are version 4 in every capture, its request ids mostly 9 (CNB)."""
    block, place = divmod(number, 4)
    h = _four(seed, tenant, block)[place]
    return f"{h[:8]}-{h[8:12]}-{version}{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:]}"


_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))


@lru_cache(maxsize=4096)
def _four(seed: bytes, tenant: str, block: int) -> tuple[str, str, str, str]:
    """The digits of four ids, for one hash has enough of them."""
    text = f"{tenant}/{block}".encode()
    h = blake2b(text, key=seed, digest_size=64, person=b"id").hexdigest()
    return h[:32], h[32:64], h[64:96], h[96:]


def digest(seed: bytes, *parts: str) -> bytes:
    """32 bytes that depend on the seed and the parts alone."""
    return blake2b("\0".join(parts).encode("utf-8", "replace"), key=seed, digest_size=32).digest()
