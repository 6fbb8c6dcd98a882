"""Which types a schema allows, and which values it names. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts.diff.changes.document import canonical
from contracts.diff.schemas.conjuncts import Part, Whole

KINDS = frozenset({"null", "boolean", "object", "array", "string", "integer", "fraction"})


def kinds(schema: Whole) -> frozenset[str]:
    """The types that `type` allows; an integer is a number, and so is a fraction."""
    found = frozenset.intersection(*(_kinds(part) for part in schema.parts))
    return found | {"null"} if any(map(_adds_null, schema.parts)) else found


def _adds_null(part: Part) -> bool:
    """`nullable` beside an `allOf`, as OpenAPI 3.0 documents write a `$ref` that may be null."""
    return part.is_own and part.value("nullable") is True and part.value("type") is None


def _kinds(part: Part) -> frozenset[str]:
    said = part.value("type")
    if said is None:
        return KINDS
    found = {str(kind) for kind in (said if isinstance(said, list) else [said])}
    if part.value("nullable") is True:  # OpenAPI 3.0
        found.add("null")
    if "number" in found:
        found = (found - {"number"}) | {"integer", "fraction"}
    return frozenset(found)


def values(schema: Whole) -> dict[str, str] | None:
    """The values that enum and const name, as far as the type allows them: canonical text and
    kind. None where there is neither."""
    lists = [named for part in schema.parts for named in _named(part)]
    if not lists:
        return None
    sets = [{canonical(value): kind_of(value) for value in found} for found in lists]
    allowed = kinds(schema)
    return {
        text: kind
        for text, kind in sets[0].items()
        if kind in allowed and all(text in other for other in sets)
    }


def _named(part: Part) -> Iterator[list[Any]]:
    if isinstance(part.value("enum"), list):
        yield part.value("enum")
    if part.get("const").is_there:
        yield [part.get("const").value]


def allowed_kinds(schema: Whole) -> frozenset[str]:
    """The types of all that a schema allows: of the values that it names, if it names some."""
    named = values(schema)
    return kinds(schema) if named is None else frozenset(named.values())


def kind_of(value: Any) -> str:
    """The type of a value, as in kinds()."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "fraction"
    known = ((int, "integer"), (list, "array"), (dict, "object"))
    return next((kind for type_, kind in known if isinstance(value, type_)), "string")
