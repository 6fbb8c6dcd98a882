"""The output of `emo contract verify`: progress on stderr, the result on stdout, on a terminal and
elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from io import StringIO

import pytest

from contracts.text.printable import in_line
from contracts.verify.events import Event
from emo_kit.cli.contract.progress import VerifyProgress
from tests.helpers.reports import HOSTILE, ROOT, claim, ended, hostile, mixed, run_of
from tests.test_architecture import HEAVY, third_party
from tests.test_architecture import ROOT as REPOSITORY

Show = Callable[[Iterable[Event]], tuple[str, str]]
SUM = "1 passed, 2 failed, 1 skipped in 3.1 s; 0.00 CNY spent"
SKIPPED = "SKIPPED story.paid: its calls may be charged for; --budget says how much it may be"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(params=["terminal", "file"])
def show(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Show:
    """Shows the events; returns the texts of stderr and stdout."""
    return shower(monkeypatch, Terminal if request.param == "terminal" else StringIO)


def shower(
    monkeypatch: pytest.MonkeyPatch, stream: type[StringIO], width: int = 140, **options: bool
) -> Show:
    def show(events: Iterable[Event]) -> tuple[str, str]:
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", str(width))
        err, out = stream(), stream()
        monkeypatch.setattr(sys, "stderr", err)
        monkeypatch.setattr(sys, "stdout", out)
        with VerifyProgress(**options) as progress:
            for event in events:
                progress.take(event)
        return err.getvalue(), out.getvalue()

    return show


def test_the_result_on_stdout_has_failures_skipped_checks_and_totals(show: Show) -> None:
    progress, result = show(mixed())
    assert f"4 checks of {ROOT}, at most 1.1144 CNY" in progress
    assert result.index("FAILED keys.wrong") < result.index("FAILED unknown.foreign")
    assert "curl -sS" in result
    assert result.splitlines()[-3:] == [SKIPPED, "", SUM]
    assert "FAILED" not in progress


@pytest.mark.parametrize("stream", [StringIO, Terminal])
def test_nothing_else_is_written_to_stdout_if_a_report_is(
    monkeypatch: pytest.MonkeyPatch, stream: type[StringIO]
) -> None:
    progress, result = shower(monkeypatch, stream, is_stdout_taken=True)(mixed())
    assert progress.splitlines()[-1] == SUM
    assert result == ""


def test_skipped_checks_are_counted_for_each_reason(show: Show) -> None:
    names = [f"story.{number}" for number in range(30)]
    checks = [ended(name, "skipped", claim=claim(name)) for name in names]
    result = show(run_of([ended(), *checks, ended("a.b", "skipped", why="no other key")]))[1]
    assert [line for line in result.splitlines() if "SKIPPED" in line] == [
        "SKIPPED 30 checks: its calls may be charged for; --budget says how much it may be",
        "SKIPPED a.b: no other key",
    ]


def test_the_totals_of_a_run_against_a_fake_have_the_saved_cost(show: Show) -> None:
    paid = ended("story.paid", claim=claim("story.paid", cost=1.2), spent=1.1344)
    progress, result = show(run_of([paid], free=True))
    assert result.splitlines()[-1].endswith("; would have cost 1.1344 CNY")
    assert "CNY" not in progress


def test_a_check_with_an_accepted_difference_is_one_line(show: Show) -> None:
    check = ended("a.b", "accepted", why="below --fail-on error")
    result = show(run_of([check]))[1]
    assert "ACCEPTED a.b (error), below --fail-on error" in result
    assert "0 passed, 0 failed, 1 accepted, 0 skipped" in result


def test_the_totals_of_an_interrupted_run_name_the_check(show: Show) -> None:
    result = show(mixed()[:4])[1]
    assert result.splitlines()[-1].endswith("interrupted during keys.wrong, 3 of 4 checks not run")


def test_a_run_that_did_not_start_shows_nothing(show: Show) -> None:
    assert show([]) == ("", "")


def test_a_run_without_checks_says_so(show: Show) -> None:
    assert "No check ran: 0 passed, 0 failed, 0 skipped" in show(run_of([]))[1]


def test_without_a_terminal_progress_is_plain_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    show = shower(monkeypatch, StringIO)
    shown = show(event for event in mixed()[:3])[0]
    assert "passed    keys.missing: A call without a key is refused.\n" in shown
    assert not {"\x1b", "\0", "\u202e", "\f"} & set("".join(show(hostile())))


def test_escape_sequences_of_a_provider_do_not_reach_the_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = "".join(shower(monkeypatch, Terminal)(hostile()))
    assert in_line(HOSTILE)[:40] in shown
    assert "\x1b[31m\0" not in shown
    assert not {"\0", "\u202e", "\f"} & set(shown)


def test_a_terminal_shows_a_progress_bar_and_then_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    progress, result = shower(monkeypatch, Terminal)(mixed())
    assert "0/4" in progress
    table = result[result.index("evidence") : result.index("FAILED ")]
    assert ("keys.missing" in table, "story.paid" in table) == (True, False)


def test_a_narrow_terminal_shows_fewer_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = shower(monkeypatch, Terminal, width=80)(mixed())[1]
    table = result[: result.index("FAILED")]
    assert "keys.missing" in table
    assert "captured" not in table
    [row] = [line for line in table.splitlines() if "keys.missing" in line]
    assert "A call without a key is refused." in row


def test_the_module_imports_rich_only_when_it_is_needed() -> None:
    path = REPOSITORY / "emo_kit" / "cli" / "contract" / "progress.py"
    assert not third_party(path) & HEAVY
