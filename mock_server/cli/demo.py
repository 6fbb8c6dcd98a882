"""`emo demo`: the whole lifecycle on this machine, seen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mock_server.cli.options import target
from mock_server.cli.show import Progress

if TYPE_CHECKING:
    from emo_client import Client, Face

KEY = "sk-demo"


@click.command(
    epilog="""\b
Examples:
  emo demo
  emo demo --ratio 3:4 -o half-body.mp4
  emo demo --image https://example.com/me.png --audio https://example.com/voice.mp3
"""
)
@click.option("--image", help="URL of a portrait.  [default: a drawn one that the fake serves]")
@click.option("--audio", help="URL of a voice recording.  [default: one that the fake serves]")
@click.option(
    "--ratio",
    default="1:1",
    show_default=True,
    type=click.Choice(["1:1", "3:4"]),
    help="Head or body.",
)
@click.option(
    "-o",
    "--output",
    default="emo-demo.mp4",
    show_default=True,
    type=click.Path(path_type=Path),
    callback=target,
    help="The file to write.",
)
def demo(image: str | None, audio: str | None, ratio: str, output: Path) -> None:
    """Show the whole lifecycle, with no server, key or network.

    Starts the fake on a free port, lets the client detect, create, poll and download, and prints
    what happened and how to do it by hand. The video is a sample: the fake draws no one else.
    """
    import httpx

    from emo_client import Client, EmoError
    from mock_server.server import running
    from mock_server.settings import Settings

    try:
        # A proxy of the environment cannot reach this machine's loopback.
        with running(Settings(port=0)) as url, httpx.Client(trust_env=False) as http:
            click.echo(f"fake service on {url}, ten times as fast as the real one\n")
            client = Client(api_key=KEY, base_url=f"{url}/api/v1", http=http)
            image, audio = (
                image or f"{url}/samples/portrait.png",
                audio or f"{url}/samples/voice.wav",
            )
            face = _run(client, image, audio, ratio, output)
    except BrokenPipeError:
        raise  # the reader left; click knows how to go quietly
    except (EmoError, OSError) as error:
        raise click.ClickException(str(error)) from None
    _by_hand(f"http://127.0.0.1:{Settings().port}", image, audio, ratio, face)


def _run(client: Client, image: str, audio: str, ratio: str, output: Path) -> Face:
    face = client.detect(image, ratio)
    click.echo(f"1. detected   face {list(face.face_bbox)}, area {list(face.ext_bbox)}")
    created = client.create(image, audio, face.face_bbox, face.ext_bbox)
    task_id = created.output.task_id
    click.echo(f"2. created    task {task_id}, {created.output.task_status}")
    click.echo("3. polling")
    with Progress(lambda: client) as progress:
        task = client.wait(task_id, timeout=120, on_update=progress.update)
    assert task.usage is not None  # wait gave a task that SUCCEEDED
    times = f"submitted {task.output.submit_time}, ended {task.output.end_time}"
    click.echo(f"4. finished   {task.output.task_status}, {times} (UTC+8)")
    path = client.download(task, output)
    size = path.stat().st_size // 1024
    click.echo(
        f"5. downloaded {path}: {task.usage.video_duration:g} s of H.264 video, {size} KiB\n"
    )
    return face


def _by_hand(root: str, image: str, audio: str, ratio: str, face: Face) -> None:
    """The same with curl, against a fake that stays."""
    from contracts.exchange import as_curl

    image, audio = _at(root, image), _at(root, audio)
    service = f"{root}/api/v1/services/aigc/image2video"
    key = {"Authorization": f"Bearer {KEY}"}
    json_headers = {**key, "Content-Type": "application/json"}
    boxes = {"face_bbox": face.face_bbox, "ext_bbox": face.ext_bbox}
    detect = {
        "model": "emo-detect-v1",
        "input": {"image_url": image},
        "parameters": {"ratio": ratio},
    }
    create = {"model": "emo-v1", "input": {"image_url": image, "audio_url": audio, **boxes}}
    click.echo("By hand: start the fake with `emo serve`, then\n")
    click.echo(as_curl("POST", f"{service}/face-detect", json_headers, detect))
    asynchronous = {**json_headers, "X-DashScope-Async": "enable"}
    click.echo(as_curl("POST", f"{service}/video-synthesis", asynchronous, create))
    click.echo(as_curl("GET", f"{root}/api/v1/tasks/TASK_ID", key))


def _at(root: str, url: str) -> str:
    """A sample's URL on the default port; the demo's own is gone by now."""
    return root + url[url.index("/samples/") :] if "/samples/" in url else url
