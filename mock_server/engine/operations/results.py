"""Signed URLs of results, which expire, as the object store makes them. Time is an argument."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from functools import lru_cache
from hashlib import sha1
from typing import NamedTuple
from urllib.parse import parse_qs, quote

from contracts.provider.budget import LONGEST_VIDEO
from mock_server.media import samples

PREFIX = "/results/"
_NAME = re.compile(r"(1x1|3x4)-(\d{1,3}(?:\.\d{1,6})?)\.mp4", re.ASCII)
ACCESS_KEY_ID = "LTAI5tFakeEmoKit"


class Denied(NamedTuple):
    """A refused download. outcome: its name in the spec. expires: epoch s when an otherwise valid
    URL expired."""

    outcome: str
    expires: int | None = None


class Place(NamedTuple):
    """The parts of a result's path: /results/TENANT/TASK_ID/NAME."""

    tenant: str
    task_id: str
    name: str


@lru_cache(maxsize=16384)
def signed_path(
    secret: bytes, tenant: str, task_id: str, tier: str, seconds: float, expires: float
) -> str:
    """Path and query of a task's video: `Expires` (epoch s), `OSSAccessKeyId` and `Signature`, as
    captured for other models (CNB). The path names ratio and length: `…/1x1-13.93.mp4`. A tier that
    is no ratio has the first clip."""
    ratio = tier if tier in samples.ratios() else samples.ratios()[0]
    path = f"{PREFIX}{tenant}/{task_id}/{ratio.replace(':', 'x')}-{seconds}.mp4"
    signature = quote(_signature(secret, path, str(int(expires))), safe="")
    return f"{path}?Expires={int(expires)}&OSSAccessKeyId={ACCESS_KEY_ID}&Signature={signature}"


def place(path: str) -> Place | None:
    """Split the path of a result; None if it has another form."""
    parts = path.removeprefix(PREFIX).split("/")
    return Place(*parts) if len(parts) == 3 else None


def is_signed(secret: bytes, path: str, query: str) -> bool:
    """Whether a URL was signed with the secret, whether or not it has expired."""
    return not isinstance(_expires(secret, path, query), Denied)


def open_result(secret: bytes, path: str, query: str, now: float) -> bytes | Denied:
    """The video at a signed path, or why the store refuses it. secret, now: of the tenant that the
    path names."""
    where = place(path)
    if where is None:
        return Denied("no-such-key")
    expires = _expires(secret, path, query)
    if isinstance(expires, Denied):
        return expires
    if now >= expires:
        return Denied("expired", expires)
    return _video(where.name) or Denied("no-such-key")


def _expires(secret: bytes, path: str, query: str) -> int | Denied:
    """When a signed URL expires (epoch s), or why its signature is refused."""
    try:
        given = {name: values[-1] for name, values in parse_qs(query, max_num_fields=20).items()}
    except ValueError:
        given = {}
    expires, signature = given.get("Expires", ""), given.get("Signature", "")
    if not (expires.isascii() and expires.isdigit() and signature):
        return Denied("no-signature")
    expected = _signature(secret, path, expires)
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        return Denied("bad-signature")
    return int(expires)


def _video(name: str) -> bytes | None:
    """The video with this name; None if the name is not valid, even in a signed URL."""
    found = _NAME.fullmatch(name)
    if found is None or not 0 < float(found[2]) <= LONGEST_VIDEO:
        return None
    return samples.video(found[1].replace("x", ":"), float(found[2]))


def _signature(secret: bytes, path: str, expires: str) -> str:
    text = f"GET\n\n\n{expires}\n{path}".encode("utf-8", "replace")
    return b64encode(hmac.digest(secret + b"results", text, sha1)).decode()
