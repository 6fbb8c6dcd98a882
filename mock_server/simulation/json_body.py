"""A strict JSON parser for request bodies. Does not use the spec."""

from __future__ import annotations

import json
import re
import sys
from math import isfinite
from typing import Any

import msgspec


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for name, value in pairs:
        if name in mapping:
            raise ValueError(f"the key {name[:80]!r} appears twice in one object")
        mapping[name] = value
    return mapping


def _no_constants(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text[:80]} is too large for a number")
    return value


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:  # Python's message advises to change a setting of Python
        most = sys.get_int_max_str_digits()
        raise ValueError(f"a number of {len(text)} digits is too long: at most {most}") from None


MAX_DEPTH = 128  # the validators support 255
TOO_DEEP = f"is nested more than {MAX_DEPTH} deep"
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.S)  # the last string may be unterminated
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_DECODER = json.JSONDecoder(
    object_pairs_hook=_no_duplicates,
    parse_constant=_no_constants,
    parse_float=_finite,
    parse_int=_whole,
)
# msgspec needs 17 µs for a float such as 1e308, 3 s for a body full of them.
_FAST = msgspec.json.Decoder(float_hook=_finite)


def decode(body: bytes) -> Any:
    """Parse JSON in UTF-8.

    Raises ValueError with the reason for invalid JSON, and also for NaN, duplicate keys, half of a
    surrogate pair, deep nesting and numbers that are too large."""
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _is_too_deep(body):
        raise ValueError(TOO_DEEP)
    if b"\\" not in body:
        # msgspec is three times as fast, but silently drops duplicate keys. Without escapes each
        # quote begins or ends a string: equal numbers of quotes mean that no key was dropped.
        try:
            value = _FAST.decode(body)
            if msgspec.json.encode(value).count(b'"') == body.count(b'"'):
                return value
        except msgspec.DecodeError:
            pass  # the decoder below has a better message
    value = _DECODER.decode(body.decode("utf-8"))
    if b"\\u" in body:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def _is_too_deep(body: bytes) -> bool:
    """Whether arrays and objects are nested deeper than MAX_DEPTH. Checks the text: the depth at
    which json.loads fails differs between versions of Python."""
    depth = 0
    for bracket in _STRING.sub(b"", body).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False
