"""What changes in the schemas that a schema is made of do: several of which any, one or none must
hold, conditions, negation. Knows nothing of what they say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from contracts.diff.changes.changes import Found
from contracts.diff.changes.document import Node, Pair
from contracts.diff.changes.effects import Effect
from contracts.diff.changes.matching import matched
from contracts.diff.schemas.conjuncts import Parts, Whole, whole
from contracts.diff.schemas.context import Context, Turn, Walk
from contracts.diff.schemas.kinds import allowed_kinds, values


def any_of(walk: Walk, parts: Parts, context: Context) -> Iterator[Found]:
    """`anyOf`: one more branch allows more."""
    yield from _alternatives(walk, parts, "anyOf", context)


def one_of(walk: Walk, parts: Parts, context: Context) -> Iterator[Found]:
    """`oneOf`: as anyOf where no value is of two branches; else more in one may mean less."""
    if all(_are_apart(side.get("oneOf").items()) for side in parts):
        yield from _alternatives(walk, parts, "oneOf", context)
    else:
        yield from _alternatives(walk, parts, "oneOf", context.under("undecided"))


def _alternatives(walk: Walk, parts: Parts, keyword: str, context: Context) -> Iterator[Found]:
    pair, inner = parts.get(keyword), context.beside(parts.refusals)
    if not pair.in_both:
        effect = Effect.NARROWED if pair.new.is_there else Effect.WIDENED
        yield context.found(pair, keyword, effect)
        return

    def differ(old: Node, new: Node) -> tuple[Found, ...]:
        return walk.compare(Pair(old, new), inner)

    for old, new in matched(pair.old.items(), pair.new.items(), differ, _component):
        if old and new:
            yield from walk.compare(Pair(old, new), inner)
        elif new:
            lone = Pair(pair.old.absent("-"), new)
            yield context.found(lone, keyword, Effect.WIDENED, "one more may hold")
        elif old:
            lone = Pair(old, pair.new.absent("-"))
            yield context.found(lone, keyword, Effect.NARROWED, "one may hold no more")


def _component(branch: Node) -> str:
    """Where a branch is written that is nothing but a $ref."""
    place = branch.settled().place
    return "" if place == branch.place else place


class _Outline(NamedTuple):
    """What is plain of a schema: its types, its values if it names them, and the same of each field
    that must be there."""

    kinds: frozenset[str]
    values: frozenset[str] | None
    fields: dict[str, _Outline]

    def is_apart(self, other: _Outline) -> bool:
        """Whether it is plain that no value is of both."""
        shared = self.kinds & other.kinds
        named = self.values is not None and other.values is not None
        if not shared or (named and not (self.values or set()) & (other.values or set())):
            return True
        return shared == {"object"} and any(
            self.fields[name].is_apart(other.fields[name])
            for name in self.fields.keys() & other.fields.keys()
        )


def _are_apart(branches: list[Node]) -> bool:
    """Whether it is plain that no value is of two of them."""
    outlines = [_outline(whole(branch)) for branch in branches]
    return all(one.is_apart(other) for i, one in enumerate(outlines) for other in outlines[:i])


def _outline(schema: Whole, *, is_outer: bool = True) -> _Outline:
    named = values(schema)
    fields = {
        name: _outline(whole(part.get("properties").get(name)), is_outer=False)
        for name in (schema.required() if is_outer else ())
        for part in schema.having(["properties"])
        if name in part.get("properties").fields()
    }
    return _Outline(allowed_kinds(schema), None if named is None else frozenset(named), fields)


def negation(walk: Walk, parts: Parts, context: Context) -> Iterator[Found]:
    """`not`: what allows more inside allows less."""
    pair = parts.get("not")
    if pair.in_both:
        yield from walk.compare(pair, context.beside(parts.refusals).condition("mirrored"))
    else:
        effect = Effect.NARROWED if pair.new.is_there else Effect.WIDENED
        yield context.found(pair, "not", effect)


def condition(walk: Walk, parts: Parts, context: Context) -> Iterator[Found]:
    """`if` with `then` and `else`. With `then` alone, to ask for more is to demand less; with
    `else` alone, the other way round; with both it cannot be decided."""
    pair = parts.get("if")
    inner = context.beside(parts.refusals)
    if pair.in_both:
        yield from walk.compare(pair, inner.condition(_turn(parts)))
        yield from walk.compare(parts.get("then"), inner)
        yield from walk.compare(parts.get("else"), inner)
    elif pair.old.is_there or pair.new.is_there:
        effect = Effect.NARROWED if pair.new.is_there else Effect.WIDENED
        yield context.found(pair, "if", effect)


def _turn(parts: Parts) -> Turn:
    has_then, has_else = (
        any(node.is_there for node in parts.get(keyword)) for keyword in ("then", "else")
    )
    if has_then and has_else:
        return "undecided"
    return "mirrored" if has_then else "as-is"


def dependent(walk: Walk, parts: Parts, context: Context) -> Iterator[Found]:
    """`dependentSchemas`: what must hold where a name is there."""
    pair = parts.get("dependentSchemas")
    for name in pair.names():
        yield from walk.compare(pair.get(name), context.beside(parts.refusals))


def left_over(walk: Walk, parts: Parts, context: Context) -> Iterator[Found]:
    """`unevaluatedProperties` and `unevaluatedItems`, for what they say themselves."""
    for keyword in ("unevaluatedProperties", "unevaluatedItems"):
        inside = walk.inside(parts.get(keyword), context, parts.refusals)
        yield from (found.below("*") for found in inside)
