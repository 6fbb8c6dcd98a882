"""The `emo` command line. A command imports the packages that it needs when it runs, so that
`emo --help` starts fast."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import click

from emo_kit.cli import complete, terminate
from emo_kit.cli.errors import FOUND_PROBLEMS, WRONG_USAGE, ErrorFormat, Interrupted, report
from emo_kit.cli.output import print_block
from emo_kit.cli.secrecy import without_keys
from emo_kit.cli.streams import ReaderLeft, discard_unread_output, flush
from mock_server.settings import environment
from mock_server.suggest.close_names import did_you_mean

# Command: its module, its line in the help. Listed here so that `emo --help` imports no command.
COMMANDS = {
    "serve": ("serve", "Run the fake service."),
    "demo": ("demo", "Run detect, create, poll and download on a temporary fake."),
    "scenarios": ("scenarios", "List every answer of the fake and how to request it."),
    "env": ("shell", "Print the variables that make the official SDK call the fake."),
    "detect": ("client", "Check a portrait and find the face."),
    "create": ("client", "Create a task that makes the video."),
    "get": ("client", "Show the state of a task."),
    "wait": ("client", "Wait for a task to end."),
    "cancel": ("client", "Cancel a task that is still PENDING."),
    "list": ("client", "List the tasks of the last 24 hours."),
    "generate": ("client", "Detect, create, wait and download in one command."),
    "download": ("client", "Download the video of a task."),
    "journal": ("journal", "Show the latest requests and their responses."),
    "explain": ("explain", "Explain the response to a request."),
    "reproduce": ("reproduce", "Send the calls of a bundle again and compare the answers."),
    "contract": (
        "contract.group",
        "Check a provider, a recording or a new spec against the contract.",
    ),
    "completion": ("shell", "Print the shell completion for bash, zsh or fish."),
}
# Former names: they still work, but neither help nor completion shows them.
FORMER = {"replay": "reproduce"}
__all__ = ["COMMANDS", "FOUND_PROBLEMS", "WRONG_USAGE", "LazyGroup", "cli", "main"]

if TYPE_CHECKING:
    from types import ModuleType

Commands = dict[str, tuple[str, str]]


class LazyGroup(click.Group):
    """A group that imports a command from a module of `package` when the command is used. `former`
    maps former names of commands, which are not listed, to the present ones."""

    def __init__(
        self, *, table: Commands, package: str, former: Mapping[str, str] | None = None,
        **attributes: Any,
    ) -> None:  # fmt: skip
        super().__init__(**attributes)
        self.table = table
        self.package = package
        self.former = former or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return None
        module = import_module(f"{self.package}.{self.table[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name if cmd_name != "list" else "list_")
        return command

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with _reader_may_leave():  # help is printed here
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        with _reader_may_leave():
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.table.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        args = [self.former.get(name, name) for name in args[:1]] + args[1:]
        if args and args[0] not in self.table and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}.{did_you_mean(args[0], list(self.table))}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    package="emo_kit.cli",
    former=FORMER,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Try: emo demo",
)
@click.version_option(package_name="dashscope-emo-kit", prog_name="emo")
def cli() -> None:
    """A faithful offline fake of DashScope's EMO API, and a client for the fake and the service."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 fine, 1 found problems, 2 wrong usage or nobody there."""
    arguments = sys.argv[1:] if arguments is None else arguments
    # Where click and rich are installed, httpx imports a command line of its own with them: a third
    # of the time of its import. It does without if that module cannot be imported.
    sys.modules.setdefault("httpx._main", cast("ModuleType", None))
    try:
        with terminate.in_order():
            code = _run(arguments)
    except Exception as error:  # noqa: BLE001 (printed without keys and escapes)
        print_block(without_keys(traceback.format_exc(), error), err=True)
        code = FOUND_PROBLEMS  # the exit code of Python for an uncaught exception
    discard_unread_output()
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    form = ErrorFormat.of(arguments, environment())
    try:
        if complete.VARIABLE in environment():
            complete.prepare()
        code: Any = cli.main(args=arguments, prog_name="emo", standalone_mode=False)
        flush()
    except ReaderLeft:
        return 0
    except click.ClickException as error:
        return report(error, form)
    except (click.Abort, KeyboardInterrupt):
        return report(Interrupted(), form)
    except OSError as error:
        return report(_os_error(error), form)
    except UnicodeError as error:
        return report(click.ClickException(str(error)), form)
    return code if isinstance(code, int) else 0


def _os_error(error: OSError) -> click.ClickException:
    """The error to report for an OSError. One without a file name comes from stdout or stderr, for
    example because the disk is full."""
    from contracts.files.file_target import Unwritable

    if isinstance(error, Unwritable):
        return click.UsageError(str(error))
    if error.filename is None and error.strerror:
        return click.ClickException(f"the output cannot be written: {error.strerror}")
    return click.ClickException(str(error))


@contextmanager
def _reader_may_leave() -> Iterator[None]:
    """Turn BrokenPipeError into ReaderLeft: click would exit with 1 for it."""
    try:
        yield
    except BrokenPipeError:
        raise ReaderLeft from None
