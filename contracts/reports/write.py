"""Renders and writes reports. Each report is a function from the record of a run to text: the same
events make the same bytes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager

from msgspec import Struct

from contracts.files.whole_file import check, path_of, write
from contracts.reports.as_json import as_json
from contracts.reports.html import as_html
from contracts.reports.junit import as_junit
from contracts.reports.run import RunRecord
from contracts.reports.sarif import as_sarif
from contracts.reports.text import as_text
from contracts.verify.events import Event, Started

REPORTS: dict[str, Callable[[RunRecord], str]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
    "sarif": as_sarif,
    "html": as_html,
}
ENDINGS = {
    ".txt": "text", ".json": "json", ".xml": "junit", ".sarif": "sarif", ".sarif.json": "sarif",
    ".html": "html", ".htm": "html",
}  # fmt: skip
STDOUT = "-"


class UnknownReport(Exception):
    """No report has this name or file ending. The message lists the reports."""


class Target(Struct, frozen=True):
    """A report to write. report: a name in REPORTS. file: a path, or STDOUT for the standard
    output."""

    report: str
    file: str

    @classmethod
    def of(cls, text: str) -> Target:
        """Parse `REPORT=FILE`, a FILE with the ending of a report, or a REPORT, which is written to
        the standard output. Raises UnknownReport."""
        name, equals, file = text.partition("=")
        file = STDOUT if file == "/dev/stdout" else file
        if equals and name in REPORTS and file:
            return cls(name, file)
        if text in REPORTS:
            return cls(text, STDOUT)
        lower = text.lower()
        for ending in sorted(ENDINGS, key=len, reverse=True):
            if lower.endswith(ending):
                return cls(ENDINGS[ending], text)
        known = ", ".join(REPORTS)
        endings = ", ".join(ENDINGS)
        raise UnknownReport(
            f"{text!r} is not a report: give FORM or FORM=FILE, where FORM is one of {known}, "
            f"or a FILE that ends in one of {endings}"
        )


def render(report: str, events: Iterable[Event]) -> str:
    """The text of a report. Raises KeyError for an unknown name, and ValueError if the first event
    is not Started."""
    return REPORTS[report](RunRecord.of(events))


@contextmanager
def open_reports(targets: Iterable[Target]) -> Iterator[Callable[[Event], None]]:
    """A function that collects events. The reports are written when the block ends, also after an
    error, if the run had started. A file that cannot be written raises OSError before the block, so
    that a long run does not lose its report."""
    targets = list(targets)
    for target in targets:
        if target.file != STDOUT:
            check(path_of(target.file))
    events: list[Event] = []
    try:
        yield events.append
    finally:
        if events and isinstance(events[0], Started):
            run = RunRecord.of(events)
            with ExitStack() as stack:  # an error in one does not stop the others
                for target in reversed(targets):
                    stack.callback(_write, target, run)


def _write(target: Target, run: RunRecord) -> None:
    text = REPORTS[target.report](run)
    if target.file == STDOUT:
        if sys.stdout is not None:  # None: it was closed
            sys.stdout.write(text)
    else:
        write(path_of(target.file), text)
