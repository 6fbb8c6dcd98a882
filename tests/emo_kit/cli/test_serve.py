"""`emo serve` and `emo demo`, the commands that run the fake themselves."""

from __future__ import annotations

import json
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from emo_kit.cli.demo import serve_command, show_refusal
from mock_server.media import samples
from tests.helpers.cli import CLEAN, EMO, emo_process
from tests.helpers.fake import need


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


def test_serve_prints_its_url_and_the_variables_for_the_sdk() -> None:
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


def hanging_call(url: str) -> socket.socket:
    """A call that was accepted and is never answered."""
    host, port = url.removeprefix("http://").split(":")
    sock = socket.create_connection((host, int(port)))
    head = "GET /api/v1/tasks/x HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer sk-test+hold"
    sock.sendall(f"{head}\r\n\r\n".encode())
    return sock


def wait_until_refused(url: str) -> None:
    with suppress(httpx.TransportError):
        while True:
            httpx.get(f"{url}/__mock__/health")


def test_serve_ends_while_a_call_hangs_and_nobody_reads_the_log() -> None:
    with serving("--log", "text", "--time", "frozen") as (process, lines):
        url = re.findall(r"http://127\.0\.0\.1:\d+", lines[0])[0]
        with hanging_call(url), httpx.Client(base_url=url) as http:
            for _ in range(500):
                http.get(f"/api/v1/tasks/{'x' * 200}")
            process.send_signal(signal.SIGTERM)
            assert process.wait(8) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_serve_at_once(number: signal.Signals) -> None:
    with serving("--time", "frozen") as (process, lines):
        url = re.findall(r"http://127\.0\.0\.1:\d+", lines[0])[0]
        with hanging_call(url):
            process.send_signal(number)
            wait_until_refused(url)
            process.send_signal(number)
            assert process.wait(1) == -number


def test_a_port_in_use_is_one_line(url: str) -> None:
    port = url.rpartition(":")[2]
    result = emo_process("serve", "--port", port)
    assert result.returncode == 1
    assert re.fullmatch(rf"Error: cannot listen on 127\.0\.0\.1:{port}: .*\n", result.stderr)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The output of `emo demo` and its video, with proxies set that do not exist."""
    target = tmp_path_factory.mktemp("demo") / "out.mp4"
    nowhere = {"HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}
    result = emo_process("demo", "-o", str(target), **nowhere)
    assert result.returncode == 0, result.stderr
    return result.stdout, target


def test_demo_needs_no_server_key_or_network_and_leaves_a_playable_video(
    demo: tuple[str, Path],
) -> None:
    printed, target = demo
    for word in ("detected", "created", "SUCCEEDED", "downloaded", "curl -sS -X POST"):
        assert word in printed
    assert re.search(r"submitted \S+ \S+ \+08:00, ended \S+ \S+ \+08:00\n", printed)
    assert target.read_bytes() == samples.video("1:1", samples.voice().duration)


def test_the_curl_commands_of_demo_work(demo: tuple[str, Path], url: str) -> None:
    need(shutil.which("curl"), "curl")
    lines = demo[0].partition("by hand, with curl:\n")[2].replace("http://127.0.0.1:8787", url)
    detect, create, get, *_ = lines.strip().split("\n\n")
    assert '"check_pass":true' in subprocess.check_output(["sh", "-c", detect], text=True)
    task = json.loads(subprocess.check_output(["sh", "-c", create]))["output"]["task_id"]
    poll = get.replace("TASK_ID", task)
    assert "RUNNING" in subprocess.check_output(["sh", "-c", poll], text=True)


def test_demo_shows_a_refused_call_with_its_explanation(demo: tuple[str, Path]) -> None:
    refused = demo[0].partition("6. refused")[2]
    assert "-> 400 InvalidParameter: Field required: input.image_url\n" in refused
    assert re.search(r"did you mean +input\.image_url\n", refused)
    assert "\x1b" not in refused  # a pipe gets no colour


@pytest.mark.parametrize(("variables", "is_coloured"), [
    ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
])  # fmt: skip
def test_the_explanation_is_coloured_unless_no_color_is_set(
    variables: dict[str, str], is_coloured: bool, url: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with httpx.Client(trust_env=False) as http:
        show_refusal(http, url, "http://127.0.0.1:8787")
    assert ("\x1b[31m" in capsys.readouterr().out.replace("1;31", "31")) == is_coloured


def test_demo_ends_with_a_command_that_works(demo: tuple[str, Path]) -> None:
    line = demo[0].splitlines()[-1]
    assert line.endswith(" serve")
    shown = subprocess.check_output(["sh", "-c", f"{line} --help"], text=True)
    assert shown.startswith("Usage: ")


def test_demo_prints_emo_without_its_folder_if_it_is_on_the_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = Path(sys.executable).parent
    need((here / "emo").exists(), "the installed emo")
    monkeypatch.setenv("PATH", str(here))
    assert serve_command() == "emo serve"
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(here.parent.parent)
    assert serve_command() == shlex.quote(f"{here.parent.name}/{here.name}/emo") + " serve"
    monkeypatch.chdir(here)
    assert serve_command() == shlex.quote(f"{here}/emo") + " serve"
