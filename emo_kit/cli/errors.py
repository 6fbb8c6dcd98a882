"""Errors of the command line and how they are printed: a sentence on stderr, and with --json also
an object on stdout. Neither shows a key."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any, NamedTuple

import click

from contracts.text.printable import in_line, shortened
from emo_kit.cli.output import print_block, print_json_text
from emo_kit.cli.secrecy import without_keys
from mock_server.suggest.close_names import did_you_mean

FOUND_PROBLEMS, WRONG_USAGE, INTERRUPTED = 1, 2, 130

# Arguments of emo_client, and the options or arguments of `emo` with the same meaning.
NAMES = {
    "api_key": "--key",
    "base_url": "--base-url",
    "timeout": "--timeout",
    "max_bytes": "--max-size",
    "path": "--output",
    "url_or_task": "TASK_ID_OR_URL",
    "task_id": "TASK_ID",
    "image_url": "--image",
    "audio_url": "--audio",
    "face_bbox": "--face",
    "ext_bbox": "--ext",
    "model_name": "--model",
    "start_time": "--start-time",
    "end_time": "--end-time",
}
_NAMED = re.compile(rf"\b({'|'.join(NAMES)})(?:(=…|=)|(?!\w))")
_METHOD = re.compile(r"\b(detect|create|get|wait|cancel|list|download)\(\)")
Facts = Mapping[str, Any]
FACTS = ("status", "code", "request_id", "task_id")  # attributes of the client's errors


class CommandError(click.ClickException):
    """A command failed. kind: the type of the error in JSON; facts: its other fields in JSON."""

    def __init__(self, message: str, *, kind: str = "Error", facts: Facts | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.facts = facts or {}


class ListedError(click.ClickException):
    """An error with a message of several lines, each of them already escaped. The message of any
    other error is printed as one line."""


class ListedUsageError(ListedError, click.UsageError):
    """Wrong usage with a list of mistakes, such as those of a scenario file."""


class NotReachable(CommandError):
    """No connection could be made. Exit code 2."""

    exit_code = WRONG_USAGE

    def __init__(self, message: str, *, kind: str = "ConnectionFailed") -> None:
        super().__init__(message, kind=kind)


class Interrupted(CommandError):
    """Ctrl-C was pressed before the command ended."""

    exit_code = INTERRUPTED

    def __init__(self) -> None:
        super().__init__("interrupted before the end", kind="Interrupted")


def as_typed(text: str, *, arguments: bool = False) -> str:
    """A message of emo_client with the names of the command line: `timeout=…` becomes `--timeout`,
    `base_url='x'` becomes `--base-url 'x'`, `list()` becomes `emo list`. arguments: replace names
    without `=` too; without it such a name may be a field of the service."""

    def named(found: re.Match[str]) -> str:
        name, equals = found[1], found[2]
        if equals is None and not (arguments and "_" in name):
            return name
        return NAMES[name] + (" " if equals == "=" else "")

    return _METHOD.sub(r"`emo \1`", _NAMED.sub(named, text))


class ErrorFormat(NamedTuple):
    """How to print errors. on_stdout: also as JSON on stdout; as_log: as a JSON line on stderr."""

    on_stdout: bool = False
    as_log: bool = False

    @classmethod
    def of(cls, arguments: Sequence[str], environment: Mapping[str, str]) -> ErrorFormat:
        """The format that the arguments of `emo` request, even if they cannot be parsed."""
        return cls("--json" in arguments, _logs_json(arguments, environment))


def _logs_json(arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether the command is `emo serve` with a log in JSON."""
    if "serve" not in arguments:
        return False
    forms = [b for a, b in pairwise(arguments) if a == "--log"]
    forms += [a.removeprefix("--log=") for a in arguments if a.startswith("--log=")]
    return (forms or [environment.get("EMO_LOG", "")])[-1] == "json"


def report(error: click.ClickException, form: ErrorFormat) -> int:
    """Print the error and return its exit code. For Ctrl-C nothing goes to stderr."""
    if isinstance(error, click.UsageError):
        error = _with_suggestion(error)
    if not isinstance(error, Interrupted):
        with suppress(OSError):  # the error may be that stderr cannot be written
            print_block(_as_log(error) if form.as_log else _as_text(error), err=True)
    if form.on_stdout:
        with suppress(OSError):
            print_json_text(json_line(error))
    return error.exit_code


def _as_text(error: click.ClickException) -> str:
    """The message as one line (of a ListedError, all lines), after the usage for a UsageError."""
    message = without_keys(error.format_message(), error)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return message
    before = io.StringIO()
    bare = click.ClickException("")
    if isinstance(error, click.UsageError):
        bare = click.UsageError("", error.ctx)
    bare.show(before)
    safe = message if isinstance(error, ListedError) else in_line(shortened(message))
    return before.getvalue().removesuffix("\n") + safe


def _as_log(error: click.ClickException) -> str:
    from emo_kit.cli.notices import json_notice

    text = without_keys(error.format_message(), error)
    return json_notice("error", text, exit_code=error.exit_code)


def json_line(error: click.ClickException) -> str:
    """The error as one line of JSON, without unknown facts."""
    usage = "UsageError" if isinstance(error, click.UsageError) else "Error"
    facts = getattr(error, "facts", {}).items()
    known = {name: without_keys(v, error) if isinstance(v, str) else v for name, v in facts if v}
    fields = {
        "type": getattr(error, "kind", usage),
        **known,
        "message": without_keys(error.format_message(), error),
        "exit_code": error.exit_code,
    }
    return json.dumps({"error": fields}, ensure_ascii=False)


def _with_suggestion(error: click.UsageError) -> click.UsageError:
    """Add a did-you-mean for a wrong value of a choice; click has one for option names only."""
    if isinstance(error, click.NoSuchOption) and error.possibilities and error.ctx:
        shown = {name for param in error.ctx.command.params for name in param.opts}
        error.possibilities[:] = [name for name in error.possibilities if name in shown]
    parameter = getattr(error, "param", None)
    if parameter is None or not isinstance(parameter.type, click.Choice):
        return error
    text = error.message.partition("'")[2].partition("'")[0]
    hint = did_you_mean(text, [str(choice) for choice in parameter.type.choices])
    return click.BadParameter(error.message + hint, error.ctx, parameter)
