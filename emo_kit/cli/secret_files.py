"""The option `--admin-token-file`. `ps` shows the arguments of a command to every user of the
machine, but not the content of its files."""

from __future__ import annotations

import sys
from functools import wraps
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

LONGEST = 4096  # bytes of a file with a token


def admin_token_file(command: Any) -> Any:
    """Add `--admin-token-file`; the command gets the content of the file as `admin_token`."""

    @click.option(
        "--admin-token-file",
        metavar="FILE",
        envvar="EMO_ADMIN_TOKEN_FILE",
        show_envvar=True,
        callback=_token,
        help="File with the admin token in one line; - for stdin.",
    )
    @wraps(command)
    def wrapped(*arguments: Any, admin_token_file: str | None, **options: Any) -> Any:
        is_typed = _is_typed("admin_token")
        if is_typed and _is_typed("admin_token_file"):
            raise click.UsageError("give --admin-token or --admin-token-file, not both")
        if admin_token_file is not None and not is_typed:
            options["admin_token"] = admin_token_file
        return command(*arguments, **options)

    return wrapped


def _is_typed(name: str) -> bool:
    source = click.get_current_context().get_parameter_source(name)
    return source == ParameterSource.COMMANDLINE


def _token(ctx: click.Context, param: click.Parameter, path: str | None) -> str | None:
    """The token in a file. Raises BadParameter, which shows nothing of the file's content."""
    if not path or ctx.resilient_parsing:
        return None
    from contracts.files.user_file import FileError, text_of

    try:
        text = text_of(_read(path)).strip("\r\n")
    except OSError as error:
        raise click.BadParameter(f"{path}: {error.strerror or error}", ctx, param) from None
    except FileError:
        text = ""
    if not text or len(text) >= LONGEST or not (text.isascii() and text.isprintable()):
        needed = f"must hold one line of printable ASCII, shorter than {LONGEST} characters"
        raise click.BadParameter(f"{path} {needed}", ctx, param)
    return text


def _read(path: str) -> bytes:
    if path == "-":
        return sys.stdin.buffer.read(LONGEST)
    with Path(path).open("rb") as file:
        return file.read(LONGEST)
