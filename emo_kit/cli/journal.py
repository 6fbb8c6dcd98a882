"""`emo journal`: prints requests and responses from the journal of a running fake."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from contracts.text.printable import in_json, in_line
from emo_kit.cli import complete
from emo_kit.cli.control_client import ControlClient, FakeGone, options
from emo_kit.cli.errors import INTERRUPTED
from emo_kit.cli.options import OutputFile, output
from emo_kit.cli.output import print_block, print_json_text, print_line
from emo_kit.cli.streams import reader_left

if TYPE_CHECKING:
    from contracts.provider.bounded_http import Answer

PAGE = 1000
PAUSE = 0.5
pause = threading.Event().wait  # a sleep that a signal ends at once
STDOUT = Path("-")


@click.command(
    epilog="""\b
Examples:
  emo journal --last 20
  emo journal --follow --status 4xx
  emo journal --task TASK_ID
  emo journal --har -o journal.har
"""
)
@click.option("--follow", is_flag=True, help="Also print new exchanges, until Ctrl-C.")
@click.option(
    "--operation",
    metavar="ID",
    shell_complete=complete.kinds,
    help="Only calls of this operationId, or of: none (no operation), control, result.",
)
@click.option(
    "--status", metavar="404|4xx", help="Only responses with this HTTP status; none: no response."
)
@click.option(
    "--outcome",
    metavar="NAME",
    shell_complete=complete.outcomes,
    help="Only responses with this outcome of openapi.yaml.",
)
@click.option("--scenario", is_flag=True, help="Only calls that a scenario was applied to.")
@click.option("--explained", is_flag=True, help="Only calls that have an explanation.")
@click.option("--task", "task_id", metavar="ID", help="Only calls of this task, with its timeline.")
@click.option("--last", type=click.IntRange(1), metavar="N", help="Only the last N.")
@click.option(
    "--har",
    is_flag=False,
    flag_value="-",
    type=OutputFile(),
    metavar="",
    help="Print HAR, for the developer tools of a browser.",
)
@click.option("--curl", is_flag=True, help="Print curl commands.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one exchange per line.")
@output("Write to this file instead; - is stdout.")
@options
def journal(
    follow: bool, har: Path | None, curl: bool, as_json: bool, output: Path | None,
    server: str | None, key: str | None, admin_token: str | None, **filters: Any,
) -> None:  # fmt: skip
    """Show the latest requests and their responses."""
    if sum((follow, har is not None, curl)) > 1 or (as_json and (har or curl)):
        raise click.UsageError(
            "choose one of --follow, --har and --curl; --json goes only with --follow"
        )
    if har not in (None, STDOUT):  # `--har FILE`, the former way to name the file
        output = output or har
    output = None if output == STDOUT else output
    if follow and output:
        raise click.UsageError("--follow writes to stdout: give --follow or --output, not both")
    query = {name: _text(value) for name, value in filters.items() if value}
    with ControlClient(server, key, admin_token, exports=True) as fake:
        kept = FilteredJournal(fake, query)
        if har:
            _write(in_json(kept.ask(format="har").text), output)
        elif curl:
            _write(kept.ask(format="curl").text, output)
        elif output:
            lines = [_line(exchange, as_json) for exchange in kept.exchanges()]
            _write("".join(f"{line}\n" for line in lines), output)
        elif follow:
            try:
                _print(kept, follow, as_json)
            except KeyboardInterrupt:  # the documented end of --follow, so it prints no error
                raise click.exceptions.Exit(INTERRUPTED) from None
        else:
            _print(kept, follow, as_json)


class FilteredJournal:
    """The exchanges of one key that match the filters, on a running fake."""

    def __init__(self, fake: ControlClient, query: Mapping[str, str]) -> None:
        self.fake = fake
        self.query = query
        self.journal = ""

    def ask(self, **more: Any) -> Answer:
        """The answer of the journal. Raises FakeGone if the fake cannot be reached, ClickException
        if it refuses."""
        return self.fake.get("/journal", **{**self.query, **more})

    def page(self, **more: Any) -> dict[str, Any]:
        """One page of exchanges."""
        answer = self.ask(limit=PAGE, **more)
        try:
            page: dict[str, Any] = answer.json()
            page["exchanges"], page["next"], page["dropped"]
            page["is_new"] = self.journal not in ("", page["journal"])
            self.journal = page["journal"]
        except (ValueError, KeyError, TypeError):
            raise click.ClickException(self.fake.not_a_fake(answer)) from None
        return page

    def pages(self, **more: Any) -> Iterator[dict[str, Any]]:
        """All pages, up to the newest exchange."""
        page = self.page(**more)
        yield page
        while len(page["exchanges"]) == PAGE:
            page = self.page(after=page["next"], last="")
            yield page

    def exchanges(self) -> Iterator[dict[str, Any]]:
        """All exchanges, up to the newest."""
        for page in self.pages():
            yield from page["exchanges"]


def _print(kept: FilteredJournal, follow: bool, as_json: bool) -> None:
    after = None
    for page in kept.pages():
        if after is None and page["dropped"] and "last" not in kept.query:
            print_line(f"({page['dropped']} older exchanges were dropped)", err=True)
        _show(page, as_json)
        after = page["next"]
    if "task_id" in kept.query and not (as_json or follow):
        _print_timeline(kept.ask(format="timeline").json())
    if follow:
        _follow(kept, after or 0, as_json)


def _follow(kept: FilteredJournal, after: int, as_json: bool) -> None:
    """Print new exchanges until the reader leaves. Waits for a fake that stops."""
    is_gone = False
    while not reader_left():
        pause(PAUSE)
        try:
            after = _show_new(kept, after, as_json)
            if is_gone:
                print_line("(the fake answers again)", err=True)
            is_gone = False
        except FakeGone as gone:
            if not is_gone:
                print_line(f"({gone}; waiting for it)", err=True)
            is_gone = True


def _show_new(kept: FilteredJournal, after: int, as_json: bool) -> int:
    """Print the exchanges with a number above `after`; returns the largest number. After a restart
    of the fake, its new journal is printed from the beginning."""
    for page in kept.pages(after=after, last=""):
        if page["next"] < after or page["is_new"]:
            print_line("(the fake was restarted and has a new journal)", err=True)
            return _show_new(kept, 0, as_json)
        _show(page, as_json)
        after = page["next"]
    return after


def _show(page: Mapping[str, Any], as_json: bool) -> None:
    for exchange in page["exchanges"]:
        _print_exchange(exchange, as_json)


def _print_exchange(exchange: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print_json_text(_line(exchange, as_json))
    else:
        print_line(_line(exchange, as_json))


def _line(exchange: Mapping[str, Any], as_json: bool) -> str:
    if as_json:
        return in_json(json.dumps(exchange, ensure_ascii=False))
    return in_line(str(exchange["summary"]))


def _print_timeline(timeline: Mapping[str, Any]) -> None:
    created = timeline["created"]
    width = max(10, *(len(run["shown"]) for run in timeline["runs"]), 0)
    for run in timeline["runs"]:
        since = "" if created is None else f"{run['start'] - created:8.1f} s  "
        polls = f"{run['polls']} poll{'s' if run['polls'] > 1 else ''}"
        print_line(f"{since}{run['shown']:<{width}} {polls} in {run['end'] - run['start']:.1f} s")


def _write(text: str, file: Path | None) -> None:
    if file is None:
        print_block(text)
    else:
        from contracts.files.whole_file import write

        write(file, text)
        print_line(f"saved to {file}", err=True)


def _text(value: Any) -> str:
    return "true" if value is True else str(value)
