"""Compares this project's extensions inside schemas: x-task-lifecycle, and x-refusal and x-missing,
which name the refusal of an invalid value."""

from __future__ import annotations

from typing import Any

from contracts.diff.changes.change import Differences, SpecDifference, joined_names
from contracts.diff.changes.document import Pair
from contracts.diff.changes.effects import Effect
from contracts.diff.changes.matching import pair_up
from contracts.diff.schemas.context import SchemaContext, SchemaWalker
from contracts.diff.schemas.flat_schema import FlatSchema, FlatSchemaPair, Subschema, SubschemaPair
from contracts.diff.schemas.value_effects import allowed_set

_REFUSALS = ("x-refusal", "x-missing")


def refusals(walker: SchemaWalker, schemas: FlatSchemaPair, context: SchemaContext) -> Differences:
    """Compare x-refusal and x-missing in requests: a different outcome is a different answer to the
    same call. In answers they have no meaning."""
    del walker
    if context.side == "answer":
        return

    def differ(old: Subschema, new: Subschema) -> Differences:
        return _refusal_differences(SubschemaPair(old, new), context)

    olds, news = (schema.with_keywords(_REFUSALS) for schema in schemas)
    for old, new in pair_up(olds, news, differ):
        old = old or _counterpart(schemas.old, new) or schemas.old.empty
        new = new or _counterpart(schemas.new, old) or schemas.new.empty
        yield from differ(old, new)


def _counterpart(schema: FlatSchema, other: Subschema | None) -> Subschema | None:
    """The subschema that equals `other` except for its refusals."""
    if other is None:
        return None
    ignoring = frozenset(_REFUSALS)
    filled = (subschema for subschema in schema.subschemas if subschema.fields)
    return next((s for s in filled if Pair(s.node, other.node).is_same(ignoring)), None)


def _refusal_differences(subschemas: SubschemaPair, context: SchemaContext) -> Differences:
    """The differences of the refusals in effect. A keyword that repeats the refusal of an outer
    schema changes nothing."""
    missing = subschemas.get("x-missing")
    outer = zip(missing, context.refusals, strict=True)
    for pair, keyword, (old, new) in (
        (subschemas.get("x-refusal"), "x-refusal", subschemas.refusals),
        (missing, "x-missing", [node.value if node.exists else r for node, r in outer]),
    ):
        subschema = subschemas.new if pair.new.exists else subschemas.old
        # If a whole schema of allOf is added or removed, its refusal changes no existing answer.
        is_comparable = pair.in_both or subschema.is_own or all(s.fields for s in subschemas)
        if pair.shown.exists and old != new and is_comparable:
            text = f"invalid values are now answered with {new}" if new else "it names no refusal"
            yield SpecDifference(pair, keyword, Effect.CHANGED, context.side, text)


def lifecycle(
    walker: SchemaWalker, subschemas: SubschemaPair, context: SchemaContext
) -> Differences:
    """Compare x-task-lifecycle in answers: the states that polls may see, one after the other. In
    requests it has no meaning."""
    del walker
    pair, side = subschemas.get("x-task-lifecycle"), context.side
    if side == "request" or pair.is_same():
        return
    if not (pair.in_both and pair.are_objects and pair.get("next").are_objects):
        sets = (_presence(node.value) for node in pair)
        effect = Effect.CHANGED if pair.in_both else allowed_set(*sets)
        yield SpecDifference(pair, "x-task-lifecycle", effect, side)
        return
    initial = pair.get("initial")
    if not initial.is_same():
        text = "a new task starts in a different state"
        yield SpecDifference(initial, "initial-state", Effect.CHANGED, side, text)
    yield from _terminal_states(pair, context)
    yield from _transitions(pair.get("next"), context)


def _presence(value: Any) -> set[str] | None:
    """A set for allowed_set(): a lifecycle allows something, a missing one allows everything."""
    return {"lifecycle"} if isinstance(value, dict) else None


def _terminal_states(pair: Pair, context: SchemaContext) -> Differences:
    """A client that waits stops at a terminal state. If a state that stays becomes terminal, or no
    longer is, the client waits forever or too short."""
    old, new = (_states(node.value) for node in pair.get("terminal"))
    stays = pair.get("next").old.fields().keys() & pair.get("next").new.fields().keys()
    effect = Effect.CHANGED if (old ^ new) & stays else allowed_set(old, new)
    if effect:
        text = _states_text("terminal states", old, new)
        yield SpecDifference(pair.get("terminal"), "terminal-states", effect, context.side, text)


def _transitions(pair: Pair, context: SchemaContext) -> Differences:
    for state in pair.names():
        old, new = (_states(node.value) for node in pair.get(state))
        effect = allowed_set(old, new)
        if effect:
            text = _states_text(f"states after {state}", old, new)
            yield SpecDifference(pair.get(state), "transition", effect, context.side, text)


def _states(value: Any) -> frozenset[str]:
    return frozenset(map(str, value)) if isinstance(value, list) else frozenset()


def _states_text(title: str, old: frozenset[str], new: frozenset[str]) -> str:
    added = f"{joined_names(new - old)} added" if new - old else ""
    removed = f"{joined_names(old - new)} removed" if old - new else ""
    return f"{title}: {', '.join(filter(None, (added, removed)))}"
