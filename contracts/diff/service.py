"""The extensions of this project outside of schemas, with the meaning of their changes: models with
their prices, limits, rates, refusals, variants, and the named examples of answers.

An example with x-evidence is an outcome: the service gives this answer. Any other example is an
illustration for people."""

from __future__ import annotations

from contracts.diff.changes import Differences, Effect, Side, SpecDifference, added_or_removed
from contracts.diff.conjunction import type_of
from contracts.diff.document import Node, Pair
from contracts.diff.meanings import (
    CHANGED,
    COSMETIC,
    NOTED,
    Meaning,
    Table,
    at_least,
    at_most,
    compare_field,
    compare_fields,
    each_object,
    each_value,
)

# Clients decide by the values of these fields; the values of other fields are only samples.
SIGNIFICANT_FIELDS = ("check_pass", "code", "status", "task_status")
_AMOUNT = Meaning(at_most)  # a larger amount allows more
_PRICE = Meaning(at_least, "the price is different")  # a higher one allows less for the same money
_ANSWER = "such a call has a different answer"

REFUSALS = each_value(Meaning(Effect.CHANGED, _ANSWER, "x-refusals"))
# The refusal counts if there is a rate before and after.
RATE: Table = {
    "per-second": _AMOUNT,
    "refusal": Meaning(lambda old, new: Effect.CHANGED if old and new else Effect.NONE),
}
_MODEL: Table = {
    **dict.fromkeys(
        ("operation", "succeeds", "media-at", "tier-at", "ratio-at", "answer"), CHANGED
    ),
    "price-per-image": _PRICE,
    "price-per-video-second": each_value(_PRICE._replace(subject="price-per-video-second")),
    **dict.fromkeys(("free", "concurrency", "task-life-seconds", "result-life-seconds"), _AMOUNT),
    # Durations are measured, not promised.
    **dict.fromkeys(("queue-seconds", "work-seconds-per-video-second"), NOTED),
    **dict.fromkeys(("before-running", "after-running"), NOTED),
}
_CHOICE = dict.fromkeys(
    ("answers", "endings", "refuse", "unreachable", "details", "result-life-seconds", "life-from"),
    CHANGED,
)
_VARIANT: Table = {"default": CHANGED, "choices": each_object("choice", _CHOICE)}


def outcomes(pair: Pair, side: Side) -> Differences:
    """Compare the `examples` of an answer."""
    for example in pair.each():
        if not any(node.get("x-evidence").exists for node in example):
            yield from compare_field(example, COSMETIC._replace(subject="example"), side)
        elif example.in_both:
            yield from compare_fields(example, _OUTCOME, side)
        else:
            yield added_or_removed(example, "outcome", side)


def _value(pair: Pair, side: Side) -> Differences:
    """Compare the body of an outcome, or a value in it."""
    name, effect, text = pair.shown.name, Effect.NONE, ""
    if pair.is_same():
        return
    if not pair.in_both:
        effect, text = Effect.NOTED, f'"{name}" was {"added" if pair.new.exists else "removed"}'
    elif _type(pair.old) != _type(pair.new):
        effect, text = Effect.CHANGED, f'"{name}" has a different type'
    elif pair.are_objects or isinstance(pair.new.value, list):
        yield from _inner_values(pair, side)
        return
    elif name in SIGNIFICANT_FIELDS:
        effect, text = Effect.CHANGED, f'"{name}" has a different value'
    yield SpecDifference(pair, "outcome", effect, side, text)


def _inner_values(pair: Pair, side: Side) -> Differences:
    lists = pair.old.items(), pair.new.items()
    for inner in (*pair.each(), *(Pair(*both) for both in zip(*lists, strict=False))):
        yield from _value(inner, side)
    if len(lists[0]) != len(lists[1]):
        yield SpecDifference(pair, "outcome", Effect.NONE, side)


def _type(node: Node) -> str:
    return type_of(node.value).replace("fraction", "integer")


_OUTCOME: Table = {
    "value": _value,
    # How long it takes or applies, for which models and with which Range.
    **dict.fromkeys(("x-queued-for", "x-runs-for", "x-lasts-seconds"), NOTED),
    **dict.fromkeys(("x-for-models", "x-range"), NOTED),
}

_RESULTS: Table = {
    "operationId": NOTED,  # only scenarios use it
    "responses": each_value(lambda pair, side: compare_fields(pair, {"examples": outcomes}, side)),
}
EXTENSIONS: Table = {
    "x-limits": each_value(_AMOUNT),
    "x-models": each_object("model", _MODEL),
    "x-not-served": NOTED,
    "x-refusals": REFUSALS,
    "x-results": lambda pair, _: compare_fields(pair, _RESULTS, "answer"),
    "x-sources": COSMETIC,
    "x-variants": lambda pair, _: each_object("variant", _VARIANT)(pair, "answer"),
}
