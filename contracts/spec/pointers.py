"""JSON pointers: converts between parts and text, and reads the value at a pointer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

MISSING: Any = object()  # returned by value_at() if the pointer leads nowhere

PointerPart = str | int
# Maps the path of a node in the tree without $refs to its pointer in the file, behind all $refs.
PointerLookup = Callable[[Iterable[PointerPart]], str]


def no_pointer(parts: Iterable[PointerPart]) -> str:
    """The PointerLookup of a schema that is not part of a document: always ""."""
    del parts
    return ""


def pointer_of(parts: Iterable[PointerPart]) -> str:
    """The parts as a JSON pointer."""
    return "".join("/" + escaped(part) for part in parts)


def escaped(part: PointerPart) -> str:
    """One part with `~` and `/` escaped for a JSON pointer."""
    text = str(part)
    return text.replace("~", "~0").replace("/", "~1") if "~" in text or "/" in text else text


def parts_of(pointer: str) -> list[str]:
    """The parts of a JSON pointer. The pointer may begin with `#`."""
    parts = pointer.removeprefix("#").split("/")[1:]
    return [part.replace("~1", "/").replace("~0", "~") for part in parts]


@lru_cache(maxsize=256)
def _known_parts(pointer: str) -> tuple[str, ...]:
    return tuple(parts_of(pointer))


def field_of(value: Any, pointer: str) -> Any:
    """The field of a JSON object at a pointer of the spec; MISSING if the pointer leads nowhere.
    Quick, because each call that creates a task needs it: the parts of the pointer are cached."""
    try:
        for part in _known_parts(pointer):
            value = value[part]
    except (KeyError, TypeError, IndexError):
        return MISSING
    return value


def value_at(value: Any, parts: Iterable[str]) -> Any:
    """The value at a pointer in a JSON value; MISSING if the pointer leads nowhere."""
    for part in parts:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return MISSING
    return value
