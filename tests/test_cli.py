"""`emo` as a person and a script use it."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result
from support import need

from contracts.spec import Spec
from mock_server import media
from mock_server.cli import COMMANDS, cli, main

EMO = [sys.executable, "-W", "error", "-m", "mock_server.cli"]
BOXES = ["--face", "302,286,610,593", "--ext", "71,9,840,778"]
MEDIA = ["--image", "https://example.com/a.png", "--audio", "https://example.com/a.wav"]
CLEAN = {name: value for name, value in os.environ.items() if "DASHSCOPE" not in name}


def emo(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*EMO, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**CLEAN, **environment},
        check=False,
    )


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


@pytest.fixture
def run(
    url: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Callable[..., Result]:
    """`emo …` in this process against the module's server, with a key of this test's own."""
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", f"{url}/api/v1")
    monkeypatch.setenv("DASHSCOPE_API_KEY", f"sk-{abs(hash(request.node.name))}")
    return lambda *arguments, **env: CliRunner().invoke(cli, list(arguments), env=env)


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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["serv"], "Did you mean 'serve'?"), (["serve", "--prot", "1"], "--port"),
     (["serve", "--time", "fats"], "Did you mean 'fast'?"), (["serve", "--port", "x"], "integer"),
     (["serve", "--port", "70000"], "from 0 (any free one) to 65535"),
     (["serve", "--speed", "-1"], "from 0"), (["serve", "--admin-token", ""], "not empty"),
     (["serve", "--time", "frozen", "--speed", "5"], "contradicts"),
     (["serve", "--host", ""], "0.0.0.0"), (["serve", "--concurrency", "0"], "from 1"),
     (["scenarios", "--operation", "getTsk"], "getTask"), (["env", "--shell", "bsh"], "'sh'"),
     (["create", *MEDIA, "--face", "1,2,3", "--ext", "1,2,3,4"], "is not x1,y1,x2,y2"),
     (["create", *MEDIA, "--face", "²,2,3,4", "--ext", "1,2,3,4"], "is not x1,y1,x2,y2"),
     (["wait", "x", "--timeout", "0"], "timeout"), (["detect"], "--image"),
     (["list", "--status", "PENDNG"], "Did you mean 'PENDING'?"),
     (["scenarios", "--operation", "getTsk"], "Did you mean 'getTask'?"),
     (["generate", *MEDIA, "-o", "."], "is not a file"),
     (["generate", *MEDIA, "-o", "/nowhere/video.mp4"], "the folder /nowhere is not there"),
     (["demo", "-o", "/"], "is not a file")],
)  # fmt: skip
def test_wrong_usage_exits_2_and_shows_the_way_on(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = CliRunner().invoke(cli, [command, "--help"])
    assert result.exit_code == 0
    assert f"emo {command}" in result.output.partition("Example")[2]


def test_help_and_version_need_nothing() -> None:
    assert "demo" in emo("--help").stdout
    assert re.match(r"emo, version \d+\.\d+", emo("--version").stdout)


def test_scenarios_prints_the_whole_catalogue(spec: Spec, run: Callable[..., Result]) -> None:
    rows = json.loads(run("scenarios", "--json").output)
    assert {row["name"] for row in rows} == spec.outcomes.keys()
    assert rows[0].keys() >= {"name", "operation", "status", "code", "evidence", "trigger"}
    text = run("scenarios", "--operation", "cancelTask").output
    assert re.search(r"UnsupportedOperation +cancelTask +400 +UnsupportedOperation +captured", text)
    assert "detectFace" not in text


def test_env_can_be_evaluated_by_a_shell() -> None:
    script = 'eval "$(%s env --url http://127.0.0.1:9 --key sk-a)"; echo "$DASHSCOPE_HTTP_BASE_URL"'
    command = ["sh", "-c", script % " ".join(EMO)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout == "http://127.0.0.1:9/api/v1\n"


def test_env_keeps_what_no_proxy_says_already() -> None:
    script = 'NO_PROXY=corp; eval "$(%s env --url http://fake:9)"; echo "$NO_PROXY"'
    result = subprocess.check_output(["sh", "-c", script % " ".join(EMO)], text=True, timeout=60)
    assert result == "127.0.0.1,localhost,::1,fake,corp\n"


def test_env_speaks_three_shells(run: Callable[..., Result]) -> None:
    assert "set -gx DASHSCOPE_API_KEY 'sk-local'" in run("env", "--shell", "fish").output
    assert '$env:NO_PROXY = "127.0.0.1,localhost,::1,' in run("env", "--shell", "powershell").output
    assert json.loads(run("env", "--json").output)["DASHSCOPE_API_KEY"] == "sk-local"
    assert run("env", "--key", "sk-'; rm -rf ~ #").exit_code == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_three_shells(shell: str, run: Callable[..., Result]) -> None:
    assert "_EMO_COMPLETE" in run("completion", shell).output


def test_completion_knows_commands_and_values() -> None:
    environment = {"COMP_WORDS": "emo serve --time f", "COMP_CWORD": "3"}
    environment["_EMO_COMPLETE"] = "bash_complete"
    command = [sys.executable, "-c", "from mock_server.cli import main; main()"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        env={**CLEAN, **environment},
        check=True,
    )
    assert done.stdout.split() == ["plain,fast", "plain,frozen"]


def test_the_calls_do_by_hand_what_the_client_does(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    assert "face_bbox" in run("detect", *MEDIA[:2]).output
    task = run("create", *MEDIA, *BOXES).output.strip()
    assert "RUNNING" in run("get", task).output
    assert f"{task}  RUNNING" in run("list").output
    assert run("cancel", task).exit_code == 1
    done = run("wait", task, "-o", str(tmp_path / "video.mp4"))
    assert "SUCCEEDED" in done.output
    assert (tmp_path / "video.mp4").read_bytes() == media.clip("1:1").path.read_bytes()


def test_generate_does_it_in_one_and_shows_the_way_in_plain_lines(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    target = tmp_path / "video.mp4"
    result = run("generate", *MEDIA, "--ratio", "3:4", "-o", str(target))
    assert result.exit_code == 0, result.output
    assert re.match(r"  task [0-9a-f-]{36}\n", result.stderr)
    states = re.findall(r"^ +[\d.]+ s  (\w+)$", result.stderr, re.MULTILINE)
    assert states == ["RUNNING", "SUCCEEDED"]
    assert target.stat().st_size == media.clip("3:4").path.stat().st_size


@pytest.mark.parametrize(
    "arguments",
    [["detect", *MEDIA[:2]], ["create", *MEDIA, *BOXES], ["get", "x"], ["list"],
     ["generate", *MEDIA]],
)  # fmt: skip
def test_every_call_prints_json_when_asked(
    run: Callable[..., Result], arguments: list[str]
) -> None:
    assert isinstance(json.loads(run(*arguments, "--json").stdout), dict)


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
    result = emo("get", "x", DASHSCOPE_HTTP_BASE_URL="http://127.0.0.1:9/api/v1")
    assert result.returncode == 2
    assert "DASHSCOPE_API_KEY" in result.stderr
    assert "Traceback" not in result.stderr


def test_no_server_is_one_clear_error() -> None:
    environment = {
        "DASHSCOPE_HTTP_BASE_URL": "http://127.0.0.1:9/api/v1",
        "DASHSCOPE_API_KEY": "sk-secret",
    }
    result = emo("create", *MEDIA, *BOXES, **environment)
    assert result.returncode == 1
    assert "127.0.0.1:9" in result.stderr
    assert "sk-secret" not in result.stderr + result.stdout
    assert "Traceback" not in result.stderr


def test_a_reader_that_leaves_is_no_error() -> None:
    for command in ("scenarios", "--help", "demo --help", "scenarios --json"):
        script = f"{' '.join(EMO)} {command} | true"
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60)
        assert "rror" not in done.stderr, done.stderr


def test_a_full_disk_is_one_clear_error() -> None:
    need(Path("/dev/full").exists(), "/dev/full")
    done = subprocess.run(
        ["sh", "-c", f"{' '.join(EMO)} scenarios --json > /dev/full"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.startswith("Error: ")) == (1, True)


def test_an_interrupt_ends_a_wait_with_130_and_has_shown_the_task(
    serve: Callable[..., AbstractContextManager[str]],
) -> None:
    with serve(time="frozen") as url:
        environment = {"DASHSCOPE_HTTP_BASE_URL": f"{url}/api/v1", "DASHSCOPE_API_KEY": "sk-int"}
        command = [*EMO, "generate", *MEDIA]
        with subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env={**CLEAN, **environment}
        ) as process:
            assert process.stderr
            shown = [process.stderr.readline() for _ in range(2)]
            process.send_signal(signal.SIGINT)
            rest = process.stderr.read()
        assert process.returncode == 130
    assert shown[0].startswith("  task ")
    assert "PENDING" in shown[1]
    assert "Traceback" not in rest


def test_a_terminal_shows_the_wait_live_with_the_place_in_the_queue(
    serve: Callable[..., AbstractContextManager[str]],
) -> None:
    with serve(time="frozen") as url:
        environment = {"DASHSCOPE_HTTP_BASE_URL": f"{url}/api/v1", "DASHSCOPE_API_KEY": "sk-tty"}
        for _ in range(2):
            task = emo("create", *MEDIA, *BOXES, **environment).stdout.strip()
        terminal, end = pty.openpty()
        command = [*EMO, "wait", task, "--timeout", "30"]
        env = {**CLEAN, **environment, "TERM": "xterm", "COLUMNS": "100"}
        with subprocess.Popen(command, stdout=end, stderr=end, env=env) as process:
            os.close(end)
            seen = b""
            while b"number 2 in the queue" not in seen and select.select([terminal], [], [], 20)[0]:
                seen += os.read(terminal, 65536)
            process.send_signal(signal.SIGINT)
        os.close(terminal)
    assert task.encode() in seen
    assert b"PENDING, number 2 in the queue" in seen


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
    assert target.read_bytes() == media.clip("1:1").path.read_bytes()


def test_demos_curl_lines_work_when_they_are_pasted(demo: tuple[str, Path], url: str) -> None:
    need(shutil.which("curl"), "curl")
    lines = demo[0].partition("emo serve`, then\n")[2].replace("http://127.0.0.1:8787", url)
    detect, create, get = lines.strip().split("\n\n")
    assert '"check_pass":true' in subprocess.check_output(["sh", "-c", detect], text=True)
    task = json.loads(subprocess.check_output(["sh", "-c", create]))["output"]["task_id"]
    poll = get.replace("TASK_ID", task)
    assert "RUNNING" in subprocess.check_output(["sh", "-c", poll], text=True)
