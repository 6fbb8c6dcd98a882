"""Compares the keywords of a schema that contain no schema: types, values, limits, required names,
and this project's x-box and x-aspect-ratios."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import UNSET

from contracts.diff.changes.change import Differences, joined
from contracts.diff.changes.document import Node, Pair, canonical_json
from contracts.diff.changes.effects import Effect
from contracts.diff.schemas.context import SchemaContext, SchemaWalker
from contracts.diff.schemas.fields import UNDECIDED, FieldComparer, ignore, prose, value_comparer
from contracts.diff.schemas.flat_schema import FlatSchema, FlatSchemaPair, Subschema, SubschemaPair
from contracts.diff.schemas.json_types import declared_types, enum_values, possible_types
from contracts.diff.schemas.value_effects import (
    allowed_set,
    always_changed,
    always_cosmetic,
    always_noted,
    boolean_constraint,
    discriminator,
    lower_limit,
    multiple_of,
    opaque_constraint,
    safe_effect,
    upper_limit,
)

# Compares keywords of the whole schema, or the keywords of one subschema with its counterpart.
KeywordComparer = Callable[[SchemaWalker, FlatSchemaPair, SchemaContext], Differences]
SubschemaComparer = Callable[[SchemaWalker, SubschemaPair, SchemaContext], Differences]

# Keywords whose values are compared on their own, each with the value of a missing keyword.
SIMPLE_KEYWORDS: dict[str, FieldComparer] = {
    **dict.fromkeys(("maxLength", "maxItems", "maxProperties"), value_comparer(upper_limit)),
    **dict.fromkeys(("minLength", "minItems", "minProperties"), value_comparer(lower_limit, 0)),
    **dict.fromkeys(("uniqueItems", "x-box"), value_comparer(boolean_constraint, False)),
    "multipleOf": value_comparer(multiple_of),
    **dict.fromkeys(
        ("pattern", "contentEncoding", "contentMediaType"), value_comparer(opaque_constraint)
    ),
    "discriminator": value_comparer(discriminator, text="it selects the alternative differently"),
    # Only in a property do these two decide whether it is sent: see FlatSchema.hidden_names().
    **dict.fromkeys(("readOnly", "writeOnly"), value_comparer(always_cosmetic, False)),
    "deprecated": value_comparer(always_noted, False),
    "default": value_comparer(always_changed, UNSET, "a missing value now means something else"),
    # These contain schemas for $refs; the schemas are compared where they are used.
    **dict.fromkeys(("$schema", "$defs", "definitions", "$anchor"), ignore),
}
# Keywords that only people read if the schema is part of an answer.
SIMPLE_KEYWORDS_IN_ANSWERS: dict[str, FieldComparer] = {"default": prose}


def types(walker: SchemaWalker, schemas: FlatSchemaPair, context: SchemaContext) -> Differences:
    """Compare `type` together with `enum` and `const`."""
    del walker
    old, new = (declared_types(schema) for schema in schemas)
    if old != new:
        are_disjoint = not old & new
        effect = Effect.CHANGED if are_disjoint else allowed_set(*map(possible_types, schemas))
        pairs = [schemas.get(keyword) for keyword in ("type", "nullable")]
        changed = next((pair for pair in pairs if not pair.is_same()), pairs[0])
        yield context.difference(changed, "type", effect)
    values = enum_values(schemas.old), enum_values(schemas.new)
    if ("null" in old) != ("null" in new):  # null was reported as a change of the type
        values = _without_null(values[0]), _without_null(values[1])
    effect = allowed_set(*values)
    if effect:
        keyword = "enum" if "enum" in schemas.keywords() else "const"
        text = "" if None in values else _values_text(*(set(each or ()) for each in values))
        yield context.difference(schemas.get(keyword), keyword, effect, text)


def _without_null(values: dict[str, str] | None) -> dict[str, str] | None:
    return values and {text: name for text, name in values.items() if name != "null"}


def _values_text(old: set[str], new: set[str]) -> str:
    lists = {"no longer allowed": joined(old - new), "now allowed": joined(new - old)}
    return ", ".join(f"{title}: {values}" for title, values in lists.items() if values)


def formats(walker: SchemaWalker, subschemas: SubschemaPair, context: SchemaContext) -> Differences:
    """Compare `format`. Formats that do not restrict the values are ignored: `int64` and `double`
    of numbers, and `password`."""
    del walker
    pair = subschemas.get("format")
    if not pair.is_same():
        old, new = map(_restricting_format, subschemas)
        effect = opaque_constraint(old, new) if old != new else Effect.NONE
        text = UNDECIDED.format("format") if effect == Effect.CHANGED else ""
        yield context.difference(pair, "format", effect, text)


def _restricting_format(subschema: Subschema) -> Any:
    name, types = subschema.value("format"), subschema.value("type")
    types = types if isinstance(types, list) else [types]
    is_number = all(type_ in _NUMBERS for type_ in types)
    return None if name == "password" or (is_number and name in ("int64", "double")) else name


_NUMBERS = ("integer", "number", "null")


def bounds(keyword: str) -> KeywordComparer:
    """A comparer of `minimum` or `maximum` together with its exclusive form."""
    exclusive = "exclusive" + keyword.capitalize()
    sign = 1 if keyword == "minimum" else -1

    def limits(subschema: Subschema) -> Iterator[tuple[float, bool]]:
        limit, strict = subschema.value(keyword), subschema.value(exclusive)
        if isinstance(limit, bool):
            raise TypeError("a limit is a number")
        if limit is not None:
            yield sign * limit, strict is True  # in OpenAPI 3.0 the exclusive form is a boolean
        if not isinstance(strict, bool | None):
            yield sign * strict, True

    def compare(
        walker: SchemaWalker, schemas: FlatSchemaPair, context: SchemaContext
    ) -> Differences:
        del walker
        subject = exclusive if exclusive in schemas.keywords() else keyword
        try:
            old, new = (
                max((limit for s in schema.subschemas for limit in limits(s)), default=None)
                for schema in schemas
            )
            is_single = None in (old, new)
            effect = opaque_constraint(old, new) if is_single else _limit_effect(old, new)
        except TypeError:
            pairs = (schemas.get(keyword), schemas.get(exclusive))
            effect = Effect.NONE if all(p.is_same() for p in pairs) else Effect.CHANGED
        if effect:
            yield context.difference(schemas.get(subject), subject, effect)

    return compare


def _limit_effect(old: Any, new: Any) -> Effect:
    return Effect.NARROWED if new > old else Effect.WIDENED if new < old else Effect.NONE


def required(walker: SchemaWalker, schemas: FlatSchemaPair, context: SchemaContext) -> Differences:
    """Compare `required`: one difference for each name that was added or removed."""
    del walker
    old, new = (schema.required() - schema.hidden_names(context.side) for schema in schemas)
    for name in sorted((old ^ new) - schemas.hidden_names(context.side)):
        pair = Pair(*(_required_list(schema, name) for schema in schemas))
        if name in new:
            text, verb, effect = "is now required", "added", Effect.NARROWED
        else:
            text, verb, effect = "is no longer required", "removed", Effect.WIDENED
        found = context.difference(pair, "required", effect, f'"{name}" {text}', verb=verb)
        yield found.in_field(name)


def _required_list(schema: FlatSchema, name: str) -> Node:
    """The `required` that contains a name, or else the first `required`."""
    lists = (subschema.get("required") for subschema in schema.subschemas)
    found = (node for node in lists if isinstance(node.value, list) and name in node.value)
    return next(found, schema.get("required"))


def dependent_required(
    walker: SchemaWalker, subschemas: SubschemaPair, context: SchemaContext
) -> Differences:
    """Compare `dependentRequired`: the names that a property requires."""
    del walker
    pair = subschemas.get("dependentRequired")
    old, new = ({n: _items(c.value) for n, c in side.fields().items()} for side in pair)
    for name in pair.names():
        effect = allowed_set(new.get(name, frozenset()), old.get(name, frozenset()))
        if effect:
            yield context.difference(pair.get(name), "dependentRequired", effect)


def _items(value: Any) -> frozenset[str]:
    return frozenset(map(canonical_json, value)) if isinstance(value, list) else frozenset()


def aspect_ratios(
    walker: SchemaWalker, subschemas: SubschemaPair, context: SchemaContext
) -> Differences:
    """Compare `x-aspect-ratios`, a list of allowed ratios, and its `x-aspect-tolerance`."""
    del walker
    ratios, tolerance = subschemas.get("x-aspect-ratios"), subschemas.get("x-aspect-tolerance")
    old, new = (_items(node.value) if node.exists else None for node in ratios)
    effect = allowed_set(old, new)
    if effect:
        yield context.difference(ratios, "x-aspect-ratios", effect)
    if ratios.in_both:
        values = (0 if not node.exists else node.value for node in tolerance)
        effect = safe_effect(upper_limit, *values)
        if effect:
            yield context.difference(tolerance, "x-aspect-tolerance", effect)
