"""Every mistake in a scenario file is reported before any call matches its rules: with its place
and, where a known name is similar, with that name."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from contracts.spec.loader import Spec
from mock_server.scenarios import rule_schema
from mock_server.scenarios.faults import FAULTS
from mock_server.scenarios.rule_check import problems
from mock_server.scenarios.rule_compile import RuleError, compile_ruleset, complete_document
from mock_server.scenarios.rule_schema import DEEPEST, MOST_PROBLEMS, SCHEMA, schema_problems
from mock_server.scenarios.rules import Step
from tests.helpers.cases import each_case

SPEC = Spec.load()


def problems_of(value: Any) -> list[tuple[str, str]]:
    """The pointer and text of each problem that the compiler reports."""
    with pytest.raises(RuleError, match=r"^/") as error:
        compile_ruleset(SPEC, value)
    return [(problem.pointer, problem.text) for problem in error.value.problems]


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


CYCLE: list[Any] = []
CYCLE.extend([CYCLE, CYCLE])

# A rule, and the pointer and text of each problem in it.
WRONG: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "neither do nor steps": ({"first": 2}, {"": "either do or steps"}),
    "do and steps": ({"do": "reset", "steps": [{"do": "reset"}]}, {"": "either do or steps"}),
    "no steps": ({"steps": []}, {"/steps": "less than 1 item"}),
    "unknown key": (
        {"do": "reset", "operatoin": "getTask"},
        {"": "Did you mean 'operation'?"},
    ),
    "unknown key of a step": (
        {"steps": [{"do": "reset", "time": 2}]},
        {"/steps/0": "known are times, do. Did you mean 'times'?"},
    ),
    "no such outcome": (
        {"do": "Throtling.RateQuota"},
        {"/do": "did you mean 'Throttling.RateQuota'"},
    ),
    "a name of one letter": ({"do": "x"}, {"/do": "no scenario 'x'; `emo scenarios` lists"}),
    "no such outcome of a step": (
        {"steps": [{"times": 1, "do": "reset"}, {"do": "FAILED.InvalidUrl"}]},
        {"/steps/1/do": "did you mean 'FAILED.InvalidURL'"},
    ),
    "no such outcome beside a fault": (
        {"do": {"answer": "Throtling", "fault": "reset"}},
        {"/do": "did you mean 'Throttling'"},
    ),
    "no such fault": ({"do": {"fault": "latensy"}}, {"/do": "Did you mean 'latency'?"}),
    "no such parameter": (
        {"do": {"fault": "latency", "second": 1}},
        {"/do": "Did you mean 'seconds'?"},
    ),
    "parameters without a fault": ({"do": {"seconds": 1}}, {"/do": "is not a fault"}),
    "a number out of bounds": ({"do": "latency=-1"}, {"/do": "from 0 to 86400"}),
    "a fault for an answer": (
        {"do": {"answer": "reset", "fault": "latency"}},
        {"/do": "write fault: reset"},
    ),
    "an operation before the name": (
        {"do": "getTask:reset"},
        {"/do": "write operation: getTask and do: reset"},
    ),
    "no text to do": (
        {"do": 5},
        {"/do": "5 does not fit: The action: normal, the name of an outcome"},
    ),
    "cannot answer so": (
        {"operation": ["getTask", "listTasks"], "do": "InvalidFile.NoHuman"},
        {"/do": "getTask, listTasks cannot answer InvalidFile.NoHuman; detectFace can"},
    ),
    "no such operation": (
        {"operation": "gettask", "do": "reset"},
        {"/operation": "no operation 'gettask'; there are detectFace, "},
    ),
    "no such operation of several": (
        {"operation": ["getTask", "cancel"], "do": "Throttling"},
        {"/operation/1": "Did you mean 'cancelTask'?"},
    ),
    "no operation": ({"operation": [], "do": "reset"}, {"/operation": "[] does not fit"}),
    "no such model": ({"model": "emo-v2", "do": "reset"}, {"/model": "Did you mean 'emo-v1'?"}),
    "another operation's model": (
        {"operation": "getTask", "model": "emo-v1", "do": "reset"},
        {"/model": "no call of getTask names emo-v1; createVideoTask does"},
    ),
    "no such state": (
        {"status": "RUNING", "do": "reset"},
        {"/status": "Did you mean 'RUNNING'?"},
    ),
    "a state where no task is asked for": (
        {"operation": ["createVideoTask", "listTasks"], "status": "RUNNING", "do": "reset"},
        {"/status": "no call of createVideoTask, listTasks has a task id in its path"},
    ),
    "a count per task where no task is asked for": (
        {"operation": "detectFace", "per": "task", "do": "reset"},
        {"/per": "no call of detectFace has a task id in its path"},
    ),
    "a field of no body": (
        {"operation": "getTask", "body": {"/mine": 1}, "do": "reset"},
        {"/body": "no call of getTask has a body"},
    ),
    "misspelled field": (
        {"body": {"/input/img_url": "x"}, "do": "reset"},
        {"/body/~1input~1img_url": "Did you mean '/input/image_url'?"},
    ),
    "field in another place": (
        {"body": {"/image_url": "x"}, "do": "reset"},
        {"/body/~1image_url": "Did you mean '/input/image_url'?"},
    ),
    "misspelled object": (
        {"body": {"/inputs/audio_url": "x"}, "do": "reset"},
        {"/body/~1inputs~1audio_url": "Did you mean '/input'?"},
    ),
    "no pointer": ({"body": {"input": 1}, "do": "reset"}, {"/body": 'does not match "^/"'}),
    "misspelled word": (
        {"body": {"/mine": {"contain": "x"}}, "do": "reset"},
        {"/body/~1mine": "Did you mean 'contains'?"},
    ),
    "no text to contain": (
        {"body": {"/mine": {"contains": 5}}, "do": "reset"},
        {"/body/~1mine/contains": 'is not of type "string"'},
    ),
    "neither true nor false": (
        {"headers": {"X-A": {"exists": "no"}}, "do": "reset"},
        {"/headers/X-A": "does not fit: A text, {contains: TEXT}, or {exists: true or false}."},
    ),
    "two words": (
        {"body": {"/mine": {"contains": "x", "exists": True}}, "do": "reset"},
        {"/body/~1mine": "has more than 1 property"},
    ),
    "a header that is a number": (
        {"headers": {"X-Try": 2}, "do": "reset"},
        {"/headers/X-Try": "2 does not fit: A text"},
    ),
    "no name of a header": ({"headers": {"X Try": "2"}, "do": "reset"}, {"/headers": "X Try"}),
    "misspelled header": (
        {"headers": {"X-DashScope-Asinc": "enable"}, "do": "reset"},
        {"/headers/X-DashScope-Asinc": "Did you mean 'X-DashScope-Async'?"},
    ),
    "a window that ends first": (
        {"between": [2, 1], "do": "reset"},
        {"/between": "1 is not after 2"},
    ),
    "an empty window": ({"between": [1, 1], "do": "reset"}, {"/between": "1 is not after 1"}),
    "a window before": ({"between": [-1, 1], "do": "reset"}, {"/between/0": "minimum of 0"}),
    "half a window": ({"between": [1], "do": "reset"}, {"/between": "less than 2 items"}),
    "two counts": (
        {"first": 1, "nth": 2, "do": "reset"},
        {"": "give only one of first, nth, after, steps"},
    ),
    "a count of steps": (
        {"after": 1, "steps": [{"do": "reset"}]},
        {"": "give only one of first, nth, after, steps"},
    ),
    "a count of none": ({"first": 0, "do": "reset"}, {"/first": "minimum of 1"}),
    "half a count": ({"first": 1.5, "do": "reset"}, {"/first": 'not of type "integer"'}),
    "a step without end before another": (
        {"steps": [{"do": "reset"}, {"do": "normal"}]},
        {"/steps/0": "never ends"},
    ),
    "no end to begin again behind": (
        {"after": 2, "repeat": True, "do": "reset"},
        {"/repeat": "repeat needs an end"},
    ),
    "per what": ({"per": "key", "do": "reset"}, {"/per": '"task" was expected'}),
    "a date": (
        {"body": {"/mine": date(2026, 1, 2)}, "do": "reset"},
        {"/body/~1mine": "datetime.date(2026, 1, 2) is not JSON"},
    ),
    "infinity": ({"between": [0, float("inf")], "do": "reset"}, {"/between/1": "inf is not JSON"}),
    "nan": ({"body": {"/mine": float("nan")}, "do": "reset"}, {"/body/~1mine": "nan is not JSON"}),
    "a giant": (
        {"between": [10**400, None], "do": "reset"},
        {"/between/0": "is too large a number"},
    ),
    "half a surrogate": ({"do": "\ud800"}, {"/do": "'\\ud800' is not JSON"}),
    "a key that is a number": ({5: 1, "do": "reset"}, {"": "5 is not JSON"}),
    "too deep": (
        {"body": {"/mine": deep(DEEPEST)}, "do": "reset"},
        {"/body/~1mine" + "/0" * (DEEPEST - 3): f"nested more than {DEEPEST} deep"},
    ),
}


@each_case("rule, wrong", WRONG.values(), ids=WRONG)
def test_each_problem_is_reported_with_its_place_and_advice(
    rule: dict[str, Any], wrong: dict[str, str]
) -> None:
    found = dict(problems_of({"scenarios": [{"do": "reset"}, rule]}))
    assert list(found) == [f"/scenarios/1{pointer}" for pointer in wrong]
    for text, part in zip(found.values(), wrong.values(), strict=True):
        assert part in text


def test_all_problems_are_reported_at_once() -> None:
    rule = {"operation": "x", "model": "x", "status": "x", "between": [1, 1], "do": "x"}
    found = problems_of({"scenarios": [rule, rule], "variants": {"x": "y", "result-life": "4d"}})
    keys = ("operation", "model", "status", "between", "do")
    places = [f"/scenarios/{number}/{key}" for number in (0, 1) for key in keys]
    assert [place for place, _ in found] == [*places, "/variants/x", "/variants/result-life"]


def test_violations_of_the_schema_hide_all_other_problems() -> None:
    found = problems_of({"scenarios": [{"do": "x"}, {"do": 5}]})
    assert [place for place, _ in found] == ["/scenarios/1/do"]


def test_a_value_that_contains_itself_is_checked_in_bounds() -> None:
    found = problems_of({"scenarios": [{"do": "reset", "body": {"/mine": CYCLE}}]})
    assert 0 < len(found) < 100


@pytest.mark.parametrize("value", [None, 1, "reset", [], [{"do": "reset"}], b"", {1: 2}, ...])
def test_a_file_that_is_not_an_object_is_one_problem(value: Any) -> None:
    assert [place for place, _ in problems_of(value)] == [""]


def test_an_unknown_key_of_the_file_is_an_error() -> None:
    ((place, text),) = problems_of({"scenarois": []})
    assert (place, "Did you mean 'scenarios'?" in text) == ("", True)


def test_two_rules_cannot_have_the_same_name() -> None:
    same = {"name": "a", "do": "reset"}
    assert problems_of({"scenarios": [same, {"do": "reset"}, same]}) == [
        ("/scenarios/2/name", "'a' is the name of an earlier rule")
    ]
    assert problems_of({"scenarios": [{"name": "scenario 2", "do": "reset"}, {"do": "reset"}]})


@pytest.mark.parametrize(
    ("name", "choice", "text"),
    [("detector-rejection", "401", "there are 200, 400"), ("result-life", 4, "no choice '4'"),
     ("task-live", "end", "Did you mean 'task-life'?"),
     ("models", "retird", "Did you mean 'retired'?")],
)  # fmt: skip
def test_a_variant_that_does_not_exist_is_an_error(name: str, choice: Any, text: str) -> None:
    ((place, found),) = problems_of({"variants": {name: choice}})
    assert (place, text in found) == (f"/variants/{name}", True)


def test_a_choice_may_be_a_number_as_yaml_reads_it() -> None:
    found = compile_ruleset(SPEC, {"variants": {"detector-rejection": 400, "result-life": "24h"}})
    assert found.variants == {"detector-rejection": "400", "result-life": "24h"}


# Correct rules that look wrong: they match fields and headers that only the user's client sends.
RIGHT: list[dict[str, Any]] = [
    {"body": {"/mine": 1, "/input/x": 1, "/input/text": "a", "/parameters/seed": 1}},
    {"body": {"/input/face_bbox/0": 302, "/input/ext_bbox/3": 1, "/input/image_url/x": 1}},
    {"body": {"/input": {"a": 1}, "/mine": {"name": "x"}, "/input/prompt": None}},
    {"headers": {"X-DashScope-WorkSpace": "x", "X-DashScope-SSE": "y", "x-dashscope-ASYNC": "z"}},
    {"operation": ["createVideoTask", "getTask"], "status": "RUNNING", "model": "emo-v1"},
    {"operation": ["detectFace", "getTask"], "do": "InvalidFile.NoHuman"},
    {"between": [0.5, None]}, {"between": [0, 1e9]}, {"between": (1, 2)}, {"first": 1000000},
    {"name": "é" * 100}, {"steps": [{"times": 1, "do": "normal"}], "repeat": True},
    {"do": {"answer": "SUCCEEDED", "fault": "latency", "median": 1, "sigma": 0.1}},
    {"do": "latency=2"},
]  # fmt: skip


@each_case("rule", RIGHT)
def test_names_that_only_the_users_client_sends_are_accepted(rule: dict[str, Any]) -> None:
    do = {} if "do" in rule or "steps" in rule else {"do": "reset"}
    (made,) = compile_ruleset(SPEC, {"scenarios": [{**do, **rule}]}).rules
    assert made.name == rule.get("name", "scenario 1")


@each_case("outcome", [*SPEC.outcomes, *FAULTS, "normal"])
def test_a_rule_can_do_every_outcome_and_fault(outcome: str) -> None:
    (rule,) = compile_ruleset(SPEC, {"scenarios": [{"do": outcome}]}).rules
    assert rule.conditions.operations or outcome == "normal"


def test_the_id_of_a_rule_depends_on_its_content_and_its_source() -> None:
    def ident(rule: dict[str, Any], began: float | None) -> str:
        return compile_ruleset(SPEC, {"scenarios": [rule]}, began).rules[0].id

    rule = {"do": "reset", "first": 1}
    assert ident(rule, 1.0) == ident({"first": 1, "do": "reset"}, 2.0)
    assert len({ident(rule, 1.0), ident(rule, None), ident(rule | {"first": 2}, 1.0)}) == 3


def test_a_single_rule_or_a_list_of_rules_becomes_a_whole_file() -> None:
    rule, step = {"do": "reset"}, {"steps": [{"do": "reset"}]}
    assert complete_document(rule) == ({"scenarios": [rule]}, "/scenarios/0")
    assert complete_document(step) == ({"scenarios": [step]}, "/scenarios/0")
    assert complete_document([rule, step]) == ({"scenarios": [rule, step]}, "/scenarios")
    for whole in ({"scenarios": []}, {}, 1, None):
        assert complete_document(whole) == (whole, "")


def test_counts_become_steps() -> None:
    def steps(**rule: Any) -> list[tuple[str, int | None]]:
        (made,) = compile_ruleset(SPEC, {"scenarios": [{"do": "Throttling", **rule}]}).rules
        return [
            (step.action.outcome if step.action else "others", step.times) for step in made.steps
        ]

    assert steps() == [("Throttling", None)]
    assert steps(first=2) == [("Throttling", 2)]
    assert steps(nth=1) == [("Throttling", 1)]
    assert steps(nth=3) == [("others", 2), ("Throttling", 1)]
    assert steps(after=3) == [("others", 3), ("Throttling", None)]
    assert Step(None, 2).operations == ()


def test_the_json_schema_of_scenarios_is_valid_and_describes_each_key() -> None:
    schema = json.loads(Path(SCHEMA).read_text("utf-8"))
    jsonschema_rs.meta.validate(schema)
    properties = schema["$defs"]["rule"]["properties"]
    assert all("description" in node for key, node in properties.items() if key != "do")


@pytest.mark.parametrize(
    ("rule", "place"),
    [({"headers": {f"k{i}": 1 for i in range(20_000)}, "do": "reset"}, "/scenarios/0/headers"),
     ({"operation": "getTask", "steps": [{"do": 1}] * 20_000}, "/scenarios/0/steps")],
    ids=["headers", "steps"],
)  # fmt: skip
def test_a_rule_with_too_many_entries_is_refused_before_its_validation(
    rule: dict[str, Any], place: str
) -> None:
    (found,) = schema_problems({"scenarios": [rule]})
    assert found == (place, "has 20000 entries; at most 1000 are allowed")


def test_validation_stops_after_the_first_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Any] = []
    errors = rule_schema._Validator.errors
    monkeypatch.setattr(
        rule_schema._Validator, "errors", lambda *args: looked.append(args[-1]) or errors(*args)
    )
    found = list(schema_problems({"scenarios": [{"doo": 1}] * 1000}))
    assert len(found) == MOST_PROBLEMS
    assert len(looked) <= MOST_PROBLEMS + 1


@pytest.mark.parametrize(
    "rules",
    [{"scenarios": [{"do": "reset", "operation": [f"getTas{n}" for n in range(3000)]}]},
     {"variants": {f"unknown-mode{n}": "404" for n in range(3000)}},
     {"scenarios": [{"do": "reset", "body": {f"/input/image_ur{n}": 1 for n in range(3000)}}]},
     {"scenarios": [{"do": "reset", "model": "e" * 100_000}]}],
    ids=["operations", "variants", "fields", "a long model"],
)  # fmt: skip
def test_the_report_of_many_or_long_mistakes_is_bounded(spec: Spec, rules: Any) -> None:
    found = problems(spec, rules)
    assert 1 <= len(found) <= MOST_PROBLEMS
    assert sum(len(problem.text) for problem in found) < 20_000
