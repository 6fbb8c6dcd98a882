"""The client commands, from `emo detect` to `emo generate`: output and errors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from click.testing import Result

from tests.helpers.cli import BOXES, MEDIA, emo, run_here  # noqa: F401
from tests.helpers.fake import video_of


def test_the_commands_do_the_same_as_the_client(run: Callable[..., Result], tmp_path: Path) -> None:
    assert "face_bbox" in run("detect", *MEDIA[:2]).output
    task = run("create", *MEDIA, *BOXES).stdout.strip()
    assert "RUNNING" in run("get", task).output
    assert f"{task}  RUNNING" in run("list").output
    assert run("cancel", task).exit_code == 1
    done = run("wait", task, "-o", str(tmp_path / "video.mp4"))
    assert "SUCCEEDED" in done.output
    assert (tmp_path / "video.mp4").read_bytes() == video_of(MEDIA[3])


def test_generate_runs_all_steps_and_prints_the_states(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    target = tmp_path / "video.mp4"
    result = run("generate", *MEDIA, "--ratio", "3:4", "-o", str(target))
    assert result.exit_code == 0, result.output
    assert re.match(r"emo: calling http\S+ .*\n  task [0-9a-f-]{36}\n", result.stderr)
    states = re.findall(r"^ +[\d.]+ s  (\w+)$", result.stderr, re.MULTILINE)
    assert states == ["RUNNING", "SUCCEEDED"]
    assert target.read_bytes() == video_of(MEDIA[3], "3:4")


@pytest.mark.parametrize(
    "arguments",
    [["detect", *MEDIA[:2]], ["create", *MEDIA, *BOXES], ["get", "x"], ["list"],
     ["generate", *MEDIA]],
)  # fmt: skip
def test_every_client_command_prints_json(run: Callable[..., Result], arguments: list[str]) -> None:
    assert isinstance(json.loads(run(*arguments, "--json").stdout), dict)


def test_an_empty_list_prints_no_tasks(run: Callable[..., Result]) -> None:
    assert run("list").stderr.endswith("\nno tasks\n")


@pytest.mark.parametrize("image", ["me.png", r"C:\me.png", "file:///me.png"])
def test_a_refused_call_names_emo_explain(run: Callable[..., Result], image: str) -> None:
    refused = run("detect", "--image", image)
    assert refused.stderr.endswith("; `emo explain` shows the reason\n")
    assert "URL" in run("explain").stdout.partition("advice")[2]


def test_the_suggested_explain_command_names_the_same_server_and_key(
    run: Callable[..., Result], url: str
) -> None:
    where = ["--key", "sk-a+Arrearage", "--base-url", f"{url}/api/v1"]
    refused = run("detect", *MEDIA[:2], *where).stderr
    assert f"`emo explain --server {url} --key KEY` shows the reason" in refused
    assert run("explain", "--server", url, "--key", "sk-a+Arrearage").stdout.startswith("POST ")


def test_a_cancel_of_a_waiting_task_works_from_the_command_line(
    serve: Callable[..., AbstractContextManager[str]],
) -> None:
    with serve(time="frozen") as url:
        environment = {"DASHSCOPE_HTTP_BASE_URL": f"{url}/api/v1", "DASHSCOPE_API_KEY": "sk-a"}
        task = emo("create", *MEDIA, *BOXES, **environment).stdout.strip()
        assert emo("cancel", task, **environment).stdout == f"canceled {task}\n"


def test_a_failed_task_exits_1_with_its_code_and_message(run: Callable[..., Result]) -> None:
    audio = "https://example.com/a.wav?emo-scenario=FAILED.InvalidURL-audio-length"
    result = run("generate", *MEDIA[:2], "--audio", audio)
    assert result.exit_code == 1
    assert "InvalidURL" in result.stderr
    assert "longer than 60s" in result.stderr


def test_a_rejected_picture_exits_1_with_the_reason(run: Callable[..., Result]) -> None:
    image = "https://example.com/a.png?emo-scenario=InvalidFile.NoHuman"
    result = run("detect", "--image", image)
    assert result.exit_code == 1
    assert "InvalidFile.NoHuman" in result.stderr


def test_a_missing_key_is_wrong_usage_and_names_the_variable() -> None:
    result = emo("get", "x", "--base-url", "https://example.com")
    assert result.returncode == 2
    assert "DASHSCOPE_API_KEY" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_server_is_one_clear_error() -> None:
    environment = {
        "DASHSCOPE_HTTP_BASE_URL": "http://127.0.0.1:9/api/v1",
        "DASHSCOPE_API_KEY": "sk-secret",
    }
    result = emo("create", *MEDIA, *BOXES, **environment)
    assert result.returncode == 2
    assert "nobody answers at http://127.0.0.1:9/api/v1; start the fake" in result.stderr
    assert "sk-secret" not in result.stderr + result.stdout
    assert "Traceback" not in result.stderr
