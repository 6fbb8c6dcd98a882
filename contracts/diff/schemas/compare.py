"""Two schemas, keyword by keyword: what becomes of the values that they allow. Each keyword is one
rule that must hold, so a schema allows less only where one of its keywords does. Knows no
operation."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain

from msgspec.structs import replace

from contracts.diff.changes.changes import Found
from contracts.diff.changes.document import Known, Node, Pair
from contracts.diff.changes.effects import Effect, Side
from contracts.diff.changes.matching import matched
from contracts.diff.schemas import arrays, branches, extensions, keywords, objects
from contracts.diff.schemas.conjuncts import Part, Parts, Refusals, Wholes, wholes
from contracts.diff.schemas.context import Context, Walk
from contracts.diff.schemas.judges import other
from contracts.diff.schemas.keywords import Judge, PartJudge
from contracts.diff.schemas.kinds import kinds
from contracts.diff.schemas.tables import WORDS, leaf, unknown

# Which judge has which keywords, in the order in which they are looked at.
JUDGES: dict[Judge, tuple[str, ...]] = {
    keywords.bounds("minimum"): ("minimum", "exclusiveMinimum"),
    keywords.bounds("maximum"): ("maximum", "exclusiveMaximum"),
    keywords.required: ("required",),
    objects.properties: ("properties", "patternProperties", "additionalProperties"),
    extensions.refusals: ("x-refusal", "x-missing"),
}
PART_JUDGES: dict[PartJudge, tuple[str, ...]] = {
    keywords.formats: ("format", "type"),
    keywords.dependent: ("dependentRequired",),
    keywords.aspect: ("x-aspect-ratios", "x-aspect-tolerance"),
    arrays.items: ("prefixItems", "items"),
    arrays.contains: ("contains", "minContains", "maxContains"),
    objects.keys: ("propertyNames",),
    branches.any_of: ("anyOf",),
    branches.one_of: ("oneOf",),
    branches.negation: ("not",),
    branches.condition: ("if", "then", "else"),
    branches.dependent: ("dependentSchemas",),
    branches.left_over: ("unevaluatedProperties", "unevaluatedItems"),
    extensions.lifecycle: ("x-task-lifecycle",),
}
_LEFT_OVER = {"unevaluatedProperties", "unevaluatedItems"}
_TYPES = ("type", "enum", "const", "nullable")
_JUDGED = {*_TYPES, *chain(*JUDGES.values()), *chain(*PART_JUDGES.values())}
# What must stand under a keyword; else it is nothing that a judge knows.
_LISTS = ("enum", "required", "prefixItems", "anyOf", "oneOf", "x-aspect-ratios")
_MAPS = ("properties", "patternProperties", "dependentRequired", "dependentSchemas")


Key = tuple[object, ...]


class Schemas:
    """Compares schemas, each pair of places once. What is inside of a value is put off, so that
    schemas may hold each other in any depth. known: which pairs of places are the same."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._done: dict[Key, tuple[Found, ...]] = {}
        self._off: dict[Key, tuple[Pair, Context]] = {}

    def differences(
        self, pair: Pair, side: Side, refusals: Refusals = (None, None)
    ) -> Iterator[Found]:
        """The differences of the schemas of a body, a parameter or a header."""
        here = ((pair.old.settled(),), (pair.new.settled(),))
        began = self.compare(pair, Context(side, here, refusals=refusals))
        todo: deque[tuple[tuple[Found, ...], tuple[str, ...]]] = deque([(began, ())])
        seen: set[Key] = set()
        while todo:
            found, way = todo.popleft()
            for one in found:
                if not one.link:
                    yield replace(one, field=way + one.field)
                elif one.link not in seen:
                    seen.add(one.link)
                    todo.append((self._put_off(one.link), way + one.field))

    def _put_off(self, key: Key) -> tuple[Found, ...]:
        return self._done[key] if key in self._done else self.compare(*self._off[key])

    def inside(
        self, pair: Pair, context: Context, refusals: Refusals, name: str | None = None
    ) -> tuple[Found, ...]:
        """The differences of two schemas for the value under a name, else for an element."""
        settled = Pair(pair.old.settled(), pair.new.settled())
        if settled.is_same(known=self._known):
            return ()
        inner = context.into(refusals, name)
        key = _key(settled, inner)
        self._off[key] = (settled, inner)
        return (Found(settled, "inside", Effect.NONE, context.side, link=key),)

    def compare(self, pair: Pair, context: Context) -> tuple[Found, ...]:
        """The differences of two schemas for the same value."""
        pair = Pair(pair.old.settled(), pair.new.settled())
        if pair.is_same(known=self._known):
            return ()
        key = _key(pair, context)
        if key not in self._done:
            self._done[key] = ()  # for one that is a branch of itself
            self._done[key] = _distinct(self._compare(pair, context))
        return self._done[key]

    def _compare(self, pair: Pair, context: Context) -> Iterator[Found]:
        both = wholes(pair, context.refusals)
        if any(schema.is_never for schema in both):
            yield from _never(pair, both, context)
            return
        found = list(self._differences(both, context))
        yield from found
        if not (found or pair.in_both):
            text = "what holds anyway is said, or is not said any more"
            yield context.found(pair, _subject(pair), Effect.NONE, text)
        if _LEFT_OVER & set(both.keywords()) and not pair.is_same(WORDS):
            text = "what is left over hangs on all that a schema says, and that is another"
            yield context.found(pair, "unevaluated", Effect.CHANGED, text)

    def _differences(self, both: Wholes, context: Context) -> Iterator[Found]:
        said = both.keywords()
        typed = list(keywords.types(self, both, context))
        if not kinds(both.old) & kinds(both.new):
            yield from typed[:1]  # all else is about other values
            return
        yield from typed
        for judge, group in JUDGES.items():
            if any(keyword in said for keyword in group):
                yield from judge(self, both, context)
        for part_judge, group in PART_JUDGES.items():
            yield from self._by_part(part_judge, both, group, context)
        for keyword in said:
            yield from self._by_part(_leaf(keyword), both, (keyword,), context)

    def _by_part(
        self, judge: PartJudge, both: Wholes, group: tuple[str, ...], context: Context
    ) -> Iterator[Found]:
        """What a judge finds in the parts that say a keyword of the group."""
        olds, news = (schema.having(group) for schema in both)

        def differ(old: Part, new: Part) -> Iterator[Found]:
            return judge(self, Parts(old, new), context)

        for old, new in matched(olds, news, differ):
            yield from differ(old or both.old.nothing, new or both.new.nothing)


def _key(pair: Pair, context: Context) -> Key:
    """What is not there is one thing, wherever it is not: else one that holds itself has no end."""
    return (*(node.place if node.is_there else "" for node in pair), *context.key)


def _distinct(found: Iterable[Found]) -> tuple[Found, ...]:
    """Each difference once: a schema that is reached in a million ways differs in one place."""
    known: dict[Key, Found] = {}
    for one in found:
        places = (one.pair.old.place, one.pair.new.place)
        known.setdefault((*places, one.kind, one.said, one.effect, one.field, one.link), one)
    return tuple(known.values())


def _leaf(keyword: str) -> PartJudge:
    """The judge of a keyword that holds no schema and is judged for itself."""

    def judge(walk: Walk, parts: Parts, context: Context) -> Iterator[Found]:
        del walk
        pair = parts.get(keyword)
        rule = keywords.LEAVES.get(keyword, unknown)
        if context.side == "answer":
            rule = keywords.IN_ANSWERS.get(keyword, rule)
        if keyword in _JUDGED:
            if all(_is_readable(keyword, node) for node in pair):
                return
            rule = leaf(other, text=f"{keyword} is nothing that a schema can say")
        for found in rule(pair, context.side):
            yield context.outside(found)

    return judge


def _never(pair: Pair, both: Wholes, context: Context) -> Iterator[Found]:
    """`false` allows nothing."""
    if not both.new.is_never:
        yield context.found(pair, _subject(pair), Effect.WIDENED, "nothing was allowed here")
    elif not both.old.is_never:
        yield context.found(pair, _subject(pair), Effect.NARROWED, "nothing is allowed here now")


def _is_readable(keyword: str, node: Node) -> bool:
    if not node.is_there or keyword not in (*_LISTS, *_MAPS):
        return True
    return isinstance(node.value, list if keyword in _LISTS else dict)


def _subject(pair: Pair) -> str:
    """What a schema is called that allows nothing: its keyword, where it has one of its own."""
    return pair.shown.name if pair.shown.name in _JUDGED else "schema"
