"""Takes keys and other secrets out of an exchange before it is shown. Decides nothing else.

What stands where a key belongs (see places) is hidden there, however short it is. From SHORT
characters on it is hidden everywhere else too, however it is spelled; a shorter one could be part
of any word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from contracts.masks import ESCAPE, SHORT, Masks, without_keys, without_keys_in_json
from contracts.secret_names import is_secret_header
from mock_server.call import Call
from mock_server.journal.places import AUTHORIZATION, USUAL, in_body, in_header, in_query, stars
from mock_server.journal.row import Row, pack, unpack

PREFIX = 3  # of a key: `sk-` or `st-`, which is no secret
# What MessagePack writes before a text or bytes: their length, in which a letter is none either.
_LENGTH = rb"|(?<=[\xd9\xc4].)|(?<=[\xda\xc5]..)|(?<=[\xdb\xc6]....)"
# Somebody else's, as long as real ones are, and not the end of a longer word (`task-…`).
_ANOTHERS = re.compile(
    rb"(?s)(?:(?<![a-z])" + ESCAPE.encode() + _LENGTH + rb")sk-[A-Za-z0-9_.-]{16,}"
)


class Redactor:
    """Of one API key, "" where the fake accepted none. shown: the end of the key that may be shown,
    as in KeyScenario."""

    def __init__(self, key: str, shown: str = "") -> None:
        base = key.removesuffix(shown)
        if shown and base == key:  # less is shown than the key has there
            base = key.partition(shown[0])[0]
        self._secrets = [key, base]
        self._key, self._base = _bytes(key), _bytes(base)
        self._stars = stars(self._base, PREFIX)
        self._instead = self._stars + _bytes(shown)
        self._is_long = len(base) >= SHORT
        self._is_longer = len(key) >= SHORT and key != base + shown

    def row(self, row: Row) -> Row:
        """The row without secrets, and without its key."""
        call, masks = self._call(row.call)
        packed = self._without_raw(pack(row._replace(call=call, key="", shown="")))
        if masks.data(packed) != packed:  # seldom; other spellings are of other lengths
            packed = pack(self._without(unpack(packed), masks))
        return unpack(_without_anothers(packed))

    def _call(self, call: Call) -> tuple[Call, Masks]:
        """The call without what stands where a secret belongs; what hides all its secrets where
        they stand elsewhere."""
        found: list[str] = []
        headers, body = self._headers(call.headers, found), in_body(call.body, found)
        query = in_query(call.query, found)
        call = call._replace(headers=headers, query=query, body=body)
        masks = _masks((*self._secrets, *found)) if found else self._masks
        return (call if self._key else _without_any_key(call)), masks

    @cached_property
    def _masks(self) -> Masks:
        return Masks(self._secrets)

    def _without_raw(self, packed: bytes) -> bytes:
        """MessagePack without the key as it is; whole before the part of it that other calls may
        have. As many characters stand in its place, and the prefix stays: the length before a text
        may look like the beginning of a key, but never like more of it than that."""
        if self._is_longer:
            packed = packed.replace(self._key, stars(self._key, PREFIX))
        return packed.replace(self._base, self._stars) if self._is_long else packed

    def _headers(self, headers: dict[bytes, bytes], found: list[str]) -> dict[bytes, bytes]:
        hidden = {
            name: in_header(name, headers[name], found)
            for name in headers.keys() - USUAL
            if is_secret_header(name.decode("latin-1"))
        }
        if AUTHORIZATION in headers:
            hidden[AUTHORIZATION] = self._authorization(headers[AUTHORIZATION], found)
        return headers | hidden

    def _authorization(self, value: bytes, found: list[str]) -> bytes:
        if self._key and self._key in value:
            return value.replace(self._key, self._instead)
        return in_header(AUTHORIZATION, value, found)

    def _without(self, value: Any, masks: Masks) -> Any:
        """A part of a row, each text in it without secrets."""
        if isinstance(value, str):
            data = value.encode("utf-8", "surrogatepass")
            return self._without(data, masks).decode("utf-8", "surrogatepass")
        if isinstance(value, bytes):
            return masks.data(self._without_raw(value))
        if isinstance(value, Struct):
            return type(value)(**self._without(asdict(value), masks))
        if isinstance(value, dict):
            return {
                self._without(name, masks): self._without(item, masks)
                for name, item in value.items()
            }
        if isinstance(value, tuple):
            items = [self._without(item, masks) for item in value]
            return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
        if isinstance(value, list):
            return [self._without(item, masks) for item in value]
        return value


redactor = lru_cache(maxsize=1024)(Redactor)


def without_secrets_of(row: Row) -> Row:
    """The row without secrets, and without its key."""
    return redactor(row.key, row.shown).row(row)


def _without_anothers(packed: bytes) -> bytes:
    """MessagePack in which every key that is left is masked. It is safe for the same reason as the
    key itself, and because no text is followed by a letter but by a number below 128, which then is
    another."""
    at = packed.find(b"sk-")
    while at >= 0 and packed.startswith(b"*", at + PREFIX):
        at = packed.find(b"sk-", at + PREFIX)
    return packed if at < 0 else _ANOTHERS.sub(lambda found: stars(found[0], PREFIX), packed)


_masks = lru_cache(maxsize=1024)(Masks)  # of who sends the same wrong key again


def without_secrets(text: str, headers: Mapping[bytes, bytes], query: str = "") -> str:
    """An error's text without the secrets of the request that it is about."""
    found: list[str] = []
    for name, value in headers.items():
        in_header(name, value, found)
    in_query(query, found)
    return without_keys(Masks(found).keys(text))


def _without_any_key(call: Call) -> Call:
    """Of a call without a key that is known: what looks like one may stand anywhere."""
    body = call.body
    if b"sk-" in body or b"st-" in body:
        body = without_keys_in_json(body.decode("latin-1")).encode("latin-1")
    return call._replace(path=without_keys(call.path), query=without_keys(call.query), body=body)


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "replace")
