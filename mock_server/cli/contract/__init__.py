"""`emo contract`: hold a provider, a recording or a new spec to the contract."""

from __future__ import annotations

import click

from mock_server.cli import LazyGroup

COMMANDS = {
    "verify": ("verify", "Run the checks against any provider, and say what differs."),
    "fuzz": ("fuzz", "Look by chance for calls that a provider answers wrongly."),
    "record": ("record", "Stand between a client and a provider, and keep what happens."),
    "drift": ("drift", "Hold recordings against the spec and the fake."),
    "diff": ("diff", "Say what changed between two versions of the spec, and for whom."),
}


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    package=__name__,
    epilog="Example: emo contract verify http://127.0.0.1:8787",
)
def contract() -> None:
    """Hold a provider, a recording or a new spec to the contract."""
