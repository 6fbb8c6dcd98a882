"""Ids and other chance, all from a seed: the same run gives the same bytes. Keeps nothing."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b


def tenant_of(key: str, seed: bytes) -> str:
    """The tenant of an API key: 16 hex digits that do not give the key away."""
    return blake2b(key.encode(), key=seed, digest_size=8, person=b"tenant").hexdigest()


def uuid(seed: bytes, tenant: str, number: int, version: str) -> str:
    """A UUID-shaped id with the given version digit. The service's task ids are version 4 in every
    capture, its request ids mostly 9 (CNB)."""
    keyed = _keyed(seed).copy()
    keyed.update(f"{tenant}/{number}/{version}".encode())
    h = keyed.hexdigest()
    variant = "89ab"[int(h[16], 16) & 3]
    return f"{h[:8]}-{h[8:12]}-{version}{h[13:16]}-{variant}{h[17:20]}-{h[20:]}"


@lru_cache(maxsize=16)
def _keyed(seed: bytes) -> blake2b:
    return blake2b(key=seed, digest_size=16, person=b"id")


def digest(seed: bytes, *parts: str) -> bytes:
    """32 bytes that depend on the seed and the parts alone."""
    return blake2b("\0".join(parts).encode("utf-8", "replace"), key=seed, digest_size=32).digest()
