"""The meaning of a change of one keyword. A table maps each keyword of an object to its Meaning, or
to a function that compares it. A keyword outside of its table counts as changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from math import inf
from typing import Any, NamedTuple

from msgspec.structs import replace

from contracts.diff.changes import Differences, Effect, Side, SpecDifference, added_or_removed
from contracts.diff.document import Node, Pair, canonical_json, first_unequal, unequal

# Finds the effect of the old and new values of a keyword on the allowed values. There is no value
# if the keyword is missing, and several if `allOf` joins schemas that have it.
Judge = Callable[[list[Any], list[Any]], Effect]


def at_least(old: list[Any], new: list[Any], missing: float = -inf) -> Effect:
    """The effect for a minimum; of several, the highest counts. missing: the limit without one.
    Raises TypeError if a value is not a number."""
    return raised(*(max([missing, *numbers(values)]) for values in (old, new)))


def at_least_0(old: list[Any], new: list[Any]) -> Effect:
    """The effect for the minimum of a size. A missing one is 0."""
    return at_least(old, new, 0)


def at_most(old: list[Any], new: list[Any]) -> Effect:
    """The effect for a maximum; of several, the lowest counts. Raises TypeError if a value is not a
    number."""
    return raised(*(min([inf, *numbers(values)]) for values in (new, old)))


def raised(old: Any, new: Any) -> Effect:
    """The effect for a lower limit: a higher one allows less."""
    return Effect.NARROWED if new > old else Effect.WIDENED if new < old else Effect.NONE


def numbers(values: list[Any]) -> list[float]:
    """The values. Raises TypeError if one is not a number."""
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
            raise TypeError(f"{value!r} is not a number")
    return values


def constraint(old: list[Any], new: list[Any]) -> Effect:
    """The effect for constraints such as `pattern`. Two different ones cannot be compared, so the
    effect is CHANGED unless one was only added or removed."""
    return allowed_set(set(map(canonical_json, new)), set(map(canonical_json, old)))


def flag(old: list[Any], new: list[Any]) -> Effect:
    """The effect for a constraint that applies if true. Raises TypeError for other values."""
    if not all(isinstance(value, bool) for value in (*old, *new)):
        raise TypeError("the value must be true or false")
    return raised(any(old), any(new))


def unless_default(default: Any) -> Judge:
    """The effect for a keyword that is not judged, but has a default: a value that only spells the
    default out changes nothing."""
    return lambda old, new: (
        Effect.CHANGED if (old or [default]) != (new or [default]) else Effect.NONE
    )


def listed(old: list[Any], new: list[Any]) -> Effect:
    """The effect for lists of allowed values. Raises TypeError if a value is not a list."""
    if not all(isinstance(value, list) for value in (*old, *new)):
        raise TypeError("the value must be a list")
    sets = ([set(map(canonical_json, value)) for value in values] for values in (old, new))
    return allowed_set(*(set.intersection(*each) if each else None for each in sets))


def allowed_set(old: Set[Any] | None, new: Set[Any] | None) -> Effect:
    """The effect for a set of allowed values. None allows every value."""
    if old is None or new is None:
        return raised(old is not None, new is not None)
    effect = Effect.NARROWED if old - new else Effect.NONE
    return effect | Effect.WIDENED if new - old else effect


class Meaning(NamedTuple):
    """The meaning of a keyword that is compared by its value alone. judge: finds the effect of a
    change, or is the effect of every change. text: describes it. subject, verb: of the change; the
    defaults are the keyword and the effect."""

    judge: Judge | Effect
    text: str = ""
    subject: str = ""
    verb: str = ""

    def differences(self, old: list[Node], new: list[Node], side: Side) -> Differences:
        """The difference of the nodes of a keyword, if there is one."""
        if not any(unequal(old, new)):
            return
        pair = first_unequal(old, new)
        effect = self._effect([node.value for node in old], [node.value for node in new])
        is_undecided = self.judge is constraint and effect == Effect.CHANGED
        text, name = UNDECIDED if is_undecided else self.text, pair.shown.name
        subject = self.subject or name
        yield SpecDifference(pair, subject, effect, side, text.format(name), self.verb)

    def _effect(self, old: list[Any], new: list[Any]) -> Effect:
        try:
            return self.judge if isinstance(self.judge, Effect) else self.judge(old, new)
        except (TypeError, OverflowError):  # the judge cannot read one of the values
            return Effect.CHANGED


FieldComparer = Callable[[Pair, Side], Differences]
FieldMeaning = Meaning | FieldComparer
Table = Mapping[str, FieldMeaning]

# Fields that only people read.
PROSE = frozenset({
    "description", "summary", "title", "$comment", "example", "examples", "externalDocs", "tags",
    "x-evidence", "x-source", "x-message", "x-details", "x-enum-varnames",
})  # fmt: skip
COSMETIC, NOTED, CHANGED = map(Meaning, (Effect.NONE, Effect.NOTED, Effect.CHANGED))
NOT_JUDGED = Meaning(Effect.CHANGED, "{} is different, and this keyword is not judged in detail")
_FOREIGN = Meaning(Effect.NOTED, "{} is different, and the meaning of this extension is unknown")
UNDECIDED = "{} is different, and it cannot be decided which of the two allows more"
# Flags that OpenAPI and JSON Schema define as false if they are missing.
_FLAGS = (
    "allowEmptyValue", "allowReserved", "nullable", "readOnly", "uniqueItems", "writeOnly",
)  # fmt: skip
_ANYWHERE: Mapping[str, Meaning] = {
    **dict.fromkeys(PROSE, COSMETIC),
    **dict.fromkeys(_FLAGS, NOT_JUDGED._replace(judge=unless_default(False))),
    "deprecated": NOTED,
}


def meaning_of(keyword: str, table: Mapping[str, Any]) -> Any:
    """The entry of a keyword in its table. An unknown extension (x-…) is only noted, because
    OpenAPI permits tools to ignore it. Any other keyword outside of the table is not judged."""
    unknown = _FOREIGN if keyword.startswith("x-") else NOT_JUDGED
    return table.get(keyword) or _ANYWHERE.get(keyword) or unknown


def compare_fields(pair: Pair, table: Table, side: Side) -> Differences:
    """The differences of two objects. table: the meaning of each keyword."""
    if not pair.are_objects:
        yield from CHANGED.differences([pair.old], [pair.new], side)
    for name in pair.names():
        yield from compare_field(pair.get(name), meaning_of(name, table), side)


def compare_field(pair: Pair, meaning: FieldMeaning, side: Side) -> Differences:
    """The differences of a field."""
    if pair.is_same():
        return
    if isinstance(meaning, Meaning):
        old, new = ([node] if node.exists else [] for node in pair)
        yield from meaning.differences(old, new, side)
    elif pair.have_different_types:  # the function could not read one of them
        yield SpecDifference(pair, pair.shown.name, Effect.CHANGED, side)
    else:
        yield from meaning(pair, side)


def ignore(pair: Pair, side: Side) -> Differences:
    """The meaning of a field that is compared elsewhere."""
    del pair, side
    return iter(())


def required_flag(pair: Pair, side: Side) -> Differences:
    """Compare the flag `required` of a parameter or body."""
    verb = "added" if pair.new.value is True else "removed"
    for difference in compare_field(pair, Meaning(flag), side):
        yield replace(difference, verb=verb) if difference.effect else difference


def ignoring_case(meaning: Meaning) -> FieldComparer:
    """The meaning of a text whose case has no meaning."""

    def compare(pair: Pair, side: Side) -> Differences:
        if len({str(node.value).lower() for node in pair}) > 1:
            yield from compare_field(pair, meaning, side)

    return compare


def each_value(meaning: FieldMeaning) -> FieldComparer:
    """The meaning of a map whose values all have the same meaning."""
    return lambda pair, side: (
        d for each in pair.each() for d in compare_field(each, meaning, side)
    )


def each_object(subject: str, table: Table) -> FieldComparer:
    """The meaning of a map of objects, each of which may be added or removed."""

    def compare(pair: Pair, side: Side) -> Differences:
        for each in pair.each():
            if each.in_both:
                yield from compare_fields(each, table, side)
            else:
                yield added_or_removed(each, subject, side)

    return compare
