"""Rules behave as the descriptions in scenarios.schema.json say, for any rules and calls: a second
implementation here, independent of the code, decides the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.spec.loader import Spec
from mock_server.scenarios.rule_check import action_of
from mock_server.scenarios.rule_compile import compile_ruleset
from mock_server.scenarios.rules import CallFacts, Counters, count_fired, first_match
from tests.helpers.fake import EPOCH, request

SPEC = Spec.load()
BODIES = {name: request(SPEC, name) for name in ("detectFace", "createVideoTask")}


def often(examples: int) -> Callable[[Any], Any]:
    return settings(max_examples=examples, derandomize=True, database=None, deadline=None)


# The operations that each `do` applies to: in a rule without and with its own operations.

ALL = {"detectFace", "createVideoTask", "listTasks", "getTask", "cancelTask"}
ABOUT = {
    "normal": (ALL, ALL),
    "reset": (ALL, ALL),
    "Throttling": (ALL, ALL),
    "Arrearage": ({"detectFace", "createVideoTask"},) * 2,
    "InvalidFile.NoHuman": ({"detectFace"},) * 2,
    "FAILED.InvalidURL": ({"createVideoTask"}, {"createVideoTask", "getTask"}),
}
STATES = ("PENDING", "RUNNING", "UNKNOWN")


class Made(NamedTuple):
    """A call with the properties that rules can match."""

    operation: str
    mine: int
    header: str | None
    task: str
    status: str
    now: float


@st.composite
def calls(draw: st.DrawFn) -> list[Made]:
    now, made = EPOCH, []
    for _ in range(draw(st.integers(1, 14))):
        now += draw(st.sampled_from([0.0, 0.1, 1.0, 2.5]))
        operation = draw(st.sampled_from(sorted(ALL)))
        asks = operation in ("getTask", "cancelTask")
        made.append(
            Made(
                operation,
                draw(st.integers(0, 1)),
                draw(st.sampled_from([None, "a", "ab"])),
                draw(st.sampled_from("tu")) if asks else "",
                draw(st.sampled_from(STATES)),
                now,
            )
        )
    return made


counts = st.integers(1, 4)
dos = st.sampled_from(sorted(ABOUT))


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    """A rule as users write it."""
    rule: dict[str, Any] = {}
    if draw(st.booleans()):
        able = sorted(ABOUT[rule.setdefault("do", draw(dos))][1])
        rule["operation"] = draw(
            st.sampled_from(able) | st.lists(st.sampled_from(able), min_size=1)
        )
    elif draw(st.booleans()):
        rule["steps"] = [
            {"do": action, "times": draw(counts)}
            for action in draw(st.lists(dos, min_size=1, max_size=3))
        ]
        if draw(st.booleans()):
            rule["repeat"] = True
        elif draw(st.booleans()):
            del rule["steps"][-1]["times"]
    else:
        rule["do"] = draw(dos)
    if "do" in rule:
        count = draw(st.sampled_from(["first", "nth", "after", ""]))
        if count:
            rule[count] = draw(counts)
        if count in ("first", "nth"):
            rule["repeat"] = draw(st.booleans())
    named = rule.get("operation", "getTask")
    of_a_task = {"getTask", "cancelTask"} & set([named] if isinstance(named, str) else named)
    if of_a_task and draw(st.booleans()):
        rule["per"] = "task"
    if draw(st.integers(0, 3)) == 0 and "operation" not in rule:
        rule |= draw(st.sampled_from([
            {"model": "emo-v1"}, {"status": "RUNNING"}, {"body": {"/mine": 1}},
            {"body": {"/mine": {"exists": False}}}, {"headers": {"X-Mine": "a"}},
            {"headers": {"X-mine": {"contains": "a"}}}, {"headers": {"x-mine": {"exists": False}}},
        ]))  # fmt: skip
    if draw(st.integers(0, 3)) == 0:
        low = draw(st.sampled_from([0, 0.1, 1, 2.6]))
        rule["between"] = [low, draw(st.sampled_from([None, low + 0.1, low + 5]))]
    return rule


def is_about(rule: dict[str, Any], call: Made) -> bool:
    """Whether the rule matches, one sentence of the schema after the other."""
    named = rule.get("operation", [])
    if named and call.operation not in ([named] if isinstance(named, str) else named):
        return False
    if not named:
        written = [rule["do"]] if "do" in rule else [step["do"] for step in rule["steps"]]
        about = [ABOUT[action][0] for action in written if action != "normal"]
        if about and call.operation not in set().union(*about):
            return False
    low, high = rule.get("between", (0, None))
    passed = round((call.now - EPOCH) * 10) / 10
    if passed < low or (high is not None and passed >= round(high * 10) / 10):
        return False
    models = {"detectFace": "emo-detect-v1", "createVideoTask": "emo-v1"}
    if "model" in rule and models.get(call.operation) != rule["model"]:
        return False
    if "status" in rule and not (call.task and call.status == rule["status"]):
        return False
    has_body = call.operation in models
    for wanted in rule.get("body", {}).values():
        if wanted == 1 and not (has_body and call.mine == 1):
            return False
        if wanted != 1 and has_body:
            return False
    for wanted in rule.get("headers", {}).values():
        if wanted == "a" and call.header != "a":
            return False
        if wanted == {"contains": "a"} and "a" not in (call.header or ""):
            return False
        if wanted == {"exists": False} and call.header is not None:
            return False
    return True


def decided(rule: dict[str, Any], number: int, operation: str) -> str | None:
    """The `do` of the rule for the matching call of this number, from a list with one per call."""
    line: list[str | None]
    if "steps" in rule:
        line = [s["do"] for s in rule["steps"] for _ in range(s.get("times", 100))]
    elif "first" in rule:
        line = [rule["do"]] * rule["first"]
    elif "nth" in rule:
        line = [None] * (rule["nth"] - 1) + [rule["do"]]
    elif "after" in rule:
        line = [None] * rule["after"] + [rule["do"]] * 100
    else:
        line = [rule["do"]] * 100
    if rule.get("repeat"):
        line = line * 100
    action = line[number - 1] if number <= len(line) else None
    able = ABOUT[action or "normal"]["operation" in rule]
    return action if operation in able else None


@often(120)
@given(written=st.lists(rules(), min_size=1, max_size=4), made=calls())
def test_rules_count_and_decide_as_their_schema_says(
    written: list[dict[str, Any]], made: list[Made]
) -> None:
    compiled = compile_ruleset(SPEC, {"scenarios": written}, EPOCH).rules
    counters, matched, fired = Counters(), Counter[Any](), Counter[str]()
    for call in made:
        body = BODIES.get(call.operation)
        facts = CallFacts(
            call.operation,
            body | {"mine": call.mine} if body else None,
            {b"x-mine": call.header.encode()} if call.header else {},
            call.task,
            lambda call=call: call.status,
            call.now,
            0.0,
        )
        match, counters = first_match(compiled, counters, facts)
        counters = count_fired(counters, match.rule) if match else counters
        expected: tuple[str, str] | None = None
        for number, rule in enumerate(written, 1):
            if is_about(rule, call):
                of = (number, call.task) if rule.get("per") else number
                matched[of] += 1
                action = decided(rule, matched[of], call.operation)
                if expected is None and action is not None:
                    expected = f"scenario {number}", action
        assert (match and (match.rule.name, match.action)) == (
            expected and (expected[0], action_of(SPEC, expected[1]))
        )
        if expected:
            fired[expected[0]] += 1
    assert fired == {r.name: counters.fired[r.id] for r in compiled if r.id in counters.fired}
    totals = Counter[int]()
    for of, count in matched.items():
        totals[of[0] if isinstance(of, tuple) else of] += count
    assert totals == {
        n: counters.matched[r.id] for n, r in enumerate(compiled, 1) if r.id in counters.matched
    }
