"""`emo serve --log json` writes only lines of JSON to stderr."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from emo_kit.cli.errors import ErrorFormat
from emo_kit.cli.main import main
from emo_kit.cli.notices import Notices, lost
from mock_server.journal.log_writer import LogWriter
from tests.helpers.cli import CLEAN, EMO
from tests.helpers.fake import KEY


@contextmanager
def serving(*options: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A running server, and the lines of its log, which are complete when it has ended."""
    command = [*EMO, "serve", "--port", "0", "--log", "json", *options]
    lines: list[dict[str, Any]] = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=CLEAN) as server:
        assert server.stderr
        lines.append(json.loads(server.stderr.readline()))
        yield lines[0]["url"], lines
        server.send_signal(signal.SIGTERM)
        lines += [json.loads(line) for line in server.stderr.read().splitlines()]
        assert server.wait(20) == 0


def test_every_line_of_a_json_log_is_json(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("- {name: never, nth: 99, do: reset}\n")
    headers = {"Authorization": "Bearer sk-json"}
    with serving("--scenario", str(rules), "--host", "0.0.0.0") as (url, lines):
        rules.write_text("- {name: never, nth: 99, do: nonsense}\n")
        for _ in range(40):
            httpx.get(f"{url}/api/v1/tasks", headers=headers, trust_env=False).raise_for_status()
    events = [line["event"] for line in lines if "event" in line]
    assert events[0] == "serving"
    assert {"control-closed", "unused-scenarios"} <= set(events)
    assert all(line["message"] for line in lines if "event" in line)
    assert sum("path" in line for line in lines) == 40


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [(["--port", "x"], 2, "'x' is not a whole number"), (["--speed", "-1"], 2, "from 0"),
     (["--nope"], 2, "No such option"), (["--scenario", "{do: Throttlin}"], 2, "Throttling"),
     (["--host", "203.0.113.1"], 1, "cannot listen on")],
)  # fmt: skip
def test_an_error_at_the_start_is_a_line_of_json(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    code: int,
    words: str,
) -> None:
    monkeypatch.setattr(Notices, "take_over", lambda _: None)  # it is for a process of its own
    monkeypatch.setattr("gc.disable", lambda: None)
    with pytest.raises(SystemExit) as end:
        main(["serve", "--log", "json", *options])
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    told = json.loads(line)
    assert (told["event"], told["exit_code"], end.value.code) == ("error", code, code)
    assert words in told["message"]
    assert said.out == ""


def test_the_variable_emo_log_selects_json() -> None:
    assert ErrorFormat.of(["serve", "--log=json"], {}).as_log
    assert ErrorFormat.of(["serve"], {"EMO_LOG": "json"}).as_log
    assert not ErrorFormat.of(["serve", "--log", "text"], {"EMO_LOG": "json"}).as_log
    assert not ErrorFormat.of(["list"], {"EMO_LOG": "json"}).as_log


def test_tracebacks_and_warnings_of_python_are_lines_of_json(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = StringIO()
    writer = LogWriter(stream, lost)
    monkeypatch.setattr("sys.excepthook", None)
    monkeypatch.setattr("threading.excepthook", None)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    Notices(writer).take_over()
    try:
        raise ValueError("in a task", KEY)
    except ValueError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    thread = threading.Thread(target=lambda: 1 // 0)
    thread.start()
    thread.join()
    writer.close()
    logging.captureWarnings(False)
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["event"], "ValueError: ('in a task'" in first["traceback"]) == ("error", True)
    assert KEY not in stream.getvalue()
    assert second["message"] == "ZeroDivisionError: integer division or modulo by zero"


def test_lost_lines_are_counted_in_json() -> None:
    assert json.loads(lost(3, "the disk is full"))["lines"] == 3


def test_a_notice_as_text_is_followed_by_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    Notices().write("serving", "serving on x", "export A=b", url="x")
    assert capsys.readouterr().err == "emo: serving on x\n  export A=b\n"
