"""`emo demo`: runs detect, create, poll and download against a fake on this machine."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emo_kit.cli.options import OutputFile, target
from emo_kit.cli.output import print_block, print_line, print_styled, styled
from emo_kit.cli.task_output import WaitProgress, with_zone

if TYPE_CHECKING:
    import httpx

    from emo_client import Client, Face

KEY = "sk-demo"
SPEED = 60  # a task takes 0.7 s; on most machines the client polls it in each of its states


@click.command(
    epilog="""\b
Examples:
  emo demo
  emo demo --ratio 3:4 -o half-body.mp4
  emo demo --image https://example.com/me.png
"""
)
@click.option("--image", metavar="URL", help="Portrait.  [default: one that the fake serves]")
@click.option(
    "--audio", metavar="URL", help="Voice recording.  [default: one that the fake serves]"
)
@click.option(
    "--ratio",
    default="1:1",
    show_default=True,
    type=click.Choice(["1:1", "3:4"]),
    help="1:1 for the head, 3:4 for the upper body.",
)
@click.option(
    "-o",
    "--output",
    default="emo-demo.mp4",
    show_default=True,
    type=OutputFile(),
    metavar="FILE",
    callback=target,
    help="The file to write.",
)
def demo(image: str | None, audio: str | None, ratio: str, output: Path) -> None:
    """Run detect, create, poll and download on a temporary fake. Needs no server, key or network.

    Starts a fake on a free port, calls it with the client and prints each step. Then sends a wrong
    request and prints the explanation of the error. Then prints the same steps as curl commands.
    The video is always the same sample. The last line starts a fake that keeps running.
    """
    import httpx

    from emo_client import Client, EmoError
    from mock_server.server.run import running
    from mock_server.settings import Settings

    root = f"http://127.0.0.1:{Settings().port}"
    try:
        # A proxy of the environment cannot reach this machine's loopback.
        with running(Settings(port=0, speed=SPEED)) as url, httpx.Client(trust_env=False) as http:
            print_line(f"fake service on {url}, {SPEED} times as fast as the real one", "")
            client = Client(api_key=KEY, base_url=f"{url}/api/v1", http=http)
            image, audio = (
                image or f"{url}/samples/portrait.png",
                audio or f"{url}/samples/voice.wav",
            )
            face = _run(client, image, audio, ratio, output)
            show_refusal(http, url, root)
    except BrokenPipeError:
        raise  # the reader of the output left, which main.py handles
    except (EmoError, OSError) as error:
        raise click.ClickException(str(error)) from None
    _by_hand(root, image, audio, ratio, face)
    print_line("The lines above call a fake that runs in another terminal:", "", serve_command())


def _run(client: Client, image: str, audio: str, ratio: str, output: Path) -> Face:
    face = client.detect(image, ratio)
    print_line(f"1. detected   face {list(face.face_bbox)}, area {list(face.ext_bbox)}")
    created = client.create(image, audio, face.face_bbox, face.ext_bbox)
    task_id = created.output.task_id
    print_line(f"2. created    task {task_id}, {created.output.task_status}")
    print_line("3. polling")
    with WaitProgress(lambda: client) as progress:
        task = client.wait(task_id, timeout=120, on_update=progress.update)
    assert task.usage is not None  # wait() returns a task that SUCCEEDED
    times = f"{with_zone(task.output.submit_time)}, ended {with_zone(task.output.end_time)}"
    print_line(f"4. finished   {task.output.task_status}, submitted {times}")
    path = client.download(task, output)
    size = path.stat().st_size // 1024
    print_line(f"5. downloaded {path}: {task.usage.video_duration:g} s of H.264 video, {size} KiB")
    return face


def show_refusal(http: httpx.Client, url: str, root: str) -> None:
    """Send a create call with a misspelled field, and print the explanation of the answer. The curl
    command in the explanation calls the fake at `root`."""
    from rich.console import Console

    from emo_client.models import VIDEO_MODEL

    body = {"model": VIDEO_MODEL, "input": {"img_url": "https://example.com/portrait.png"}}
    headers = {"Authorization": f"Bearer {KEY}", "X-DashScope-Async": "enable"}
    service = f"{url}/api/v1/services/aigc/image2video/video-synthesis"
    refused: dict[str, Any] = http.post(service, json=body, headers=headers).json()
    path = f"{url}/__mock__/explain/{refused['request_id']}"
    answer = http.get(path, params={"format": "text"}, headers=headers).raise_for_status()
    print_line("6. refused    a call with a misspelled field, as `emo explain` explains it:", "")
    console = Console(highlight=False, soft_wrap=True)  # no colour for NO_COLOR or a pipe
    head, *rest = answer.text.replace(url, root).splitlines()
    print_styled(console, styled(head, "bold red"))
    for line in rest:
        shown = styled(line)
        shown.highlight_regex(r"^  (pointer|expected|got|spec|outcome|advice) ", "cyan")
        shown.highlight_regex(r"^  (did you mean) .*$", "green")
        print_styled(console, shown)
    print_line()


def serve_command() -> str:
    """The `emo serve` command to paste into this shell: with the name `emo`, or with its path."""
    emo = Path(sys.executable).with_name("emo")
    on_path = shutil.which("emo")
    if on_path and Path(on_path).resolve() == emo.resolve():
        return "emo serve"
    if not emo.exists():
        return f"{shlex.quote(sys.executable)} -m emo_kit.cli serve"
    here = Path.cwd()
    is_below = emo.is_relative_to(here) and emo.parent != here
    return f"{shlex.quote(str(emo.relative_to(here) if is_below else emo))} serve"


def _by_hand(root: str, image: str, audio: str, ratio: str, face: Face) -> None:
    """Print the same steps as curl commands for a fake that keeps running."""
    from contracts.provider.curl import as_curl
    from emo_client.models import DETECT_MODEL, VIDEO_MODEL

    image, audio = _at(root, image), _at(root, audio)
    service = f"{root}/api/v1/services/aigc/image2video"
    key = {"Authorization": f"Bearer {KEY}"}
    json_headers = {**key, "Content-Type": "application/json"}
    boxes = {"face_bbox": face.face_bbox, "ext_bbox": face.ext_bbox}
    detect = {
        "model": DETECT_MODEL,
        "input": {"image_url": image},
        "parameters": {"ratio": ratio},
    }
    create = {"model": VIDEO_MODEL, "input": {"image_url": image, "audio_url": audio, **boxes}}
    print_line("The same by hand, with curl:", "")
    print_block(as_curl("POST", f"{service}/face-detect", json_headers, detect) + "\n")
    asynchronous = {**json_headers, "X-DashScope-Async": "enable"}
    print_block(as_curl("POST", f"{service}/video-synthesis", asynchronous, create) + "\n")
    print_block(as_curl("GET", f"{root}/api/v1/tasks/TASK_ID", key) + "\n")


def _at(root: str, url: str) -> str:
    """The URL of a sample on the fake at `root`: the fake of the demo has stopped."""
    return root + url[url.index("/samples/") :] if "/samples/" in url else url
