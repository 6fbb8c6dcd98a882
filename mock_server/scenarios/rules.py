"""Matches calls against scenario rules and counts them, so that a rule can act on the third call
only.

Pure: the call and the time are arguments, and counters are returned, not changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import quote

from msgspec import Struct

from contracts.spec.pointers import MISSING, parts_of, value_at
from mock_server.scenarios.faults import Fault

# With `per: task` each task has a counter of its own; only the latest counters are kept.
MOST_TASKS = 1000
LONGEST_ID = 64  # characters of a task id that identify its counter; ids of the service have 36


class Action(Struct, frozen=True):
    """The effect of a rule on a call: an outcome (its name), a fault, both, or neither (normal)."""

    outcome: str = ""
    fault: Fault | None = None


NORMAL = Action()


class Step(Struct, frozen=True):
    """An action for the next `times` matching calls; None: for all that follow.

    If action is None, or the call's operation is not in `operations`, the next rule decides.
    Without operations the step applies to all of them."""

    action: Action | None
    times: int | None = None
    operations: tuple[str, ...] = ()


class Conditions(Struct, frozen=True):
    """The conditions of a rule; a call must meet all of them.

    operations: operationIds; all if empty. body: expected values by JSON pointer. headers: expected
    values by name. Each is an exact value, `{contains: TEXT}` or `{exists: BOOL}`. status: of the
    task whose id is in the path. since, until: seconds after the rule was set, in [since, until);
    until None: no end."""

    operations: tuple[str, ...] = ()
    model: str = ""
    body: dict[str, Any] = {}
    headers: dict[str, Any] = {}
    status: str = ""
    since: float = 0.0
    until: float | None = None


class Rule(Struct, frozen=True):
    """One rule of a scenario file or of the control API.

    id: changes if the content of the rule changes; rules of the file and of a tenant have different
    ids. named: the rule names its operations; otherwise they are those that its actions can apply
    to. per_task: count the calls of each task separately. repeat: start again after the last step.
    began: the tenant's time when the rule was set; None: the tenant's first call."""

    name: str
    id: str
    conditions: Conditions
    steps: tuple[Step, ...]
    named: bool = False
    per_task: bool = False
    repeat: bool = False
    began: float | None = None
    source: Mapping[str, Any] = {}


class Ruleset(NamedTuple):
    """The rules of one source (a file or a control call) in order, and its choices of variants."""

    rules: tuple[Rule, ...] = ()
    variants: dict[str, str] = {}  # noqa: RUF012 (never written to)


NO_RULES = Ruleset()


def no_file(real: float) -> Ruleset:
    """The rules of a server without a scenario file. With one, `RulesFile` returns those of the
    file at a given time."""
    del real
    return NO_RULES


class CallFacts(NamedTuple):
    """The parts of a call that conditions are compared with.

    status: returns the status of the task in the path. now: the tenant's time; began: the time of
    its first call (epoch s)."""

    operation: str
    body: Any
    headers: Mapping[bytes, bytes]
    task_id: str
    status: Callable[[], str]
    now: float
    began: float


class Counters(Struct, frozen=True):
    """Numbers of calls, by the id of the rule.

    matched: calls that met its conditions. fired: calls that it decided. tasks: matched calls by
    rule and task (`RULE TASK_ID`, the task_id percent-encoded), for rules with `per: task`."""

    matched: dict[str, int] = {}
    fired: dict[str, int] = {}
    tasks: dict[str, int] = {}


class Match(NamedTuple):
    """The rule that decides a call, and its action."""

    rule: Rule
    action: Action


def first_match(
    rules: Iterable[Rule], counters: Counters, facts: CallFacts
) -> tuple[Match | None, Counters]:
    """The first rule with an action for the call, and the counters after the call.

    Each rule counts every call that meets its conditions, also if another rule decides it: the
    third poll is the third for all rules."""
    matching = [rule for rule in rules if matches(rule, facts)]
    if matching:
        counters = _counted(counters, matching, facts.task_id)
    for rule in matching:
        of_task = counters.tasks.get(_key_of(rule, facts.task_id), 0)
        number = of_task if rule.per_task else counters.matched[rule.id]
        action = action_for(rule, number, facts.operation)
        if action is not None:
            return Match(rule, action), counters
    return None, counters


def count_fired(counters: Counters, rule: Rule) -> Counters:
    """The counters after the rule decided a call."""
    fired = {**counters.fired, rule.id: counters.fired.get(rule.id, 0) + 1}
    return Counters(counters.matched, fired, counters.tasks)


def counters_of(counters: Counters, ids: Collection[str]) -> Counters:
    """The counters of these rules only: a rule that is removed and set again starts at 0."""
    matched = {id: number for id, number in counters.matched.items() if id in ids}
    fired = {id: number for id, number in counters.fired.items() if id in ids}
    tasks = {k: n for k, n in counters.tasks.items() if k.rpartition(" ")[0] in ids}
    return Counters(matched, fired, tasks)


def action_for(rule: Rule, number: int, operation: str) -> Action | None:
    """The rule's action for its matching call `number` (from 1); None: the next rule decides."""
    length = sum(step.times or 0 for step in rule.steps)
    if rule.repeat and length:
        number = (number - 1) % length + 1
    for step in rule.steps:
        if step.times is None or number <= step.times:
            return step.action if not step.operations or operation in step.operations else None
        number -= step.times
    return None


def _counted(counters: Counters, rules: list[Rule], task_id: str) -> Counters:
    """The counters after these rules matched a call."""
    matched, tasks = dict(counters.matched), counters.tasks
    for rule in rules:
        matched[rule.id] = matched.get(rule.id, 0) + 1
    keys = [_key_of(rule, task_id) for rule in rules if rule.per_task]
    if keys:
        tasks = dict(tasks)
        for key in keys:
            tasks[key] = tasks.pop(key, 0) + 1
        for oldest in list(islice(tasks, max(0, len(tasks) - MOST_TASKS))):
            del tasks[oldest]
    return Counters(matched, counters.fired, tasks)


def _key_of(rule: Rule, task_id: str) -> str:
    return f"{rule.id} {quote(task_id[:LONGEST_ID], safe='')}"


def matches(rule: Rule, facts: CallFacts) -> bool:
    """Whether the call meets all conditions of the rule."""
    conditions = rule.conditions
    began = facts.began if rule.began is None else rule.began
    # Floats of epoch seconds have 7 decimals: a difference of 0.1 s may be 0.0999999.
    passed = round(facts.now - began, 6)
    return (
        (not conditions.operations or facts.operation in conditions.operations)
        and conditions.since <= passed
        and (conditions.until is None or passed < conditions.until)
        and (
            not conditions.model or _is_expected(conditions.model, value_at(facts.body, ["model"]))
        )
        and all(
            _is_expected(expected, value_at(facts.body, parts_of(pointer)))
            for pointer, expected in conditions.body.items()
        )
        and all(
            _is_expected(expected, _header(facts, name))
            for name, expected in conditions.headers.items()
        )
        and (not conditions.status or (bool(facts.task_id) and facts.status() == conditions.status))
    )


def _header(facts: CallFacts, name: str) -> Any:
    sent = facts.headers.get(name.lower().encode("latin-1", "replace"))
    return MISSING if sent is None else sent.decode("latin-1")


def _is_expected(expected: Any, value: Any) -> bool:
    """Whether a value is as expected: equal, or as `{contains: …}` or `{exists: …}` demand."""
    if isinstance(expected, dict) and len(expected) == 1:
        (word, argument), *_ = expected.items()
        if word == "exists":
            return (value is not MISSING) is bool(argument)
        if word == "contains":
            return isinstance(value, str) and str(argument) in value
    return _equal(expected, value)


def _equal(one: Any, other: Any) -> bool:
    """Whether two values are equal in JSON: 1 equals 1.0, but not true."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
