"""Finds the fields of a value that its JSON Schema does not declare. Does not decide whether that
is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts.spec.fields import items, properties
from contracts.spec.pointers import escaped


def unknown_fields(schemas: list[Any], value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Pointer and value of each field that is not declared in the schemas or their subschemas. An
    object for which they declare no fields is skipped."""
    if isinstance(value, dict):
        named = properties(schemas)
        for name, item in value.items() if named else ():
            place = f"{pointer}/{escaped(name)}"
            if name not in named:
                yield place, item
            else:
                yield from unknown_fields(named[name], item, place)
    elif isinstance(value, list):
        declared = items(schemas)
        for index, item in enumerate(value):
            yield from unknown_fields(declared, item, f"{pointer}/{index}")
