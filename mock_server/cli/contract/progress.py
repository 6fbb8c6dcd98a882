"""How a run of the checks is shown while it goes, on stderr: on a terminal a bar and then a table,
elsewhere a line for each check; then why checks failed, and a line that sums up."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

import click

from contracts.events import CheckEnded, CheckStarted, Ended, Event, Started
from contracts.reports.run import Run
from contracts.reports.text import COLUMNS, failure, outlook, row
from contracts.reports.words import in_line, summary

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod
    from rich.progress import Progress as Bar

WIDE = 110  # characters of a terminal on which all columns find room
STYLES = {"passed": "green", "failed": "bold red", "skipped": "yellow"}


class Progress:
    """Takes the events of one run. Where the run is cut off, leaving says how far it came."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._console: Console | None = None
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console

            self._console = Console(stderr=True, highlight=False)
        return self

    def __exit__(self, *error: object) -> None:
        self._stop()
        if self._events and not isinstance(self._events[-1], Ended):
            self._conclude()

    def take(self, event: Event) -> None:
        """Show what happened."""
        self._events.append(event)
        match event:
            case Started():
                self._begin(Run(event))
            case CheckStarted():
                self._describe(in_line(event.claim.title))
            case CheckEnded():
                self._end(event)
            case Ended():
                self._stop()
                self._conclude()

    def _begin(self, run: Run) -> None:
        _say(outlook(run))
        if self._console:
            from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
            from rich.progress import Progress as Bar

            columns = SpinnerColumn(), MofNCompleteColumn(), BarColumn(bar_width=24)
            text = TextColumn("{task.description}", markup=False)
            self._bar = Bar(*columns, text, console=self._console, transient=True)
            self._bar.add_task("", total=len(run.started.claims))
            self._bar.start()

    def _describe(self, text: str) -> None:
        if self._bar:
            self._bar.update(self._bar.task_ids[0], description=text)

    def _end(self, check: CheckEnded) -> None:
        if self._bar:
            self._bar.advance(self._bar.task_ids[0])
        else:
            why = f" ({in_line(check.why)})" if check.why else ""
            _say(f"{check.result:<7}  {in_line(check.claim.id)}: {in_line(check.claim.title)}{why}")

    def _stop(self) -> None:
        if self._bar:
            self._bar.stop()
            self._bar = None

    def _conclude(self) -> None:
        run = Run.of(self._events)
        if self._console:
            _print_table(self._console, run)
        for check in run.that("failed"):
            _say(f"\n{failure(check)}")
        _say(f"\n{summary(run)}")


def _say(text: str) -> None:
    click.echo(text, err=True)


def _print_table(console: Console, run: Run) -> None:
    """Every check, a skipped one with the reason; what finds no room is in the reports."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = COLUMNS if console.width >= WIDE else ("result", "check", "title")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in shown:
        side: JustifyMethod = "right" if name == "seconds" else "left"
        table.add_column(name, justify=side, no_wrap=name != "title")
    for check in run.checks:
        cells = dict(zip(COLUMNS, row(check), strict=True))
        if check.why:
            cells["title"] += f" ({in_line(check.why)})"
        styles = {"result": STYLES[check.result]}
        table.add_row(*(Text(cells[name], styles.get(name, "")) for name in shown))
    console.print(table)
