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
    keyed = _keyed(seed, tenant).copy()
    keyed.update(b"%d/%s" % (number, version.encode()))
    h = keyed.hexdigest()
    return f"{h[:8]}-{h[8:12]}-{version}{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:]}"


_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))


@lru_cache(maxsize=4096)
def _keyed(seed: bytes, tenant: str) -> blake2b:
    return blake2b(tenant.encode(), key=seed, digest_size=16, person=b"id")


def digest(seed: bytes, *parts: str) -> bytes:
    """32 bytes that depend on the seed and the parts alone."""
    return blake2b("\0".join(parts).encode("utf-8", "replace"), key=seed, digest_size=32).digest()
