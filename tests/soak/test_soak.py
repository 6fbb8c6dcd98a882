"""The soak can fail: it finds leaks, wrong answers and unexpected output."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from soak.__main__ import report, soak
from soak.found import KEPT_FAILURES, Findings
from soak.limits import LIMITS, judge
from soak.programs import EXPECTED
from soak.run import Plan
from tests.helpers.cases import each_case

PLANTED = Path(__file__).with_name("planted.py")


@pytest.fixture
def within() -> dict[str, float]:
    """A value within each limit."""
    return {name: max(limit.least, 0.0) for name, limit in LIMITS.items()}


@each_case("name", LIMITS)
def test_a_value_beyond_its_limit_is_reported(name: str, within: dict[str, float]) -> None:
    limit = LIMITS[name]
    beyond = limit.least - 1 if limit.least else limit.most + 1
    assert all(line.holds for line in judge(within))
    broken = [line for line in judge({**within, name: beyond}) if not line.holds]
    assert [line.limit for line in broken] == [limit]
    assert str(broken[0]).startswith(f"BROKEN {limit.name}: ")


@each_case("name", LIMITS)
def test_a_value_that_was_not_measured_is_reported(name: str, within: dict[str, float]) -> None:
    measured = {other: value for other, value in within.items() if other != name}
    assert ["not measured" in str(line) for line in judge(measured) if not line.holds] == [True]


def test_every_failure_is_counted_and_few_are_kept() -> None:
    found = Findings()
    for number in range(3 * KEPT_FAILURES):
        found.fail("a client", f"is {'very ' * number}sad after {number} s")
        found.fail("a client", f"waited {number} s")
    assert found.measured()["failures"] == 6 * KEPT_FAILURES
    assert found.failures["a client: waited 0 s"] == 3 * KEPT_FAILURES
    assert len(found.failures) == KEPT_FAILURES + 1


@pytest.mark.parametrize(
    "line", ["Traceback (most recent call last):", "emo: the log is full", "ValueError: x"]
)
def test_an_error_line_of_a_program_is_unexpected(line: str) -> None:
    assert not EXPECTED.match(line)


def test_an_interrupted_soak_reports_its_failures(capsys: pytest.CaptureFixture[str]) -> None:
    found = Findings()
    found.fail("talker", "expected 200 but got 500")
    assert report(found, whole=False) == 1
    assert "FAILED 1 times: talker: expected 200 but got 500" in capsys.readouterr().out


def test_a_program_that_does_not_start_is_a_failure_with_its_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken = (sys.executable, "-c", "raise SystemExit('no port is free')")
    assert soak(Plan(seconds=3, programs=("fake",), serve=broken)) == 1
    assert "fake did not start:\nno port is free" in capsys.readouterr().out


def test_a_soak_finds_a_leak_an_unexpected_500_and_a_line_on_stderr(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    growth = LIMITS["fake growth"]._replace(most=20)  # exceeded after 40 calls
    monkeypatch.setitem(LIMITS, "fake growth", growth)
    serve = (sys.executable, str(PLANTED), "{port}")
    plan = Plan(seconds=3, attacks=("a busy neighbour",), programs=("fake",), serve=serve)
    assert soak(plan) == 1
    printed = capsys.readouterr().out
    assert "talker 1: WrongAnswer: expected 200 but got 500" in printed
    assert "fake: printed 'a list went wrong'" in printed
    assert "BROKEN growth of the fake after warm-up" in printed
    assert "BROKEN wrong answers" in printed
