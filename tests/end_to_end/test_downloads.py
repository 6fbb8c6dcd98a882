"""Failing downloads on a real socket, with emo_client and curl."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from emo_client import Client, EmoError
from emo_client.models import TaskAnswer
from tests.helpers.fake import need
from tests.helpers.http import Serve

IMAGE, AUDIO = "https://example.com/portrait.png", "https://example.com/voice.wav"
KEYS = itertools.count()


@pytest.fixture(scope="module")
def base(serve: Serve) -> Iterator[str]:
    with serve(time="skip") as url:
        yield url


@pytest.fixture
def client(base: str) -> Iterator[Client]:
    """A client with a key of its own that does not wait between retries."""
    key, api = f"sk-download-{next(KEYS)}", f"{base}/api/v1"
    with Client(api_key=key, base_url=api, sleep=lambda _: None) as found:
        yield found


def saved(client: Client, folder: Path, scenario: str) -> bytes:
    """The video of a task whose downloads have that scenario."""
    task = client.generate(f"{IMAGE}?emo-scenario=result:{scenario}", AUDIO)
    return client.download(task, folder / "video.mp4").read_bytes()


@pytest.mark.parametrize(
    "scenario", ["cut-off=70000", "no-range", "drip=1e9", "latency=0.1", "stale-connection"]
)
def test_an_interrupted_or_slow_download_is_complete_in_the_end(
    client: Client, tmp_path: Path, scenario: str
) -> None:
    assert saved(client, tmp_path, scenario)[4:8] == b"ftyp"


@pytest.mark.parametrize(
    ("scenario", "words"),
    [("expired", "expired"), ("store-error", "500"), ("no-such-key", "404"),
     ("truncated=0", "empty"), ("wrong-type", "html")],
)  # fmt: skip
def test_a_download_that_fails_raises_an_error_with_the_reason(
    client: Client, tmp_path: Path, scenario: str, words: str
) -> None:
    with pytest.raises(EmoError, match=words):
        saved(client, tmp_path, scenario)
    assert not (tmp_path / "video.mp4").exists()


def finished(client: Client) -> TaskAnswer:
    """A task with the same video and normal downloads."""
    return client.generate(IMAGE, AUDIO)


def test_curl_resumes_a_download_that_was_cut_off(client: Client, tmp_path: Path) -> None:
    curl = shutil.which("curl")
    need(curl, "curl")
    task = client.generate(f"{IMAGE}?emo-scenario=result:cut-off=70000", AUDIO)
    assert curl and task.output.results
    url, target = task.output.results.video_url, tmp_path / "video.mp4"
    fetch = [curl, "-sS", "--noproxy", "*", "-C", "-", "-o", str(target), url]
    ends = [subprocess.run(fetch, capture_output=True).returncode for _ in range(2)]
    assert ends == [18, 0]  # 18: a part of the file
    assert target.read_bytes() == client.download(finished(client), tmp_path / "whole").read_bytes()
