"""What changes in the schemas of what an object holds do. Knows nothing of branches.

A name that an open object does not declare counts as one that nobody uses: else no field could ever
be added. Where `additionalProperties` is a schema, names are data, and it is what they are held
against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from msgspec.structs import replace

from contracts.diff.changes.changes import Found
from contracts.diff.changes.document import Node, Pair
from contracts.diff.changes.effects import Effect
from contracts.diff.changes.matching import matched
from contracts.diff.changes.renames import renames
from contracts.diff.schemas.conjuncts import Part, Parts, Whole, Wholes
from contracts.diff.schemas.context import Context, Walk
from contracts.diff.schemas.tables import WORDS


class Held(NamedTuple):
    """A schema for what is under a name, with the nearest refusal above it."""

    node: Node
    refusal: str | None


class Lone(NamedTuple):
    """A name that only one of the two schemas declares: the new one, or the old one."""

    name: str
    held: list[Held]
    is_new: bool


Differ = Callable[[Held | None, Held | None], tuple[Found, ...]]


def properties(walk: Walk, schemas: Wholes, context: Context) -> Iterator[Found]:
    """`properties`, `patternProperties` and `additionalProperties`. Of a schema that is open in all
    its parts it says nothing in which part a name stands."""
    group = ("properties", "patternProperties", "additionalProperties")
    if all(_is_open(part) for schema in schemas for part in schema.parts):
        yield from _object(walk, schemas, context)
        return

    def alone(old: Part, new: Part) -> Iterator[Found]:
        both = Wholes(Whole(schemas.old.node, [old]), Whole(schemas.new.node, [new]))
        return _object(walk, both, context)

    olds, news = (schema.having(group) for schema in schemas)
    for old, new in matched(olds, news, alone):
        yield from alone(old or schemas.old.nothing, new or schemas.new.nothing)


def _is_open(part: Part) -> bool:
    """Whether it says nothing of the names that it does not declare."""
    rest = part.value("additionalProperties")
    said_nothing = rest is None or rest is True
    said_nothing = said_nothing or (isinstance(rest, dict) and rest.keys() <= WORDS)
    return said_nothing and not part.get("patternProperties").fields()


def _object(walk: Walk, schemas: Wholes, context: Context) -> Iterator[Found]:
    old, new = (_declared(schema) for schema in schemas)
    hints = renames(old, new, lambda gone, came: _is_same(old[gone], new[came]))
    hidden = schemas.hidden(context.side)
    was_hidden, is_hidden = (schema.hidden(context.side) for schema in schemas)
    unlike = (was_hidden ^ is_hidden) - hidden
    for name in [n for n in dict.fromkeys([*old, *new]) if n not in hidden]:
        differ = partial(_held, walk, schemas, name, context)
        if name in unlike:
            found = list(_travels(old[name], new[name], name, context))
        elif name in old and name in new:
            pairs = matched(old[name], new[name], differ)
            found = [one for pair in pairs for one in differ(*pair)]
        else:
            lone = Lone(name, old.get(name) or new[name], is_new=name in new)
            found = list(_lone(schemas, lone, differ, context))
        hint = hints.get(name, "")
        yield from (replace(one.below(name), hint=one.hint or hint) for one in found)
    yield from _patterns(walk, schemas, context)
    rest = schemas.get("additionalProperties")
    yield from (one.below("*") for one in walk.inside(rest, context, schemas.refusals))


def _travels(old: list[Held], new: list[Held], name: str, context: Context) -> Iterator[Found]:
    """A name of both that travels on this side in one of the two alone: `readOnly` is not for
    requests, `writeOnly` not for answers."""
    flag = "readOnly" if context.side == "request" else "writeOnly"
    was, now = (_flag([held.node for held in side], flag) for side in (old, new))
    is_new = now.value is not True
    effect, how = (Effect.OFFERED, "removed") if is_new else (Effect.WITHDRAWN, "added")
    verb = "be sent" if context.side == "request" else "be answered"
    said = f'"{name}" may {verb} now' if is_new else f'"{name}" may {verb} no longer'
    yield context.found(Pair(was, now), flag, effect, said, how=how)


def _flag(nodes: list[Node], flag: str) -> Node:
    """Where one of the schemas of a name is marked so, else the first of them."""
    flags = [node.get(flag) for node in nodes]
    return next((node for node in flags if node.value is True), flags[0])


def _declared(schema: Whole) -> dict[str, list[Held]]:
    """Where each name is declared, without those that say the same again."""
    found: dict[str, list[Held]] = {}
    for part in schema.parts:
        for name, node in part.get("properties").fields().items():
            known = found.setdefault(name, [])
            if not any(Pair(node, other.node).is_same() for other in known):
                known.append(Held(node, part.refusal))
    return found


def _held(
    walk: Walk, schemas: Wholes, name: str, context: Context, old: Held | None, new: Held | None
) -> tuple[Found, ...]:
    """The differences of what is under a name; what is not declared is as the rest."""
    was, now = (
        held or Held(_rest(schema, name), schema.parts[0].refusal)
        for held, schema in zip((old, new), schemas, strict=True)
    )
    return walk.inside(Pair(was.node, now.node), context, (was.refusal, now.refusal), name)


def _rest(schema: Whole, name: str) -> Node:
    """What a schema says of a name that it does not declare."""
    rest = schema.get("additionalProperties")
    return rest if rest.is_there else schema.get("properties").absent(name)


def _lone(schemas: Wholes, lone: Lone, differ: Differ, context: Context) -> Iterator[Found]:
    """A name that one of the two declares, against what the other says of names it does not."""
    lacking = schemas.old if lone.is_new else schemas.new
    nodes = [one.node for one in lone.held]
    is_used = context.declares(lone.name, old=lone.is_new) or any(n.value is False for n in nodes)
    if is_used or not all(map(_is_open, lacking.parts)):
        for one in lone.held:
            yield from differ(*((None, one) if lone.is_new else (one, None)))
    if is_used:
        return
    effect = Effect.OFFERED if lone.is_new else Effect.WITHDRAWN
    if lacking.get("patternProperties").fields():
        effect |= Effect.CHANGED  # a pattern may know the name
    nowhere = lacking.get("properties").absent(lone.name)
    pair = Pair(nowhere, nodes[0]) if lone.is_new else Pair(nodes[0], nowhere)
    said = f'"{lone.name}" is {"new" if lone.is_new else "gone"}'
    yield Found(pair, "property", effect, context.side, said)


def _is_same(old: list[Held], new: list[Held]) -> bool:
    """Whether two names have one schema, but for its words."""
    return len(old) == len(new) == 1 and Pair(old[0].node, new[0].node).is_same(WORDS)


def _patterns(walk: Walk, schemas: Wholes, context: Context) -> Iterator[Found]:
    """A new pattern takes names from `additionalProperties`; where that is not open, what becomes
    of them is not decided."""
    patterns = schemas.get("patternProperties")
    for pattern in patterns.names():
        pair = patterns.get(pattern)
        lacking = schemas.old if pair.new.is_there else schemas.new
        rest = lacking.get("additionalProperties")
        if pair.in_both or not rest.is_there or rest.value is True:
            inside = walk.inside(pair, context, schemas.refusals)
            yield from (found.below("*") for found in inside)
        else:
            yield context.found(pair, "patternProperties", Effect.CHANGED)


def keys(walk: Walk, parts: Parts, context: Context) -> Iterator[Found]:
    """`propertyNames`."""
    yield from walk.inside(parts.get("propertyNames"), context, parts.refusals)
