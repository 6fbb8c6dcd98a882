"""Compares x-task-lifecycle: the states that polls may see, one after the other."""

from __future__ import annotations

from typing import Any

from contracts.diff.changes import Differences, Effect, Side, SpecDifference
from contracts.diff.document import Pair
from contracts.diff.meanings import allowed_set, raised


def lifecycle_differences(pair: Pair, side: Side) -> Differences:
    """The differences of two lifecycles. A missing one allows every state at any time."""
    if pair.is_same():
        return
    if not (pair.in_both and pair.are_objects and pair.get("next").are_objects):
        old, new = (isinstance(node.value, dict) for node in pair)
        effect = Effect.CHANGED if pair.in_both else raised(old, new)
        yield SpecDifference(pair, "x-task-lifecycle", effect, side)
        return
    initial = pair.get("initial")
    if not initial.is_same():
        text = "a new task starts in a different state"
        yield SpecDifference(initial, "initial-state", Effect.CHANGED, side, text)
    stays = pair.get("next").old.fields().keys() & pair.get("next").new.fields().keys()
    yield from _states(pair.get("terminal"), "terminal-states", "terminal states", side, stays)
    for each in pair.get("next").each():
        yield from _states(each, "transition", f"states after {each.shown.name}", side)


def _states(
    pair: Pair, subject: str, title: str, side: Side, fixed: frozenset[str] | set[str] = frozenset()
) -> Differences:
    """The difference of two lists of states. fixed: states that may not enter or leave the list. A
    client that waits stops at a terminal state: if a state that stays becomes terminal, or no
    longer is, the client waits for ever or too short."""
    old, new = (_names(node.value) for node in pair)
    effect = Effect.CHANGED if (old ^ new) & fixed else allowed_set(old, new)
    if effect:
        lists = {"added": sorted(new - old), "removed": sorted(old - new)}
        parts = [f"{', '.join(names)} {verb}" for verb, names in lists.items() if names]
        yield SpecDifference(pair, subject, effect, side, f"{title}: {', '.join(parts)}")


def _names(value: Any) -> set[str]:
    return set(map(str, value)) if isinstance(value, list) else set()
