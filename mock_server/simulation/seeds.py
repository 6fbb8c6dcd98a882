"""Derives all secrets of one server from its seed. Nobody can derive the seed, or another secret,
from one of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from secrets import token_bytes
from typing import NamedTuple

from mock_server.simulation.ids import tenant_of

DEFAULT_CONTENT = "emo"  # boxes and lengths are the same at every start


class Seeds(NamedTuple):
    """The secrets of one server.

    content: decides face boxes and audio lengths, together with the URL. tenant_of: the tenant id
    of an API key. secret_of: 32 bytes for a tenant id; they decide its ids, its random faults and
    the signatures of its result URLs."""

    content: bytes
    tenant_of: Callable[[str], str]
    secret_of: Callable[[str], bytes]


def seeds_of(seed: str | None) -> Seeds:
    """The seeds of a server. seed None: random ids and signatures, different after each start.
    Anyone who knows a seed can sign result URLs."""
    root = token_bytes(64) if seed is None else _hash(seed, b"server")
    content = _hash(DEFAULT_CONTENT if seed is None else seed, b"")
    return Seeds(content, partial(tenant_of, seed=root), partial(_secret, root))


def _secret(root: bytes, tenant: str) -> bytes:
    text = tenant.encode("utf-8", "replace")
    return blake2b(text, key=root, digest_size=32, person=b"secret").digest()


def _hash(seed: str, person: bytes) -> bytes:
    return blake2b(seed.encode("utf-8", "replace"), person=person).digest()
