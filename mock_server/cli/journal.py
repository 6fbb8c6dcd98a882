"""`emo journal`: what was asked and answered, from the control API of a running fake."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

if TYPE_CHECKING:
    import httpx

LOCAL = "http://127.0.0.1:8787"
PAGE = 1000
PAUSE = 0.5
MUCH_TO_SAY = 30.0  # seconds: a journal may be large
pause = threading.Event().wait  # sleep that a signal ends at once


class Gone(Exception):
    """The fake cannot be reached just now."""


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
@click.option("--url", help=f"Of the fake.  [default: as in the environment, or {LOCAL}]")
@click.option("--key", help="Whose journal: the API key.  [default: as in the environment]")
@click.option("--admin-token", help="As given to emo serve.")
def journal(
    follow: bool, har: Path | None, curl: bool, as_json: bool, url: str | None, key: str | None,
    admin_token: str | None, **filters: Any,
) -> None:  # fmt: skip
    """Show what was asked and answered."""
    if sum((follow, har is not None, curl)) > 1 or (as_json and (har or curl)):
        raise click.UsageError("choose one of --follow, --har and --curl; --json goes with none")
    query = {name: _text(value) for name, value in filters.items() if value}
    with _client(url, key, admin_token) as client:
        fake = Fake(client, query)
        try:
            if har:
                _save(fake, har)
            elif curl:
                click.echo(fake.ask(format="curl").text, nl=False)
            else:
                _print(fake, follow, as_json)
        except Gone as gone:
            raise click.ClickException(str(gone)) from None


class Fake:
    """The journal of one key on a running fake."""

    def __init__(self, client: httpx.Client, query: Mapping[str, str]) -> None:
        self.client = client
        self.query = query

    def ask(self, **more: Any) -> httpx.Response:
        """Raises Gone where nobody answers, ClickException where the answer is no."""
        import httpx

        query = {**self.query, **more}
        try:
            answer = self.client.get("/__mock__/journal", params=query)
        except httpx.TransportError as error:
            raise Gone(f"no fake answers at {self.client.base_url}: {error}") from None
        if answer.status_code != 200:
            raise click.ClickException(_refusal(answer))
        return answer

    def page(self, **more: Any) -> dict[str, Any]:
        """One page of exchanges."""
        answer = self.ask(limit=PAGE, **more)
        try:
            page: dict[str, Any] = answer.json()
            page["exchanges"], page["next"], page["dropped"]
        except (ValueError, KeyError, TypeError):
            raise click.ClickException(_no_fake(answer)) from None
        return page

    def pages(self, **more: Any) -> Iterator[dict[str, Any]]:
        """All that is there now."""
        page = self.page(**more)
        yield page
        while len(page["exchanges"]) == PAGE:
            page = self.page(after=page["next"], last="")
            yield page


def _print(fake: Fake, follow: bool, as_json: bool) -> None:
    after = None
    for page in fake.pages():
        if after is None and page["dropped"] and "last" not in fake.query:
            click.echo(f"({page['dropped']} older exchanges had to make room)", err=True)
        _show(page, as_json)
        after = page["next"]
    if "task_id" in fake.query and not (as_json or follow):
        _print_timeline(fake.ask(format="timeline").json())
    if follow:
        _follow(fake, after or 0, as_json)


def _follow(fake: Fake, after: int, as_json: bool) -> None:
    """What comes, for ever. A fake that goes away is waited for."""
    is_gone = False
    while True:
        pause(PAUSE)
        try:
            after = _show_new(fake, after, as_json)
            if is_gone:
                click.echo("(it is back)", err=True)
            is_gone = False
        except Gone as gone:
            if not is_gone:
                click.echo(f"({gone}; waiting for it)", err=True)
            is_gone = True


def _show_new(fake: Fake, after: int, as_json: bool) -> int:
    """Show what has a larger number, and give the largest. Numbers that are smaller than they were
    are those of a new journal."""
    for page in fake.pages(after=after, last=""):
        if page["next"] < after:
            click.echo("(the fake was started again: its journal is a new one)", err=True)
            return _show_new(fake, 0, as_json)
        _show(page, as_json)
        after = page["next"]
    return after


def _show(page: Mapping[str, Any], as_json: bool) -> None:
    for exchange in page["exchanges"]:
        line = json.dumps(exchange, ensure_ascii=False) if as_json else exchange["summary"]
        click.echo(line)


def _print_timeline(timeline: Mapping[str, Any]) -> None:
    created = timeline["created"]
    for run in timeline["runs"]:
        since = "" if created is None else f"{run['start'] - created:8.1f} s  "
        polls = f"{run['polls']} poll{'s' if run['polls'] > 1 else ''}"
        click.echo(f"{since}{run['shown']:<10} {polls} in {run['end'] - run['start']:.1f} s")


def _save(fake: Fake, target: Path) -> None:
    content = fake.ask(format="har").content
    target.write_bytes(content)
    click.echo(f"saved to {target}", err=True)


def _text(value: Any) -> str:
    return "true" if value is True else str(value)


def _client(url: str | None, key: str | None, admin_token: str | None) -> httpx.Client:
    import httpx

    from emo_client import ConfigError
    from emo_client.settings import DEFAULT_URL, api_key, base_url

    try:
        given = base_url(url)
        headers = {"Authorization": f"Bearer {api_key(key)}"}
    except ConfigError as error:
        raise click.UsageError(str(error)) from None
    parts = urlsplit(LOCAL if given == DEFAULT_URL else given)
    if admin_token:
        headers["X-Mock-Admin-Token"] = admin_token
    origin = f"{parts.scheme}://{parts.netloc}"
    return httpx.Client(base_url=origin, headers=headers, timeout=MUCH_TO_SAY, trust_env=False)


def _refusal(answer: httpx.Response) -> str:
    if answer.status_code == 404:
        return _no_fake(answer)
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return _no_fake(answer)


def _no_fake(answer: httpx.Response) -> str:
    where = f"{answer.url.scheme}://{answer.url.netloc.decode()}"
    status = answer.status_code
    return f"{where} has no journal (HTTP {status}): it is no fake of this project, or an older one"
