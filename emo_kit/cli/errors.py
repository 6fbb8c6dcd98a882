"""How the command line says what went wrong: a sentence on stderr, and with --json an object on
stdout as well. No key is shown in either."""

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

# What the client calls its arguments, and what they are here.
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
FACTS = ("status", "code", "request_id", "task_id")  # that an error of the client may know


class CommandError(click.ClickException):
    """Something went wrong. kind: its name for programs; facts: what else they may want to know."""

    def __init__(self, message: str, *, kind: str = "Error", facts: Facts | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.facts = facts or {}


class ListedError(click.ClickException):
    """An error whose message is a list: its lines were made one by one, each of them safe to show.
    The message of any other error is one line, whatever it holds."""


class ListedUsageError(ListedError, click.UsageError):
    """Wrong usage that is a list of mistakes, as in a scenario file."""


class NotReachable(CommandError):
    """No connection could be made."""

    exit_code = WRONG_USAGE

    def __init__(self, message: str, *, kind: str = "ConnectionFailed") -> None:
        super().__init__(message, kind=kind)


class Interrupted(CommandError):
    """Ctrl-C was pressed before the command was done."""

    exit_code = INTERRUPTED

    def __init__(self) -> None:
        super().__init__("interrupted before the end", kind="Interrupted")


def as_typed(text: str, *, arguments: bool = False) -> str:
    """A client's message in words of the command line: `timeout=…` is `--timeout`, `base_url='x'`
    is `--base-url 'x'`, `list()` is `emo list`. arguments: whether a name without `=` is one of the
    client's too, not one of the service's fields."""

    def named(found: re.Match[str]) -> str:
        name, equals = found[1], found[2]
        if equals is None and not (arguments and "_" in name):
            return name
        return NAMES[name] + (" " if equals == "=" else "")

    return _METHOD.sub(r"`emo \1`", _NAMED.sub(named, text))


class ErrorFormat(NamedTuple):
    """How to say errors: on_stdout: as JSON there too; as_log: as a line of JSON on stderr."""

    on_stdout: bool = False
    as_log: bool = False

    @classmethod
    def of(cls, arguments: Sequence[str], environment: Mapping[str, str]) -> ErrorFormat:
        """What the arguments of `emo` ask for, also where they cannot be read properly."""
        return cls("--json" in arguments, _logs_json(arguments, environment))


def _logs_json(arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether a server is started that logs JSON."""
    if "serve" not in arguments:
        return False
    forms = [b for a, b in pairwise(arguments) if a == "--log"]
    forms += [a.removeprefix("--log=") for a in arguments if a.startswith("--log=")]
    return (forms or [environment.get("EMO_LOG", "")])[-1] == "json"


def report(error: click.ClickException, form: ErrorFormat) -> int:
    """Say what went wrong, and return the exit code. People know that they pressed Ctrl-C."""
    if isinstance(error, click.UsageError):
        error = _with_suggestion(error)
    if not isinstance(error, Interrupted):
        with suppress(OSError):  # a stream that cannot be written to is perhaps what went wrong
            print_block(_as_log(error) if form.as_log else _as_text(error), err=True)
    if form.on_stdout:
        with suppress(OSError):
            print_json_text(json_line(error))
    return error.exit_code


def _as_text(error: click.ClickException) -> str:
    """The usage, where that is wrong, and the message as one line; one that lists problems has a
    line for each of them."""
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
    """The error as one line of JSON; facts that are not known are left out."""
    usage = "UsageError" if isinstance(error, click.UsageError) else "Error"
    facts = getattr(error, "facts", {}).items()
    known = {name: without_keys(v, error) if isinstance(v, str) else v for name, v in facts if v}
    told = {
        "type": getattr(error, "kind", usage),
        **known,
        "message": without_keys(error.format_message(), error),
        "exit_code": error.exit_code,
    }
    return json.dumps({"error": told}, ensure_ascii=False)


def _with_suggestion(error: click.UsageError) -> click.UsageError:
    """A wrong value of a choice gets a did-you-mean, as click gives wrong option names."""
    if isinstance(error, click.NoSuchOption) and error.possibilities and error.ctx:
        shown = {name for param in error.ctx.command.params for name in param.opts}
        error.possibilities[:] = [name for name in error.possibilities if name in shown]
    parameter = getattr(error, "param", None)
    if parameter is None or not isinstance(parameter.type, click.Choice):
        return error
    text = error.message.partition("'")[2].partition("'")[0]
    hint = did_you_mean(text, [str(choice) for choice in parameter.type.choices])
    return click.BadParameter(error.message + hint, error.ctx, parameter)
