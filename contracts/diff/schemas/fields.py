"""Compares two objects of a document field by field. A table maps each field name to the function
that compares its values. Knows only the fields that have the same meaning in every object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import UNSET
from msgspec.structs import replace

from contracts.diff.changes.change import Differences, SpecDifference
from contracts.diff.changes.document import Pair, canonical_json
from contracts.diff.changes.effects import Effect, Side, mirrored
from contracts.diff.schemas.value_effects import (
    ValueEffect,
    always_changed,
    always_cosmetic,
    always_noted,
    boolean_constraint,
    opaque_constraint,
    safe_effect,
)

# Finds the differences of the two values of a field.
FieldComparer = Callable[[Pair, Side], Differences]

# Fields that only people read.
PROSE = frozenset({
    "description", "summary", "title", "$comment", "example", "examples", "externalDocs", "tags",
    "x-evidence", "x-source", "x-message", "x-details", "x-enum-varnames",
})  # fmt: skip
UNKNOWN = "{} is different, and its meaning is unknown"
UNDECIDED = "{} is different, and it cannot be decided which of the two allows more"


def value_comparer(effect_of: ValueEffect, absent: object = None, text: str = "") -> FieldComparer:
    """A comparer of a field whose value is compared as a whole. effect_of: finds the effect of the
    two values. absent: the value of a missing field. text: describes the difference."""

    def compare(pair: Pair, side: Side) -> Differences:
        if pair.is_same():
            return
        old, new = (absent if node.value is UNSET else node.value for node in pair)
        is_equal = canonical_json(old) == canonical_json(new)
        effect = Effect.NONE if is_equal else safe_effect(effect_of, old, new)
        name = pair.shown.name
        is_undecided = effect_of is opaque_constraint and effect == Effect.CHANGED
        default = UNDECIDED.format(name) if is_undecided else ""
        yield SpecDifference(pair, name, effect, side, text or default)

    return compare


def unknown_field(pair: Pair, side: Side) -> Differences:
    """Compare a field that its table does not list. An unknown extension (x-…) is only noted,
    because OpenAPI permits tools to ignore it. Any other unknown field breaks both sides."""
    name = pair.shown.name
    if name in PROSE:
        yield from prose(pair, side)
    else:
        effect_of = always_noted if name.startswith("x-") else always_changed
        yield from value_comparer(effect_of, UNSET, UNKNOWN.format(name))(pair, side)


def prose(pair: Pair, side: Side) -> Differences:
    """Compare text for people. The order of a list, such as `tags`, has no meaning."""
    old, new = (
        sorted(map(canonical_json, n.value)) if isinstance(n.value, list) else n for n in pair
    )
    if old != new:
        yield from value_comparer(always_cosmetic, UNSET)(pair, side)


def required_flag(pair: Pair, side: Side) -> Differences:
    """Compare the flag `required` of a parameter or body."""
    verb = "added" if pair.new.value is True else "removed"
    for difference in value_comparer(boolean_constraint, False)(pair, side):
        yield replace(difference, verb=verb) if difference.effect else difference


def ignore(pair: Pair, side: Side) -> Differences:
    """The comparer of a field that is compared elsewhere."""
    del pair, side
    return iter(())


def compare_fields(pair: Pair, table: Mapping[str, FieldComparer], side: Side) -> Differences:
    """The differences of two objects. table: the comparer of each known field."""
    if not pair.are_objects:
        yield from value_comparer(always_changed)(pair, side)
    for name in pair.names():
        field = pair.get(name)
        if name in table and field.have_different_types:  # its comparer could not read one of them
            yield SpecDifference(field, name, Effect.CHANGED, side)
        else:
            yield from table.get(name, unknown_field)(field, side)


def added_or_removed(
    pair: Pair, subject: str, side: Side, more: Effect = Effect.NONE
) -> SpecDifference:
    """The difference for a named thing that exists in only one document. more: another effect of
    its addition, besides OFFERED."""
    effect = Effect.OFFERED | more
    name = pair.shown.name  # an element of a list has only its position as a name
    title = subject if name in (subject, "-") or name.isdecimal() else f"{subject} {name}"
    if pair.new.exists:
        return SpecDifference(pair, subject, effect, side, f"{title} was added")
    return SpecDifference(pair, subject, mirrored(effect), side, f"{title} was removed")


def with_subject(subject: str, differences: Iterable[SpecDifference]) -> Differences:
    """The same differences with another subject."""
    for difference in differences:
        yield replace(difference, subject=subject)
