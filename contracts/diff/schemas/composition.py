"""Compares the keywords that combine schemas: anyOf, oneOf, not, if, dependentSchemas and
unevaluated properties and items. allOf is not here: flat_schema dissolves it."""

from __future__ import annotations

from typing import NamedTuple

from contracts.diff.changes.change import Differences, SpecDifference
from contracts.diff.changes.document import Node, Pair
from contracts.diff.changes.effects import Effect
from contracts.diff.changes.matching import pair_up
from contracts.diff.schemas.context import Polarity, SchemaContext, SchemaWalker
from contracts.diff.schemas.flat_schema import FlatSchema, SubschemaPair, flatten
from contracts.diff.schemas.json_types import enum_values, possible_types


def any_of(walker: SchemaWalker, subschemas: SubschemaPair, context: SchemaContext) -> Differences:
    """Compare `anyOf`: an additional branch allows more values."""
    yield from _alternatives(walker, subschemas, "anyOf", context)


def one_of(walker: SchemaWalker, subschemas: SubschemaPair, context: SchemaContext) -> Differences:
    """Compare `oneOf`. If no value can match two branches, it is compared as anyOf. Otherwise the
    effect cannot be decided, because a value that matches one more branch may become invalid."""
    if all(_are_disjoint(side.get("oneOf").items()) for side in subschemas):
        yield from _alternatives(walker, subschemas, "oneOf", context)
    else:
        yield from _alternatives(walker, subschemas, "oneOf", context.with_polarity("undecided"))


def _alternatives(
    walker: SchemaWalker, subschemas: SubschemaPair, keyword: str, context: SchemaContext
) -> Differences:
    pair, inner = subschemas.get(keyword), context.with_refusals(subschemas.refusals)
    if not pair.in_both:
        effect = Effect.NARROWED if pair.new.exists else Effect.WIDENED
        yield context.difference(pair, keyword, effect)
        return

    def differ(old: Node, new: Node) -> tuple[SpecDifference, ...]:
        return walker.compare(Pair(old, new), inner)

    for old, new in pair_up(pair.old.items(), pair.new.items(), differ, _component):
        if old and new:
            yield from walker.compare(Pair(old, new), inner)
        elif new:
            lone = Pair(pair.old.absent("-"), new)
            yield context.difference(lone, keyword, Effect.WIDENED, "a branch was added")
        elif old:
            lone = Pair(old, pair.new.absent("-"))
            yield context.difference(lone, keyword, Effect.NARROWED, "a branch was removed")


def _component(branch: Node) -> str:
    """The pointer that a branch refers to, if it is only a $ref; otherwise ""."""
    pointer = branch.dereferenced().pointer
    return "" if pointer == branch.pointer else pointer


class _Outline(NamedTuple):
    """The parts of a schema that are easy to compare: the types, the values of its enum (None
    without one), and the outlines of its required properties."""

    types: frozenset[str]
    values: frozenset[str] | None
    properties: dict[str, _Outline]

    def is_disjoint(self, other: _Outline) -> bool:
        """Whether it is certain that no value matches both schemas."""
        shared = self.types & other.types
        have_values = self.values is not None and other.values is not None
        if not shared or (have_values and not (self.values or set()) & (other.values or set())):
            return True
        return shared == {"object"} and any(
            self.properties[name].is_disjoint(other.properties[name])
            for name in self.properties.keys() & other.properties.keys()
        )


def _are_disjoint(branches: list[Node]) -> bool:
    """Whether it is certain that no value matches two branches."""
    outlines = [_outline(flatten(branch)) for branch in branches]
    return all(one.is_disjoint(other) for i, one in enumerate(outlines) for other in outlines[:i])


def _outline(schema: FlatSchema, *, is_outer: bool = True) -> _Outline:
    values = enum_values(schema)
    properties = {
        name: _outline(flatten(subschema.get("properties").get(name)), is_outer=False)
        for name in (schema.required() if is_outer else ())
        for subschema in schema.with_keywords(["properties"])
        if name in subschema.get("properties").fields()
    }
    value_set = None if values is None else frozenset(values)
    return _Outline(possible_types(schema), value_set, properties)


def negation(
    walker: SchemaWalker, subschemas: SubschemaPair, context: SchemaContext
) -> Differences:
    """Compare `not`: if the inner schema allows more, the outer schema allows less."""
    pair = subschemas.get("not")
    if pair.in_both:
        inner = context.with_refusals(subschemas.refusals)
        yield from walker.compare(pair, inner.as_condition("mirrored"))
    else:
        effect = Effect.NARROWED if pair.new.exists else Effect.WIDENED
        yield context.difference(pair, "not", effect)


def condition(
    walker: SchemaWalker, subschemas: SubschemaPair, context: SchemaContext
) -> Differences:
    """Compare `if` with `then` and `else`. With only `then`, an `if` that matches less restricts
    less; with only `else`, it restricts more; with both, the effect cannot be decided."""
    pair = subschemas.get("if")
    inner = context.with_refusals(subschemas.refusals)
    if pair.in_both:
        yield from walker.compare(pair, inner.as_condition(_polarity(subschemas)))
        yield from walker.compare(subschemas.get("then"), inner)
        yield from walker.compare(subschemas.get("else"), inner)
    elif pair.old.exists or pair.new.exists:
        effect = Effect.NARROWED if pair.new.exists else Effect.WIDENED
        yield context.difference(pair, "if", effect)


def _polarity(subschemas: SubschemaPair) -> Polarity:
    has_then, has_else = (
        any(node.exists for node in subschemas.get(keyword)) for keyword in ("then", "else")
    )
    if has_then and has_else:
        return "undecided"
    return "mirrored" if has_then else "as-is"


def dependent_schemas(
    walker: SchemaWalker, subschemas: SubschemaPair, context: SchemaContext
) -> Differences:
    """Compare `dependentSchemas`: the schemas that apply if a property is present."""
    pair = subschemas.get("dependentSchemas")
    for name in pair.names():
        yield from walker.compare(pair.get(name), context.with_refusals(subschemas.refusals))


def unevaluated(
    walker: SchemaWalker, subschemas: SubschemaPair, context: SchemaContext
) -> Differences:
    """Compare the schemas of `unevaluatedProperties` and `unevaluatedItems`. The set of names and
    items that they apply to is compared in SchemaComparison."""
    for keyword in ("unevaluatedProperties", "unevaluatedItems"):
        nested = walker.compare_nested(subschemas.get(keyword), context, subschemas.refusals)
        yield from (difference.in_field("*") for difference in nested)
