"""Options that several commands share, so that one option has one name everywhere. Former names
still work, but are hidden."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from emo_kit.cli import complete

Decorator = Callable[[Any], Any]


class Option(click.Option):
    """An option with former names `old`. The parser accepts them; help and completion do not show
    them."""

    def __init__(
        self, declarations: Sequence[str], *, old: Sequence[str] = (), **attributes: Any
    ) -> None:
        super().__init__(declarations, **attributes)
        self.old = list(old)

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        shown = self.opts
        self.opts = [*shown, *self.old]
        try:
            super().add_to_parser(parser, ctx)
        finally:
            self.opts = shown


def option(*declarations: str, **attributes: Any) -> Decorator:
    """Like `click.option`, with former names in `old=[…]`."""
    return click.option(*declarations, cls=Option, **attributes)


class OutputFile(click.Path):
    """The path of a file to write. An empty text and the name of a folder are refused."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from contracts.files.whole_file import Unwritable, path_of

        try:
            path_of(os.fspath(value))
        except Unwritable as error:
            self.fail(str(error), param, ctx)
        return super().convert(value, param, ctx)


as_json = option("--json", "as_json", is_flag=True, help="Print JSON, also for errors.")
admin_token = option(
    "--admin-token",
    metavar="TOKEN",
    envvar="EMO_ADMIN_TOKEN",
    show_envvar=True,
    help="The token that `emo serve` was started with. `ps` shows it: use the variable or "
    "--admin-token-file instead.",
)


def key(help_: str) -> Decorator:
    """`--key`: an API key. On a fake it selects the tenant."""
    return option("--key", metavar="KEY", shell_complete=complete.keys, help=help_)


def server(help_: str) -> Decorator:
    """`--server`: the root URL of a fake, for commands that use its control API."""
    return option("--server", "server", old=["--url"], metavar="URL", help=help_)


def seed(help_: str = "Seed for everything random.", default: str = "emo") -> Decorator:
    """`--seed`: any text."""
    return option("--seed", default=default, show_default=True, metavar="TEXT", help=help_)


def output(help_: str, *, old: Sequence[str] = (), **attributes: Any) -> Decorator:
    """`-o`, `--output`: the file to write."""
    attributes = {"type": OutputFile(), "metavar": "FILE", "help": help_, **attributes}
    return option("-o", "--output", "output", old=old, **attributes)


def target(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    """Check that a video can be saved to this path, before the command spends money."""
    if value is None:
        return None
    if str(value) == "-":
        raise click.BadParameter("a video cannot go to stdout: name a file", ctx, param)
    folder = value.parent
    if value.exists() and not value.is_file():
        raise click.BadParameter(f"{value} is not a file", ctx, param)
    if not folder.is_dir():
        raise click.BadParameter(f"the folder {folder} does not exist", ctx, param)
    if not os.access(folder, os.W_OK):
        raise click.BadParameter(f"the folder {folder} is not writable", ctx, param)
    return value


def check(*declarations: str, **attributes: Any) -> Decorator:
    """A repeatable option that takes names of checks or of groups of checks."""
    attributes = {
        "multiple": True,
        "metavar": "ID",
        "shell_complete": complete.checks,
        **attributes,
    }
    return option(*declarations, **attributes)


def provider(command: Any) -> Any:
    """Accept the provider as the argument BASE_URL or as `--base-url`, passed on as `base_url`."""
    import functools

    @click.argument("url", required=False, metavar="[BASE_URL]")
    @option("--base-url", metavar="URL", help="The same as BASE_URL.")
    @functools.wraps(command)
    def wrapped(url: str | None, base_url: str | None, **options: Any) -> Any:
        if url is not None and base_url is not None:
            raise click.UsageError("give the URL once: as BASE_URL or as --base-url")
        return command(base_url=url or base_url, **options)

    return wrapped


def need_url(options: Mapping[str, Any]) -> None:
    """Raises UsageError if the provider's URL is missing."""
    if options["base_url"] is None:
        raise click.UsageError(
            "which provider? Give its URL, such as http://127.0.0.1:8787 for `emo serve`"
        )
