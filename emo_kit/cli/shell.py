"""`emo env` and `emo completion`: print lines for a shell to evaluate."""

from __future__ import annotations

import re
from pathlib import PurePath
from urllib.parse import urlsplit

import click

from emo_kit.cli import options
from emo_kit.cli.complete import VARIABLE
from emo_kit.cli.destination import API, LOCAL, LOCAL_KEY, local, server_url
from emo_kit.cli.output import print_block, print_json, print_line
from mock_server.settings import environment

# For each shell: how to set a variable, and how to prepend to one that may exist.
SHELLS = {
    "sh": ("export {}='{}'", 'export {0}="{1}${{{0}:+,${0}}}"'),
    "fish": ("set -gx {} '{}'", 'set -gx {0} "{1},${0}"'),
    "powershell": ("$env:{} = '{}'", '$env:{0} = "{1},$env:{0}"'),
}
PLAIN = r"[\w.:/,%~@\[\]+=-]"  # characters that have no meaning in quotes in any of the shells
COMPLETED = ("bash", "zsh", "fish")
EVALUATED = ('eval "$(emo completion {})"', "emo completion {} | source")


@click.command(
    epilog="""\b
Examples:
  eval "$(emo env)"
  emo env --shell fish | source
  emo env --shell powershell | Invoke-Expression
"""
)
@click.option(
    "--shell",
    default="sh",
    show_default=True,
    type=click.Choice(list(SHELLS)),
    help="The shell that evaluates the lines.",
)
@options.server(f"Root of the fake.  [default: {LOCAL}]")
@options.key(f"API key of the tenant: any key that starts with sk- or st-.  [default: {LOCAL_KEY}]")
@options.as_json
def env(shell: str, server: str | None, key: str | None, as_json: bool) -> None:
    """Print the variables that make the official SDK call the fake."""
    base_url = server_url(local() if server is None else server).removesuffix(API) + API
    direct = ["127.0.0.1", "localhost", "::1", urlsplit(base_url).hostname or ""]
    values = {
        "DASHSCOPE_HTTP_BASE_URL": _plain(base_url, "--server"),
        "DASHSCOPE_API_KEY": _plain(_usable(LOCAL_KEY if key is None else key), "--key"),
        "NO_PROXY": ",".join(dict.fromkeys(direct)),
    }
    if as_json:
        print_json(values)
        return
    for name, value in values.items():
        print_line(SHELLS[shell][name == "NO_PROXY"].format(name, value))


def _usable(key: str) -> str:
    """The key, if the fake accepts it. Raises UsageError, which does not show the key."""
    from contracts.spec.loader import Spec

    if not Spec.load().key_pattern.match(key):
        raise click.UsageError(
            "--key cannot be a key: a key starts with sk- or st-, and has only printable ASCII "
            "without spaces"
        )
    return key


def _plain(value: str, option: str) -> str:
    """The value, if no shell changes it. Raises UsageError, which does not show the value."""
    odd = next((at for at, char in enumerate(value) if not re.match(PLAIN, char, re.ASCII)), None)
    if odd is not None:
        raise click.UsageError(
            f"{option}: character {odd + 1} of {len(value)} is not safe in a shell; use letters, "
            "digits and . : / , % ~ @ [ ] + = _ -"
        )
    return value


@click.command(
    epilog="""\b
Examples:
  eval "$(emo completion bash)"
  emo completion fish > ~/.config/fish/completions/emo.fish
"""
)
@click.argument("shell", required=False, type=click.Choice(COMPLETED))
def completion(shell: str | None) -> None:
    """Print the shell completion for bash, zsh or fish."""
    from click.shell_completion import get_completion_class

    from emo_kit.cli.main import cli

    if shell is None:
        running = PurePath(environment().get("SHELL", "")).name
        example = running if running in COMPLETED else "bash"
        line = EVALUATED[example == "fish"].format(example)
        raise click.UsageError(f"which shell? {', '.join(COMPLETED)}. For {example}: {line}")
    kind = get_completion_class(shell)
    assert kind is not None  # click supports all three
    print_block(kind(cli, {}, "emo", VARIABLE).source())
