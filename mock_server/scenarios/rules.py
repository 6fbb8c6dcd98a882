"""Scenarios as sequences: which calls a rule is about, and what happens to the first of them, the
third, those after. Pure; a rule knows the call and the time as arguments."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from msgspec import Struct

from contracts.spec.pointers import MISSING, parts_of, value_at
from mock_server.scenarios.faults import Fault

# Of rules that count the calls of each task by themselves, so many counts are kept, the latest.
MOST_TASKS = 1000
LONGEST_ID = 64  # characters of a task's id that are compared for it; ids of the service have 36


class Action(Struct, frozen=True):
    """What happens to a call: an outcome by its name, a fault, both, or neither of them."""

    outcome: str = ""
    fault: Fault | None = None


NORMAL = Action()


class Step(Struct, frozen=True):
    """What happens to so many calls; None is all that follow. Where `do` is None, and at other
    operations than these, the rule leaves them to others; any when there are none."""

    action: Action | None
    times: int | None = None
    operations: tuple[str, ...] = ()


class Conditions(Struct, frozen=True):
    """Which calls. operations: of these ids, any when empty. body: values by JSON pointer, headers:
    by lower-case name; each an exact value or a Contains or Exists. status: of the task that the
    call asks for. since, until: seconds after the rule was set, in [since, until)."""

    operations: tuple[str, ...] = ()
    model: str = ""
    body: dict[str, Any] = {}
    headers: dict[str, Any] = {}
    status: str = ""
    since: float = 0.0
    until: float = float("inf")


class Rule(Struct, frozen=True):
    """id: changes when the rule does, or the place of one without a name; a file's is never that of
    a tenant's. named: whether it names its operations; else they are those that can answer so.
    per_task: counts the calls of each task by themselves. repeat: begins again behind its last
    step. began: the tenant's time when it was set; None is its first call."""

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
    """What one source says: its rules in order, and its choices of variants."""

    rules: tuple[Rule, ...] = ()
    variants: dict[str, str] = {}  # noqa: RUF012 (never written to)


NO_RULES = Ruleset()


def no_file(real: float) -> Ruleset:
    """The rules of a server without a file."""
    del real
    return NO_RULES


class CallFacts(NamedTuple):
    """What a rule may know of a call."""

    operation: str
    body: Any
    headers: Mapping[bytes, bytes]
    task_id: str
    status: Callable[[], str]
    now: float
    began: float


class Counters(Struct, frozen=True):
    """How many calls each rule matched and answered, by the rule's id; `tasks`: how many it matched
    of each task."""

    matched: dict[str, int] = {}
    fired: dict[str, int] = {}
    tasks: dict[tuple[str, str], int] = {}


class Match(NamedTuple):
    """The rule that decides, and what it says."""

    rule: Rule
    action: Action


def first_match(
    rules: Iterable[Rule], counters: Counters, facts: CallFacts
) -> tuple[Match | None, Counters]:
    """The first rule that has something for the call, and the tally after it. Each rule counts each
    call that it matches, whoever decides: a third poll is the third."""
    matching = [rule for rule in rules if matches(rule, facts)]
    if matching:
        counters = _counted(counters, matching, facts.task_id)
    for rule in matching:
        of_task = counters.tasks.get((rule.id, facts.task_id[:LONGEST_ID]), 0)
        number = of_task if rule.per_task else counters.matched[rule.id]
        action = action_for(rule, number, facts.operation)
        if action is not None:
            return Match(rule, action), counters
    return None, counters


def count_fired(counters: Counters, rule: Rule) -> Counters:
    """The tally after the rule was heard."""
    fired = {**counters.fired, rule.id: counters.fired.get(rule.id, 0) + 1}
    return Counters(counters.matched, fired, counters.tasks)


def counters_of(counters: Counters, ids: Collection[str]) -> Counters:
    """What those rules counted; others that are set again begin anew."""
    matched = {id: number for id, number in counters.matched.items() if id in ids}
    fired = {id: number for id, number in counters.fired.items() if id in ids}
    return Counters(matched, fired, {key: n for key, n in counters.tasks.items() if key[0] in ids})


def action_for(rule: Rule, number: int, operation: str) -> Action | None:
    """What happens to the matching call of this number, from 1; None leaves it to others."""
    length = sum(step.times or 0 for step in rule.steps)
    if rule.repeat and length:
        number = (number - 1) % length + 1
    for step in rule.steps:
        if step.times is None or number <= step.times:
            return step.action if not step.operations or operation in step.operations else None
        number -= step.times
    return None


def _counted(counters: Counters, rules: list[Rule], task_id: str) -> Counters:
    """The tally after those rules matched a call."""
    matched, tasks = dict(counters.matched), counters.tasks
    for rule in rules:
        matched[rule.id] = matched.get(rule.id, 0) + 1
    keys = [(rule.id, task_id[:LONGEST_ID]) for rule in rules if rule.per_task]
    if keys:
        tasks = dict(tasks)
        for key in keys:
            tasks[key] = tasks.pop(key, 0) + 1
        for oldest in list(islice(tasks, max(0, len(tasks) - MOST_TASKS))):
            del tasks[oldest]
    return Counters(matched, counters.fired, tasks)


def matches(rule: Rule, facts: CallFacts) -> bool:
    """Whether the rule is about this call."""
    conditions = rule.conditions
    began = facts.began if rule.began is None else rule.began
    # Epoch seconds have 7 digits behind the point: 0.1 s later may be 0.0999999.
    passed = round(facts.now - began, 6)
    return (
        (not conditions.operations or facts.operation in conditions.operations)
        and conditions.since <= passed < conditions.until
        and (not conditions.model or _is(conditions.model, value_at(facts.body, ["model"])))
        and all(
            _is(wanted, value_at(facts.body, parts_of(pointer)))
            for pointer, wanted in conditions.body.items()
        )
        and all(_is(wanted, _header(facts, name)) for name, wanted in conditions.headers.items())
        and (not conditions.status or (bool(facts.task_id) and facts.status() == conditions.status))
    )


def _header(facts: CallFacts, name: str) -> Any:
    sent = facts.headers.get(name.lower().encode("latin-1", "replace"))
    return MISSING if sent is None else sent.decode("latin-1")


def _is(wanted: Any, value: Any) -> bool:
    """Whether a value is what a rule wants: the same, `{contains: …}` or `{exists: …}`."""
    if isinstance(wanted, dict) and len(wanted) == 1:
        (word, argument), *_ = wanted.items()
        if word == "exists":
            return (value is not MISSING) is bool(argument)
        if word == "contains":
            return isinstance(value, str) and str(argument) in value
    return _same(wanted, value)


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same to JSON: 1 is 1.0, and neither is true."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
