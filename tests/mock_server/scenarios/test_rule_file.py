"""A scenario file is read again when it changes; its mistakes have line and column."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from contracts.spec.loader import Spec
from mock_server import InProcess, Settings, create_app
from mock_server.scenarios.rule_file import RulesFile, ScenarioError, compiled
from tests.helpers.cases import each_case
from tests.helpers.fake import EPOCH

BUSY = "scenarios:\n  - {name: busy, operation: createVideoTask, first: 2, do: Throttling}\n"


def names(rules: RulesFile, real: float) -> list[str]:
    return [rule.name for rule in rules(real).rules]


def test_a_changed_file_is_read_again(spec: Spec, tmp_path: Path) -> None:
    path, notices = tmp_path / "s.yaml", []
    path.write_text(BUSY)
    rules = RulesFile(spec, str(path), notices.append)
    assert names(rules, 0.0) == ["busy"]
    path.write_text(BUSY.replace("busy", "calmer now"))
    assert names(rules, 0.1) == ["busy"]  # not every call checks the file
    assert names(rules, 1.0) == ["calmer now"]
    assert notices == [f"{path} was read again: 1 scenarios"]


def test_who_is_notified_of_a_changed_file_may_call_the_fake(spec: Spec, tmp_path: Path) -> None:
    path, clock, shown = tmp_path / "s.yaml", [EPOCH], []
    path.write_text(BUSY)
    settings = Settings(scenario=str(path))
    app = create_app(
        settings, spec=spec, real=lambda: clock[0],
        notify=lambda _: shown.append(fake.get("/__mock__/scenarios").json()["file"][0]["name"]),
    )  # fmt: skip
    auth = {"Authorization": "Bearer sk-test"}
    fake = httpx.Client(transport=InProcess(app), base_url="http://127.0.0.1", headers=auth)
    for name, call in [("poll", "/api/v1/tasks/x"), ("clock", "/__mock__/clock")]:
        path.write_text(BUSY.replace("busy", name))
        clock[0] += 1
        assert fake.get(call).status_code == 200
    assert shown == ["poll", "clock"]


@pytest.mark.parametrize("where", ["", " "])
def test_an_empty_setting_is_refused(spec: Spec, where: str) -> None:
    with pytest.raises(ScenarioError, match="is empty: give a file, or YAML like"):
        RulesFile(spec, where)


@pytest.mark.parametrize("text", ["scenarios: [", "scenarios: 3", "\x00", "scenarios:\n- {do: no}"])
def test_a_file_that_becomes_invalid_keeps_the_earlier_rules(
    spec: Spec, tmp_path: Path, text: str
) -> None:
    path, notices = tmp_path / "s.yaml", []
    path.write_text(BUSY)
    rules = RulesFile(spec, str(path), notices.append)
    path.write_text(text)
    assert names(rules, 1.0) == ["busy"]
    assert "the earlier scenarios stay" in notices[0]
    assert rules.problem
    path.write_text(BUSY.replace("busy", "well again"))
    assert names(rules, 2.0) == ["well again"]
    assert rules.problem == ""


def test_a_deleted_file_keeps_the_earlier_rules(spec: Spec, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(BUSY)
    rules = RulesFile(spec, str(path))
    path.unlink()
    assert names(rules, 1.0) == ["busy"]
    assert "cannot be read" in rules.problem


def test_a_missing_file_is_refused(spec: Spec, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"none\.yaml cannot be read: .*No such file"):
        RulesFile(spec, str(tmp_path / "none.yaml"))


@pytest.mark.parametrize(
    "text",
    [
        "{operation: createVideoTask, do: reset}",
        "- {operation: createVideoTask, do: reset}",
        "[{operation: createVideoTask, do: reset}]",
        "scenarios:\n  - operation: createVideoTask\n    do: reset\n",
        " {scenarios: [{operation: createVideoTask, do: reset}]}",
    ],
)
def test_scenarios_can_be_given_on_the_command_line(spec: Spec, text: str) -> None:
    assert [rule.conditions.operations for rule in RulesFile(spec, text)(0.0).rules] == [
        ("createVideoTask",)
    ]


@each_case(
    "text, message",
    [
        ("a: [b", "f:2:1: did not find expected"),
        ("scenarios:\n  - {operation: getTsk, do: reset}", "f:2:17: /scenarios/0/operation: no op"),
        ("- do: reset\n  frist: 2", "f:1:3: /0: Additional properties are not allowed"),
        ("- do: reset\n  frist: 2", "Did you mean 'first'?"),
        ("{do: Throttlin}", "f:1:6: /do: no scenario 'Throttlin'; did you mean 'Throttling'"),
        ("{do: reset, on: getTask}", "the key 'on' is not a text; put it in quotes"),
        ("{do: reset, do: close}", "f:1:1: the key 'do' is given twice"),
        ("variants: {modls: retired}", "f:1:19: /variants/modls: no variant 'modls'"),
        ("{operation: listTasks, do: pass}", "listTasks cannot answer pass; detectFace can"),
        ("{do: reset, between: [20, 10]}", "f:1:22: /between: 10 is not after 20"),
        ("{do: latency=fast}", "latency: seconds must be a number"),
        ("3", "f:1:1: 3 is not of type"),
        ("{do: reset, body: {/input/imag_url: x}}", "Did you mean '/input/image_url'?"),
        ("{do: reset, status: RUNING}", "Did you mean 'RUNNING'?"),
        ("{do: reset, model: emo-v2}", "no model 'emo-v2'"),
        ("{do: reset, first: 1, nth: 2}", "give only one of first, nth, after, steps"),
        ("{do: reset, repeat: true}", "repeat needs an end"),
        ("{do: 2025-01-01}", "f:1:6: /do: '2025-01-01' is not a text"),
        ("&a [*a]", "f:1:1: its YAML aliases make a value hold itself"),
        ("{do: .nan}", "f:1:6: /do: '.nan' is not a text, number or boolean"),
        ("{do: reset, ? [a] : b}", "is not a text; put it in quotes"),
        ("!mine [{do: reset}]", "f:1:1: the tag '!mine' cannot be used here"),
        ("- !mine {do: reset}", "f:1:3: /0: the tag '!mine' cannot be used here"),
        ("!!set {do}", "f:1:1: the tag 'set' cannot be used here"),
        ("!!python/object/apply:os.getcwd []", "the tag 'python/object/apply:os.getcwd'"),
    ],
)
def test_a_mistake_has_its_line_and_column(spec: Spec, text: str, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        compiled(spec, text, "f")
    assert message in str(caught.value)


def test_all_mistakes_are_reported_at_once(spec: Spec) -> None:
    with pytest.raises(ScenarioError) as caught:
        compiled(spec, "- {operation: x, do: reset}\n- {do: y}\n", "f")
    lines = str(caught.value).splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["f:1:15", "f:2:8"]


def test_an_empty_file_has_no_scenarios(spec: Spec) -> None:
    assert compiled(spec, "", "f").rules == ()


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1500 + "]" * 1500,
        "- " * 3000 + "x",
        "[" * 100 + "]" * 100,
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "\n".join(
            f"{b}: &{b} [{','.join(['*' + a] * 9)}]"
            for a, b in zip("abcdefg", "bcdefgh", strict=False)
        ),
    ],
    ids=["deep", "deep blocks", "deeper than any rule", "aliases of aliases"],
)
def test_a_file_that_would_take_very_long_is_refused_at_once(spec: Spec, text: str) -> None:
    with pytest.raises(ScenarioError, match=r"\Af:.+\Z"):  # one line that names the file
        compiled(spec, text, "f")
