"""What changes in the named answers of an operation do. Knows no schema.

An example that says its evidence is an outcome: the service gives this answer. Any other is an
illustration, and its words are for people."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.diff.changes.changes import Found
from contracts.diff.changes.document import Pair
from contracts.diff.changes.effects import Effect, Side
from contracts.diff.schemas.judges import noted
from contracts.diff.schemas.kinds import kind_of
from contracts.diff.schemas.tables import Rule, by_table, called, leaf, lone, text

# What clients decide by; the rest of a sample's values are samples.
TELLING = ("check_pass", "code", "status", "task_status")


def outcomes(pair: Pair, side: Side) -> Iterator[Found]:
    """The rule of the examples of an answer."""
    for example in pair.each():
        if example.is_same():
            continue
        if not any(node.get("x-evidence").is_there for node in example):
            yield from called("example", text(example, side))
        elif example.in_both:
            yield from by_table(example, _OUTCOME, side)
        else:
            yield lone(example, "outcome", side)


def _value(pair: Pair, side: Side) -> Iterator[Found]:
    """The body of an outcome, or a part of it."""
    if pair.is_same():
        return
    name = pair.shown.name
    if not pair.in_both:
        said = f'"{name}" is in it now' if pair.new.is_there else f'"{name}" is in it no more'
        yield Found(pair, "outcome", Effect.NOTED, side, said)
    elif pair.holds_maps:
        for inner in pair.each():
            yield from _value(inner, side)
    elif all(isinstance(node.value, list) for node in pair):
        for old, new in zip(*(node.items() for node in pair), strict=False):
            yield from _value(Pair(old, new), side)
        if len(pair.old.items()) != len(pair.new.items()):
            yield from called("outcome", text(pair, side))
    elif len({kind_of(node.value) for node in pair} - {"fraction"}) > 1:
        yield Found(pair, "outcome", Effect.CHANGED, side, f'"{name}" is of another type')
    elif name in TELLING:
        yield Found(pair, "outcome", Effect.CHANGED, side, "it says something else")
    else:
        yield from called("outcome", text(pair, side))


_OUTCOME: dict[str, Rule] = {
    "value": _value,
    **dict.fromkeys(("x-queued-for", "x-runs-for"), leaf(noted)),
}
