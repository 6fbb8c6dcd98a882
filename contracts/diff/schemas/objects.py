"""Compares the properties of object schemas. Alternatives and conditions are compared elsewhere.

If an object is open (it allows undeclared properties), an undeclared name counts as unused.
Otherwise no property could ever be added without breaking someone. If `additionalProperties` is a
schema, the names are data, and their values are compared with that schema."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from msgspec.structs import replace

from contracts.diff.changes.change import Differences, SpecDifference
from contracts.diff.changes.document import Node, Pair
from contracts.diff.changes.effects import Effect
from contracts.diff.changes.matching import pair_up, rename_hints
from contracts.diff.schemas.context import SchemaContext, SchemaWalker
from contracts.diff.schemas.fields import PROSE
from contracts.diff.schemas.flat_schema import FlatSchema, FlatSchemaPair, Subschema, SubschemaPair


class PropertySchema(NamedTuple):
    """A schema of a property, with the refusal of the subschema that declares it."""

    node: Node
    refusal: str | None


class LoneProperty(NamedTuple):
    """A property that only one of the two schemas declares. is_new: it is the new schema."""

    name: str
    schemas: list[PropertySchema]
    is_new: bool


Differ = Callable[[PropertySchema | None, PropertySchema | None], tuple[SpecDifference, ...]]


def properties(
    walker: SchemaWalker, schemas: FlatSchemaPair, context: SchemaContext
) -> Differences:
    """Compare `properties`, `patternProperties` and `additionalProperties`. If all subschemas are
    open, the properties of all of them are compared together; otherwise each subschema is compared
    with its counterpart."""
    group = ("properties", "patternProperties", "additionalProperties")
    if all(_is_open(subschema) for schema in schemas for subschema in schema.subschemas):
        yield from _object(walker, schemas, context)
        return

    def differ(old: Subschema, new: Subschema) -> Differences:
        single_old = FlatSchema(schemas.old.node, [old])
        single_new = FlatSchema(schemas.new.node, [new])
        return _object(walker, FlatSchemaPair(single_old, single_new), context)

    olds, news = (schema.with_keywords(group) for schema in schemas)
    for old, new in pair_up(olds, news, differ):
        yield from differ(old or schemas.old.empty, new or schemas.new.empty)


def _is_open(subschema: Subschema) -> bool:
    """Whether the subschema does not restrict properties that it does not declare."""
    rest = subschema.value("additionalProperties")
    allows_all = rest is None or rest is True
    allows_all = allows_all or (isinstance(rest, dict) and rest.keys() <= PROSE)
    return allows_all and not subschema.get("patternProperties").fields()


def _object(walker: SchemaWalker, schemas: FlatSchemaPair, context: SchemaContext) -> Differences:
    old, new = (_declared(schema) for schema in schemas)
    hints = rename_hints(old, new, lambda gone, added: _is_same(old[gone], new[added]))
    hidden = schemas.hidden_names(context.side)
    was_hidden, is_hidden = (schema.hidden_names(context.side) for schema in schemas)
    hidden_in_one = (was_hidden ^ is_hidden) - hidden
    for name in [n for n in dict.fromkeys([*old, *new]) if n not in hidden]:
        differ = partial(_property, walker, schemas, name, context)
        if name in hidden_in_one:
            found = list(_visibility(old[name], new[name], name, context))
        elif name in old and name in new:
            pairs = pair_up(old[name], new[name], differ)
            found = [difference for pair in pairs for difference in differ(*pair)]
        else:
            lone = LoneProperty(name, old.get(name) or new[name], is_new=name in new)
            found = list(_lone_property(schemas, lone, differ, context))
        hint = hints.get(name, "")
        yield from (replace(each.in_field(name), hint=each.hint or hint) for each in found)
    yield from _patterns(walker, schemas, context)
    rest = schemas.get("additionalProperties")
    nested = walker.compare_nested(rest, context, schemas.refusals)
    yield from (difference.in_field("*") for difference in nested)


def _visibility(
    old: list[PropertySchema], new: list[PropertySchema], name: str, context: SchemaContext
) -> Differences:
    """The difference of a property that may be sent in one document only: `readOnly` properties are
    not part of requests, `writeOnly` properties not of answers."""
    flag = "readOnly" if context.side == "request" else "writeOnly"
    was, now = (_flag([schema.node for schema in schemas], flag) for schemas in (old, new))
    is_sent = now.value is not True
    effect, verb = (Effect.OFFERED, "removed") if is_sent else (Effect.WITHDRAWN, "added")
    text = f'"{name}" is {"now" if is_sent else "no longer"} part of the {context.side}'
    yield context.difference(Pair(was, now), flag, effect, text, verb=verb)


def _flag(nodes: list[Node], flag: str) -> Node:
    """The node of a flag in the first schema that sets it, or else in the first schema."""
    flags = [node.get(flag) for node in nodes]
    return next((node for node in flags if node.value is True), flags[0])


def _declared(schema: FlatSchema) -> dict[str, list[PropertySchema]]:
    """The schemas of each declared property, without duplicates."""
    found: dict[str, list[PropertySchema]] = {}
    for subschema in schema.subschemas:
        for name, node in subschema.get("properties").fields().items():
            known = found.setdefault(name, [])
            if not any(Pair(node, other.node).is_same() for other in known):
                known.append(PropertySchema(node, subschema.refusal))
    return found


def _property(
    walker: SchemaWalker,
    schemas: FlatSchemaPair,
    name: str,
    context: SchemaContext,
    old: PropertySchema | None,
    new: PropertySchema | None,
) -> tuple[SpecDifference, ...]:
    """The differences of two schemas of a property. None stands for the schema of undeclared
    properties."""
    was, now = (
        given or PropertySchema(_undeclared(schema, name), schema.subschemas[0].refusal)
        for given, schema in zip((old, new), schemas, strict=True)
    )
    pair, refusals = Pair(was.node, now.node), (was.refusal, now.refusal)
    return walker.compare_nested(pair, context, refusals, name)


def _undeclared(schema: FlatSchema, name: str) -> Node:
    """The schema that applies to a property that is not declared; it may not exist."""
    rest = schema.get("additionalProperties")
    return rest if rest.exists else schema.get("properties").absent(name)


def _lone_property(
    schemas: FlatSchemaPair, lone: LoneProperty, differ: Differ, context: SchemaContext
) -> Differences:
    """The differences of a property that only one schema declares. If the other one restricts
    undeclared properties, the two schemas are compared."""
    lacking = schemas.old if lone.is_new else schemas.new
    nodes = [schema.node for schema in lone.schemas]
    is_used = context.declares(lone.name, old=lone.is_new) or any(n.value is False for n in nodes)
    if is_used or not all(map(_is_open, lacking.subschemas)):
        for schema in lone.schemas:
            yield from differ(*((None, schema) if lone.is_new else (schema, None)))
    if is_used:
        return
    effect = Effect.OFFERED if lone.is_new else Effect.WITHDRAWN
    if lacking.get("patternProperties").fields():
        effect |= Effect.CHANGED  # a pattern may match the name
    absent = lacking.get("properties").absent(lone.name)
    pair = Pair(absent, nodes[0]) if lone.is_new else Pair(nodes[0], absent)
    text = f'"{lone.name}" was {"added" if lone.is_new else "removed"}'
    yield SpecDifference(pair, "property", effect, context.side, text)


def _is_same(old: list[PropertySchema], new: list[PropertySchema]) -> bool:
    """Whether two properties have one equal schema each, apart from text for people."""
    return len(old) == len(new) == 1 and Pair(old[0].node, new[0].node).is_same(PROSE)


def _patterns(walker: SchemaWalker, schemas: FlatSchemaPair, context: SchemaContext) -> Differences:
    """Compare `patternProperties`. A new pattern applies to names that `additionalProperties`
    covered before. If that keyword restricts them, the effect cannot be decided."""
    patterns = schemas.get("patternProperties")
    for pattern in patterns.names():
        pair = patterns.get(pattern)
        lacking = schemas.old if pair.new.exists else schemas.new
        rest = lacking.get("additionalProperties")
        if pair.in_both or not rest.exists or rest.value is True:
            nested = walker.compare_nested(pair, context, schemas.refusals)
            yield from (difference.in_field("*") for difference in nested)
        else:
            yield context.difference(pair, "patternProperties", Effect.CHANGED)


def property_names(
    walker: SchemaWalker, subschemas: SubschemaPair, context: SchemaContext
) -> Differences:
    """Compare `propertyNames`."""
    pair = subschemas.get("propertyNames")
    yield from walker.compare_nested(pair, context, subschemas.refusals)
