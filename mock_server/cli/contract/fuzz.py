"""`emo contract fuzz`: calls by chance, against the spec and against the model of a task's life."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mock_server.cli import FOUND_PROBLEMS

if TYPE_CHECKING:
    import httpx

    from contracts.provider import Provider
    from contracts.spec import Spec
    from mock_server.app import FakeApp

MACHINE = "machine"
PHASES = ("examples", "coverage", "fuzzing", "stateful", MACHINE)
HINT = "pip install 'dashscope-emo-kit[contract]'"


@click.command(
    epilog="""\b
Examples:
  emo contract fuzz
  emo contract fuzz --over-http --phase machine --examples 200 --seed 7
  emo contract fuzz http://127.0.0.1:8787 --prefix /qwen --save test_what_went_wrong.py
"""
)
@click.argument("base_url", required=False)
@click.option("--over-http", is_flag=True, help="Serve the fake on a socket; else in this process.")
@click.option(
    "--phase",
    "phases",
    multiple=True,
    type=click.Choice(PHASES),
    help="Only this: schemathesis' four, or the machine: any order of calls.  [default: all]",
)
@click.option("--examples", default=50, show_default=True, help="How many of each to try.")
@click.option("--seed", default=0, show_default=True, help="0 tries the same ones each time.")
@click.option("--prefix", default="", metavar="PATH", help="What stands before /api/v1: /qwen.")
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the shortest way that goes wrong as a test for pytest.",
)
def fuzz(
    base_url: str | None, over_http: bool, phases: tuple[str, ...], examples: int, seed: int,
    prefix: str, save: Path | None,
) -> int:  # fmt: skip
    """Look by chance for calls that a provider answers wrongly.

    Without BASE_URL it is the fake, made for this. A provider at BASE_URL needs a control API, so
    that its time can be moved; and it creates many tasks, so it is not for one that charges.

    Exit code 0 when nothing was found, 1 when something was: the calls that lead there are printed
    as curl lines and as a test. 2 for a wrong call.
    """
    from contracts.spec import Spec

    if examples < 1:
        raise click.UsageError(f"--examples {examples} must be 1 or more")
    try:
        import hypothesis  # noqa: F401
        import schemathesis  # noqa: F401
    except ModuleNotFoundError as error:
        raise click.UsageError(f"{error.name} is not installed: {HINT}") from None
    found = 0
    for phase in dict.fromkeys(phases or PHASES):
        with _provider(Spec.load(), base_url, prefix, over_http) as (provider, app):
            if phase == MACHINE:
                found += _machine(provider, examples, seed, save)
            else:
                found += _schemathesis(provider, app, phase, examples, seed)
    return FOUND_PROBLEMS if found else 0


def _machine(provider: Provider, examples: int, seed: int, save: Path | None) -> int:
    from contracts.machine import Tasks
    from contracts.retell import as_pytest, as_shell
    from contracts.sequence import Broken
    from contracts.spec import Spec
    from contracts.world import World, run

    try:
        run(World(Spec.load(), provider), Tasks, examples=examples, seed=seed)
    except Broken as broken:
        click.echo(f"machine: {broken}\n\n{as_shell(broken)}\n{as_pytest(broken)}")
        if save is not None:
            save.write_text(as_pytest(broken), "utf-8")
        return 1
    click.echo(f"machine: {examples} orders of calls, nothing found")
    return 0


def _schemathesis(
    provider: Provider, app: FakeApp | None, phase: str, examples: int, seed: int
) -> int:
    from contracts import fuzz as fuzzing

    problems: list[str] = []
    url = f"{provider.root}/api/v1"
    schema = fuzzing.load(phase, app=app, url=url, examples=examples, seed=seed)
    sent = sum(len(recorder.cases) for recorder in fuzzing.run(schema, problems.append))
    for problem in problems:
        click.echo(f"{phase}: {problem}\n")
    click.echo(f"{phase}: {sent} calls, {len(problems) or 'nothing'} found")
    return len(problems)


@contextmanager
def _provider(
    spec: Spec, base_url: str | None, prefix: str, over_http: bool
) -> Iterator[tuple[Provider, FakeApp | None]]:
    """The one at the URL, or a fresh fake, with its app where there is no socket between."""
    import httpx

    from mock_server.app import create_app
    from mock_server.inprocess import InProcess
    from mock_server.server import running
    from mock_server.settings import Settings

    settings = Settings(port=0, time="skip")
    if base_url is not None:
        with httpx.Client(timeout=60.0) as http:
            yield _signed_in(spec, base_url, prefix, http), None
    elif over_http:
        with running(settings) as url, httpx.Client(timeout=60.0) as http:
            yield _signed_in(spec, url, prefix, http), None
    else:
        app = create_app(settings, spec=spec)
        with httpx.Client(transport=InProcess(app)) as http:
            yield _signed_in(spec, "http://127.0.0.1", prefix, http), app


def _signed_in(spec: Spec, url: str, prefix: str, http: httpx.Client) -> Provider:
    from math import inf

    from contracts.budget import Budget
    from contracts.provider import Provider, Unreachable

    provider = Provider(url, budget=Budget(spec, inf, 0.0), http=http, prefix=prefix)
    try:
        provider.look()
    except Unreachable as error:
        raise click.UsageError(str(error)) from None
    if not provider.has_clock:
        raise click.UsageError(f"{url} has no control API; `emo contract verify` asks any provider")
    provider.key = "sk-fuzz"
    return provider
