"""Compares two JSON Schemas keyword by keyword, and finds the effect on the values that they allow.
Each keyword is a constraint that must hold, so a schema allows less only if one of its keywords
does."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from msgspec.structs import replace

from contracts.diff.changes import Differences, Effect, Side, SpecDifference
from contracts.diff.conjunction import Conjunction, Schema
from contracts.diff.context import Context
from contracts.diff.document import Pair, first_unequal, unequal
from contracts.diff.keywords import KEYWORDS, Found, KeywordComparer, Nested, nested, shown, types
from contracts.diff.meanings import COSMETIC, NOT_JUDGED, PROSE, Meaning, meaning_of, raised

Refusals = tuple[str | None, str | None]  # the x-refusal around the old and around the new schema
_ALTERNATIVES = ("anyOf", "oneOf")
# Keywords that are not judged, and whose effect depends on the other keywords of the schema.
_DEPENDENT = ("patternProperties", "unevaluatedProperties", "unevaluatedItems")
# The types that the functions of these keywords can read.
_READABLE = {"enum": list, "required": list, "properties": dict}
# Keywords that are not judged, but have schemas with texts in them.
_WITH_TEXTS = (*_ALTERNATIVES, "prefixItems")
# The types that these keywords restrict.
_NUMBERS = frozenset({"integer", "fraction"})
_TYPES: dict[str, frozenset[str]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "maximum"), _NUMBERS),
    **dict.fromkeys(("minLength", "maxLength", "pattern"), frozenset({"string"})),
    **dict.fromkeys(("items", "minItems", "maxItems"), frozenset({"array"})),
    **dict.fromkeys(("properties", "required", "additionalProperties"), frozenset({"object"})),
}
_INVALID = Meaning(Effect.CHANGED, "{} has an invalid value")


def schema_differences(pair: Pair, side: Side, refusals: Refusals = (None, None)) -> Differences:
    """All differences of the schemas of a body, a parameter or a header."""
    old, new = ((node.dereferenced(),) if node.exists else () for node in pair)
    was, now = (tuple(Schema(n, r) for n in ns) for ns, r in zip((old, new), refusals, strict=True))
    todo = deque(nested(was, now, Context(side, (old, new))))
    seen: set[object] = set()
    while todo:
        each = todo.popleft()
        for found in () if each.key in seen else _compare(each):
            if isinstance(found, Nested):
                todo.append(found._replace(field=each.field + found.field))
                continue
            difference = replace(found, field=each.field + found.field)
            if (difference.key, difference.field) not in seen:  # more than one path may lead to it
                seen.add((difference.key, difference.field))
                yield difference
        seen.add(each.key)


def _compare(each: Nested) -> Found:
    old, new, context = Conjunction(each.old), Conjunction(each.new), each.context
    lone = [k for k in _ALTERNATIVES if (k in old.keywords) != (k in new.keywords)]
    if 2 in (old.strictness, new.strictness):
        yield from _nothing_allowed(old, new, context)
    elif not old.types & new.types:  # no value has both types, so other keywords do not matter
        yield from types(old, new, context)
    elif lone:  # its other keywords may now be in the alternatives
        yield from _compare_keywords(old, new, lone, context)
    else:
        found = list(_compare_keywords(old, new, old.keywords | new.keywords, context))
        yield from found
        if any(isinstance(each, Nested) or each.effect for each in found):
            yield from _dependent(old, new, context)
        elif not found and bool(old.roots) != bool(new.roots):
            text = "a schema without effect was added or removed"
            yield _difference(old, new, Effect.NONE, text, context)


def _nothing_allowed(old: Conjunction, new: Conjunction, context: Context) -> Found:
    """Compare schemas of which at least one is `false`."""
    effect = raised(old.strictness == 2, new.strictness == 2)
    is_new = effect == Effect.NARROWED
    text = "now no value is allowed" if is_new else "before, no value was allowed"
    if effect:
        yield _difference(old, new, effect, text, context)


def _dependent(old: Conjunction, new: Conjunction, context: Context) -> Found:
    """The keywords that are equal, but may have another effect in a schema that is different."""
    for keyword in [k for k in _DEPENDENT if k in old.keywords | new.keywords]:
        pair = shown(keyword, old, new)
        text = NOT_JUDGED.text.format("the schema around it")
        if pair.is_same():
            yield context.difference(pair, keyword, Effect.CHANGED, text)


def _compare_keywords(
    old: Conjunction, new: Conjunction, keywords: Iterable[str], context: Context
) -> Found:
    comparers = {}
    for keyword in keywords:
        meaning = _meaning(keyword, old, new, context.side)
        if isinstance(meaning, Meaning):
            nodes = old.nodes(keyword), new.nodes(keyword)
            yield from map(context.outer, meaning.differences(*nodes, context.side))
        else:
            comparers[meaning] = True
    for compare in comparers:
        yield from compare(old, new, context)


def _meaning(
    keyword: str, old: Conjunction, new: Conjunction, side: Side
) -> Meaning | KeywordComparer:
    """The meaning of a keyword in two schemas."""
    was, now = old.nodes(keyword), new.nodes(keyword)
    if not all(isinstance(n.value, _READABLE.get(keyword, object)) for n in (*was, *now)):
        return _INVALID
    if keyword in _TYPES and not _TYPES[keyword] & old.possible_types & new.possible_types:
        return COSMETIC  # a difference of the types includes it
    if keyword in _WITH_TEXTS and not any(unequal(was, now, PROSE)):
        return COSMETIC
    found: Meaning | KeywordComparer = meaning_of(keyword, KEYWORDS[side])
    return found


def _difference(
    old: Conjunction, new: Conjunction, effect: Effect, text: str, context: Context
) -> SpecDifference:
    """A difference of two whole schemas. Its subject is their keyword, or else "schema"."""
    pair = first_unequal(old.roots, new.roots)
    name = pair.shown.name
    subject = name if name in KEYWORDS[context.side] else "schema"
    return context.difference(pair, subject, effect, text)
