"""Result URLs like the object store's: signed, with an end. Holds no files and no clock."""

from __future__ import annotations

import hmac
from base64 import b64encode
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha1
from typing import NamedTuple
from urllib.parse import parse_qs, quote
from xml.sax.saxutils import escape

from mock_server import media

ACCESS_KEY_ID = "LTAI5tFakeEmoKit"
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method."
)


class Denied(NamedTuple):
    """Why the store does not hand out an object: the status and the XML body it answers."""

    status: int
    xml: bytes


@lru_cache(maxsize=16384)
def signed_path(seed: bytes, tenant: str, task_id: str, ratio: str, expires: float) -> str:
    """Path and query of a task's video: `Expires` (epoch seconds), `OSSAccessKeyId`, `Signature`,
    as captured of other models (CNB)."""
    path = f"/results/{tenant}/{task_id}/{ratio.replace(':', 'x')}.mp4"
    signature = quote(_signature(seed, path, str(int(expires))), safe="")
    return f"{path}?Expires={int(expires)}&OSSAccessKeyId={ACCESS_KEY_ID}&Signature={signature}"


def open_result(seed: bytes, path: str, query: str, now: float) -> media.Clip | Denied:
    """The clip behind a signed path, or the store's refusal; `now` is the tenant's time."""
    try:
        given = {name: values[-1] for name, values in parse_qs(query, max_num_fields=20).items()}
    except ValueError:
        given = {}
    expires, signature = given.get("Expires", ""), given.get("Signature", "")
    if not (expires.isascii() and expires.isdigit() and signature):
        return _denied(
            "AccessDenied", "You have no right to access this object because of bucket acl."
        )
    expected = _signature(seed, path, expires)
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        return _denied("SignatureDoesNotMatch", MISMATCH)
    if now >= int(expires):
        times = f"<Expires>{_iso(int(expires))}</Expires><ServerTime>{_iso(now)}</ServerTime>"
        return _denied("AccessDenied", "Request has expired.", times)
    return media.clip(path.rpartition("/")[2].removesuffix(".mp4").replace("x", ":"))


def no_such_key(path: str) -> Denied:
    """What the store answers for an object that is not there."""
    printable = "".join(c for c in path.lstrip("/")[:500] if c.isprintable())
    key = f"<Key>{escape(printable)}</Key>"
    return _denied("NoSuchKey", "The specified key does not exist.", key, 404)


def _signature(seed: bytes, path: str, expires: str) -> str:
    text = f"GET\n\n\n{expires}\n{path}".encode("utf-8", "replace")
    return b64encode(hmac.digest(seed + b"results", text, sha1)).decode()


def _denied(code: str, message: str, more: str = "", status: int = 403) -> Denied:
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>\n"
    )
    return Denied(status, xml.encode("utf-8", "replace"))


def _iso(epoch: float) -> str:
    return datetime.fromtimestamp(min(epoch, 253402300799), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
