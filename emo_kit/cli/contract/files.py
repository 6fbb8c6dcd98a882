"""The files that `emo contract verify` reads and updates: the baseline of accepted differences, and
the ledger with the behaviour of real providers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from emo_kit.cli.output import print_line

if TYPE_CHECKING:
    from contracts.spec.loader import Spec
    from contracts.verify.baseline import Baseline
    from contracts.verify.events import Event


def load_baseline(path: Path | None, *, is_updating: bool) -> Baseline:
    """The baseline in a file, or an empty one without a file. is_updating: it will be saved. Raises
    UsageError, before the run spends money."""
    from contracts.files.user_file import FileError
    from contracts.files.whole_file import check
    from contracts.verify.baseline import Baseline, load
    from contracts.verify.registry import all_checks

    if path is None:
        if is_updating:
            raise click.UsageError("--update-baseline needs --baseline FILE")
        return Baseline()
    try:
        if is_updating:
            check(path)
        return load(path, all_checks(), is_updating=is_updating)
    except (FileError, OSError) as error:
        raise click.UsageError(f"--baseline: {error}") from None


def save_baseline(baseline: Baseline, path: Path) -> None:
    """Write the accepted differences, and print their number. Raises OSError, and ClickException if
    the file was damaged during the run."""
    from contracts.files.user_file import FileError
    from contracts.reports.formatting import plural
    from contracts.verify.baseline import save

    try:
        save(path, baseline)
    except FileError as error:
        raise click.ClickException(f"--baseline: {error}") from None
    print_line(f"{path}: {plural(len(baseline.entries), 'accepted difference')}", err=True)


def check_ledger(path: Path | None) -> None:
    """Raise UsageError for a ledger that cannot be read or written, before the run spends money."""
    from contracts.files.user_file import FileError
    from contracts.files.whole_file import check
    from contracts.verify.ledger import load

    if path is None:
        return
    try:
        check(path)
        load(path)
    except (FileError, OSError) as error:
        raise click.UsageError(f"--ledger: {error}") from None


def update_ledger(path: Path, spec: Spec, events: list[Event]) -> None:
    """Add the observations of a run to the ledger, and print their number. Raises OSError, and
    ClickException if the file was damaged during the run."""
    from contracts.files.user_file import FileError
    from contracts.verify.ledger import update

    try:
        print_line(update(path, spec, events), err=True)
    except FileError as error:
        raise click.ClickException(f"--ledger: {error}") from None
