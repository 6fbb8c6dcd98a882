"""JSON as strict as a careful server reads it. Knows nothing of the spec."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

import msgspec


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:80]!r} stands twice in one object")
    return mapping


def _no_constants(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text[:80]} is beyond all measure")
    return value


MAX_DEPTH = 128  # the validators end at 255
TOO_DEEP = f"is nested more than {MAX_DEPTH} deep"
_DECODER = json.JSONDecoder(
    object_pairs_hook=_no_duplicates, parse_constant=_no_constants, parse_float=_finite
)


def decode(body: bytes) -> Any:
    """The value. Raises ValueError, saying what is wrong, for anything that is not JSON in UTF-8:
    NaN, a key twice, half a surrogate pair, nesting or numbers beyond all measure too."""
    try:
        value = _decode(body)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise ValueError(TOO_DEEP)
    return value


def _decode(body: bytes) -> Any:
    if b"\\" not in body:
        # Without escapes every quote begins or ends a string, and a key that stands twice is lost:
        # as many quotes in as out means there was none. Three times as fast.
        try:
            value = msgspec.json.decode(body)
            if msgspec.json.encode(value).count(b'"') == body.count(b'"'):
                return value
        except msgspec.DecodeError:
            pass  # said better below
    value = _DECODER.decode(body.decode("utf-8"))
    if b"\\u" in body:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def _depth(value: Any) -> int:
    """How many objects and arrays stand in one another."""
    depth, layer = 0, [value]
    while layer := [v for v in layer if isinstance(v, dict | list)]:
        depth += 1
        layer = [i for v in layer for i in (v.values() if isinstance(v, dict) else v)]
    return depth
