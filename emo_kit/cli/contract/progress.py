"""Prints a run of the checks: the progress on stderr, as a bar on a terminal and elsewhere as a
line for each check; then the result on stdout, with the reason of each failure and a summary."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

from contracts.reports.formatting import title
from contracts.reports.run import RunRecord
from contracts.reports.text import COLUMNS, outlook, result, row
from contracts.text.printable import in_line
from contracts.verify.events import CheckEnded, CheckStarted, Ended, Event, Started
from emo_kit.cli.output import print_block, print_line, print_styled, styled

if TYPE_CHECKING:
    from rich.console import JustifyMethod
    from rich.progress import Progress as Bar

WIDE = 110  # characters in a line of a terminal that has room for all columns
STYLES = {"passed": "green", "failed": "bold red", "accepted": "yellow", "skipped": "yellow"}


class VerifyProgress:
    """Prints the events of one run. After an interrupted run, __exit__ prints the result so far.
    is_stdout_taken: a report goes to stdout, so the result goes to stderr."""

    def __init__(self, *, is_stdout_taken: bool = False) -> None:
        self._events: list[Event] = []
        self._is_stdout_taken = is_stdout_taken
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stop()
        if self._events and not isinstance(self._events[-1], Ended):
            self._conclude()

    def take(self, event: Event) -> None:
        """Print an event."""
        self._events.append(event)
        match event:
            case Started():
                self._begin(RunRecord(event))
            case CheckStarted():
                self._describe(in_line(event.claim.title))
            case CheckEnded():
                self._end(event)
            case Ended():
                self._stop()
                self._conclude()

    def _begin(self, run: RunRecord) -> None:
        print_line(outlook(run), err=True)
        if sys.stderr is not None and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
            from rich.progress import Progress as Bar

            columns = SpinnerColumn(), MofNCompleteColumn(), BarColumn(bar_width=24)
            text = TextColumn("{task.description}", markup=False)
            console = Console(stderr=True, highlight=False)
            self._bar = Bar(*columns, text, console=console, transient=True)
            self._bar.add_task("", total=len(run.started.claims))
            self._bar.start()

    def _describe(self, text: str) -> None:
        if self._bar:
            self._bar.update(self._bar.task_ids[0], description=text)

    def _end(self, check: CheckEnded) -> None:
        if self._bar:
            self._bar.advance(self._bar.task_ids[0])
        elif check.result != "skipped":  # printed at the end, grouped by reason
            print_line(f"{check.result:<8}  {check.claim.id}: {title(check)}", err=True)

    def _stop(self) -> None:
        if self._bar:
            self._bar.stop()
            self._bar = None

    def _conclude(self) -> None:
        run = RunRecord.of(self._events)
        stream = sys.stderr if self._is_stdout_taken else sys.stdout
        if stream is not None and stream.isatty():  # None for a closed stream
            _print_table(run, is_stderr=self._is_stdout_taken)
        print_block("\n\n".join(result(run)), err=self._is_stdout_taken)


def _print_table(run: RunRecord, *, is_stderr: bool) -> None:
    """Print a table of the checks that ran. A narrow terminal gets fewer columns than a report."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(stderr=is_stderr, highlight=False)
    shown = COLUMNS if console.width >= WIDE else ("result", "check", "title")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in shown:
        side: JustifyMethod = "right" if name == "seconds" else "left"
        table.add_column(name, justify=side, no_wrap=name != "title")
    for check in run.with_result("passed", "failed", "accepted"):
        cells = dict(zip(COLUMNS, row(check), strict=True))
        styles = {"result": STYLES[check.result]}
        table.add_row(*(styled(cells[name], styles.get(name, "")) for name in shown))
    print_styled(console, table)
