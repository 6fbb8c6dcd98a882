"""Compares this project's extensions outside schemas: models with their prices, limits, rates,
refusals and variants."""

from __future__ import annotations

from msgspec import UNSET

from contracts.diff.changes.change import Differences
from contracts.diff.changes.document import Pair
from contracts.diff.changes.effects import Side
from contracts.diff.schemas.fields import (
    FieldComparer,
    added_or_removed,
    compare_fields,
    value_comparer,
    with_subject,
)
from contracts.diff.schemas.value_effects import (
    always_changed,
    always_noted,
    lower_limit,
    upper_limit,
)

# A larger amount allows more. A higher price allows less for the same money.
AMOUNT = value_comparer(upper_limit)
PRICE = value_comparer(lower_limit, text="the price is different")
# Durations are measured, not promised.
TIME = value_comparer(always_noted)


def named_objects(subject: str, table: dict[str, FieldComparer], on: Side) -> FieldComparer:
    """A comparer of a map of objects, each of which may be added or removed. on: the side on which
    the differences count."""

    def compare(pair: Pair, side: Side) -> Differences:
        del side
        for each in pair.each():
            if each.in_both:
                yield from compare_fields(each, table, on)
            else:
                yield added_or_removed(each, subject, on)

    return compare


def named_values(comparer: FieldComparer, subject: str = "") -> FieldComparer:
    """A comparer of a map whose values all have the same comparer. subject: of the differences;
    default is the name of each value."""

    def compare(pair: Pair, side: Side) -> Differences:
        for value in pair.each():
            yield from with_subject(subject or value.shown.name, comparer(value, side))

    return compare


def optional_object(table: dict[str, FieldComparer]) -> FieldComparer:
    """A comparer of one object, which may be missing."""
    return lambda pair, side: compare_fields(pair, table, side)


_CHANGED = value_comparer(always_changed, UNSET)
_MODEL: dict[str, FieldComparer] = {
    "operation": _CHANGED,
    "price-per-image": PRICE,
    "price-per-video-second": named_values(PRICE, "price-per-video-second"),
    **dict.fromkeys(("free", "concurrency", "task-life-seconds", "result-life-seconds"), AMOUNT),
    **dict.fromkeys(("queue-seconds", "work-seconds-per-video-second"), TIME),
}
_CHOICE = dict.fromkeys(
    ("answers", "endings", "refuse", "unreachable", "details", "result-life-seconds", "life-from"),
    _CHANGED,
)
_VARIANT = {"default": _CHANGED, "choices": named_objects("choice", _CHOICE, "answer")}

REFUSALS = named_values(
    value_comparer(always_changed, UNSET, "such a call has a different answer"), "x-refusals"
)
RATE = optional_object({"per-second": AMOUNT, "refusal": _CHANGED})
ROOT_EXTENSIONS: dict[str, FieldComparer] = {
    "x-limits": named_values(AMOUNT),
    "x-models": named_objects("model", _MODEL, "request"),
    "x-refusals": REFUSALS,
    "x-variants": named_objects("variant", _VARIANT, "answer"),
}
