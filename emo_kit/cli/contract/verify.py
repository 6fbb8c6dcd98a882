"""`emo contract verify`: runs the checks against a provider, shows progress and writes reports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emo_kit.cli import options as shared
from emo_kit.cli.contract import files
from emo_kit.cli.contract.group import provider_error
from emo_kit.cli.contract.targets import targets_of
from emo_kit.cli.errors import INTERRUPTED, as_typed
from emo_kit.cli.main import FOUND_PROBLEMS
from emo_kit.cli.output import print_line
from mock_server.settings import environment
from mock_server.suggest.close_names import did_you_mean

if TYPE_CHECKING:
    from contracts.provider.http import Provider
    from contracts.reports.write import Target
    from contracts.spec.loader import Spec
    from contracts.verify.events import Event
    from contracts.verify.model_under_test import Media
    from contracts.verify.registry import Check
    from contracts.verify.runner import Verification

SEVERITIES = ("note", "warning", "error")  # as of contracts.verify.events
HTTP_TIMEOUT = 60.0  # seconds for one answer


@click.command(
    epilog="""\b
Examples:
  emo contract verify http://127.0.0.1:8787
  emo contract verify http://127.0.0.1:8787 --report html=contract.html
  emo contract verify https://api.example.com --prefix /qwen --check keys
  emo contract verify https://dashscope.aliyuncs.com --budget 3
"""
)
@shared.provider
@shared.check(
    "--check", "only", help="Run only this check, or all of a group, such as keys. Can be repeated."
)
@shared.check("--skip", help="Leave out this check, or all of a group. Can be repeated.")
@click.option(
    "--tier",
    type=click.Choice(["free", "paid"]),
    default="paid",
    show_default=True,
    help="free: only checks that cost nothing. paid: also those that --budget allows.",
)
@click.option(
    "--budget",
    type=float,
    metavar="CNY",
    help="How much the run may spend. A fake is free and needs no budget.  [default: 0]",
)
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    default="warning",
    show_default=True,
    help="The lowest severity of a difference that makes the exit code 1.",
)
@click.option("--prefix", default="", metavar="PATH", help="Path before /api/v1, such as /qwen.")
@shared.seed()
@click.option(
    "--timeout",
    default=1800.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for a task to end.",
)
@shared.option(
    "--image",
    "image",
    old=["--image-url"],
    metavar="URL",
    help="URL of the portrait to send.  [default: the one of the documentation]",
)
@shared.option(
    "--audio",
    "audio",
    old=["--audio-url"],
    metavar="URL",
    help="URL of the voice recording to send; needs --audio-seconds.",
)
@click.option(
    "--audio-seconds", type=float, help="Length of the voice recording, on which the price depends."
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="[FORM=]FILE",
    help="Write a report: text, json, junit, sarif or html. A FORM alone is written to stdout.",
)
@click.option("--ledger", type=shared.OutputFile(), help="Add "
              "the behaviour of a real provider to this file.")  # fmt: skip
@click.option(
    "--baseline",
    type=shared.OutputFile(),
    help="Accept the differences in this file. Fails if one of them no longer occurs.",
)
@click.option(
    "--update-baseline",
    is_flag=True,
    help="Write all differences of this run to the --baseline file, which accepts them.",
)
@shared.key("API key.  [default: DASHSCOPE_API_KEY]")
@click.option("--json", "as_json", is_flag=True, help="The same as --report json, also for errors.")
@click.option("--list", "listing", is_flag=True, help="List the checks and send nothing.")
def verify(**options: Any) -> int:
    """Check any provider of EMO against the contract: the fake, a reseller or the paid service.

    BASE_URL is the URL of the provider, with or without /api/v1. The key comes from --key, else
    from DASHSCOPE_API_KEY. EMO_CONTRACT_OTHER_KEY is the key of a second account. No key is ever
    printed. A fake needs no key and is free. The result goes to stdout, the progress to stderr.

    Exit code 0: every check that ran passed. 1: a check failed, or all were skipped. 2: wrong
    usage, or nobody answers.
    """
    from contracts.provider.http import Unreachable
    from contracts.spec.loader import Spec
    from contracts.verify.runner import Verification

    spec = Spec.load()
    targets = targets_of([*options["reports"], *["json"] * options["as_json"]])
    if not options["timeout"] > 0:
        raise click.UsageError(f"--timeout {options['timeout']:g} must be above 0")
    files.check_ledger(options["ledger"])
    baseline = files.load_baseline(options["baseline"], is_updating=options["update_baseline"])
    checks = _checks(options)
    media = _media(spec, options)
    if options["listing"]:
        return _list(spec, checks, media)
    shared.need_url(options)
    try:
        with _provider(spec, media, options) as provider:
            run = Verification(
                spec, provider, checks,
                media=media, seed=options["seed"], timeout=options["timeout"],
                fail_on=options["fail_on"], baseline=baseline,
            )  # fmt: skip
            run.sign_in()
            try:
                code = _reported(run, targets, options["ledger"])
            except KeyboardInterrupt:  # the reports are complete, so no error is printed
                return INTERRUPTED
    except Unreachable as error:
        raise provider_error(error) from None
    if baseline.is_updating:
        files.save_baseline(baseline, options["baseline"])
    return code


def _reported(run: Verification, targets: list[Target], ledger: Path | None) -> int:
    """Run the checks, print the progress and write the reports. Returns the exit code."""
    from contracts.reports.write import STDOUT, open_reports
    from contracts.verify.events import Ended
    from emo_kit.cli.contract.progress import VerifyProgress

    events: list[Event] = []
    with ExitStack() as stack:
        try:
            report = stack.enter_context(open_reports(targets))
        except OSError as error:
            raise click.UsageError(f"--report: {error}") from None
        is_stdout_taken = any(target.file == STDOUT for target in targets)
        progress = stack.enter_context(VerifyProgress(is_stdout_taken=is_stdout_taken))
        if ledger is not None:  # also after an interrupted run
            stack.callback(files.update_ledger, ledger, run.spec, events)
        for event in run.run():
            for take in (progress.take, report, events.append):
                take(event)
    last = events[-1]
    assert isinstance(last, Ended)
    return 0 if last.passed else FOUND_PROBLEMS


def _checks(options: dict[str, Any]) -> list[Check]:
    from contracts.verify.registry import all_checks
    from contracts.verify.runner import UnknownCheck, select

    known = all_checks()
    try:
        chosen = select(known, options["only"], options["skip"], options["tier"])
    except UnknownCheck as error:
        hint = did_you_mean(str(error), known)
        raise click.UsageError(
            f"no check is called {str(error)!r}.{hint} --list shows all names"
        ) from None
    if not chosen:
        raise click.UsageError("no check is left to run: change --check, --skip or --tier")
    return chosen


def _media(spec: Spec, options: dict[str, Any]) -> Media:
    from contracts.verify.model_under_test import Media

    documented = Media.documented(spec)
    audio, seconds = options["audio"], options["audio_seconds"]
    if (audio is None) != (seconds is None):
        raise click.UsageError("give --audio and --audio-seconds together")
    if seconds is not None and not 0 < seconds <= 60:
        raise click.UsageError(f"--audio-seconds {seconds:g} must be above 0, and at most 60")
    image = options["image"] or documented.image
    return Media(image, audio or documented.audio, seconds or documented.seconds)


@contextmanager
def _provider(spec: Spec, media: Media, options: dict[str, Any]) -> Iterator[Provider]:
    from contracts.provider.budget import Budget
    from contracts.provider.http import KEY, OTHER_KEY, Provider
    from contracts.provider.network import http_client

    url, budget = options["base_url"], options["budget"]
    if budget is not None and not budget >= 0:
        raise click.UsageError(f"--budget {budget} must be 0 or more")
    try:
        client = http_client(url, timeout=HTTP_TIMEOUT)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    with client as http:
        yield Provider(
            url,
            budget=Budget(spec, budget, media.seconds),
            http=http,
            prefix=options["prefix"],
            key=_key(options["key"]) or environment().get(KEY, ""),
            other_key=environment().get(OTHER_KEY, ""),
        )


def _key(given: str | None) -> str:
    """The key of --key, "" without one. Raises UsageError for an invalid key."""
    from emo_client import ConfigError
    from emo_client.settings import api_key

    try:
        return api_key(given) if given else ""
    except ConfigError as error:
        raise click.UsageError(as_typed(str(error), arguments=True)) from None


def _list(spec: Spec, checks: list[Check], media: Media) -> int:
    from contracts.provider.budget import Budget
    from contracts.verify.model_under_test import ModelUnderTest

    budget, tested = Budget(spec, None, media.seconds), ModelUnderTest(spec)
    for check in checks:
        claim = check.claim(tested, budget)
        cost = f"{claim.cost:.3f} CNY" if claim.cost else "free"
        print_line(f"{claim.id:<24}{claim.evidence:<12}{cost:<12}{claim.title}")
    return 0
