"""`emo replay`: the same answers again from a bundle, or where they first differ."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mock_server.cli import FOUND_PROBLEMS

if TYPE_CHECKING:
    from mock_server.bundle import Difference


@click.command(
    epilog="""\b
Examples:
  curl -sS -H 'Authorization: Bearer sk-local' http://127.0.0.1:8787/__mock__/bundle > run.json
  emo replay run.json
"""
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def replay(file: Path) -> int:
    """Do again what a bundle says was done, in a new process, and compare every answer.

    FILE is what GET /__mock__/bundle answers. Exit code 0 when every answer is the same, byte for
    byte, 1 when one differs: it is shown as it was and as it is.
    """
    from contracts.spec import Spec
    from mock_server.bundle import BundleError, read
    from mock_server.replay import Replay

    try:
        bundle = read(file.read_bytes())
        difference = Replay(Spec.load(), bundle).run()
    except BundleError as error:
        raise click.UsageError(f"{file} {error}") from None
    if difference is not None:
        _print(difference)
        return FOUND_PROBLEMS
    click.echo(f"{len(bundle.exchanges)} exchanges, every answer the same")
    return 0


def _print(difference: Difference) -> None:
    exchange = difference.exchange
    click.echo(f"exchange {exchange.number}, {exchange.method} {exchange.path}: ", nl=False)
    click.echo(f"the {difference.what} is another")
    click.echo(f"  was  {difference.was}")
    click.echo(f"  is   {difference.now}")
