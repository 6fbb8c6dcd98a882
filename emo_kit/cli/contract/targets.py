"""Parses the option `--report` of `emo contract verify`: formats of reports and their files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from mock_server.suggest.close_names import did_you_mean

if TYPE_CHECKING:
    from contracts.reports.write import Target


def targets_of(texts: Iterable[str]) -> list[Target]:
    """The reports to write. Raises UsageError if two of them go to stdout."""
    from contracts.reports.write import STDOUT

    targets = list(dict.fromkeys(_target(text) for text in texts))
    on_stdout = [target.report for target in targets if target.file == STDOUT]
    if len(on_stdout) > 1:
        names = " and ".join(on_stdout)
        raise click.UsageError(f"{names} cannot both go to stdout: give one as --report FORM=FILE")
    return targets


def _target(text: str) -> Target:
    from contracts.reports.write import REPORTS, Target, UnknownReport

    try:
        return Target.of(text)
    except UnknownReport as error:
        hint = did_you_mean(text.partition("=")[0], REPORTS)
        raise click.UsageError(f"--report {error}.{hint}") from None
