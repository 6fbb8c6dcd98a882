"""`emo journal`: what was asked and answered, from the control API of a running fake."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mock_server.cli.fake import Fake, Gone, options

if TYPE_CHECKING:
    import httpx

PAGE = 1000
PAUSE = 0.5
pause = threading.Event().wait  # sleep that a signal ends at once


@click.command(
    epilog="""\b
Examples:
  emo journal --last 20
  emo journal --follow --status 4xx
  emo journal --task TASK_ID
  emo journal --har journal.har
"""
)
@click.option("--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option("--operation", help="Only those of this operationId; none, control, result.")
@click.option("--status", help="Only those of this status: 404, 4xx, or none for no answer.")
@click.option("--outcome", help="Only those answered with this outcome.")
@click.option("--scenario", is_flag=True, help="Only those that a scenario was applied to.")
@click.option("--explained", is_flag=True, help="Only those there is something to explain of.")
@click.option("--task", "task_id", metavar="ID", help="Only those of a task, and its polls.")
@click.option("--last", type=click.IntRange(1), help="Only the last so many.")
@click.option("--har", type=click.Path(path_type=Path), help="Save as HAR, for a browser's tools.")
@click.option("--curl", is_flag=True, help="Print as commands for curl.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, an exchange a line.")
@options
def journal(
    follow: bool, har: Path | None, curl: bool, as_json: bool, url: str | None, key: str | None,
    admin_token: str | None, **filters: Any,
) -> None:  # fmt: skip
    """Show what was asked and answered."""
    if sum((follow, har is not None, curl)) > 1 or (as_json and (har or curl)):
        raise click.UsageError(
            "choose one of --follow, --har and --curl; --json goes with the first alone"
        )
    query = {name: _text(value) for name, value in filters.items() if value}
    with Fake(url, key, admin_token) as fake:
        kept = Kept(fake, query)
        try:
            if har:
                _save(kept, har)
            elif curl:
                click.echo(kept.ask(format="curl").text, nl=False)
            else:
                _print(kept, follow, as_json)
        except Gone as gone:
            raise click.ClickException(str(gone)) from None


class Kept:
    """The exchanges of one key that pass the filters, on a running fake."""

    def __init__(self, fake: Fake, query: Mapping[str, str]) -> None:
        self.fake = fake
        self.query = query
        self.journal = ""

    def ask(self, **more: Any) -> httpx.Response:
        """Raises Gone where nobody answers, ClickException where the answer is no."""
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
            raise click.ClickException(self.fake.is_none(answer)) from None
        return page

    def pages(self, **more: Any) -> Iterator[dict[str, Any]]:
        """All that is there now."""
        page = self.page(**more)
        yield page
        while len(page["exchanges"]) == PAGE:
            page = self.page(after=page["next"], last="")
            yield page


def _print(kept: Kept, follow: bool, as_json: bool) -> None:
    after = None
    for page in kept.pages():
        if after is None and page["dropped"] and "last" not in kept.query:
            click.echo(f"({page['dropped']} older exchanges had to make room)", err=True)
        _show(page, as_json)
        after = page["next"]
    if "task_id" in kept.query and not (as_json or follow):
        _print_timeline(kept.ask(format="timeline").json())
    if follow:
        _follow(kept, after or 0, as_json)


def _follow(kept: Kept, after: int, as_json: bool) -> None:
    """What comes, for ever. A fake that goes away is waited for."""
    is_gone = False
    while True:
        pause(PAUSE)
        try:
            after = _show_new(kept, after, as_json)
            if is_gone:
                click.echo("(it is back)", err=True)
            is_gone = False
        except Gone as gone:
            if not is_gone:
                click.echo(f"({gone}; waiting for it)", err=True)
            is_gone = True


def _show_new(kept: Kept, after: int, as_json: bool) -> int:
    """Show what has a larger number, and give the largest. After a restart the journal is another,
    and its numbers begin anew."""
    for page in kept.pages(after=after, last=""):
        if page["next"] < after or page["is_new"]:
            click.echo("(the fake was started again: its journal is a new one)", err=True)
            return _show_new(kept, 0, as_json)
        _show(page, as_json)
        after = page["next"]
    return after


def _show(page: Mapping[str, Any], as_json: bool) -> None:
    for exchange in page["exchanges"]:
        line = json.dumps(exchange, ensure_ascii=False) if as_json else exchange["summary"]
        click.echo(line)


def _print_timeline(timeline: Mapping[str, Any]) -> None:
    created = timeline["created"]
    width = max(10, *(len(run["shown"]) for run in timeline["runs"]), 0)
    for run in timeline["runs"]:
        since = "" if created is None else f"{run['start'] - created:8.1f} s  "
        polls = f"{run['polls']} poll{'s' if run['polls'] > 1 else ''}"
        click.echo(f"{since}{run['shown']:<{width}} {polls} in {run['end'] - run['start']:.1f} s")


def _save(kept: Kept, target: Path) -> None:
    content = kept.ask(format="har").content
    target.write_bytes(content)
    click.echo(f"saved to {target}", err=True)


def _text(value: Any) -> str:
    return "true" if value is True else str(value)
