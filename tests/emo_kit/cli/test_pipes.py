"""A closed pipe, as with `| head -1`, is not an error for any command of `emo`."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TextIO

import pytest

from tests.helpers.cases import each_case
from tests.helpers.cli import BOXES, CLEAN, EMO, MEDIA, emo, exit_code_of
from tests.helpers.http import Serve

SPEC = str(Path(__file__).parents[3] / "openapi.yaml")
KEY = ["--key", "sk-pipes"]
HERE = ["--base-url", "URL", *KEY]
COMMANDS = [
    ["--help"], ["scenarios"], ["scenarios", "--json"], ["env", "--json"],
    ["completion", "bash"], ["demo", "-o", "FOLDER/demo.mp4"],
    ["detect", *MEDIA[:2], *HERE], ["create", *MEDIA, *BOXES, *HERE], ["get", "x", *HERE],
    ["list", *HERE], ["generate", *MEDIA, *HERE], ["wait", "TASK", *HERE],
    ["download", "TASK", "-o", "FOLDER/v.mp4", *HERE],
    ["journal", "--server", "URL", *KEY], ["journal", "--har", "--server", "URL", *KEY],
    ["journal", "--curl", "--server", "URL", *KEY],
    ["journal", "--follow", "--server", "URL", *KEY],
    ["explain", "--server", "URL", *KEY], ["reproduce", "FOLDER/run.json"],
    ["contract", "verify", "URL", "--list"],
    ["contract", "verify", "URL", "--check", "keys.missing"],
    ["contract", "fuzz", "--phase", "machine", "--examples", "2"],
    ["contract", "drift", "FOLDER/journal.har"], ["contract", "diff", SPEC, SPEC],
]  # fmt: skip


@pytest.fixture(scope="module")
def made(url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The values for the words in capitals in COMMANDS."""
    folder = tmp_path_factory.mktemp("pipes")
    here = ["--base-url", url, *KEY]
    task = json.loads(emo("generate", *MEDIA, *here, "--json").stdout)["output"]["task_id"]
    emo("list", "--page-no", "1", *here)
    emo("create", "--image", "x", "--audio", "y", *BOXES, *here)
    emo("journal", "--har", "-o", str(folder / "journal.har"), "--server", url, *KEY)
    bundle = subprocess.run(
        ["curl", "-sS", "-H", "Authorization: Bearer sk-pipes", f"{url}/__mock__/bundle"],
        capture_output=True, check=True,
    )  # fmt: skip
    (folder / "run.json").write_bytes(bundle.stdout)
    return {"URL": url, "FOLDER": str(folder), "TASK": task}


def filled(arguments: list[str], made: dict[str, str]) -> list[str]:
    """The arguments with values in place of the words in capitals."""
    for word, value in made.items():
        arguments = [argument.replace(word, value) for argument in arguments]
    return arguments


def ended(arguments: list[str], both: bool) -> tuple[int, str]:
    """Exit code and stderr of a process whose stdout is closed. both: stderr is closed too."""
    with closed_pipe() as pipe:
        done = subprocess.run(
            [*EMO, *arguments], stdout=pipe, stderr=pipe if both else subprocess.PIPE,
            env=CLEAN, timeout=60, check=False, text=True,
        )  # fmt: skip
    return done.returncode, done.stderr or ""


@contextmanager
def closed_pipe() -> Iterator[TextIO]:
    """The end to write to of a pipe whose reader is closed."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        yield pipe


@each_case("arguments", COMMANDS, ids=lambda a: " ".join(a[:3]))
def test_a_command_with_a_closed_stdout_exits_0_without_an_error(
    arguments: list[str], made: dict[str, str]
) -> None:
    with closed_pipe() as pipe:
        code = exit_code_of(filled(arguments, made), pipe, error := StringIO())
    said = error.getvalue()
    assert (code, "Broken" in said, "Traceback" in said) == (0, False, False), said


@pytest.mark.parametrize(
    ("command", "both"),
    [("list", False), ("list", True), ("generate", True), ("verify", True)],
    ids=["stdout", "stdout and stderr", "after several calls", "while checks run"],
)
def test_a_process_with_closed_streams_exits_0_without_an_error(
    command: str, both: bool, made: dict[str, str]
) -> None:
    (arguments,) = [a for a in COMMANDS if command in a and "--list" not in a]
    code, said = ended(filled(arguments, made), both)
    assert (code, "Broken" in said, "Traceback" in said) == (0, False, False), said


@pytest.mark.parametrize(
    "command",
    [["serve"], ["serve", "--log", "text"], ["serve", "--log", "json"],
     ["contract", "record", "--base-url", "http://h", "-o", "cassette.json"]],
    ids=" ".join,
)  # fmt: skip
def test_a_server_continues_when_the_reader_of_its_log_exits(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    reader, writer = os.pipe()
    command = [*EMO, *command, "--port", "0"]
    with subprocess.Popen(command, stderr=writer, env=CLEAN) as server:
        os.close(writer)
        assert b"ing " in os.read(reader, 200)
        os.close(reader)
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0


def test_an_error_keeps_its_exit_code_with_closed_streams() -> None:
    assert ended(["get"], both=True)[0] == 2
    assert ended(["get", "--json"], both=True)[0] == 2


def test_journal_follow_ends_when_its_reader_exits(serve: Serve) -> None:
    with serve() as url:
        emo("list", "--base-url", url, *KEY)
        script = f"{shlex.join(EMO)} journal --follow --server {url} --key sk-pipes | head -1"
        done = subprocess.run(
            ["sh", "-c", script], capture_output=True, text=True, env=CLEAN, timeout=30, check=True
        )
    assert "GET  /tasks 200" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("closed", "form"), [(">&-", "--json"), ("2>&-", ""), (">&- 2>&-", ""), (">&- 2>&-", "--json")]
)
def test_verify_runs_without_stdout_and_stderr(url: str, closed: str, form: str) -> None:
    verify = f"{shlex.join(EMO)} contract verify {url} --check keys.missing {form} {closed}"
    done = subprocess.run(
        ["sh", "-c", verify], capture_output=True, text=True, env=CLEAN, timeout=60, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
