"""What changes in what is agreed beside the calls do: models and their prices, limits, rates,
refusals, contradictions of the sources. All of it stands in extensions of this project."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET

from contracts.diff.changes.changes import Found
from contracts.diff.changes.document import Pair
from contracts.diff.changes.effects import Side
from contracts.diff.schemas.judges import lower, noted, other, upper
from contracts.diff.schemas.tables import Rule, by_table, called, leaf, lone

# More of the one allows more; who pays more for a thing gets less for the same money.
AMOUNT, PRICE = leaf(upper), leaf(lower, text="it has another price")
# Measured, not promised.
TIME = leaf(noted)


def named(subject: str, table: dict[str, Rule], on: Side) -> Rule:
    """The rule of things by name, each of which may come and go."""

    def apply(pair: Pair, side: Side) -> Iterator[Found]:
        del side
        for thing in pair.each():
            if thing.in_both:
                yield from by_table(thing, table, on)
            else:
                yield lone(thing, subject, on)

    return apply


def each(rule: Rule, subject: str = "") -> Rule:
    """The rule of values by name, each of which has this rule. subject: how they are called, when
    not by their names."""

    def apply(pair: Pair, side: Side) -> Iterator[Found]:
        for value in pair.each():
            yield from called(subject or value.shown.name, rule(value, side))

    return apply


def within(table: dict[str, Rule]) -> Rule:
    """The rule of an object that has a table; where it is not there it says nothing."""

    return lambda pair, side: by_table(pair, table, side)


_OTHER = leaf(other, UNSET)
_MODEL: dict[str, Rule] = {
    "operation": _OTHER,
    "price-per-image": PRICE,
    "price-per-video-second": each(PRICE, "price-per-video-second"),
    **dict.fromkeys(("free", "concurrency", "task-life-seconds", "result-life-seconds"), AMOUNT),
    **dict.fromkeys(("queue-seconds", "work-seconds-per-video-second"), TIME),
}
_CHOICE = dict.fromkeys(
    ("answers", "endings", "refuse", "unreachable", "details", "result-life-seconds", "life-from"),
    _OTHER,
)
_VARIANT = {"default": _OTHER, "choices": named("choice", _CHOICE, "answer")}

REFUSALS = each(leaf(other, UNSET, "such a call is answered otherwise"), "x-refusals")
RATE = within({"per-second": AMOUNT, "refusal": _OTHER})
AGREEMENTS: dict[str, Rule] = {
    "x-limits": each(AMOUNT),
    "x-models": named("model", _MODEL, "request"),
    "x-refusals": REFUSALS,
    "x-variants": named("variant", _VARIANT, "answer"),
}
