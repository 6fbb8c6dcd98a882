"""Takes keys and other secrets out of an exchange before it is kept. Decides nothing else.

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

from contracts.masks import SHORT, Masks
from mock_server.call import Call, Reply
from mock_server.journal.places import (
    AUTHORIZATION,
    USUAL,
    has_secret_name,
    in_body,
    in_header,
    in_query,
    is_odd,
    stars,
)

PREFIX = 3  # of a key: `sk-` or `st-`, which is no secret
LONGEST_REMEMBERED = 4096  # bytes of a body
_SIMPLE = re.compile(r"[A-Za-z0-9_.~-]+")  # a key that JSON, HTML and URLs leave as it is
_ESCAPE = r"|(?<=\\[bfnrt])"  # JSON's `\n`, whose letter is no part of a word
_START = rf"(?:(?<![A-Za-z0-9]){_ESCAPE})"
_KEY = re.compile(rf"{_START}(?:(sk-)[^\s/?&]+|(st-)[^\s/?&]{{12,}})")
_KEY_IN_BODY = re.compile(rf"{_START}(?:(sk-)[^\s/?&\"\\]+|(st-)[^\s/?&\"\\]{{12,}})")
# What MessagePack writes before a text or bytes: their length, in which a letter is none either.
_LENGTH = rb"|(?<=[\xd9\xc4].)|(?<=[\xda\xc5]..)|(?<=[\xdb\xc6]....)"
# Somebody else's, as long as real ones are, and not the end of a longer word (`task-…`).
_ANOTHERS = re.compile(
    rb"(?s)(?:(?<![a-z])" + _ESCAPE.encode() + _LENGTH + rb")sk-[A-Za-z0-9_.-]{16,}"
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
        self._is_simple = self._is_long and not self._is_longer and _SIMPLE.fullmatch(base)

    def is_plain(self, call: Call, reply: Reply) -> bool:
        """Whether the key can stand in the call only as it is, with no other secret beside it: most
        calls. The path of one that was carried out has nothing in it but a task's id."""
        return bool(
            self._is_simple
            and reply.status == 200
            and reply.outcome != "UNKNOWN"
            and not call.query
            and (USUAL.issuperset(call.headers) or not any(map(is_odd, call.headers.items())))
            and not (call.body and _is_odd(self, call.body))
        )

    def may_be_in(self, body: bytes) -> bool:
        """Whether the key is in a body, spelled otherwise, or another secret by its name."""
        rest = body.replace(self._base, b"")
        return self._masks.data(rest) != rest or has_secret_name(body.lower())

    def row(self, packed: bytes) -> bytes:
        """MessagePack without the key as it is, and without anybody else's. As many characters
        stand in their place, and the prefix stays: the length before a text may look like the
        beginning of a key, but never like more of it than that. No text is followed by a letter,
        but by a number below 128, which then is another."""
        packed = self._without_raw(packed)
        at = packed.find(b"sk-")
        while at >= 0 and packed.startswith(b"*", at + PREFIX):
            at = packed.find(b"sk-", at + PREFIX)
        return packed if at < 0 else _ANOTHERS.sub(lambda found: stars(found[0], PREFIX), packed)

    def thorough(self, call: Call, *others: Any) -> tuple[Any, ...]:
        """The call, and what else is kept of the exchange, without secrets in any spelling."""
        found: list[str] = []
        headers = {name: self._header(name, value, found) for name, value in call.headers.items()}
        query, body = in_query(call.query, found), in_body(call.body, found)
        call = call._replace(headers=headers, query=query, body=body)
        masks = Masks([*self._secrets, *found]) if found else self._masks
        call, *rest = (self._without(value, masks) for value in (call, *others))
        return (call if self._key else _without_any_key(call), *rest)

    @cached_property
    def _masks(self) -> Masks:
        return Masks(self._secrets)

    def _without_raw(self, data: bytes) -> bytes:
        """Without the key as it is; whole before the part of it that other calls may have."""
        if self._is_longer:
            data = data.replace(self._key, stars(self._key, PREFIX))
        return data.replace(self._base, self._stars) if self._is_long else data

    def _header(self, name: bytes, value: bytes, found: list[str]) -> bytes:
        if name == AUTHORIZATION and self._key and self._key in value:
            return value.replace(self._key, self._instead)
        return in_header(name, value, found)

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


def _is_odd(redactor: Redactor, body: bytes) -> bool:
    """To look through a body takes a third of a call, and many calls have the same one."""
    short = len(body) <= LONGEST_REMEMBERED
    return _is_odd_again(redactor, body) if short else redactor.may_be_in(body)


@lru_cache(maxsize=512)
def _is_odd_again(redactor: Redactor, body: bytes) -> bool:
    return redactor.may_be_in(body)


def without_secrets(text: str, headers: Mapping[bytes, bytes], query: str = "") -> str:
    """An error's text without the secrets of the request that it is about."""
    found: list[str] = []
    for name, value in headers.items():
        in_header(name, value, found)
    in_query(query, found)
    return without_keys(Masks(found).keys(text))


def without_keys(text: str) -> str:
    """A text in which whatever looks like a key ends behind its `sk-`."""
    return _KEY.sub(_masked, text) if "sk-" in text or "st-" in text else text


def _masked(found: re.Match[str]) -> str:
    return f"{found[1] or found[2]}***"


def _without_any_key(call: Call) -> Call:
    """Of a call without a key that is known: what looks like one may stand anywhere."""
    body = _KEY_IN_BODY.sub(_masked, call.body.decode("latin-1")).encode("latin-1")
    return call._replace(path=without_keys(call.path), query=without_keys(call.query), body=body)


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "replace")
