"""`emo contract`: the group of commands that check a provider, a recording or a new spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from emo_kit.cli.errors import NotReachable
from emo_kit.cli.main import LazyGroup

if TYPE_CHECKING:
    from contracts.provider.http import Unreachable

COMMANDS = {
    "verify": ("verify", "Check any provider against the contract."),
    "fuzz": ("fuzz", "Send random calls and report wrong answers."),
    "record": ("record", "Record the calls of a client and the answers of a provider."),
    "drift": ("drift", "Compare recordings with the spec and the fake."),
    "diff": ("diff", "Show the changes between two versions of a spec, and whom they break."),
}


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    package="emo_kit.cli.contract",
    epilog="Example: emo contract verify http://127.0.0.1:8787",
)
def contract() -> None:
    """Check a provider, a recording or a new spec against the contract."""


def provider_error(error: Unreachable) -> click.ClickException:
    """The error for a provider that cannot be called: wrong usage, or nobody answers."""
    from contracts.provider.http import Misconfigured

    wrong_usage = isinstance(error, Misconfigured)
    return click.UsageError(str(error)) if wrong_usage else NotReachable(str(error))
