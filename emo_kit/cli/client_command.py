"""Shared parts of the client's commands: their options, the client, and its errors in terms of the
command line."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import click

from emo_kit.cli import options
from emo_kit.cli.destination import clients, destination, not_reachable, root, video
from emo_kit.cli.errors import FACTS, CommandError, as_typed
from emo_kit.cli.output import print_line
from emo_kit.cli.task_output import WaitProgress, never_sleep

if TYPE_CHECKING:
    from emo_client import Client, EmoError
    from emo_kit.cli.destination import Destination

Command = Callable[..., Any]


def calls(command: Command) -> Any:
    """Give a command a Client and the options for it, print which server it calls, and turn errors
    of the client into errors with an exit code."""

    @options.option(
        "--base-url",
        metavar="URL",
        help="Call this server, with or without /api/v1.  "
        "[default: DASHSCOPE_HTTP_BASE_URL, else the fake on this machine]",
    )
    @click.option("--live", is_flag=True, help="Call the paid service of DashScope.")
    @options.key("API key.  [default: DASHSCOPE_API_KEY]")
    @options.as_json
    @wraps(command)
    def wrapped(
        base_url: str | None, live: bool, key: str | None, as_json: bool, **arguments: Any
    ) -> None:  # fmt: skip
        from emo_client import EmoError

        source = arguments.get("source", "")
        where = video(source) if "://" in source else destination(base_url, live)
        try:
            with clients(where, key) as make:
                client = make()
                print_line(where.announcement(), err=True)
                click.get_current_context().obj = partial(make, timeout=2.0, sleep=never_sleep)
                command(client, as_json, **arguments)
        except EmoError as error:
            raise _command_error(error, where, key) from None

    return wrapped


def _command_error(error: EmoError, where: Destination, key: str | None) -> click.ClickException:
    """An error of the client as an error of the command line, with the command that helps next."""
    from emo_client import APIError, ConfigError, ConnectionFailed, DownloadFailed, TaskTimeout

    if isinstance(error, ConfigError):
        return click.UsageError(as_typed(str(error), arguments=True))
    if isinstance(error, ConnectionFailed) and not error.may_have_arrived:
        return not_reachable(where, error, error.reason)
    if isinstance(error, DownloadFailed) and "ConnectError" in str(error):
        return not_reachable(where, error, str(error))
    message = as_typed(str(error))
    if isinstance(error, TaskTimeout):
        message += f": emo wait {error.task_id}"
    if isinstance(error, APIError) and where.is_near:
        message += f"; `{_explain(where, key)}` shows the reason"
    facts = {name: getattr(error, name, None) for name in FACTS}
    return CommandError(message, kind=type(error).__name__, facts=facts)


def _explain(where: Destination, key: str | None) -> str:
    """The `emo explain` command for a refused call. It names no key."""
    server = f" --server {root(where.url)}" if where.named_by == "--base-url" else ""
    return f"emo explain{server}{' --key KEY' if key else ''}"


def progress() -> WaitProgress:
    """The display of a wait. Its client, for the position in the queue, has a timeout of 2 s and
    does not retry."""
    return WaitProgress(click.get_current_context().obj)


def poll_once(client: Client, task_id: str, shown: WaitProgress) -> None:
    """Poll once before a wait, and raise ConnectionFailed if no server listens. The wait itself
    retries lost connections until its deadline, which would be half an hour of silence."""
    from emo_client import ConfigError, ConnectionFailed, EmoError

    try:
        shown.update(client.get(task_id), 0.0)
    except ConfigError:
        raise
    except ConnectionFailed as error:
        if not error.may_have_arrived:
            raise
    except EmoError:
        return  # the wait decides whether to retry
