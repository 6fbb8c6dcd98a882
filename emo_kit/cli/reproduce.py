"""`emo reproduce`: runs the calls of a bundle again and reports the first different answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emo_kit.cli.main import FOUND_PROBLEMS
from emo_kit.cli.options import as_json as as_json_option
from emo_kit.cli.output import print_json, print_line

if TYPE_CHECKING:
    from mock_server.control.bundle import Difference


@click.command(
    epilog="""\b
Examples:
  curl -sS -H 'Authorization: Bearer sk-local' \\
    http://127.0.0.1:8787/__mock__/bundle > run.json
  emo reproduce run.json
"""
)
@as_json_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def reproduce(file: Path, as_json: bool) -> int:
    """Send the calls of a bundle again, without a server, and compare every answer.

    FILE is a bundle: the answer of GET /__mock__/bundle. A recording is not a bundle; `emo serve
    --replay` answers from one.

    Exit code 0: every answer is the same, byte for byte. 1: an answer differs; both are printed.
    """
    from contracts.files.user_file import FileError, bytes_of
    from contracts.spec.loader import Spec
    from mock_server.control.bundle import read
    from mock_server.reproduce import Reproduction

    try:
        bundle = read(bytes_of(file))
        difference = Reproduction(Spec.load(), bundle).run()
    except FileError as error:
        raise click.UsageError(f"{file} {error}") from None
    if as_json:
        print_json({"exchanges": len(bundle.exchanges), "difference": _as_json(difference)})
    elif difference is not None:
        _print(difference)
    else:
        print_line(f"{len(bundle.exchanges)} exchanges, every answer the same")
    return 0 if difference is None else FOUND_PROBLEMS


def _as_json(difference: Difference | None) -> dict[str, Any] | None:
    if difference is None:
        return None
    exchange = difference.exchange
    call = {"number": exchange.number, "method": exchange.method, "path": exchange.path}
    return {**call, "what": difference.part, "was": difference.was, "is": difference.now}


def _print(difference: Difference) -> None:
    exchange = difference.exchange
    call = f"exchange {exchange.number}, {exchange.method} {exchange.path}"
    print_line(f"{call}: another {difference.part} than in the bundle")
    print_line(f"  was  {difference.was}")
    print_line(f"  is   {difference.now}")
