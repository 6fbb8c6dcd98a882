"""Compares the shapes of two JSON values: fields, their types and their order. Values are not
compared: a fake has its own ids, times and boxes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec import UNSET

from contracts.spec.pointers import escaped


class ShapeDifference(NamedTuple):
    """A difference between two shapes. kind: `field new`, `field missing`, `type`, `order`.
    recorded, expected: UNSET if the field is missing."""

    kind: str
    pointer: str
    recorded: Any
    expected: Any


def shape_differences(recorded: Any, expected: Any, pointer: str = "") -> Iterator[ShapeDifference]:
    """The differences between the shapes of a recorded value and of the expected one, outer ones
    first."""
    if type_of(recorded) != type_of(expected):
        yield ShapeDifference("type", pointer, recorded, expected)
    elif isinstance(recorded, dict):
        yield from _objects(recorded, expected, pointer)
    elif isinstance(recorded, list) and expected:
        yield from _items(recorded, expected, pointer)


def _items(recorded: list[Any], expected: list[Any], pointer: str) -> Iterator[ShapeDifference]:
    """Compare each item with the most similar expected one; of items with the same shape only the
    first."""
    shapes = set()
    for index, item in enumerate(recorded):
        shape = repr(_shape(item))
        if shape not in shapes:
            shapes.add(shape)
            found = (
                list(shape_differences(item, other, f"{pointer}/{index}")) for other in expected
            )
            yield from min(found, key=len)


def _objects(
    recorded: dict[str, Any], expected: dict[str, Any], pointer: str
) -> Iterator[ShapeDifference]:
    for name in [*recorded, *(name for name in expected if name not in recorded)]:
        place = f"{pointer}/{escaped(name)}"
        if name not in expected:
            yield ShapeDifference("field new", place, recorded[name], UNSET)
        elif name not in recorded:
            yield ShapeDifference("field missing", place, UNSET, expected[name])
        else:
            yield from shape_differences(recorded[name], expected[name], place)
    ours, theirs = ([n for n in one if n in other] for one, other in
                    ((recorded, expected), (expected, recorded)))  # fmt: skip
    if ours != theirs:
        yield ShapeDifference("order", pointer, ours, theirs)


def type_of(value: Any) -> str:
    """The type of a value as in JSON Schema; integers are `number` here."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    names = {str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return names[type(value)]


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(item) for name, item in value.items()}
    return [_shape(item) for item in value] if isinstance(value, list) else type_of(value)
