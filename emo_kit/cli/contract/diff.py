"""`emo contract diff`: reports the changes between two versions of a spec, and whom each breaks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from emo_kit.cli import options as shared
from emo_kit.cli.main import FOUND_PROBLEMS
from emo_kit.cli.output import print_block, print_json_text, print_line

if TYPE_CHECKING:
    from contracts.diff.report import Report

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    epilog="""\b
Examples:
  emo contract diff v1.yaml v2.yaml
  emo contract diff --for client v1.yaml v2.yaml && echo 'no client breaks'
  emo contract diff --all --json v1.yaml v2.yaml | jq -r '.changes[].kind'
"""
)
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@click.option(
    "--for",
    "whom",
    type=click.Choice(["client", "server", "both"]),
    default="both",
    show_default=True,
    help="Report changes that break clients (who send requests), servers (who answer), or both.",
)
@shared.as_json
@click.option("--format", "form", type=click.Choice(["text", "json"]), hidden=True)
@click.option("--all", "is_whole", is_flag=True, help="Print cosmetic changes too.")
def diff(old: Path, new: Path, whom: str, as_json: bool, form: str | None, is_whole: bool) -> int:
    """Show the changes from OLD to NEW, and whether each breaks clients or servers.

    OLD and NEW are OpenAPI 3 documents, with or without the extensions of this project. Exit code
    1: a change breaks a party that --for names. 0: no change does.
    """
    report = _report(old, new, whom, is_whole)
    if as_json or form == "json":
        print_json_text(report.as_json())
    else:
        print_block("\n".join(report.as_text()))
    for note in report.notes():
        print_line(note, err=True)
    return FOUND_PROBLEMS if report.is_breaking else 0


def _report(old: Path, new: Path, whom: str, is_whole: bool) -> Report:
    """The report of the changes. Raises UsageError if a file is not an OpenAPI document."""
    from contracts.diff.compare import diff as compare
    from contracts.diff.compare import load
    from contracts.diff.report import BOTH, Report
    from contracts.spec.document import SpecError
    from contracts.spec.source_map import SourceMap

    try:
        documents = load(old), load(new)
        changes = compare(*documents)
    except SpecError as error:
        raise click.UsageError(f"{error.args[0]} {'; '.join(error.problems)}") from None
    except RecursionError:
        raise click.UsageError(f"{old} or {new} is nested too deep to be compared") from None
    places = SourceMap(documents[0].root.value, old), SourceMap(documents[1].root.value, new)
    parties = tuple(party for party in BOTH if whom in (party, "both"))
    return Report(documents, places, changes, parties, is_whole)
