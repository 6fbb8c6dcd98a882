"""What changes in the schemas of what an array holds do. Knows nothing of branches."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.diff.changes.changes import Found
from contracts.diff.changes.document import Pair
from contracts.diff.changes.effects import Effect
from contracts.diff.schemas.conjuncts import Parts
from contracts.diff.schemas.context import Context, Walk
from contracts.diff.schemas.judges import judged, lower, upper


def items(walk: Walk, parts: Parts, context: Context) -> Iterator[Found]:
    """`prefixItems` by position, and `items` for those after them."""
    rest = parts.get("items")
    first = [side.get("prefixItems").items() for side in parts]
    for position in range(max(map(len, first))):
        old, new = (
            nodes[position] if position < len(nodes) else after
            for nodes, after in zip(first, rest, strict=True)
        )
        pair = Pair(old, new)
        inside = _inside(walk, pair, parts, context)
        yield from (found.below(str(position)) for found in inside)
    yield from (found.below("*") for found in _inside(walk, rest, parts, context))


def contains(walk: Walk, parts: Parts, context: Context) -> Iterator[Found]:
    """`contains` with how often: more that counts is more to find, and more than too many."""
    pair, least, most = (parts.get(k) for k in ("contains", "minContains", "maxContains"))
    if not pair.in_both:
        if pair.old.is_there or pair.new.is_there:
            effect = Effect.NARROWED if pair.new.is_there else Effect.WIDENED
            yield context.found(pair, "contains", effect)
        return
    plain = not most.old.is_there and not most.new.is_there and _is_needed(parts)
    inner = context if plain else context.under("undecided")
    yield from (found.below("*") for found in _inside(walk, pair, parts, inner))
    for name, limit, judge, absent in (
        ("minContains", least, lower, 1),
        ("maxContains", most, upper, None),
    ):
        effect = judged(judge, *(n.value if n.is_there else absent for n in limit))
        if effect:
            yield context.found(limit, name, effect)


def _is_needed(parts: Parts) -> bool:
    return all(part.value("minContains") != 0 for part in parts)


def _inside(walk: Walk, pair: Pair, parts: Parts, context: Context) -> tuple[Found, ...]:
    """The differences of two schemas for a value inside this one."""
    return walk.inside(pair, context, parts.refusals)
