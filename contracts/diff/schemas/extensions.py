"""What changes in the extensions that this project puts into schemas do: which refusal a broken
rule leads to, and how a task may go. Knows no other keyword."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts.diff.changes.changes import Found, names_quoted
from contracts.diff.changes.document import Pair
from contracts.diff.changes.effects import Effect
from contracts.diff.changes.matching import matched
from contracts.diff.schemas.conjuncts import Part, Parts, Whole, Wholes
from contracts.diff.schemas.context import Context, Walk
from contracts.diff.schemas.judges import sets

_REFUSALS = ("x-refusal", "x-missing")


def refusals(walk: Walk, schemas: Wholes, context: Context) -> Iterator[Found]:
    """x-refusal and x-missing: another outcome is another answer to the same call. In an answer
    they say nothing."""
    del walk
    if context.side == "answer":
        return

    def differ(old: Part, new: Part) -> Iterator[Found]:
        return _refused(Parts(old, new), context)

    olds, news = (schema.having(_REFUSALS) for schema in schemas)
    for old, new in matched(olds, news, differ):
        old = old or _alike(schemas.old, new) or schemas.old.nothing
        new = new or _alike(schemas.new, old) or schemas.new.nothing
        yield from differ(old, new)


def _alike(schema: Whole, other: Part | None) -> Part | None:
    """The part that says the same, but for what its refusal is."""
    if other is None:
        return None
    but = frozenset(_REFUSALS)
    found = (p for p in schema.parts if p.fields and Pair(p.node, other.node).is_same(but))
    return next(found, None)


def _refused(parts: Parts, context: Context) -> Iterator[Found]:
    """Where one says the same as the nearest above, nothing changes."""
    missing = parts.get("x-missing")
    above = zip(missing, context.refusals, strict=True)
    for pair, keyword, (old, new) in (
        (parts.get("x-refusal"), "x-refusal", (parts.old.refusal, parts.new.refusal)),
        (missing, "x-missing", [node.value if node.is_there else r for node, r in above]),
    ):
        part = parts.new if pair.new.is_there else parts.old
        # One that comes with a rule of an allOf, or goes with it, is no other answer.
        is_one_rule = pair.in_both or part.is_own or all(side.fields for side in parts)
        if pair.shown.is_there and old != new and is_one_rule:
            text = f"what breaks it is answered {new} now" if new else "its refusal is not named"
            yield Found(pair, keyword, Effect.CHANGED, context.side, text)


def lifecycle(walk: Walk, parts: Parts, context: Context) -> Iterator[Found]:
    """x-task-lifecycle: which states polls may see, one after the other. In a request it says
    nothing."""
    del walk
    pair = parts.get("x-task-lifecycle")
    if context.side == "request" or pair.is_same():
        return
    if not (pair.in_both and pair.holds_maps and pair.get("next").holds_maps):
        effect = Effect.CHANGED if pair.in_both else sets(*(_known(node.value) for node in pair))
        yield Found(pair, "x-task-lifecycle", effect, context.side)
        return
    if not pair.get("initial").is_same():
        text = "a new task begins in another state"
        yield Found(pair.get("initial"), "initial-state", Effect.CHANGED, context.side, text)
    yield from _terminal(pair, context)
    yield from _transitions(pair.get("next"), context)


def _known(value: Any) -> set[str] | None:
    return {"told"} if isinstance(value, dict) else None


def _terminal(pair: Pair, context: Context) -> Iterator[Found]:
    """Whoever waits stops at a terminal state: to stop elsewhere is to wait for ever or too short,
    unless the state itself is new or gone."""
    old, new = (_states(node.value) for node in pair.get("terminal"))
    stays = pair.get("next").old.fields().keys() & pair.get("next").new.fields().keys()
    effect = Effect.CHANGED if (old ^ new) & stays else sets(old, new)
    if effect:
        text = _said("where a task may end", old, new)
        yield Found(pair.get("terminal"), "terminal-states", effect, context.side, text)


def _transitions(pair: Pair, context: Context) -> Iterator[Found]:
    for state in pair.names():
        old, new = (_states(node.value) for node in pair.get(state))
        effect = sets(old, new)
        if effect:
            text = _said(f"what may follow {state}", old, new)
            yield Found(pair.get(state), "transition", effect, context.side, text)


def _states(value: Any) -> frozenset[str]:
    return frozenset(map(str, value)) if isinstance(value, list) else frozenset()


def _said(what: str, old: frozenset[str], new: frozenset[str]) -> str:
    come = f" has {names_quoted(new - old)} now" if new - old else ""
    gone = f" has {names_quoted(old - new)} no more" if old - new else ""
    return what + " and".join(filter(None, (come, gone)))
