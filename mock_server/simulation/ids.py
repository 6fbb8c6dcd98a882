"""Makes ids and other random values from secrets: the same secrets give the same values."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b

_STORE_ID = re.compile(r"[0-9A-Fa-f]{24}")


def tenant_of(key: str, seed: bytes) -> str:
    """The tenant id of an API key: 16 hex digits from which nobody can derive the key."""
    return blake2b(key.encode(), key=seed, digest_size=8, person=b"tenant").hexdigest()


def uuid(secret: bytes, number: int, version: str) -> str:
    """A UUID with the given version digit, unique for each number; nobody can guess it without the
    tenant's secret. The service's task ids have version 4 in every capture, its request ids mostly
    version 9 (CNB)."""
    block, place = divmod(number, 4)
    before, behind = _four(secret, block)[place]
    return before + version + behind


_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))


@lru_cache(maxsize=4096)
def _four(secret: bytes, block: int) -> list[tuple[str, str]]:
    """The parts before and after the version digit of four ids: one hash is long enough for
    four."""
    digits = blake2b(b"%d" % block, key=secret, digest_size=64, person=b"id").hexdigest()
    four = (digits[i : i + 32] for i in range(0, 128, 32))
    return [
        (f"{h[:8]}-{h[8:12]}-", f"{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:]}") for h in four
    ]


def store_id(request_id: str) -> str:
    """A request id in the format of the object store: 24 hex digits in upper case."""
    return request_id.replace("-", "")[:24].upper()


def beginning_of(store_id: str) -> str:
    """The beginning of the request id for an id of the object store; "" for any other text."""
    if not _STORE_ID.fullmatch(store_id):
        return ""
    h = store_id.lower()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def digest(seed: bytes, *parts: str) -> bytes:
    """32 bytes that depend only on the seed and the parts."""
    return blake2b("\0".join(parts).encode("utf-8", "replace"), key=seed, digest_size=32).digest()
