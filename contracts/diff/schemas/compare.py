"""Compares two schemas keyword by keyword, and finds the effect on the values that they allow. Each
keyword is a constraint that must hold, so a schema allows less only if one of its keywords does."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import chain

from msgspec.structs import replace

from contracts.diff.changes.change import Differences, SpecDifference
from contracts.diff.changes.document import EqualityCache, Node, Pair
from contracts.diff.changes.effects import Effect, Side
from contracts.diff.changes.matching import pair_up
from contracts.diff.schemas import arrays, composition, extensions, keywords, objects
from contracts.diff.schemas.context import SchemaContext, SchemaWalker
from contracts.diff.schemas.fields import PROSE, unknown_field, value_comparer
from contracts.diff.schemas.flat_schema import (
    FlatSchemaPair,
    Refusals,
    Subschema,
    SubschemaPair,
    flatten_pair,
)
from contracts.diff.schemas.json_types import declared_types
from contracts.diff.schemas.keywords import KeywordComparer, SubschemaComparer
from contracts.diff.schemas.value_effects import always_changed

# Each comparer with its keywords, in the order in which they are compared.
SCHEMA_COMPARERS: dict[KeywordComparer, tuple[str, ...]] = {
    keywords.bounds("minimum"): ("minimum", "exclusiveMinimum"),
    keywords.bounds("maximum"): ("maximum", "exclusiveMaximum"),
    keywords.required: ("required",),
    objects.properties: ("properties", "patternProperties", "additionalProperties"),
    extensions.refusals: ("x-refusal", "x-missing"),
}
SUBSCHEMA_COMPARERS: dict[SubschemaComparer, tuple[str, ...]] = {
    keywords.formats: ("format", "type"),
    keywords.dependent_required: ("dependentRequired",),
    keywords.aspect_ratios: ("x-aspect-ratios", "x-aspect-tolerance"),
    arrays.items: ("prefixItems", "items"),
    arrays.contains: ("contains", "minContains", "maxContains"),
    objects.property_names: ("propertyNames",),
    composition.any_of: ("anyOf",),
    composition.one_of: ("oneOf",),
    composition.negation: ("not",),
    composition.condition: ("if", "then", "else"),
    composition.dependent_schemas: ("dependentSchemas",),
    composition.unevaluated: ("unevaluatedProperties", "unevaluatedItems"),
    extensions.lifecycle: ("x-task-lifecycle",),
}
_UNEVALUATED = {"unevaluatedProperties", "unevaluatedItems"}
_TYPES = ("type", "enum", "const", "nullable")
_COMPARED = {*_TYPES, *chain(*SCHEMA_COMPARERS.values()), *chain(*SUBSCHEMA_COMPARERS.values())}
# Keywords whose value must be a list or an object; any other value cannot be compared.
_LISTS = ("enum", "required", "prefixItems", "anyOf", "oneOf", "x-aspect-ratios")
_OBJECTS = ("properties", "patternProperties", "dependentRequired", "dependentSchemas")


CacheKey = tuple[object, ...]


class SchemaComparison:
    """Compares schemas, each pair of pointers once. Nested schemas are compared later, so that
    recursive schemas of any depth work. cache: known results of Pair.is_same()."""

    def __init__(self, cache: EqualityCache) -> None:
        self._cache = cache
        self._done: dict[CacheKey, tuple[SpecDifference, ...]] = {}
        self._deferred: dict[CacheKey, tuple[Pair, SchemaContext]] = {}

    def differences(self, pair: Pair, side: Side, refusals: Refusals = (None, None)) -> Differences:
        """All differences of the schemas of a body, a parameter or a header."""
        schemas = ((pair.old.dereferenced(),), (pair.new.dereferenced(),))
        first = self.compare(pair, SchemaContext(side, schemas, refusals=refusals))
        todo: deque[tuple[tuple[SpecDifference, ...], tuple[str, ...]]] = deque([(first, ())])
        seen: set[CacheKey] = set()
        while todo:
            found, path = todo.popleft()
            for each in found:
                if not each.nested_key:
                    yield replace(each, field=path + each.field)
                elif each.nested_key not in seen:
                    seen.add(each.nested_key)
                    todo.append((self._compare_deferred(each.nested_key), path + each.field))

    def _compare_deferred(self, key: CacheKey) -> tuple[SpecDifference, ...]:
        return self._done[key] if key in self._done else self.compare(*self._deferred[key])

    def compare_nested(
        self, pair: Pair, context: SchemaContext, refusals: Refusals, name: str | None = None
    ) -> tuple[SpecDifference, ...]:
        """A placeholder for the differences of two schemas for the property `name`, or for an
        element if name is None; () if they are equal."""
        pair = Pair(pair.old.dereferenced(), pair.new.dereferenced())
        if pair.is_same(cache=self._cache):
            return ()
        inner = context.descend(refusals, name)
        key = _key(pair, inner)
        self._deferred[key] = (pair, inner)
        return (SpecDifference(pair, "nested", Effect.NONE, context.side, nested_key=key),)

    def compare(self, pair: Pair, context: SchemaContext) -> tuple[SpecDifference, ...]:
        """The differences of two schemas for the same value."""
        pair = Pair(pair.old.dereferenced(), pair.new.dereferenced())
        if pair.is_same(cache=self._cache):
            return ()
        key = _key(pair, context)
        if key not in self._done:
            self._done[key] = ()  # ends the recursion of a schema that is a branch of itself
            self._done[key] = _distinct(self._compare(pair, context))
        return self._done[key]

    def _compare(self, pair: Pair, context: SchemaContext) -> Differences:
        schemas = flatten_pair(pair, context.refusals)
        if any(schema.allows_nothing for schema in schemas):
            yield from _compare_false(pair, schemas, context)
            return
        found = list(self._compare_keywords(schemas, context))
        yield from found
        if not (found or pair.in_both):
            text = "a schema without effect was added or removed"
            yield context.difference(pair, _subject(pair), Effect.NONE, text)
        if _UNEVALUATED & set(schemas.keywords()) and not pair.is_same(PROSE):
            text = "unevaluated properties depend on the whole schema, which is different"
            yield context.difference(pair, "unevaluated", Effect.CHANGED, text)

    def _compare_keywords(self, schemas: FlatSchemaPair, context: SchemaContext) -> Differences:
        present = schemas.keywords()
        types = list(keywords.types(self, schemas, context))
        if not declared_types(schemas.old) & declared_types(schemas.new):
            yield from types[:1]  # no value has both types, so the other keywords do not matter
            return
        yield from types
        for compare, group in SCHEMA_COMPARERS.items():
            if any(keyword in present for keyword in group):
                yield from compare(self, schemas, context)
        for subschema_comparer, group in SUBSCHEMA_COMPARERS.items():
            yield from self._compare_subschemas(subschema_comparer, schemas, group, context)
        for keyword in present:
            comparer = _simple_comparer(keyword)
            yield from self._compare_subschemas(comparer, schemas, (keyword,), context)

    def _compare_subschemas(
        self,
        comparer: SubschemaComparer,
        schemas: FlatSchemaPair,
        group: tuple[str, ...],
        context: SchemaContext,
    ) -> Differences:
        """The differences of the subschemas that have a keyword of the group."""
        olds, news = (schema.with_keywords(group) for schema in schemas)

        def differ(old: Subschema, new: Subschema) -> Differences:
            return comparer(self, SubschemaPair(old, new), context)

        for old, new in pair_up(olds, news, differ):
            yield from differ(old or schemas.old.empty, new or schemas.new.empty)


def _key(pair: Pair, context: SchemaContext) -> CacheKey:
    """The cache key of a comparison. All missing schemas share one pointer, because otherwise a
    recursive schema without counterpart would never end."""
    return (*(node.pointer if node.exists else "" for node in pair), *context.key)


def _distinct(found: Iterable[SpecDifference]) -> tuple[SpecDifference, ...]:
    """The differences without duplicates: a schema may be reached on very many paths."""
    known: dict[CacheKey, SpecDifference] = {}
    for each in found:
        pointers = (each.pair.old.pointer, each.pair.new.pointer)
        text = (each.kind, each.summary, each.effect)
        known.setdefault((*pointers, *text, each.field, each.nested_key), each)
    return tuple(known.values())


def _simple_comparer(keyword: str) -> SubschemaComparer:
    """The comparer of a keyword that contains no schema and is compared on its own."""

    def compare(
        walker: SchemaWalker, subschemas: SubschemaPair, context: SchemaContext
    ) -> Differences:
        del walker
        pair = subschemas.get(keyword)
        comparer = keywords.SIMPLE_KEYWORDS.get(keyword, unknown_field)
        if context.side == "answer":
            comparer = keywords.SIMPLE_KEYWORDS_IN_ANSWERS.get(keyword, comparer)
        if keyword in _COMPARED:
            if all(_is_readable(keyword, node) for node in pair):
                return
            comparer = value_comparer(always_changed, text=f"{keyword} has an invalid value")
        for difference in comparer(pair, context.side):
            yield context.outer(difference)

    return compare


def _compare_false(pair: Pair, schemas: FlatSchemaPair, context: SchemaContext) -> Differences:
    """Compare two schemas of which at least one is `false`, which allows nothing."""
    subject = _subject(pair)
    if not schemas.new.allows_nothing:
        text = "before, no value was allowed"
        yield context.difference(pair, subject, Effect.WIDENED, text)
    elif not schemas.old.allows_nothing:
        text = "now no value is allowed"
        yield context.difference(pair, subject, Effect.NARROWED, text)


def _is_readable(keyword: str, node: Node) -> bool:
    """Whether the comparer of a keyword can read its value."""
    if not node.exists or keyword not in (*_LISTS, *_OBJECTS):
        return True
    return isinstance(node.value, list if keyword in _LISTS else dict)


def _subject(pair: Pair) -> str:
    """The subject of a difference of a whole schema: its keyword, or else "schema"."""
    return pair.shown.name if pair.shown.name in _COMPARED else "schema"
