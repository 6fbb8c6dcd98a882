"""Compares the keywords for elements of arrays: items, prefixItems and contains."""

from __future__ import annotations

from contracts.diff.changes.change import Differences, SpecDifference
from contracts.diff.changes.document import Pair
from contracts.diff.changes.effects import Effect
from contracts.diff.schemas.context import SchemaContext, SchemaWalker
from contracts.diff.schemas.flat_schema import SubschemaPair
from contracts.diff.schemas.value_effects import lower_limit, safe_effect, upper_limit


def items(walker: SchemaWalker, subschemas: SubschemaPair, context: SchemaContext) -> Differences:
    """Compare `prefixItems` by position, and `items` for the elements after them."""
    rest = subschemas.get("items")
    prefixes = [side.get("prefixItems").items() for side in subschemas]
    for position in range(max(map(len, prefixes))):
        old, new = (
            nodes[position] if position < len(nodes) else items
            for nodes, items in zip(prefixes, rest, strict=True)
        )
        nested = _element(walker, Pair(old, new), subschemas, context)
        yield from (difference.in_field(str(position)) for difference in nested)
    nested = _element(walker, rest, subschemas, context)
    yield from (difference.in_field("*") for difference in nested)


def contains(
    walker: SchemaWalker, subschemas: SubschemaPair, context: SchemaContext
) -> Differences:
    """Compare `contains` with its `minContains` and `maxContains`. If more elements match, an array
    may now have enough of them, or too many; with maxContains the effect cannot be decided."""
    pair, least, most = (subschemas.get(k) for k in ("contains", "minContains", "maxContains"))
    if not pair.in_both:
        if pair.old.exists or pair.new.exists:
            effect = Effect.NARROWED if pair.new.exists else Effect.WIDENED
            yield context.difference(pair, "contains", effect)
        return
    has_maximum = most.old.exists or most.new.exists
    is_decided = not has_maximum and all(s.value("minContains") != 0 for s in subschemas)
    inner = context if is_decided else context.with_polarity("undecided")
    nested = _element(walker, pair, subschemas, inner)
    yield from (difference.in_field("*") for difference in nested)
    for name, limit, effect_of, absent in (
        ("minContains", least, lower_limit, 1),
        ("maxContains", most, upper_limit, None),
    ):
        effect = safe_effect(effect_of, *(n.value if n.exists else absent for n in limit))
        if effect:
            yield context.difference(limit, name, effect)


def _element(
    walker: SchemaWalker, pair: Pair, subschemas: SubschemaPair, context: SchemaContext
) -> tuple[SpecDifference, ...]:
    """The differences of two schemas for an element."""
    return walker.compare_nested(pair, context, subschemas.refusals)
