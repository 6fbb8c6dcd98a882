"""The JSON types that a schema allows, and the values in its enum and const. Numbers are split into
"integer" and "fraction". Nothing is compared here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts.diff.changes.document import canonical_json
from contracts.diff.schemas.flat_schema import FlatSchema, Subschema

JSON_TYPES = frozenset({"null", "boolean", "object", "array", "string", "integer", "fraction"})


def declared_types(schema: FlatSchema) -> frozenset[str]:
    """The types that `type` and `nullable` allow."""
    found = frozenset.intersection(*(_types(subschema) for subschema in schema.subschemas))
    return found | {"null"} if any(map(_adds_null, schema.subschemas)) else found


def _adds_null(subschema: Subschema) -> bool:
    """Whether `nullable` stands beside `allOf`: in OpenAPI 3.0 this allows null for a `$ref`."""
    is_nullable = subschema.value("nullable") is True
    return subschema.is_own and is_nullable and subschema.value("type") is None


def _types(subschema: Subschema) -> frozenset[str]:
    types = subschema.value("type")
    if types is None:
        return JSON_TYPES
    found = {str(name) for name in (types if isinstance(types, list) else [types])}
    if subschema.value("nullable") is True:  # OpenAPI 3.0
        found.add("null")
    if "number" in found:
        found = (found - {"number"}) | {"integer", "fraction"}
    return frozenset(found)


def enum_values(schema: FlatSchema) -> dict[str, str] | None:
    """The values of enum and const that the type allows, as canonical JSON, each with its type.
    None if the schema has neither keyword."""
    lists = [values for subschema in schema.subschemas for values in _listed(subschema)]
    if not lists:
        return None
    sets = [{canonical_json(value): type_of(value) for value in values} for values in lists]
    allowed = declared_types(schema)
    return {
        text: name
        for text, name in sets[0].items()
        if name in allowed and all(text in other for other in sets)
    }


def _listed(subschema: Subschema) -> Iterator[list[Any]]:
    if isinstance(subschema.value("enum"), list):
        yield subschema.value("enum")
    if subschema.get("const").exists:
        yield [subschema.get("const").value]


def possible_types(schema: FlatSchema) -> frozenset[str]:
    """The types of the allowed values: the types in its enum, or else the declared types."""
    values = enum_values(schema)
    return declared_types(schema) if values is None else frozenset(values.values())


def type_of(value: Any) -> str:
    """The type of a value, one of JSON_TYPES. 1.0 is an integer."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "fraction"
    names = ((int, "integer"), (list, "array"), (dict, "object"))
    return next((name for type_, name in names if isinstance(value, type_)), "string")
