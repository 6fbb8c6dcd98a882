"""`emo serve` and `emo demo`: the commands that run the fake themselves."""

from __future__ import annotations

import json
import re
import select
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from support import need
from support_cli import CLEAN, EMO, emo

from mock_server import media


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A running `emo serve` and the lines it printed when it was ready."""
    command = [*EMO, "serve", "--port", "0", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=CLEAN) as process:
        try:
            assert process.stderr
            ready = select.select([process.stderr], [], [], 30)[0]
            yield process, [process.stderr.readline().rstrip() for _ in range(3) if ready]
        finally:
            process.kill()


def test_serve_says_when_it_is_ready_and_what_the_sdk_needs() -> None:
    with serving() as (_, lines):
        url = re.search(r"http://127\.0\.0\.1:\d+", lines[0])
        assert url
        assert lines[1:] == [
            f"  export DASHSCOPE_HTTP_BASE_URL={url[0]}/api/v1",
            "  export DASHSCOPE_API_KEY=sk-local",
        ]
        assert httpx.get(f"{url[0]}/__mock__/health").json()["status"] == "ok"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_cleanly_on_a_signal(number: signal.Signals) -> None:
    with serving() as (process, _):
        process.send_signal(number)
        _, rest = process.communicate(timeout=20)
        assert (process.returncode, rest) == (0, "")


def test_a_port_in_use_is_one_line(url: str) -> None:
    port = url.rpartition(":")[2]
    result = emo("serve", "--port", port)
    assert result.returncode == 1
    assert re.fullmatch(rf"Error: cannot listen on 127\.0\.0\.1:{port}: .*\n", result.stderr)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What `emo demo` printed and saved, with proxies set that lead nowhere."""
    target = tmp_path_factory.mktemp("demo") / "out.mp4"
    nowhere = {"HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}
    result = emo("demo", "-o", str(target), **nowhere)
    assert result.returncode == 0, result.stderr
    return result.stdout, target


def test_demo_needs_no_server_key_or_network_and_leaves_a_playable_video(
    demo: tuple[str, Path],
) -> None:
    printed, target = demo
    for word in ("detected", "created", "SUCCEEDED", "downloaded", "curl -sS -X POST"):
        assert word in printed
    assert target.read_bytes() == media.video("1:1", media.voice().duration)


def test_demos_curl_lines_work_when_they_are_pasted(demo: tuple[str, Path], url: str) -> None:
    need(shutil.which("curl"), "curl")
    lines = demo[0].partition("emo serve`, then\n")[2].replace("http://127.0.0.1:8787", url)
    detect, create, get = lines.strip().split("\n\n")
    assert '"check_pass":true' in subprocess.check_output(["sh", "-c", detect], text=True)
    task = json.loads(subprocess.check_output(["sh", "-c", create]))["output"]["task_id"]
    poll = get.replace("TASK_ID", task)
    assert "RUNNING" in subprocess.check_output(["sh", "-c", poll], text=True)
