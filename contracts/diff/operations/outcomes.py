"""Compares the named examples of answers.

An example with x-evidence is an outcome: the service gives this answer. Any other example is an
illustration for people."""

from __future__ import annotations

from contracts.diff.changes.change import Differences, SpecDifference
from contracts.diff.changes.document import Pair
from contracts.diff.changes.effects import Effect, Side
from contracts.diff.schemas.fields import (
    FieldComparer,
    added_or_removed,
    compare_fields,
    prose,
    value_comparer,
    with_subject,
)
from contracts.diff.schemas.json_types import type_of
from contracts.diff.schemas.value_effects import always_noted

# Clients decide by the values of these fields; the values of other fields are only samples.
SIGNIFICANT_FIELDS = ("check_pass", "code", "status", "task_status")


def outcomes(pair: Pair, side: Side) -> Differences:
    """Compare the `examples` of an answer."""
    for example in pair.each():
        if example.is_same():
            continue
        if not any(node.get("x-evidence").exists for node in example):
            yield from with_subject("example", prose(example, side))
        elif example.in_both:
            yield from compare_fields(example, _OUTCOME, side)
        else:
            yield added_or_removed(example, "outcome", side)


def _value(pair: Pair, side: Side) -> Differences:
    """Compare the body of an outcome, or a value in it."""
    if pair.is_same():
        return
    name = pair.shown.name
    if not pair.in_both:
        text = f'"{name}" was {"added" if pair.new.exists else "removed"}'
        yield SpecDifference(pair, "outcome", Effect.NOTED, side, text)
    elif pair.are_objects:
        for field in pair.each():
            yield from _value(field, side)
    elif all(isinstance(node.value, list) for node in pair):
        for old, new in zip(*(node.items() for node in pair), strict=False):
            yield from _value(Pair(old, new), side)
        if len(pair.old.items()) != len(pair.new.items()):
            yield from with_subject("outcome", prose(pair, side))
    elif len({type_of(node.value) for node in pair} - {"fraction"}) > 1:
        text = f'"{name}" has a different type'
        yield SpecDifference(pair, "outcome", Effect.CHANGED, side, text)
    elif name in SIGNIFICANT_FIELDS:
        text = f'"{name}" has a different value'
        yield SpecDifference(pair, "outcome", Effect.CHANGED, side, text)
    else:
        yield from with_subject("outcome", prose(pair, side))


_OUTCOME: dict[str, FieldComparer] = {
    "value": _value,
    **dict.fromkeys(("x-queued-for", "x-runs-for"), value_comparer(always_noted)),
}
