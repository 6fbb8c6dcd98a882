"""Finds the fields of a value that its JSON Schema does not declare. Does not decide whether that
is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from contracts.spec.document import Node
from contracts.spec.pointers import escaped

_LISTS = ("allOf", "anyOf", "oneOf")
_BRANCHES = ("if", "then", "else")


def unknown_fields(
    schemas: Iterable[Any], value: Any, pointer: str = ""
) -> Iterator[tuple[str, Any]]:
    """Pointer and value of each field that is not declared in the schemas or their subschemas. An
    object for which they declare no fields is skipped."""
    applied = [node for schema in schemas for node in _all_of(schema)]
    if isinstance(value, dict):
        named: dict[str, list[Any]] = {}
        for node in applied:
            for name, subschema in node.get("properties", {}).items():
                named.setdefault(name, []).append(subschema)
        for name, item in value.items() if named else ():
            place = f"{pointer}/{escaped(name)}"
            if name not in named:
                yield place, item
            else:
                yield from unknown_fields(named[name], item, place)
    elif isinstance(value, list):
        items = [node["items"] for node in applied if "items" in node]
        for index, item in enumerate(value):
            yield from unknown_fields(items, item, f"{pointer}/{index}")


def _all_of(schema: Any) -> Iterator[Node]:
    """The schema and every subschema that applies to the same value."""
    if isinstance(schema, dict):
        yield schema
        for keyword in _LISTS:
            for subschema in schema.get(keyword, ()):
                yield from _all_of(subschema)
        for keyword in _BRANCHES:
            yield from _all_of(schema.get(keyword))
