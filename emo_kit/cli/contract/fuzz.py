"""`emo contract fuzz`: sends random calls and compares the answers with the spec and with a model
of the lifecycle of a task."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emo_kit.cli import options as shared
from emo_kit.cli.contract.group import provider_error
from emo_kit.cli.main import FOUND_PROBLEMS
from emo_kit.cli.output import print_block, print_line

if TYPE_CHECKING:
    import httpx

    from contracts.fuzz.call_log import ModelMismatch
    from contracts.provider.http import Provider
    from contracts.spec.loader import Spec
    from mock_server.server.app import FakeApp

MACHINE = "machine"
PHASES = ("examples", "coverage", "fuzzing", "stateful", MACHINE)
NOW = 1_757_572_418.0  # epoch s: the fixed time of a fake in this process
HINT = "pip install 'dashscope-emo-kit[contract]'"


@click.command(
    epilog="""\b
Examples:
  emo contract fuzz
  emo contract fuzz --over-http --phase machine --examples 200 --seed 7
  emo contract fuzz http://127.0.0.1:8787 --prefix /qwen -o test_found.py
"""
)
@shared.provider
@click.option(
    "--over-http", is_flag=True, help="Serve the fake on a socket instead of in this process."
)
@click.option(
    "--phase",
    "phases",
    multiple=True,
    type=click.Choice(PHASES),
    help="Run only this phase: one of the four of schemathesis, or machine: calls in random order. "
    "Can be repeated.  [default: all]",
)
@click.option("--examples", default=50, show_default=True, help="Number of examples in each phase.")
@shared.seed("Seed for everything random: the same seed sends the same calls.", default="0")
@click.option("--prefix", default="", metavar="PATH", help="Path before /api/v1, such as /qwen.")
@shared.output(
    "Write the first failure to this file, as a test for pytest.",
    old=["--save"],
)
def fuzz(
    base_url: str | None, over_http: bool, phases: tuple[str, ...], examples: int, seed: str,
    prefix: str, output: Path | None,
) -> int:  # fmt: skip
    """Send random calls and report wrong answers.

    Without BASE_URL the calls go to a new fake. A provider at BASE_URL needs the control API, which
    moves its clock. Do not use a provider that charges: many tasks are created. Start your own fake
    without --limits, --variant and --concurrency.

    Exit code 0: no wrong answer. 1: wrong answers; their calls are printed as curl commands and as
    a test. 2: wrong usage, or nobody answers.
    """
    from contracts.files.whole_file import check
    from contracts.spec.loader import Spec

    if examples < 1:
        raise click.UsageError(f"--examples {examples} must be 1 or more")
    try:
        import hypothesis  # noqa: F401
        import schemathesis  # noqa: F401
    except ModuleNotFoundError as error:
        raise click.UsageError(f"{error.name} is not installed: {HINT}") from None
    if output is not None:
        check(output)
    number = _number(seed)
    found: list[ModelMismatch] = []
    total = 0
    for phase in dict.fromkeys(phases or PHASES):
        with _provider(Spec.load(), base_url, prefix, over_http) as (provider, app):
            if phase == MACHINE:
                count = _machine(provider, examples, number, found)
            else:
                count = _schemathesis(provider, app, phase, examples, number, found)
        total += count
    if output is not None and found:
        _save(output, found[0])
    return FOUND_PROBLEMS if total else 0


def _number(seed: str) -> int:
    """The seed as a number: digits as they are, any other text by its hash."""
    if seed.isdecimal() and seed.isascii():
        return int(seed)
    return int.from_bytes(blake2b(seed.encode(), digest_size=4).digest())


def _machine(provider: Provider, examples: int, seed: int, found: list[ModelMismatch]) -> int:
    from contracts.fuzz.call_log import ModelMismatch
    from contracts.fuzz.machine import run
    from contracts.fuzz.target import FuzzTarget
    from contracts.spec.loader import Spec

    try:
        run(FuzzTarget(Spec.load(), provider), examples=examples, seed=seed)
    except ModelMismatch as mismatch:
        if not mismatch.exchange.status:
            _require_answer(provider)
        found.append(mismatch)
        print_line(f"machine: {mismatch}", "")
        _print_reproduction(mismatch)
        return 1
    print_line(f"machine: {examples} orders of calls, nothing found")
    return 0


def _schemathesis(
    provider: Provider, app: FakeApp | None, phase: str, examples: int, seed: int,
    found: list[ModelMismatch],
) -> int:  # fmt: skip
    from contracts.fuzz import schemathesis_run as fuzzing
    from contracts.fuzz.failures import FuzzFailure
    from contracts.spec.loader import Spec

    count = 0

    def failed(problem: FuzzFailure) -> None:
        nonlocal count
        count += 1
        print_line(f"{phase}: {problem}", "")
        if problem.mismatch is None:
            _require_answer(provider)
        else:
            found.append(problem.mismatch)
            _print_reproduction(problem.mismatch)

    url, key = f"{provider.root}/api/v1", provider.key
    schema = fuzzing.load(phase, app=app, url=url, key=key, examples=examples, seed=seed)
    sent = sum(len(r.cases) for r in fuzzing.run(Spec.load(), schema, failed, key))
    print_line(f"{phase}: {sent} calls, {count or 'nothing'} found")
    return count


def _require_answer(provider: Provider) -> None:
    """Raises NotReachable if the provider does not answer, so that its end is not reported as a
    wrong answer."""
    from contracts.provider.http import Unreachable

    try:
        provider.detect_control_api()
    except Unreachable as error:
        raise provider_error(error) from None


def _save(file: Path, mismatch: ModelMismatch) -> None:
    from contracts.files.whole_file import write
    from contracts.fuzz.reproduction import as_pytest

    write(file, as_pytest(mismatch))


def _print_reproduction(mismatch: ModelMismatch) -> None:
    from contracts.fuzz.reproduction import as_pytest, as_shell

    print_block(f"{as_shell(mismatch)}\n{as_pytest(mismatch)}\n")


@contextmanager
def _provider(
    spec: Spec, base_url: str | None, prefix: str, over_http: bool
) -> Iterator[tuple[Provider, FakeApp | None]]:
    """The provider at the URL, or a new fake. With the app of a fake that is called in process."""
    import httpx

    from mock_server.server.app import create_app
    from mock_server.server.httpx_transport import InProcess
    from mock_server.server.run import running
    from mock_server.settings import Settings

    settings = Settings(port=0, time="skip", seed="fuzz")  # so that failures can be reproduced
    if base_url is not None:
        with _client(base_url) as http:
            yield _signed_in(spec, base_url, prefix, http), None
    elif over_http:
        with running(settings) as url, _client(url) as http:
            yield _signed_in(spec, url, prefix, http), None
    else:
        app = create_app(settings, spec=spec, real=lambda: NOW)
        with httpx.Client(transport=InProcess(app)) as http:
            provider = _signed_in(spec, "http://127.0.0.1", prefix, http)
            provider.key = "sk-fuzz"
            yield provider, app


def _client(url: str) -> httpx.Client:
    from urllib.parse import urlsplit

    from contracts.provider.network import http_client
    from contracts.text.hosts import is_loopback
    from mock_server.settings import bypass_proxies

    try:
        host = urlsplit(url).hostname or ""
        if is_loopback(host):
            bypass_proxies(host)
        return http_client(url, timeout=60.0)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _signed_in(spec: Spec, url: str, prefix: str, http: httpx.Client) -> Provider:
    from math import inf
    from uuid import uuid4

    from contracts.provider.budget import Budget
    from contracts.provider.http import Provider, Unreachable

    try:
        provider = Provider(url, budget=Budget(spec, inf, 0.0), http=http, prefix=prefix)
    except Unreachable as error:
        raise provider_error(error) from None
    _require_answer(provider)
    if not provider.has_clock:
        raise click.UsageError(f"{url} has no control API; use `emo contract verify` for it")
    provider.key = f"sk-fuzz-{uuid4().hex[:8]}"  # so that tasks of another run do not appear
    return provider
