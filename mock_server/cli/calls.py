"""`emo detect`, `create`, `get`, `wait`, `cancel`, `list`, `generate`: the client, by hand.

They talk to whatever DASHSCOPE_HTTP_BASE_URL names, with the key in DASHSCOPE_API_KEY."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mock_server.cli.show import Progress, never_sleep, print_json, print_task

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from emo_client import Client

Command = Callable[..., Any]


def _calls(command: Command) -> Command:
    """Give a command a Client, --base-url and --json; turn the client's errors into exit codes."""

    @click.option("--base-url", help="Of the API, with /api/v1.  [default: as in the environment]")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    @functools.wraps(command)
    def wrapped(base_url: str | None, as_json: bool, **arguments: Any) -> None:
        from emo_client import Client, ConfigError, EmoError

        try:
            with Client(base_url=base_url) as client:
                command(client, as_json, **arguments)
        except ConfigError as error:
            raise click.UsageError(str(error)) from None
        except BrokenPipeError:
            raise  # the reader left; click knows how to go quietly
        except (EmoError, OSError) as error:
            raise click.ClickException(str(error)) from None

    return wrapped


class Box(click.ParamType[list[int]]):
    """Four whole numbers: x1,y1,x2,y2."""

    name = "x1,y1,x2,y2"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[int]:
        parts = str(value).strip("[]").split(",")
        if len(parts) != 4 or not all(re.fullmatch("[0-9]{1,9}", part.strip()) for part in parts):
            self.fail(f"{value!r} is not x1,y1,x2,y2, like 302,286,610,593", param, ctx)
        return [int(part) for part in parts]


class State(click.ParamType[str]):
    """A task's state; one that only looks like a known one is a mistake."""

    name = "state"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from emo_client import TASK_STATUSES
        from mock_server.near import did_you_mean

        hint = did_you_mean(str(value).upper(), list(TASK_STATUSES))
        if value not in TASK_STATUSES and hint:
            self.fail(f"{value!r} is no state.{hint}", param, ctx)
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from emo_client import TASK_STATUSES

        known = (state for state in TASK_STATUSES if state.startswith(incomplete.upper()))
        return [CompletionItem(state) for state in known]


def target(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    """A path that a video can be saved to: found out before anything is paid for."""
    if value is None:
        return None
    folder = value.parent
    if value.exists() and not value.is_file():
        raise click.BadParameter(f"{value} is not a file", ctx, param)
    if not folder.is_dir():
        raise click.BadParameter(f"the folder {folder} is not there", ctx, param)
    if not os.access(folder, os.W_OK):
        raise click.BadParameter(f"the folder {folder} cannot be written to", ctx, param)
    return value


image = click.option("--image", required=True, help="URL of the portrait.")
audio = click.option("--audio", required=True, help="URL of the voice recording.")
ratio = click.option(
    "--ratio",
    default="1:1",
    show_default=True,
    type=click.Choice(["1:1", "3:4"]),
    help="Head or body.",
)
style = click.option(
    "--style", type=click.Choice(["normal", "calm", "active"]), help="How much the head moves."
)
output = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    callback=target,
    help="Download the video to here.",
)
timeout = click.option(
    "--timeout", default=1800.0, show_default=True, type=click.FloatRange(0, min_open=True)
)


@click.command(epilog="Example: emo detect --image https://example.com/portrait.png --ratio 3:4")
@image
@ratio
@_calls
def detect(client: Client, as_json: bool, image: str, ratio: str) -> None:
    """Check a portrait and find the face. Exit code 1 when it is rejected."""
    face = client.detect(image, ratio)
    boxes = {"face_bbox": list(face.face_bbox), "ext_bbox": list(face.ext_bbox)}
    if as_json:
        print_json({**boxes, "request_id": face.request_id})
        return
    for name, box in boxes.items():
        click.echo(f"{name:<10}{','.join(map(str, box))}")


@click.command(
    epilog="""\b
Example:
  emo create --image URL --audio URL --face 302,286,610,593 --ext 71,9,840,778
"""
)
@image
@audio
@click.option("--face", required=True, type=Box(), help="face_bbox, as detect printed it.")
@click.option("--ext", required=True, type=Box(), help="ext_bbox, as detect printed it.")
@style
@_calls
def create(
    client: Client,
    as_json: bool,
    image: str,
    audio: str,
    face: list[int],
    ext: list[int],
    style: str | None,
) -> None:
    """Create a task that makes the video. Prints its id."""
    created = client.create(image, audio, face, ext, style)
    if as_json:
        print_json(created)
    else:
        click.echo(created.output.task_id)


@click.command(epilog="Example: emo get a8532587-fa8c-4ef8-82be-3a1b7c5d9e20 --json")
@click.argument("task_id")
@_calls
def get(client: Client, as_json: bool, task_id: str) -> None:
    """Ask how a task is."""
    print_task(client.get(task_id), as_json)


@click.command(epilog="Example: emo wait a8532587-fa8c-4ef8-82be-3a1b7c5d9e20 -o video.mp4")
@click.argument("task_id")
@timeout
@output
@_calls
def wait(client: Client, as_json: bool, task_id: str, timeout: float, output: Path | None) -> None:
    """Wait for a task to end. Exit code 1 when it ends without a video."""
    with Progress(lambda: _asker(client)) as progress:
        task = client.wait(task_id, timeout, progress.update)
    _finish(client, task, output, as_json)


@click.command(epilog="Example: emo cancel a8532587-fa8c-4ef8-82be-3a1b7c5d9e20")
@click.argument("task_id")
@_calls
def cancel(client: Client, as_json: bool, task_id: str) -> None:
    """Cancel a task that is still PENDING."""
    answer = client.cancel(task_id)
    if as_json:
        print_json(answer)
    else:
        click.echo(f"canceled {task_id}")


@click.command(
    "list",
    epilog="""\b
Examples:
  emo list --status RUNNING
  emo list --page-size 50 --json
""",
)
@click.option("--status", type=State(), help="Only tasks in this state, like PENDING.")
@click.option("--model", help="Only tasks of this model.")
@click.option("--start-time", help="YYYYMMDDhhmmss in UTC+8.")
@click.option("--end-time", help="YYYYMMDDhhmmss in UTC+8.")
@click.option("--page-no", default=1, show_default=True, type=click.IntRange(1))
@click.option("--page-size", default=10, show_default=True, type=click.IntRange(1))
@_calls
def list_(client: Client, as_json: bool, model: str | None, **filters: Any) -> None:
    """List the tasks of the last 24 hours, newest first."""
    page = client.list(model_name=model, **filters)
    if as_json:
        print_json(page)
        return
    for item in page.data:
        click.echo(f"{item.task_id}  {item.status:<9}  {item.model_name}")
    click.echo(f"page {page.page_no} of {page.total_page}, {page.total} tasks in all", err=True)


@click.command(
    epilog="""\b
Example:
  emo generate --image URL --audio URL -o video.mp4
"""
)
@image
@audio
@ratio
@style
@timeout
@output
@_calls
def generate(
    client: Client,
    as_json: bool,
    image: str,
    audio: str,
    ratio: str,
    style: str | None,
    timeout: float,
    output: Path | None,
) -> None:
    """Detect, create, wait and download in one."""
    with Progress(lambda: _asker(client)) as progress:
        task = client.generate(image, audio, ratio, style, timeout, progress.update)
    _finish(client, task, output, as_json)


def _asker(client: Client) -> Client:
    """A client for what is only shown: one try, and no waiting."""
    from emo_client import Client

    return Client(base_url=client.base_url, timeout=2.0, sleep=never_sleep)


def _finish(client: Client, task: Any, output: Path | None, as_json: bool) -> None:
    print_task(task, as_json)
    if output is not None:
        client.download(task, output)
        click.echo(f"saved to {output}", err=as_json)
