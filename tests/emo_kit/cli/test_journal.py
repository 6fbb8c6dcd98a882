"""`emo journal`: what it prints and saves, how it follows, and how it fails."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from contracts.spec.validation import Violation
from emo_kit.cli import journal as command
from emo_kit.cli.main import cli
from mock_server.journal.export import journal_answer
from mock_server.journal.filters import FilterError
from mock_server.journal.journal import Journal
from mock_server.simulation.call import Call, Delivery
from tests.helpers.cli import CLEAN, EMO, emo
from tests.helpers.fake import EPOCH
from tests.helpers.http import Serve
from tests.helpers.journal import KEY, TASK, create, keep, reply

TENANT = "t"


class Fake:
    """A control API with nothing but a journal, in this process. `down` are the calls, counted from
    1, that reach nobody."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.down: set[int] = set()
        self.asked: list[httpx.Request] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if len(self.asked) in self.down:
            raise httpx.ConnectError("Connection refused")
        if request.url.path != "/__mock__/journal":
            return httpx.Response(404)
        try:
            kind, body = journal_answer(self.journal, TENANT, dict(request.url.params), ["getTask"])
        except FilterError as error:
            return httpx.Response(400, json={"error": str(error)})
        return httpx.Response(200, text="".join(body), headers={"content-type": kind})


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """With three exchanges, which `emo journal` reaches under any URL."""
    made = Fake()
    keep(made.journal, **create())
    keep(made.journal, at=EPOCH + 2)
    keep(made.journal, reply=reply(429), task_id="", call=Call("GET", "/x", "", {}))
    client = httpx.Client

    def reaching_it(**options: Any) -> httpx.Client:
        return client(**options, transport=httpx.MockTransport(made.answer))

    monkeypatch.setattr("httpx.Client", reaching_it)
    return made


def run(*arguments: str, key: str = KEY) -> Result:
    environment = {"DASHSCOPE_API_KEY": key, "DASHSCOPE_HTTP_BASE_URL": None}
    return CliRunner().invoke(cli, ["journal", *arguments], env=environment)


def test_the_journal_prints_one_line_for_each_exchange(fake: Fake) -> None:
    lines = run().stdout.splitlines()
    assert lines == [
        "14:33:38+08:00 POST /services/aigc/image2video/video-synthesis 200 PENDING task a8532587",
        f"14:33:40+08:00 GET  /tasks/{TASK} 200 RUNNING",
        "14:33:38+08:00 GET  /x 429 RUNNING",
    ]
    (asked,) = fake.asked
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert str(asked.url).startswith("http://127.0.0.1:8787/__mock__/journal")


def test_the_pages_of_a_long_journal_are_joined(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "PAGE", 2)
    assert len(run().stdout.splitlines()) == 3
    assert len(run("--last", "3").stdout.splitlines()) == 3
    assert len(run("--last", "1").stdout.splitlines()) == 1


def test_json_prints_one_exchange_a_line(fake: Fake) -> None:
    told = [json.loads(line) for line in run("--json").stdout.splitlines()]
    assert [exchange["number"] for exchange in told] == [1, 2, 3]


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [(["--operation", "getTask"], [2, 3]), (["--status", "4xx"], [3]), (["--last", "1"], [3]),
     (["--task", TASK], [1, 2]), (["--outcome", "PENDING"], [1]), (["--explained"], [3]),
     (["--scenario"], [])],
    ids=str,
)  # fmt: skip
def test_filters_select_exchanges(fake: Fake, arguments: list[str], numbers: list[int]) -> None:
    lines = run("--json", *arguments).stdout.splitlines()
    assert [json.loads(line)["number"] for line in lines] == numbers


def test_a_task_is_shown_with_its_timeline(fake: Fake) -> None:
    violation = Violation("InvalidParameter", "", "", "")
    keep(fake.journal, at=EPOCH + 9, violation=violation, reply=reply(delivery=Delivery(sent=-1)))
    lines = run("--task", TASK).stdout.splitlines()
    assert lines[-2:] == [
        "     2.0 s  RUNNING    1 poll in 0.0 s",
        "     9.0 s  no answer  1 poll in 0.0 s",
    ]


def test_the_number_of_dropped_exchanges_is_printed(fake: Fake) -> None:
    fake.journal = Journal(max_entries=2)
    for _ in range(5):
        keep(fake.journal)
    assert run().stderr == "(3 older exchanges were dropped)\n"
    assert run("--last", "1").stderr == ""


@pytest.mark.parametrize("form", [["--har"], ["--curl"], ["--json"], []], ids=str)
def test_the_output_file_dash_is_stdout(fake: Fake, form: list[str]) -> None:
    printed = run(*form).stdout
    assert printed
    assert run(*form, "-o", "-").stdout == printed


def test_har_is_saved_and_curl_is_printed(fake: Fake, tmp_path: Path) -> None:
    target = tmp_path / "journal.har"
    done = run("--har", str(target))
    assert (done.stdout, done.stderr) == ("", f"saved to {target}\n")
    assert len(json.loads(target.read_bytes())["log"]["entries"]) == 3
    assert run("--curl", "--last", "1").stdout == ("curl -sS http://127.0.0.1:8787/x\n")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [(["--operation", "getTasks"], 2, "Did you mean 'getTask'?"),
     (["--status", "4x"], 2, "must be like 200 or 4xx"), (["--last", "0"], 2, "--last"),
     (["--curl", "--follow"], 2, "choose one of"), (["--curl", "--json"], 2, "choose one of"),
     (["--server", "127.0.0.1"], 2, "not an http(s) URL"),
     (["--key", "a b"], 2, "cannot be a key")],
    ids=str,
)  # fmt: skip
def test_wrong_usage_of_journal_exits_2_with_the_reason(
    fake: Fake, arguments: list[str], code: int, words: str
) -> None:
    done = run(*arguments)
    assert words in done.stderr
    assert done.exit_code == code


def test_a_missing_server_is_reported_without_the_key(fake: Fake) -> None:
    fake.down = {1}
    done = run("--server", "http://127.0.0.1:9")
    assert (done.exit_code, KEY in done.stderr) == (2, False)
    assert "no fake answers at http://127.0.0.1:9" in done.stderr


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(404), httpx.Response(200, text="<html>"), httpx.Response(200, json=[]),
     httpx.Response(500, text="oops")],
)  # fmt: skip
def test_a_server_that_is_not_a_fake_is_refused(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, answer: httpx.Response
) -> None:
    monkeypatch.setattr(fake, "answer", lambda _: answer)
    done = run("--server", "http://127.0.0.1:1234/api/v1")
    assert done.exit_code == 1
    assert "http://127.0.0.1:1234 is not a fake of this project" in done.stderr


def follow(monkeypatch: pytest.MonkeyPatch, *steps: Callable[[], Any]) -> Result:
    """`emo journal --follow`, with something happening in each of its pauses, until Ctrl-C."""
    waiting = iter(steps)

    def pause(seconds: float) -> None:
        step = next(waiting, None)
        if step is None:
            raise KeyboardInterrupt
        step()

    monkeypatch.setattr(command, "pause", pause)
    return run("--follow", "--last", "1", "--json")


def numbers(done: Result) -> list[int]:
    return [json.loads(line)["number"] for line in done.stdout.splitlines()]


def test_follow_prints_new_exchanges(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    one_more = lambda: keep(fake.journal)  # noqa: E731
    many = lambda: [keep(fake.journal) for _ in range(5)]  # noqa: E731
    done = follow(monkeypatch, one_more, lambda: None, many)
    assert numbers(done) == [3, 4, 5, 6, 7, 8, 9]


def test_follow_continues_after_a_restart_of_the_server(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.down = {2, 3}

    def start_again() -> None:
        fake.journal = Journal()
        keep(fake.journal)

    nothing = lambda: None  # noqa: E731
    done = follow(monkeypatch, nothing, nothing, start_again, lambda: keep(fake.journal))
    assert numbers(done) == [3, 1, 2]
    said = done.stderr.splitlines()
    assert "waiting for it" in said[0]
    assert said[1:3] == [
        "(the fake was restarted and has a new journal)", "(the fake answers again)",
    ]  # fmt: skip


def test_follow_continues_after_a_reset(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    def reset() -> None:
        fake.journal.reset(TENANT)
        keep(fake.journal)

    assert numbers(follow(monkeypatch, reset)) == [3, 4]


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_ctrl_c_ends_follow_with_130_and_prints_nothing(serve: Serve, form: list[str]) -> None:
    with serve() as url:
        arguments = [*EMO, "journal", "--follow", *form, "--server", url, "--key", KEY]
        headers = {"Authorization": f"Bearer {KEY}"}
        httpx.get(f"{url}/api/v1/tasks/{TASK}", headers=headers)
        with subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**CLEAN, "PYTHONUNBUFFERED": "1"},
        ) as process:  # fmt: skip
            assert process.stdout
            assert process.stderr
            first = process.stdout.readline()
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read() + process.stderr.read()
    assert TASK in first
    assert (process.returncode, rest.strip()) == (130, "")


def test_the_journal_of_a_running_fake_does_not_contain_the_key(
    serve: Serve, tmp_path: Path
) -> None:
    with serve() as url:
        headers = {"Authorization": f"Bearer {KEY}"}
        httpx.get(f"{url}/api/v1/tasks/{KEY}?x={KEY}", headers=headers)
        target = tmp_path / "journal.har"
        options = ["--server", url, "--key", KEY]
        for form in (["--json"], ["--curl"], ["--har", str(target)], []):
            done = emo("journal", *options, *form)
            assert (done.returncode, KEY in done.stdout + done.stderr) == (0, False)
        assert KEY not in target.read_text()
