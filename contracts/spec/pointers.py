"""JSON pointers: parts, text, and the value at one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

MISSING: Any = object()  # what stands where nothing does

Part = str | int
# From the parts of a way down a tree without $ref to the pointer of where it ends, as written.
Where = Callable[[Iterable[Part]], str]


def nowhere(parts: Iterable[Part]) -> str:
    """The Where of what stands in no document."""
    del parts
    return ""


def pointer_of(parts: Iterable[Part]) -> str:
    """The parts as a JSON pointer."""
    return "".join("/" + escaped(part) for part in parts)


def escaped(part: Part) -> str:
    """The part as it stands in a JSON pointer."""
    text = str(part)
    return text.replace("~", "~0").replace("/", "~1") if "~" in text or "/" in text else text


def parts_of(pointer: str) -> list[str]:
    """The parts of a JSON pointer; that of a document may begin with `#`."""
    parts = pointer.removeprefix("#").split("/")[1:]
    return [part.replace("~1", "/").replace("~0", "~") for part in parts]


def value_at(value: Any, parts: Iterable[str]) -> Any:
    """What stands there in a JSON value, MISSING where nothing does."""
    for part in parts:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return MISSING
    return value
