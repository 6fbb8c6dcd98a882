"""Checks scenarios that a user wrote: first against the JSON Schema, then against the spec.

Reports the first problems, each with its JSON pointer. It builds no rules (see rule_compile)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any

from contracts.spec.fields import FieldPath
from contracts.spec.loader import Operation, Spec
from contracts.spec.pointers import parts_of, pointer_of
from mock_server.scenarios import variants
from mock_server.scenarios.faults import FaultError, parse
from mock_server.scenarios.names import UnknownScenario, find, operations_for
from mock_server.scenarios.rule_schema import MOST_PROBLEMS, RuleProblem, schema_problems
from mock_server.scenarios.rules import NORMAL, Action
from mock_server.suggest.close_names import close_names, did_you_mean

COUNTS = ("first", "nth", "after", "steps")
WORDS = ("contains", "exists")


def problems(spec: Spec, value: Any) -> list[RuleProblem]:
    """The first MOST_PROBLEMS problems. If the schema finds some, the spec is not consulted."""
    return list(schema_problems(value)) or list(islice(_spec_problems(spec, value), MOST_PROBLEMS))


def action_of(spec: Spec, written: Any) -> Action:
    """The action that a `do` describes. Raises UnknownScenario and FaultError."""
    if isinstance(written, str):
        return NORMAL if written == "normal" else _named(spec, written)
    fault = {key: value for key, value in written.items() if key != "answer"}
    if "answer" not in written:
        return Action(fault=parse(fault))
    action = _named(spec, written["answer"])
    if action.fault:
        raise FaultError(f"{written['answer']} is a fault; write fault: {written['answer']}")
    return Action(action.outcome, parse(fault) if fault else None)


def operations_of(written: dict[str, Any]) -> list[str]:
    """The operations that a rule names."""
    named = written.get("operation", [])
    return [named] if isinstance(named, str) else named


def variants_of(written: dict[str, Any]) -> dict[str, str]:
    """The chosen variants as texts: YAML reads the choice 400 as a number."""
    chosen = written.get("variants", {})
    return {name: str(choice) for name, choice in chosen.items()}


def _named(spec: Spec, name: str) -> Action:
    target, action = find(spec, name)
    if target:
        rest = name.removeprefix(f"{target}:")
        raise FaultError(f"{name} names an operation; write operation: {target} and do: {rest}")
    return action


def _spec_problems(spec: Spec, value: dict[str, Any]) -> Iterator[RuleProblem]:
    """Problems with unknown names and with keys that exclude each other."""
    rules = value.get("scenarios", [])
    for number, rule in enumerate(rules):
        yield from _rule(spec, rule, f"/scenarios/{number}")
    names = [rule.get("name", f"scenario {number}") for number, rule in enumerate(rules, 1)]
    first = {name: number for number, name in reversed(list(enumerate(names)))}
    for number, name in enumerate(names):
        if first[name] < number:
            text = f"{name[:80]!r} is the name of an earlier rule"
            yield RuleProblem(f"/scenarios/{number}/name", text)
    for name, choice in variants_of(value).items():
        try:
            variants.check(spec, {name: choice})
        except variants.VariantError as error:
            yield RuleProblem(pointer_of(["variants", name]), str(error))


def _rule(spec: Spec, rule: dict[str, Any], place: str) -> Iterator[RuleProblem]:
    for number, operation in enumerate(operations_of(rule)):
        where = f"{place}/operation" + (f"/{number}" if isinstance(rule["operation"], list) else "")
        yield from _known(operation, "operation", spec.all_operations, where)
    yield from _known(rule.get("model"), "model", spec.models, f"{place}/model")
    yield from _known(rule.get("status"), "status", spec.lifecycle.next, f"{place}/status")
    known = spec.all_operations
    named = [known[name] for name in operations_of(rule) if name in known]
    if named:
        yield from _impossible(spec, rule, named, place)
    for pointer in _typos(rule, named or list(spec.operations.values())):
        yield pointer._replace(pointer=place + pointer.pointer)
    low, high = rule.get("between", (0, None))
    if high is not None and high <= low:
        yield RuleProblem(f"{place}/between", f"{high} is not after {low}")
    if sum(key in rule for key in COUNTS) > 1:
        yield RuleProblem(place, f"give only one of {', '.join(COUNTS)}")
    yield from _steps(spec, rule, place)


def _known(
    name: str | None, kind: str, known: Collection[str], place: str
) -> Iterator[RuleProblem]:
    if name is not None and name not in known:
        text = f"no {kind} {name[:80]!r}; there are {', '.join(known)}.{did_you_mean(name, known)}"
        yield RuleProblem(place, text)


def _impossible(
    spec: Spec, rule: dict[str, Any], named: list[Operation], place: str
) -> Iterator[RuleProblem]:
    """Problems with conditions that no call of these operations can meet."""
    ids = [operation.id for operation in named]
    listed, model = ", ".join(ids), spec.models.get(rule.get("model", ""))
    if model and model.operation not in ids:
        text = f"no call of {listed} names {rule['model']}; {model.operation} does"
        yield RuleProblem(f"{place}/model", text)
    if rule.get("body") and not any(operation.body for operation in named):
        yield RuleProblem(f"{place}/body", f"no call of {listed} has a body")
    of_a_task = any("{" in operation.template for operation in named)
    for key in ("status", "per"):
        if key in rule and not of_a_task:
            yield RuleProblem(f"{place}/{key}", f"no call of {listed} has a task id in its path")


def _typos(rule: dict[str, Any], operations: list[Operation]) -> Iterator[RuleProblem]:
    """Problems with names that look like misspelled ones. Other unknown names are allowed: a client
    may send fields and headers that the spec does not have."""
    bodies = [body for operation in operations for body in operation.bodies.values()]
    known = list(dict.fromkeys(path for body in bodies for path in body.fields))
    for pointer, wanted in rule.get("body", {}).items():
        meant = _similar_field(parts_of(pointer), known)
        if meant:
            text = f"no field {pointer[:80]!r}. Did you mean {meant!r}?"
            yield RuleProblem(pointer_of(["body", pointer]), text)
        word = next(iter(wanted)) if isinstance(wanted, dict) and len(wanted) == 1 else "exists"
        if word not in WORDS and close_names(word, WORDS, cutoff=0.75):
            text = f"{word[:80]!r} looks like a misspelled condition.{did_you_mean(word, WORDS)}"
            yield RuleProblem(pointer_of(["body", pointer]), text)
    headers = {p.name.lower(): p.name for operation in operations for p in operation.headers}
    for name in rule.get("headers", {}):
        close = [] if name.lower() in headers else close_names(name, headers.values(), cutoff=0.85)
        if close:
            text = f"no header {name[:80]!r}. Did you mean {close[0]!r}?"
            yield RuleProblem(pointer_of(["headers", name]), text)


def _similar_field(parts: list[str], known: list[FieldPath]) -> str:
    """The known field that an unknown pointer resembles: a similar name in the same object, or the
    same name in another one. "" if there is none, or if the pointer continues below a plain
    value."""
    parent: FieldPath = ()
    for part in parts:
        if (*parent, part) not in known:
            names = [path[-1] for path in known if path[:-1] == parent]
            close = [(*parent, name) for name in close_names(part, names, cutoff=0.8)]
            close += [other for other in known if names and other[-1] == part]
            return pointer_of(close[0]) if close else ""
        parent = (*parent, part)
    return ""


def _steps(spec: Spec, rule: dict[str, Any], place: str) -> Iterator[RuleProblem]:
    steps = rule.get("steps", [])
    for number, step in enumerate(steps):
        where = f"{place}/steps/{number}"
        yield from _check_action(spec, rule, step["do"], f"{where}/do")
        if "times" not in step and number + 1 < len(steps):
            yield RuleProblem(
                where, "a step without times never ends, so the next step is never reached"
            )
    if "do" in rule:
        yield from _check_action(spec, rule, rule["do"], f"{place}/do")
    ends = "times" in steps[-1] if steps else ("first" in rule or "nth" in rule)
    if rule.get("repeat") and not ends:
        yield RuleProblem(
            f"{place}/repeat",
            "repeat needs an end: give times to the last step, or first or nth to the rule",
        )


def _check_action(
    spec: Spec, rule: dict[str, Any], action: Any, place: str
) -> Iterator[RuleProblem]:
    try:
        outcome = action_of(spec, action).outcome
    except (FaultError, UnknownScenario) as error:
        yield RuleProblem(place, str(error))
        return
    can = [operation.id for operation in operations_for(spec, outcome)] if outcome else []
    named = _among(operations_of(rule), spec.all_operations)
    if outcome and named and not _among(named, can):
        yield RuleProblem(
            place, f"{', '.join(named)} cannot answer {outcome}; {', '.join(can)} can"
        )


def _among(names: Iterable[str], known: Collection[str]) -> list[str]:
    return [name for name in names if name in known]
