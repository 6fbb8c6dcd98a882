"""`emo env` and `emo completion`: what a shell has to know, printed for it."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import click

from mock_server.settings import Settings

# How a shell sets a variable, and how it puts something before one that may be there.
SHELLS = {
    "sh": ("export {}='{}'", 'export {0}="{1}${{{0}:+,${0}}}"'),
    "fish": ("set -gx {} '{}'", 'set -gx {0} "{1},${0}"'),
    "powershell": ("$env:{} = '{}'", '$env:{0} = "{1},$env:{0}"'),
}


@click.command(
    epilog="""\b
Examples:
  eval "$(emo env)"
  emo env --shell fish | source
  emo env --shell powershell | Invoke-Expression
"""
)
@click.option("--shell", default="sh", show_default=True, type=click.Choice(list(SHELLS)))
@click.option("--url", help="Where the fake is.  [default: http://127.0.0.1:8787]")
@click.option("--key", default="sk-local", show_default=True, help="Any key that starts with sk-.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def env(shell: str, url: str | None, key: str, as_json: bool) -> None:
    """Print what the official SDK needs to talk to the fake."""
    default = Settings()
    root = (url or f"http://{default.host}:{default.port}").rstrip("/").removesuffix("/api/v1")
    direct = ["127.0.0.1", "localhost", "::1", urlsplit(root).hostname or ""]
    values = {
        "DASHSCOPE_HTTP_BASE_URL": f"{root}/api/v1",
        "DASHSCOPE_API_KEY": key,
        "NO_PROXY": ",".join(dict.fromkeys(filter(None, direct))),
    }
    for name, value in values.items():
        if not re.fullmatch(r"[\w.:/,%~@+=\[\]-]+", value, re.ASCII):
            raise click.UsageError(f"{name}: {value!r} is nothing to give to a shell")
    if as_json:
        click.echo(json.dumps(values, indent=2))
        return
    for name, value in values.items():
        click.echo(SHELLS[shell][name == "NO_PROXY"].format(name, value))


@click.command(
    epilog="""\b
Examples:
  eval "$(emo completion bash)"
  emo completion fish > ~/.config/fish/completions/emo.fish
"""
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the shell completion for bash, zsh or fish."""
    from click.shell_completion import get_completion_class

    from mock_server.cli import cli

    kind = get_completion_class(shell)
    assert kind is not None  # click has all three
    click.echo(kind(cli, {}, "emo", "_EMO_COMPLETE").source())
