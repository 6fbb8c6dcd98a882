"""Walks a JSON Schema: the fields that it declares, each with its place in the value. Everything
that needs the fields of a body or of an answer uses these functions. Works for any schema whose
$refs are resolved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from contracts.spec.document import Node

FieldPath = tuple[str, ...]
_LISTS = ("allOf", "anyOf", "oneOf")
_BRANCHES = ("if", "then", "else")


class Field(NamedTuple):
    """A declared field: the names from the top of the value to it, and its schema."""

    path: FieldPath
    schema: Node


def subschemas(schema: Any) -> Iterator[Node]:
    """The schema and every subschema that applies to the same value: those in allOf, anyOf, oneOf,
    if, then and else."""
    if isinstance(schema, dict):
        yield schema
        for keyword in _LISTS:
            for part in schema.get(keyword, ()):
                yield from subschemas(part)
        for keyword in _BRANCHES:
            yield from subschemas(schema.get(keyword))


def properties(schemas: Iterable[Any]) -> dict[str, list[Any]]:
    """The fields that any of these schemas declares for the same object, each with its schemas."""
    named: dict[str, list[Any]] = {}
    for schema in schemas:
        for part in subschemas(schema):
            for name, field in part.get("properties", {}).items():
                named.setdefault(name, []).append(field)
    return named


def items(schemas: Iterable[Any]) -> list[Any]:
    """The schemas that any of these schemas declares for the items of the same array."""
    every = (part for schema in schemas for part in subschemas(schema))
    return [part["items"] for part in every if "items" in part]


def fields(schema: Any, path: FieldPath = ()) -> Iterator[Field]:
    """Every field of the schema and of the objects in it, outer fields first, in the order of the
    schema. Items of arrays are values, not fields."""
    for name, declared in properties([schema]).items():
        field = next((part for part in declared if isinstance(part, dict)), {})
        yield Field((*path, name), field)
        yield from fields(field, (*path, name))


def field_at(schema: Any, path: Iterable[str]) -> Node:
    """The schema at a place in the value: of a field, or of an item of an array. {} if the schema
    declares none."""
    found = [schema]
    for part in path:
        found = properties(found).get(part) or items(found)
    return next((part for part in found if isinstance(part, dict)), {})


def choices(schema: Any) -> list[Any]:
    """The values that the enums of a schema allow."""
    return [value for part in subschemas(schema) for value in part.get("enum", ())]
