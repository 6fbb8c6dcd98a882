"""`emo contract drift`: its report, its exit codes, and errors for invalid files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from contracts.recordings import RecordedExchange, save
from contracts.spec.loader import Spec
from emo_kit.cli.main import cli
from tests.helpers.cassette import CASSETTES, cassette_of, life_of, poll_of
from tests.helpers.cli import emo


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["contract", "drift", *arguments], standalone_mode=False)


@pytest.fixture
def drifted(spec: Spec, tmp_path: Path) -> str:
    """A recording with one missing field and one new field."""
    cassette = life_of(spec, "PENDING")
    answer = cassette.timelines[0].states[0].answer
    answer.output["progress\x1b[31m"] = 5
    del answer.value["request_id"]
    save(tmp_path / "drifted.json", cassette)
    return str(tmp_path / "drifted.json")


def test_recordings_without_drift_print_one_line_and_exit_0() -> None:
    names = ("fake.json", "browser.har", "vcr.yaml")
    result = emo("contract", "drift", *(str(CASSETTES / name) for name in names))
    assert result.returncode == 0, result.stderr
    assert result.stdout == "28 answers and 7 tasks against spec 2026-11-22: no difference\n"


def test_a_difference_is_printed_with_its_place_and_both_values(drifted: str) -> None:
    result = run(drifted)
    assert result.return_value == 1
    assert result.output.startswith(
        "BREAKING field missing: getTask 200 PENDING /request_id\n"
        '  "request_id" is a required property\n'
        "  recorded    -\n"
        '  spec        "string"\n'
        f"  first at {drifted}#/timelines/0/states/0\n\n"
    )
    assert "/output/progress\\x1b[31m" in result.output, "as nothing that a terminal acts on"
    assert result.output.splitlines()[-1].endswith(": 1 breaking, 1 additive, 8 cosmetic")


@pytest.mark.parametrize(
    ("options", "code"),
    [([], 1), (["--fail-on", "additive"], 1), (["--fail-on", "cosmetic"], 1)],
)
def test_a_breaking_difference_fails_with_every_fail_on(
    drifted: str, options: list[str], code: int
) -> None:
    assert run(drifted, *options).return_value == code


def test_fail_on_selects_the_differences_that_fail(spec: Spec, tmp_path: Path) -> None:
    cassette = life_of(spec, "PENDING")
    cassette.timelines[0].states[0].answer.output["progress"] = 5
    save(tmp_path / "c.json", cassette)
    codes = [
        run(str(tmp_path / "c.json"), "--fail-on", weight).return_value
        for weight in ("breaking", "additive", "cosmetic")
    ]
    assert codes == [0, 1, 1]


def test_drift_prints_json(drifted: str) -> None:
    report = json.loads(run(drifted, "--format", "json").output)
    first = report["differences"][0]
    assert (first["weight"], first["kind"], first["pointer"], first["first"]) == (
        "breaking",
        "field missing",
        "/request_id",
        f"{drifted}#/timelines/0/states/0",
    )
    assert (report["answers"], report["tasks"], report["files"]) == (2, 1, [drifted])


def test_calls_without_an_answer_are_counted(spec: Spec, tmp_path: Path) -> None:
    save(
        tmp_path / "c.json",
        cassette_of(RecordedExchange(poll_of(), 0.0, note="no answer: refused")),
    )
    assert run(str(tmp_path / "c.json")).output == (
        "0 answers and 0 tasks, 1 call without an answer against spec 2026-11-22: no difference\n"
    )


def test_a_recording_of_another_service_exits_2(tmp_path: Path) -> None:
    save(tmp_path / "c.json", replace(cassette_of(), notes=("3 calls were left out",)))
    result = emo("contract", "drift", str(tmp_path / "c.json"))
    assert result.returncode == 2
    assert "c.json: holds no call of DashScope's API; 3 calls were left out" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument 'CASSETTES...'"),
        (["no-such-file"], "'no-such-file' does not exist"),
        ([str(CASSETTES.parents[1] / "conftest.py")], "conftest.py: is not YAML: "),
        ([str(CASSETTES / "fake.json"), "--band", "0.5"], "--band 0.5 must be 1 or more"),
        ([str(CASSETTES / "fake.json"), "--fail-on", "braking"], "Did you mean 'breaking'?"),
    ],
)
def test_wrong_usage_of_drift_exits_2_with_the_reason(arguments: list[str], said: str) -> None:
    result = emo("contract", "drift", *arguments)
    assert result.returncode == 2, result.stderr
    assert said in result.stderr
    assert "Traceback" not in result.stderr
