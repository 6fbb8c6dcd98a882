"""The commands that use emo_client: `emo detect`, `create`, `get`, `wait`, `cancel`, `list`,
`generate`, `download`. They call the fake on this machine unless --live, --base-url or the
environment names another server (destination.py)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emo_kit.cli import complete, options
from emo_kit.cli.client_command import calls, poll_once, progress
from emo_kit.cli.errors import CommandError
from emo_kit.cli.output import print_line
from emo_kit.cli.task_output import print_list, print_model, print_task
from emo_kit.cli.value_types import Box, ByteSize, TaskState
from emo_kit.cli.variables import setting
from mock_server.simulation.clock import real_time

if TYPE_CHECKING:
    from emo_client import Client, TaskAnswer

MOMENT = "YYYYMMDDhhmmss"
# Seconds for the download even if the wait used up its timeout: the video is paid for.
LEAST = 30.0

image = click.option("--image", required=True, metavar="URL", help="URL of the portrait.")
audio = click.option("--audio", required=True, metavar="URL", help="URL of the voice recording.")
ratio = click.option(
    "--ratio",
    default="1:1",
    show_default=True,
    type=click.Choice(["1:1", "3:4"]),
    help="1:1 for the head, 3:4 for the upper body.",
)
style = click.option(
    "--style", type=click.Choice(["normal", "calm", "active"]), help="How much the head moves."
)
output = options.output("Download the video to this file.", callback=options.target)
max_size = setting(
    "--max-size",
    default="256M",
    show_default=True,
    metavar="SIZE",
    type=ByteSize(),
    help="Refuse a larger video. In bytes, or with K, M or G.",
)


def timeout(help_: str) -> Callable[[Any], Any]:
    """`--timeout`: how long the whole command may take."""
    seconds = click.FloatRange(0, min_open=True)
    shown: dict[str, Any] = {"show_default": True, "metavar": "SECONDS"}
    return click.option("--timeout", default=1800.0, type=seconds, help=help_, **shown)


to_the_end = timeout("How long to wait for the task to end and for its video.")


@click.command(epilog="Example: emo detect --image https://example.com/portrait.png --ratio 3:4")
@image
@ratio
@calls
def detect(client: Client, as_json: bool, image: str, ratio: str) -> None:
    """Check a portrait and find the face. Exit code 1 when it is rejected."""
    face = client.detect(image, ratio)
    boxes = {"face_bbox": list(face.face_bbox), "ext_bbox": list(face.ext_bbox)}
    if as_json:
        print_model({**boxes, "request_id": face.request_id})
        return
    for name, box in boxes.items():
        print_line(f"{name:<10}{','.join(map(str, box))}")


@click.command(
    epilog="""\b
Example:
  emo create --image URL --audio URL --face 302,286,610,593 --ext 71,9,840,778
"""
)
@image
@audio
@click.option("--face", required=True, type=Box(), help="face_bbox of `emo detect`.")
@click.option("--ext", required=True, type=Box(), help="ext_bbox of `emo detect`.")
@style
@calls
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
        print_model(created)
    else:
        print_line(created.output.task_id)


@click.command(epilog="Example: emo get a8532587-fa8c-4ef8-82be-3a1b7c5d9e20 --json")
@click.argument("task_id")
@calls
def get(client: Client, as_json: bool, task_id: str) -> None:
    """Show the state of a task."""
    print_task(client.get(task_id), as_json)


@click.command(epilog="Example: emo wait a8532587-fa8c-4ef8-82be-3a1b7c5d9e20 -o video.mp4")
@click.argument("task_id")
@to_the_end
@output
@max_size
@calls
def wait(
    client: Client,
    as_json: bool,
    task_id: str,
    timeout: float,
    output: Path | None,
    max_size: int,
) -> None:
    """Wait for a task to end. Exit code 1 when it ends without a video."""
    fetch = partial(_fetch, client, output, real_time() + timeout, max_size)
    with progress() as shown:
        poll_once(client, task_id, shown)
        task = client.wait(task_id, timeout, shown.update)
    _finish(task, fetch, as_json)


@click.command(epilog="Example: emo cancel a8532587-fa8c-4ef8-82be-3a1b7c5d9e20")
@click.argument("task_id")
@calls
def cancel(client: Client, as_json: bool, task_id: str) -> None:
    """Cancel a task that is still PENDING."""
    answer = client.cancel(task_id)
    if as_json:
        print_model(answer)
    else:
        print_line(f"canceled {task_id}")


@click.command(
    "list",
    epilog="""\b
Examples:
  emo list --status RUNNING
  emo list --page-size 50 --json
""",
)
@click.option("--status", type=TaskState(), help="Only tasks in this state, such as PENDING.")
@click.option("--model", shell_complete=complete.models, help="Only tasks of this model.")
@click.option("--start-time", metavar=MOMENT, help="Only tasks created from this time on (UTC+8).")
@click.option("--end-time", metavar=MOMENT, help="Only tasks created until this time (UTC+8).")
@click.option(
    "--page-no", default=1, show_default=True, type=click.IntRange(1), help="Number of the page."
)
@click.option(
    "--page-size", default=10, show_default=True, type=click.IntRange(1), help="Tasks on a page."
)
@calls
def list_(client: Client, as_json: bool, model: str | None, **filters: Any) -> None:
    """List the tasks of the last 24 hours, newest first."""
    page = client.list(model_name=model, **filters)
    if as_json:
        print_model(page)
        return
    print_list(page)


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
@to_the_end
@output
@max_size
@calls
def generate(
    client: Client,
    as_json: bool,
    image: str,
    audio: str,
    ratio: str,
    style: str | None,
    timeout: float,
    output: Path | None,
    max_size: int,
) -> None:
    """Detect, create, wait and download in one command."""
    fetch = partial(_fetch, client, output, real_time() + timeout, max_size)
    with progress() as shown:
        task = client.generate(image, audio, ratio, style, timeout, shown.update)
    _finish(task, fetch, as_json)


@click.command(
    epilog="""\b
Examples:
  emo download a8532587-fa8c-4ef8-82be-3a1b7c5d9e20 -o video.mp4
  emo download 'http://127.0.0.1:8787/…/video.mp4?Expires=…' -o video.mp4
"""
)
@click.argument("source", metavar="TASK_ID|URL")
@options.output("The file to write.", required=True, callback=options.target)
@timeout("How long the download may take.")
@max_size
@calls
def download(
    client: Client, as_json: bool, source: str, output: Path, timeout: float, max_size: int
) -> None:
    """Download the video of a task that SUCCEEDED, or the video at its video_url.

    An unfinished download of the same video is continued."""
    if "://" in source:
        video: Any = source
    else:
        video = client.get(source)
        _must_have_video(video, output)
    path = client.download(video, output, timeout=timeout, max_bytes=max_size)
    if as_json:
        print_model({"path": str(path), "bytes": path.stat().st_size})
    else:
        print_line(f"saved to {path}")


def _must_have_video(task: TaskAnswer, output: Path) -> None:
    """Raises CommandError for a task that has no video, or not yet."""
    state, task_id = task.output.task_status, task.output.task_id
    if task.output.results and task.output.results.video_url:
        return
    reason = ": ".join(filter(None, [task.output.code, task.output.message]))
    message = f"task {task_id} is {state} and has no video{reason and ': '}{reason}"
    if state in ("PENDING", "RUNNING"):
        message += f"; wait for it: emo wait {task_id} -o {output}"
    facts = {"code": task.output.code, "request_id": task.request_id, "task_id": task_id}
    raise CommandError(message, kind="NoVideo", facts=facts)


def _finish(task: TaskAnswer, fetch: Callable[[TaskAnswer], Path | None], as_json: bool) -> None:
    """Print a task that ended with a video, and download the video if a file was named."""
    if not as_json:
        print_task(task, as_json)
    path = fetch(task)
    if path is not None:
        print_line(f"saved to {path}", err=as_json)
    if as_json:
        print_model(task)


def _fetch(
    client: Client, output: Path | None, until: float, max_size: int, task: TaskAnswer
) -> Path | None:
    """Download the video of a finished task; None if no file was named."""
    if output is None:
        return None
    left = max(until - real_time(), LEAST)
    return client.download(task, output, timeout=left, max_bytes=max_size)
