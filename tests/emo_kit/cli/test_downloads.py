"""Downloads by hand: how large, how long, and the videos of bad days that are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.helpers.cli import MEDIA, emo, run_here  # noqa: F401


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("not-json", "the file is not an MP4, which has ftyp at byte 4"),
        ("truncated", "the MP4 is incomplete:"),
        ("wrong-type", "the answer is text/html, not a video"),
        ("cut-off=1", "peer closed connection"),
    ],
)
def test_a_damaged_video_is_refused(
    run: Callable[..., Result], tmp_path: Path, fault: str, why: str
) -> None:
    target = tmp_path / "video.mp4"
    audio = f"https://x.com/v.mp3?emo-scenario=result:{fault}"
    result = run("generate", *MEDIA[:2], "--audio", audio, "-o", str(target))
    assert (result.exit_code, why in result.stderr, target.exists()) == (1, True, False)


@pytest.mark.parametrize("command", [["generate", *MEDIA], ["wait"], ["download"]])
def test_a_video_above_the_largest_size_is_refused_and_names_max_size(
    run: Callable[..., Result], tmp_path: Path, command: list[str]
) -> None:
    if command[0] != "generate":
        made = json.loads(run("generate", *MEDIA, "--json").stdout)
        command = [*command, made["output"]["task_id"]]
    result = run(*command, "-o", str(tmp_path / "v.mp4"), "--max-size", "1K")
    assert result.exit_code == 1
    assert "more than 1024 bytes: raise --max-size" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", ["0", "-1", "1X", "", "1.5M", "0K", "9" * 99])
def test_an_invalid_max_size_is_wrong_usage(
    run: Callable[..., Result], tmp_path: Path, size: str
) -> None:
    result = run("download", "t", "-o", str(tmp_path / "v.mp4"), "--max-size", size)
    assert result.exit_code == 2
    assert "is not a size in bytes, like 500K, 256M or 1G" in result.stderr
