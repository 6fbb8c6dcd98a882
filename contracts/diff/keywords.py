"""The keywords of JSON Schema that openapi.yaml uses, each with the meaning of its change.

If an object allows undeclared properties, an undeclared name counts as unused. Otherwise no
property could ever be added without breaking someone. If `additionalProperties` is a schema, the
names are data, and their values are compared with that schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest
from math import inf
from operator import methodcaller
from typing import NamedTuple

from msgspec.structs import replace

from contracts.diff.changes import Effect, Side, SpecDifference, rename_hints
from contracts.diff.conjunction import ANNOTATIONS, Conjunction, Part, Schemas
from contracts.diff.context import Context, Polarity
from contracts.diff.document import MISSING, Pair, first_unequal, unequal
from contracts.diff.lifecycle import lifecycle_differences
from contracts.diff.meanings import (
    COSMETIC,
    PROSE,
    Meaning,
    allowed_set,
    at_least_0,
    at_most,
    constraint,
    flag,
    listed,
    numbers,
    raised,
)


class Nested(NamedTuple):
    """Schemas inside two others, to be compared later, so that recursive schemas of any depth work.
    All old ones and all new ones apply to the same value. field: its path in the outer value."""

    old: Schemas
    new: Schemas
    context: Context
    field: tuple[str, ...] = ()

    @property
    def key(self) -> object:
        """Two comparisons with equal keys have the same result."""
        old, new = (tuple((s.node.pointer, s.refusal) for s in side) for side in self[:2])
        return (old, new, self.context.key)


Found = Iterator[SpecDifference | Nested]
# Compares a keyword, and others that decide with it, in all parts of two schemas.
KeywordComparer = Callable[[Conjunction, Conjunction, Context], Found]


def nested(old: Schemas, new: Schemas, context: Context, *field: str) -> Iterator[Nested]:
    """Two conjunctions to compare later; nothing if they are equal."""
    if any(unequal([schema.node for schema in old], [schema.node for schema in new])):
        yield Nested(old, new, context, field)


def shown(keyword: str, old: Conjunction, new: Conjunction) -> Pair:
    """The nodes of a keyword to report."""
    return first_unequal(old.nodes(keyword), new.nodes(keyword))


def types(old: Conjunction, new: Conjunction, context: Context) -> Found:
    """Compare `type`. With `enum`, only the types of its values count."""
    if old.types != new.types:
        allowed = allowed_set(old.possible_types, new.possible_types)
        effect = allowed if old.types & new.types else Effect.CHANGED
        yield context.difference(shown("type", old, new), "type", effect)


def _values(old: Conjunction, new: Conjunction, context: Context) -> Found:
    """Compare `enum` together with `const`."""
    reported = {"null"} & (old.types ^ new.types)  # as a change of the type
    was, now = (None if s.values is None else s.values.keys() - reported for s in (old, new))
    effect = allowed_set(was, now)
    if effect:
        keyword = "enum" if "enum" in old.keywords | new.keywords else "const"
        text = "" if was is None or now is None else _values_text(was, now)
        yield context.difference(shown(keyword, old, new), keyword, effect, text)


def _values_text(old: set[str], new: set[str]) -> str:
    lists = {"no longer allowed": sorted(old - new), "now allowed": sorted(new - old)}
    return ", ".join(f"{title}: {', '.join(values)}" for title, values in lists.items() if values)


def _minimum(old: Conjunction, new: Conjunction, context: Context) -> Found:
    """Compare `minimum` together with `exclusiveMinimum`."""
    pairs = [shown(keyword, old, new) for keyword in ("exclusiveMinimum", "minimum")]
    for pair in [pair for pair in pairs if not pair.is_same()][:1]:
        try:
            effect = raised(_lower_limit(old), _lower_limit(new))
        except TypeError:
            effect = Effect.CHANGED
        yield context.difference(pair, pair.shown.name, effect)


def _lower_limit(schema: Conjunction) -> tuple[float, bool]:
    """The highest limit, and whether it is excluded. Raises TypeError if one is not a number."""
    limits = [(-inf, False)]
    for keyword, is_excluded in (("minimum", False), ("exclusiveMinimum", True)):
        values = numbers([node.value for node in schema.nodes(keyword)])
        limits += [(value, is_excluded) for value in values]
    return max(limits)


def _required(old: Conjunction, new: Conjunction, context: Context) -> Found:
    """Compare `required`: one difference for each name that was added or removed."""
    was, now = old.required(), new.required()
    for name in sorted(was.keys() ^ now.keys()):
        is_new = name in now
        other = next(iter((old if is_new else new).nodes("required")), MISSING)
        pair = Pair(other, now[name]) if is_new else Pair(was[name], other)
        text = f'"{name}" is {"now" if is_new else "no longer"} required'
        effect, verb = (Effect.NARROWED, "added") if is_new else (Effect.WIDENED, "removed")
        yield replace(context.difference(pair, "required", effect, text, verb), field=(name,))


def _properties(old: Conjunction, new: Conjunction, context: Context) -> Found:
    """Compare `properties` together with `additionalProperties`."""
    was, now = old.properties(), new.properties()
    first_old, first_new = ({name: n[0] for name, n in each.items()} for each in (was, now))
    hints = rename_hints(first_old, first_new, PROSE)
    for name in was | now:
        schemas_of = methodcaller("property", name)
        schemas = old.inner(schemas_of), new.inner(schemas_of)
        lone = [] if name in was and name in now else (was | now)[name]
        if lone and not any(node.value is False for node in lone):
            pair = Pair(lone[0], MISSING) if name in was else Pair(MISSING, lone[0])
            found = _lone_property(name, pair, schemas, context)
            yield replace(found, field=(name,), hint=hints.get(name, ""))
        else:
            yield from nested(*schemas, context.inside(schemas_of), name)
    yield from _inner("additionalProperties", old, new, context)


def _lone_property(
    name: str, pair: Pair, schemas: tuple[Schemas, Schemas], context: Context
) -> SpecDifference:
    """The difference of a property that only one document declares here. Its schema counts too if
    the other document has one for undeclared properties, or declares the property elsewhere.
    schemas: those that apply to the property in each document."""
    is_new = pair.new.exists
    is_declared = context.declares(name, old=is_new)
    effect = Effect.NONE if is_declared else Effect.OFFERED if is_new else Effect.WITHDRAWN
    if is_declared or schemas[0 if is_new else 1]:
        old, new = map(Conjunction, schemas)
        is_undecided = old.strictness == new.strictness == 1 and any(unequal(old.roots, new.roots))
        effect |= Effect.CHANGED if is_undecided else raised(old.strictness, new.strictness)
    verb = "added" if is_new else "removed"
    return context.difference(pair, "property", effect, f'"{name}" was {verb}', verb)


def _inner(keyword: str, old: Conjunction, new: Conjunction, context: Context) -> Found:
    """Compare the schemas in `items` or `additionalProperties`."""
    schemas_of = methodcaller("schema", keyword)
    yield from nested(old.inner(schemas_of), new.inner(schemas_of), context.inside(schemas_of), "*")


def _items(old: Conjunction, new: Conjunction, context: Context) -> Found:
    yield from _inner("items", old, new, context)


def _negation(old: Conjunction, new: Conjunction, context: Context) -> Found:
    """Compare `not`: if the inner schema allows more, the outer schema allows less."""
    for was, now in _counterparts(old, new, "not"):
        if was and now:
            inner = context.as_condition("mirrored")
            yield from nested((*was.schema("not"),), (*now.schema("not"),), inner)
        else:
            yield _lone_condition("not", was, now, context)


def _condition(old: Conjunction, new: Conjunction, context: Context) -> Found:
    """Compare `if` with `then` and `else`. With only `then`, an `if` that matches less restricts
    less; with only `else`, it restricts more; with both, the effect cannot be decided."""
    for was, now in _counterparts(old, new, "if", "then", "else"):
        if was and now:
            has_then, has_else = (k in was.fields | now.fields for k in ("then", "else"))
            only_then: Polarity = "mirrored" if has_then else "as-is"
            condition = context.as_condition("undecided" if has_then and has_else else only_then)
            for keyword, inner in (("if", condition), ("then", context), ("else", context)):
                yield from nested((*was.schema(keyword),), (*now.schema(keyword),), inner)
        else:
            yield _lone_condition("if", was, now, context)


def _counterparts(
    old: Conjunction, new: Conjunction, *keywords: str
) -> Iterator[tuple[Part | None, Part | None]]:
    """The parts that have the first keyword, without those for which the other document has an
    equal part. They are paired in their order."""

    def has_equal(part: Part, others: list[Part]) -> bool:
        both = [(part.fields, other.fields) for other in others]
        values = ([Pair(o.get(k, MISSING), n.get(k, MISSING)) for k in keywords] for o, n in both)
        return any(all(pair.is_same() for pair in pairs) for pairs in values)

    was, now = ([part for part in side.parts if keywords[0] in part.fields] for side in (old, new))
    lone_old = [part for part in was if not has_equal(part, now)]
    yield from zip_longest(lone_old, [part for part in now if not has_equal(part, was)])


def _lone_condition(
    keyword: str, old: Part | None, new: Part | None, context: Context
) -> SpecDifference:
    pair = Pair(*(part.fields[keyword] if part else MISSING for part in (old, new)))
    return context.difference(pair, keyword, Effect.NARROWED if new else Effect.WIDENED)


def _refusals(old: Conjunction, new: Conjunction, context: Context) -> Found:
    """Compare the x-refusal of each keyword that both schemas have: another one is another answer
    to the same call. One that repeats the x-refusal of an outer schema changes nothing."""
    for keyword in old.keywords.keys() & new.keywords.keys() - ANNOTATIONS:
        was, now = ([p for p in side.parts if keyword in p.fields] for side in (old, new))
        names = [{str(part.refusal) for part in parts} for parts in (was, now)]
        if not all(part.is_inherited for part in (*was, *now)):
            yield from _refusal_difference("x-refusal", old, new, names, context)


def _missing(old: Conjunction, new: Conjunction, context: Context) -> Found:
    """Compare x-missing. Without it, the x-refusal of the outer schema applies."""
    own = ({str(node.value) for node in side.nodes("x-missing")} for side in (old, new))
    names = [o or set(map(str, s.outer_refusals)) for o, s in zip(own, (old, new), strict=True)]
    yield from _refusal_difference("x-missing", old, new, names, context)


def _refusal_difference(
    keyword: str, old: Conjunction, new: Conjunction, names: list[set[str]], context: Context
) -> Found:
    if names[0] != names[1]:
        pair, named = shown(keyword, old, new), ", ".join(sorted(names[1] - {"None"}))
        text = f"invalid values are now answered with {named}" if named else "it names no refusal"
        yield SpecDifference(pair, keyword, Effect.CHANGED, context.side, text)


def _lifecycle(old: Conjunction, new: Conjunction, context: Context) -> Found:
    pair = shown("x-task-lifecycle", old, new)
    yield from map(context.outer, lifecycle_differences(pair, context.side))


def _ignored(old: Conjunction, new: Conjunction, context: Context) -> Found:
    """The meaning of a keyword that does not count on this side."""
    del old, new, context
    return iter(())


_BOTH: Mapping[str, Meaning | KeywordComparer] = {
    "type": types,
    **dict.fromkeys(("enum", "const"), _values),
    **dict.fromkeys(("minimum", "exclusiveMinimum"), _minimum),
    **dict.fromkeys(("maximum", "maxLength", "maxItems", "x-aspect-tolerance"), Meaning(at_most)),
    **dict.fromkeys(("minLength", "minItems"), Meaning(at_least_0)),
    **dict.fromkeys(("pattern", "format"), Meaning(constraint)),
    "x-box": Meaning(flag),
    "x-aspect-ratios": Meaning(listed),
    "required": _required,
    **dict.fromkeys(("properties", "additionalProperties"), _properties),
    "items": _items,
    "not": _negation,
    **dict.fromkeys(("if", "then", "else"), _condition),
    # Where they are valid and can be followed, their schemas are compared instead.
    "allOf": Meaning(Effect.CHANGED, "{} has an invalid value"),
    "$ref": Meaning(Effect.CHANGED, "{} is different, and it is not followed"),
    "$defs": _ignored,
}
# The keywords in requests and in answers. Any other keyword counts as changed, and breaks both.
KEYWORDS: Mapping[Side, Mapping[str, Meaning | KeywordComparer]] = {
    "request": {
        **_BOTH,
        "default": Meaning(Effect.CHANGED, "a missing value now means something else"),
        "x-refusal": _refusals,
        "x-missing": _missing,
        "x-checked-first": Meaning(Effect.CHANGED, "another mistake is answered first"),
        **dict.fromkeys(("x-task-lifecycle", "writeOnly"), _ignored),
    },
    "answer": {
        **_BOTH,
        "default": COSMETIC,
        **dict.fromkeys(("x-refusal", "x-missing", "x-checked-first", "readOnly"), _ignored),
        "x-task-lifecycle": _lifecycle,
    },
}
