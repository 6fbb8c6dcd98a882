"""How `emo contract verify` shows a run while it goes: on a terminal and elsewhere, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from io import StringIO

import pytest
from support_reports import HOSTILE, ROOT, hostile, mixed, run_of
from test_architecture import HEAVY, imports
from test_architecture import ROOT as REPOSITORY

from contracts.events import Event
from contracts.reports.words import in_line
from mock_server.cli.contract.progress import Progress

Show = Callable[[Iterable[Event]], str]
SUM = "1 passed, 2 failed, 1 skipped in 3.1 s; 0.00 CNY spent"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(params=["terminal", "file"])
def show(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Show:
    """What is written to stderr for the events."""
    return shower(monkeypatch, Terminal() if request.param == "terminal" else StringIO())


def shower(monkeypatch: pytest.MonkeyPatch, stream: StringIO, width: int = 140) -> Show:
    def show(events: Iterable[Event]) -> str:
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setattr(sys, "stderr", stream)
        with Progress() as progress:
            for event in events:
                progress.take(event)
        return stream.getvalue()

    return show


def test_a_run_ends_with_its_failures_and_its_sum(
    show: Show, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = show(mixed())
    assert f"4 checks of {ROOT}, at most 1.1144 CNY" in shown
    assert shown.index("FAILED keys.wrong") < shown.index("FAILED unknown.foreign")
    assert "curl -sS" in shown
    assert shown.splitlines()[-1] == SUM
    assert capsys.readouterr().out == ""


def test_every_check_is_shown_once_with_its_result_and_a_skip_with_why(show: Show) -> None:
    before = show(mixed()).split("FAILED ")[0].splitlines()
    told = {"keys.missing": "passed", "keys.wrong": "failed", "story.paid": "skipped"}
    for id, result in told.items():
        [row] = [line for line in before if id in line]
        assert result in row
        assert ("its calls may be charged for" in row) == (result == "skipped")


def test_a_run_that_is_cut_off_says_how_far_it_came(show: Show) -> None:
    shown = show(mixed()[:4])
    assert shown.splitlines()[-1].endswith("cut off during keys.wrong, 3 of 4 not done")


def test_a_run_that_never_began_shows_nothing(show: Show) -> None:
    assert show([]) == ""


def test_a_run_without_checks_is_shown(show: Show) -> None:
    assert "0 passed, 0 failed, 0 skipped" in show(run_of([]))


def test_elsewhere_than_on_a_terminal_there_are_plain_lines_as_they_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = StringIO()
    show = shower(monkeypatch, stream)
    shown = show(event for event in mixed()[:3])
    assert "passed   keys.missing: A call without a key is refused.\n" in shown
    assert not {"\x1b", "\0", "\u202e", "\f"} & set(show(hostile()))


def test_a_terminal_gets_no_escape_of_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = shower(monkeypatch, Terminal())(hostile())
    assert in_line(HOSTILE)[:40] in shown
    assert "\x1b[31m\0" not in shown
    assert not {"\0", "\u202e", "\f"} & set(shown)


def test_on_a_terminal_there_is_a_bar_and_then_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = shower(monkeypatch, Terminal())(mixed())
    assert "0/4" in shown
    table = shown[shown.index("evidence") :]
    assert "keys.missing" in table


def test_on_a_narrow_terminal_the_table_keeps_to_what_matters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = shower(monkeypatch, Terminal(), width=80)(mixed())
    table = shown[: shown.index("FAILED")]
    assert "keys.missing" in table
    assert "captured" not in table
    [row] = [line for line in table.splitlines() if "keys.missing" in line]
    assert "A call without a key is refused." in row


def test_the_module_loads_rich_only_when_it_shows_something() -> None:
    path = REPOSITORY / "mock_server" / "cli" / "contract" / "progress.py"
    assert not {used.split(".")[0] for used in imports(path, top_level_only=True)} & HEAVY
