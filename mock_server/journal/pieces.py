"""JSON that is too long to be made at once, as text in pieces. Knows nothing of what it holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Encode = Callable[[Any], str]


def encode(value: Any) -> str:
    """JSON as the control API writes it: in UTF-8, not in escapes."""
    return json.dumps(value, ensure_ascii=False)


def listed(items: Iterable[Any], encode: Encode = encode) -> Iterator[str]:
    """A JSON array, an item in each piece."""
    yield "["
    for number, item in enumerate(items):
        yield f", {encode(item)}" if number else encode(item)
    yield "]"


def with_items(frame: Any, items: Iterable[Any], encode: Encode = encode) -> Iterator[str]:
    """The frame's JSON, with the items in its last empty array."""
    before, _, after = encode(frame).rpartition("[]")
    yield before
    yield from listed(items, encode)
    yield after
