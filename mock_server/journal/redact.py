"""Takes keys and other secrets out of a call before it is kept. Decides nothing else."""

from __future__ import annotations

import re
from functools import lru_cache

from mock_server.call import Call

PREFIX = 3  # of a key: `sk-`, which is no secret
SHORT = 8  # a shorter key could be part of any word: it is looked for in its own header alone
AUTHORIZATION = b"authorization"
OTHERS = {b"cookie", b"proxy-authorization", b"x-mock-admin-token"}
OTHERS |= {b"x-api-key", b"api-key", b"x-dashscope-api-key"}  # where people put it by mistake
_SCHEME = re.compile(rb"(?i)\s*(?:bearer|basic|digest|token)\s+")
_ESCAPE = r"|(?<=\\[bfnrt])"  # JSON's `\n`, whose letter is no part of a word
_KEY_BYTES = re.compile(rf"(?:(?<![A-Za-z0-9]){_ESCAPE})sk-[^\s./?&\"\\]+".encode())
_KEY = re.compile(rf"(?:(?<![A-Za-z0-9]){_ESCAPE})sk-[^\s./?&]+")
# What MessagePack writes before a text or bytes: their length, in which a letter is none either.
_LENGTH = rb"|(?<=[\xd9\xc4].)|(?<=[\xda\xc5]..)|(?<=[\xdb\xc6]....)"
# Somebody else's, as long as real ones are, and not the end of a longer word (`task-…`).
_ANOTHERS = re.compile(
    rb"(?s)(?:(?<![a-z])" + _ESCAPE.encode() + _LENGTH + rb")sk-[A-Za-z0-9_-]{16,}"
)


@lru_cache(maxsize=4096)
def masking(key: str) -> tuple[bytes, bytes]:
    """What is secret of a key, and as many characters in its place; nothing twice where the key is
    too short. What stands behind its first dot names a scenario.

    `sk-` stays. So masking bytes of MessagePack is safe: the length before a text may look like the
    beginning of a key, but never like more of it than that."""
    secret = key.partition(".")[0].encode("latin-1", "replace")
    return (secret, stars(secret, PREFIX)) if len(secret) >= SHORT else (b"", b"")


def without_anothers(row: bytes) -> bytes:
    """MessagePack in which every key that is left is masked. It is safe for the same reason, and
    because no text is followed by a letter but by a number below 128, which then is another."""
    at = row.find(b"sk-")
    while at >= 0 and row.startswith(b"*", at + PREFIX):
        at = row.find(b"sk-", at + PREFIX)
    return row if at < 0 else _ANOTHERS.sub(lambda found: stars(found[0], PREFIX), row)


def without_secrets(call: Call, key: str) -> Call:
    """The call with every secret header masked; a key that nobody knows ("") is masked whole."""
    headers = dict(call.headers)
    if AUTHORIZATION in headers:
        headers[AUTHORIZATION] = _authorization(headers[AUTHORIZATION], key)
    for name in OTHERS & headers.keys():
        headers[name] = stars(headers[name])
    call = call._replace(headers=headers)
    return call if key else _without_any_key(call)


def _without_any_key(call: Call) -> Call:
    """Of a call without a key that is known: what looks like one may stand anywhere else."""
    path, query = without_keys(call.path), without_keys(call.query)
    body = _KEY_BYTES.sub(b"sk-***", call.body) if b"sk-" in call.body else call.body
    return call._replace(path=path, query=query, body=body)


def without_keys(text: str) -> str:
    """A text in which whatever looks like a key ends behind its `sk-`."""
    return _KEY.sub("sk-***", text) if "sk-" in text else text


def stars(secret: bytes, shown: int = 0) -> bytes:
    """As many characters, of which the first ones are shown."""
    return secret[:shown] + b"*" * (len(secret) - shown)


def _authorization(value: bytes, key: str) -> bytes:
    secret = key.partition(".")[0].encode("latin-1", "replace")
    if secret and secret in value:
        return value.replace(secret, stars(secret, PREFIX))
    scheme = _SCHEME.match(value)
    return stars(value, scheme.end() if scheme else 0)
