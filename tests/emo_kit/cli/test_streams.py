"""The streams of `emo`: a closed pipe, a full disk, a terminal, and Ctrl-C."""

from __future__ import annotations

import os
import pty
import select
import shlex
import signal
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace

import pytest
from schemathesis.engine.events import Interrupted

from emo_kit.cli.main import main
from tests.helpers.cli import BOXES, CLEAN, EMO, MEDIA, emo
from tests.helpers.fake import need


def test_a_closed_pipe_is_not_an_error() -> None:
    for command in ("scenarios", "--help", "demo --help", "scenarios --json"):
        script = f"{shlex.join(EMO)} {command} | true"
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60)
        assert "rror" not in done.stderr, done.stderr


def test_a_full_disk_is_one_clear_error() -> None:
    need(Path("/dev/full").exists(), "/dev/full")
    done = subprocess.run(
        ["sh", "-c", f"{shlex.join(EMO)} scenarios --json > /dev/full"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (
        1, "Error: the output cannot be written: No space left on device\n",
    )  # fmt: skip


def test_ctrl_c_ends_a_wait_with_130_after_the_task_was_printed(
    serve: Callable[..., AbstractContextManager[str]],
) -> None:
    with serve(time="frozen") as url:
        environment = {"DASHSCOPE_HTTP_BASE_URL": f"{url}/api/v1", "DASHSCOPE_API_KEY": "sk-int"}
        command = [*EMO, "generate", *MEDIA]
        with subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env={**CLEAN, **environment}
        ) as process:
            assert process.stderr
            _, *shown = [process.stderr.readline() for _ in range(3)]
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


def test_ctrl_c_ends_fuzz_with_130(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    interrupted = [Interrupted(phase=None)]
    monkeypatch.setattr("contracts.fuzz.schemathesis_run.from_schema", lambda _: SimpleNamespace(
        execute=lambda: iter(interrupted)))  # fmt: skip
    with pytest.raises(SystemExit) as end:
        main(["contract", "fuzz", "--phase", "examples"])
    assert end.value.code == 130
