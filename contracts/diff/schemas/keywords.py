"""What changes in the keywords that hold no schema do: types and values, limits, names that must be
there, and what this project adds. Knows one schema at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import UNSET

from contracts.diff.changes.changes import Found, quoted
from contracts.diff.changes.document import Node, Pair, canonical
from contracts.diff.changes.effects import Effect
from contracts.diff.schemas import judges
from contracts.diff.schemas.conjuncts import Part, Parts, Whole, Wholes
from contracts.diff.schemas.context import Context, Walk
from contracts.diff.schemas.kinds import allowed_kinds, kinds, values
from contracts.diff.schemas.tables import UNDECIDED, Rule, leaf, silent, text

# Of a keyword that counts for the whole schema, and of one that counts wherever it stands.
Judge = Callable[[Walk, Wholes, Context], Iterator[Found]]
PartJudge = Callable[[Walk, Parts, Context], Iterator[Found]]

# Keywords that are judged for themselves, with what counts where they are not there.
LEAVES: dict[str, Rule] = {
    "maxLength": leaf(judges.upper),
    "maxItems": leaf(judges.upper),
    "maxProperties": leaf(judges.upper),
    "minLength": leaf(judges.lower, 0),
    "minItems": leaf(judges.lower, 0),
    "minProperties": leaf(judges.lower, 0),
    "uniqueItems": leaf(judges.switch, False),
    "multipleOf": leaf(judges.multiple),
    **dict.fromkeys(("pattern", "contentEncoding", "contentMediaType"), leaf(judges.rule)),
    "discriminator": leaf(judges.discriminators, text="which alternative holds is read otherwise"),
    "x-box": leaf(judges.switch, False),
    # Of a property they say whether it travels (conjuncts.hidden); elsewhere they are words.
    "readOnly": leaf(judges.words, False),
    "writeOnly": leaf(judges.words, False),
    "deprecated": leaf(judges.noted, False),
    "default": leaf(judges.other, UNSET, "what is left out is taken for something else"),
    # Where schemas stand that others lead to: they count there.
    **dict.fromkeys(("$schema", "$defs", "definitions", "$anchor"), silent),
}
# Where they are words alone.
IN_ANSWERS: dict[str, Rule] = {"default": text}


def types(walk: Walk, schemas: Wholes, context: Context) -> Iterator[Found]:
    """`type` with `enum` and `const`: a value that is named is of its own type."""
    del walk
    old, new = (kinds(schema) for schema in schemas)
    if old != new:
        effect = judges.sets(*map(allowed_kinds, schemas)) if old & new else Effect.CHANGED
        told = [schemas.get(keyword) for keyword in ("type", "nullable")]
        place = next((pair for pair in told if not pair.is_same()), told[0])
        yield context.found(place, "type", effect)
    was, now = values(schemas.old), values(schemas.new)
    if ("null" in old) != ("null" in new):  # which is said already
        was, now = _without_null(was), _without_null(now)
    named = was, now
    effect = judges.sets(*named)
    if effect:
        keyword = "enum" if "enum" in schemas.keywords() else "const"
        said = "" if None in named else _said(*(set(found or ()) for found in named))
        yield context.found(schemas.get(keyword), keyword, effect, said)


def _without_null(named: dict[str, str] | None) -> dict[str, str] | None:
    return named and {text: kind for text, kind in named.items() if kind != "null"}


def _said(old: set[str], new: set[str]) -> str:
    said = {"allowed no longer": quoted(old - new), "allowed now": quoted(new - old)}
    return ", ".join(f"{what}: {values}" for what, values in said.items() if values)


def formats(walk: Walk, parts: Parts, context: Context) -> Iterator[Found]:
    """`format`. Those that allow whatever the type allows say nothing: `int64` and `double` of
    numbers, `password` of anything."""
    del walk
    pair = parts.get("format")
    if not pair.is_same():
        old, new = map(_format, parts)
        effect = judges.rule(old, new) if old != new else Effect.NONE
        said = UNDECIDED.format("format") if effect == Effect.CHANGED else ""
        yield context.found(pair, "format", effect, said)


def _format(part: Part) -> Any:
    said, kinds = part.value("format"), part.value("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    is_number = all(kind in _NUMBERS for kind in kinds)
    return None if said == "password" or (is_number and said in ("int64", "double")) else said


_NUMBERS = ("integer", "number", "null")


def bounds(keyword: str) -> Judge:
    """The judge of a limit and its exclusive form: `minimum` or `maximum`."""
    exclusive = "exclusive" + keyword.capitalize()
    sign = 1 if keyword == "minimum" else -1

    def limits(part: Part) -> Iterator[tuple[float, bool]]:
        plain, strict = part.value(keyword), part.value(exclusive)
        if isinstance(plain, bool):
            raise TypeError("a limit is a number")
        if plain is not None:
            yield sign * plain, strict is True  # OpenAPI 3.0 has true beside it
        if not isinstance(strict, bool | None):
            yield sign * strict, True

    def judge(walk: Walk, schemas: Wholes, context: Context) -> Iterator[Found]:
        del walk
        subject = exclusive if exclusive in schemas.keywords() else keyword
        try:
            old, new = (
                max((limit for part in schema.parts for limit in limits(part)), default=None)
                for schema in schemas
            )
            effect = judges.rule(old, new) if None in (old, new) else _higher(old, new)
        except TypeError:
            pairs = (schemas.get(keyword), schemas.get(exclusive))
            effect = Effect.NONE if all(p.is_same() for p in pairs) else Effect.CHANGED
        if effect:
            yield context.found(schemas.get(subject), subject, effect)

    return judge


def _higher(old: Any, new: Any) -> Effect:
    return Effect.NARROWED if new > old else Effect.WIDENED if new < old else Effect.NONE


def required(walk: Walk, schemas: Wholes, context: Context) -> Iterator[Found]:
    """Names that must be there."""
    del walk
    old, new = (schema.required() - schema.hidden(context.side) for schema in schemas)
    for name in sorted((old ^ new) - schemas.hidden(context.side)):
        pair = Pair(*(_listing(schema, name) for schema in schemas))
        if name in new:
            said, how, effect = "has to be there now", "added", Effect.NARROWED
        else:
            said, how, effect = "may be left out now", "removed", Effect.WIDENED
        found = context.found(pair, "required", effect, f'"{name}" {said}', how=how)
        yield found.below(name)


def _listing(schema: Whole, name: str) -> Node:
    """The `required` that lists a name, else the first."""
    lists = (part.get("required") for part in schema.parts)
    found = (node for node in lists if isinstance(node.value, list) and name in node.value)
    return next(found, schema.get("required"))


def dependent(walk: Walk, parts: Parts, context: Context) -> Iterator[Found]:
    """dependentRequired: names that must be there when another is."""
    del walk
    pair = parts.get("dependentRequired")
    old, new = ({n: _names(c.value) for n, c in side.fields().items()} for side in pair)
    for name in pair.names():
        effect = judges.sets(new.get(name, frozenset()), old.get(name, frozenset()))
        if effect:
            yield context.found(pair.get(name), "dependentRequired", effect)


def _names(value: Any) -> frozenset[str]:
    return frozenset(map(canonical, value)) if isinstance(value, list) else frozenset()


def aspect(walk: Walk, parts: Parts, context: Context) -> Iterator[Found]:
    """x-aspect-ratios, any of which will do, and x-aspect-tolerance, which counts with them."""
    del walk
    ratios, tolerance = parts.get("x-aspect-ratios"), parts.get("x-aspect-tolerance")
    old, new = (_names(node.value) if node.is_there else None for node in ratios)
    effect = judges.sets(old, new)
    if effect:
        yield context.found(ratios, "x-aspect-ratios", effect)
    if ratios.in_both:
        within = (0 if not node.is_there else node.value for node in tolerance)
        effect = judges.judged(judges.upper, *within)
        if effect:
            yield context.found(tolerance, "x-aspect-tolerance", effect)
