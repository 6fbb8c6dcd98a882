"""The secrets of one server, all derived from its seed by hashes: none of them reveals the seed or
another one. Keeps nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from secrets import token_bytes
from typing import NamedTuple

from mock_server.simulation.ids import tenant_of

DEFAULT_CONTENT = "emo"  # boxes and lengths are the same at every start


class Seeds(NamedTuple):
    """content: what boxes and lengths depend on, besides the URL. tenant_of: the id of an API key's
    tenant. secret_of: 32 bytes for a tenant's id, on which its ids, its faults and the signatures
    of its result URLs depend."""

    content: bytes
    tenant_of: Callable[[str], str]
    secret_of: Callable[[str], bytes]


def seeds_of(seed: str | None) -> Seeds:
    """Those of a server with this seed. None: ids and signatures are random, those of this call
    alone; with a text, whoever knows it can sign result URLs too."""
    root = token_bytes(64) if seed is None else _hash(seed, b"server")
    content = _hash(DEFAULT_CONTENT if seed is None else seed, b"")
    return Seeds(content, partial(tenant_of, seed=root), partial(_secret, root))


def _secret(root: bytes, tenant: str) -> bytes:
    text = tenant.encode("utf-8", "replace")
    return blake2b(text, key=root, digest_size=32, person=b"secret").digest()


def _hash(seed: str, person: bytes) -> bytes:
    return blake2b(seed.encode("utf-8", "replace"), person=person).digest()
