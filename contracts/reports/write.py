"""Reports of a run, each a function of its events to text. A report decides nothing and asks for
nothing: the same events give the same bytes."""

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
    """A report was asked for that there is not. Its text says which there are."""


class Target(Struct, frozen=True):
    """A report to write: a name of REPORTS, and a file, STDOUT for the standard output."""

    report: str
    file: str

    @classmethod
    def of(cls, text: str) -> Target:
        """From `REPORT=FILE`, a FILE whose ending names the report, or the REPORT alone, which goes
        to the standard output. Raises UnknownReport."""
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
    """A report by its name. Raises KeyError for a name that is none, ValueError where the events do
    not begin with Started."""
    return REPORTS[report](RunRecord.of(events))


@contextmanager
def open_reports(targets: Iterable[Target]) -> Iterator[Callable[[Event], None]]:
    """A function that takes the events; the reports are written when the block ends, however it
    ends, if a run had begun. Raises OSError, before the block, for a file that cannot be written:
    nobody wants to hear that after an hour."""
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
            with ExitStack() as stack:  # one that fails keeps no other from being written
                for target in reversed(targets):
                    stack.callback(_write, target, run)


def _write(target: Target, run: RunRecord) -> None:
    text = REPORTS[target.report](run)
    if target.file == STDOUT:
        if sys.stdout is not None:  # None: it was closed
            sys.stdout.write(text)
    else:
        write(path_of(target.file), text)
