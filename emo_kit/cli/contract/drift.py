"""`emo contract drift`: compares recordings with the spec and with the fake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from emo_kit.cli import options as shared
from emo_kit.cli.main import FOUND_PROBLEMS
from emo_kit.cli.output import print_block, print_json_text, print_line

if TYPE_CHECKING:
    from contracts.recordings.drift.compare import Weight

WEIGHTS = ("breaking", "additive", "cosmetic")


@click.command(
    epilog="""\b
Examples:
  emo contract drift cassette.json
  emo contract drift --fail-on additive cassette.json browser.har vcr.yaml
"""
)
@click.argument(
    "cassettes",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@shared.as_json
@click.option("--format", "form", type=click.Choice(["text", "json"]), hidden=True)
@click.option(
    "--fail-on",
    default="breaking",
    show_default=True,
    type=click.Choice(WEIGHTS),
    help="The lowest weight of a difference that makes the exit code 1.",
)
@click.option(
    "--band",
    default=3.0,
    show_default=True,
    help="Allowed factor between the documented and the recorded times of a task.",
)
def drift(
    cassettes: tuple[Path, ...], as_json: bool, form: str | None, fail_on: Weight, band: float
) -> int:
    """Compare recordings with the spec and the fake, and show the differences.

    CASSETTES are recordings of `emo contract record`, HAR files (of a browser or of `emo journal
    --har`) or cassettes of VCR.py. A difference is breaking (a client may fail), additive
    (something is new) or cosmetic. It is shown once, even if it occurs in many calls.
    """
    from contracts.recordings import CassetteError, load
    from contracts.recordings.drift import compare as kit
    from contracts.recordings.drift.report import as_json as json_of
    from contracts.recordings.drift.report import as_text
    from contracts.spec.loader import Spec
    from emo_kit.cli.contract.fake_answers import fake_answers

    assert get_args(kit.Weight) == WEIGHTS
    if not 1 <= band < float("inf"):
        raise click.UsageError(f"--band {band:g} must be 1 or more")
    spec = Spec.load()
    try:
        loaded = [(str(path), load(path, spec, needed=True)) for path in cassettes]
    except CassetteError as error:
        raise click.UsageError(str(error)) from None
    for name, cassette in loaded:
        for note in cassette.notes:
            print_line(f"{name}: {note}", err=True)
    found = kit.drift(spec, loaded, fake_answers(spec), band=band)
    if as_json or form == "json":
        print_json_text(json_of(found))
    else:
        print_block(as_text(found))
    return FOUND_PROBLEMS if found.at_least(fail_on) else 0
