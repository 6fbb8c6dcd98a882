"""`emo scenarios`, `emo env`, `emo completion`: what there is to know, printed."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import click

from mock_server.settings import Settings

# How a shell sets a variable, and how it puts something before one that may be there.
SHELLS = {
    "sh": ("export {}='{}'", 'export {0}="{1}${{{0}:+,${0}}}"'),
    "fish": ("set -gx {} '{}'", 'set -gx {0} "{1},${0}"'),
    "powershell": ("$env:{} = '{}'", '$env:{0} = "{1},$env:{0}"'),
}
INPUT_OPERATIONS = ("detectFace", "createVideoTask")


@click.command(
    epilog="""\b
Examples:
  emo scenarios
  emo scenarios --operation detectFace
  emo scenarios --json | jq '.[] | select(.status == 429).name'
"""
)
@click.option("--operation", help="Only those of this operationId.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def scenarios(operation: str | None, as_json: bool) -> None:
    """List every answer the fake can give and how to get it.

    Each is a named example of openapi.yaml. Three ways select one by its name, the first that is
    there wins: the header X-Mock-Scenario, the parameter emo-scenario on an input URL, and the API
    key behind its first dot (sk-anything.NAME). operationId:NAME means one operation alone.
    """
    from contracts.spec import Spec

    spec = Spec.load()
    if operation is not None and operation not in spec.operations:
        from mock_server.near import did_you_mean

        known = list(spec.operations)
        hint = did_you_mean(operation, known)
        raise click.UsageError(f"no operation {operation!r}; there are {', '.join(known)}.{hint}")
    rows = [
        _row(op.id, outcome, outcome.name in spec.task_outcomes)
        for op in spec.operations.values()
        for outcome in op.outcomes.values()
        if operation in (None, op.id)
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    _print_table(rows)


def _row(operation: str, outcome: Any, is_fate: bool) -> dict[str, Any]:
    name = outcome.name
    key = f"Authorization: Bearer sk-anything.{name}"
    trigger = {"header": f"X-Mock-Scenario: {name}"}
    if is_fate:
        # How a task goes is chosen when it is created; the header also works on one poll.
        trigger |= {"url": f"?emo-scenario={name} on image_url or audio_url of the create call"}
        trigger |= {"key": f"{key} on the create call and its polls"}
    elif operation in INPUT_OPERATIONS:
        trigger |= {"url": f"?emo-scenario={name} on an input URL", "key": key}
    else:
        trigger |= {"key": key}
    return {
        "name": name,
        "operation": operation,
        "status": outcome.status,
        "code": outcome.code,
        "summary": outcome.summary,
        "evidence": outcome.evidence,
        "source": outcome.source,
        "trigger": trigger,
    }


def _print_table(rows: list[dict[str, Any]]) -> None:
    lines = [("NAME", "OPERATION", "STATUS", "CODE", "EVIDENCE", "TRIGGER")]
    for row in rows:
        trigger = "url, key, header" if "url" in row["trigger"] else "key, header"
        status = str(row["status"])
        lines.append((row["name"], row["operation"], status, row["code"], row["evidence"], trigger))
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        click.echo("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip())
    click.echo(
        "\nheader  -H 'X-Mock-Scenario: NAME' on the call; for a task on the create call or a poll"
        "\nurl     ?emo-scenario=NAME on image_url or audio_url"
        "\nkey     Authorization: Bearer sk-anything.NAME"
    )


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
        if not re.fullmatch(r"[\w.:/,%~@\[\]-]+", value, re.ASCII):
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
