"""Writes large JSON as text in pieces, so that it is never in memory as a whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Encode = Callable[[Any], str]


def encode(value: Any) -> str:
    """JSON as the control API writes it: non-ASCII characters are not escaped."""
    return json.dumps(value, ensure_ascii=False)


def listed(items: Iterable[Any], encode: Encode = encode) -> Iterator[str]:
    """A JSON array in pieces, one for each item."""
    yield "["
    for number, item in enumerate(items):
        yield f", {encode(item)}" if number else encode(item)
    yield "]"


def with_items(frame: Any, items: Iterable[Any], encode: Encode = encode) -> Iterator[str]:
    """The JSON of `frame` in pieces, with the items in its last empty array."""
    before, _, after = encode(frame).rpartition("[]")
    yield before
    yield from listed(items, encode)
    yield after
