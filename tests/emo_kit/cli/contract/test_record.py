"""`emo contract record` as a process: its file is complete whenever the process ends."""

from __future__ import annotations

import json
import re
import select
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.recordings import load
from contracts.recordings.recording import BodyCopy, RawRequest, Recording
from contracts.spec.loader import Spec
from tests.helpers.cassette import KEY, client, create, run_through
from tests.helpers.cli import CLEAN, EMO, emo
from tests.helpers.upstream import upstream

Serve = Callable[..., AbstractContextManager[str]]


@contextmanager
def recorder(upstream: str, path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running `emo contract record` and its address."""
    command = [*EMO, "contract", "record", "--base-url", upstream, "--port", "0"]
    with subprocess.Popen(
        [*command, "--output", str(path)], stderr=subprocess.PIPE, text=True, env=CLEAN
    ) as process:
        try:
            assert process.stderr
            ready = select.select([process.stderr], [], [], 30)[0]
            lines = [process.stderr.readline() for _ in range(2) if ready]
            yield process, re.findall(r"use (http://127\.0\.0\.1:\d+)$", lines[1])[0]
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_after_a_signal_the_file_has_all_exchanges(
    serve: Serve, spec: Spec, tmp_path: Path, number: signal.Signals
) -> None:
    path = tmp_path / "c.json"
    with serve() as url, recorder(url, path) as (process, base):
        run_through(base, spec)
        process.send_signal(number)
        _, rest = process.communicate(timeout=20)
    assert process.returncode == 0
    assert rest == f"emo: 3 calls, 2 tasks, 6 polls in {path}\n"
    assert sum(s.polls for t in load(path, spec).timelines for s in t.states) == 6


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_the_process_at_once_while_the_provider_hangs(
    spec: Spec, tmp_path: Path, number: signal.Signals
) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as provider,
        recorder(f"http://127.0.0.1:{provider.getsockname()[1]}", tmp_path / "c.json") as started,
    ):
        process, base = started
        address = base.removeprefix("http://").split(":")
        with socket.create_connection((address[0], int(address[1]))) as call:
            call.sendall(b"GET /api/v1/tasks/x HTTP/1.1\r\nHost: x\r\n\r\n")
            asked, _ = provider.accept()
            process.send_signal(number)
            with suppress(ConnectionError):
                while True:
                    socket.create_connection((address[0], int(address[1]))).close()
            process.send_signal(number)
            assert process.wait(1) == -number
            asked.close()
    assert load(tmp_path / "c.json", spec).exchanges == ()


def test_a_killed_process_leaves_a_complete_file(serve: Serve, spec: Spec, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    with serve() as url, recorder(url, path) as (process, base), client(base) as http:
        assert load(path, spec).exchanges == (), "whole from the beginning"
        for number in range(1, 1000):
            assert create(http, spec).status_code == 200
            kept = load(path, spec).exchanges
            assert len(kept) <= number
            if number >= 12 and kept:  # a fast machine sends 12 calls before the first write
                break
        process.kill()
        process.wait()
    assert 1 <= len(load(path, spec).exchanges) <= number


def test_each_exchange_is_soon_written_to_the_file(
    serve: Serve, spec: Spec, tmp_path: Path
) -> None:
    path = tmp_path / "c.json"
    with serve() as url, recorder(url, path) as (_, base), client(base) as http:
        create(http, spec)
        for _ in range(1000):  # polls that are answered meanwhile let the time pass
            http.get("/api/v1/tasks/unknown-to-all")
            if load(path, spec).exchanges:
                break
    assert len(load(path, spec).exchanges) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--base-url", "dashscope.aliyuncs.com"], "must be http://HOST or https://HOST"),
        (["--base-url", "https://h:99999"], "is not a URL: Port out of range"),
        (["--base-url", "https://u:p@h"], "must not contain a password"),
        (["--base-url", "https://h/v1"], "has a path: give https://h, and use the path /v1 in"),
        (["--base-url", "http://h", "--output", "there.json"], "there.json exists already"),
        (
            ["--base-url", "http://h", "--output", "no/such/c.json"],
            "the folder no/such does not exist",
        ),
        (["--base-url", "http://h", "--timeout", "0"], "--timeout 0 must be above 0"),
    ],
)
def test_a_wrong_option_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.json").write_text("precious")
    result = emo("contract", "record", *arguments)
    assert result.returncode == 2, result.stderr
    assert message in " ".join(result.stderr.split())
    assert (tmp_path / "there.json").read_text() == "precious"


def test_a_port_in_use_is_reported_in_one_line_and_keeps_the_file(url: str, tmp_path: Path) -> None:
    path, port = tmp_path / "c.json", url.rpartition(":")[2]
    path.write_text("precious")
    where = "--port", port, "--output", str(path), "--force"
    result = emo("contract", "record", "--base-url", url, *where)
    assert result.returncode == 1
    assert re.fullmatch(rf"Error: cannot listen on 127\.0\.0\.1:{port}: .*\n", result.stderr)
    assert path.read_text() == "precious"


def test_a_call_without_an_answer_at_the_end_is_in_the_file(spec: Spec, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    with upstream() as (url, handler), recorder(url, path) as (process, base):
        with socket.create_connection(("127.0.0.1", int(base.rpartition(":")[2]))) as sock:
            sock.sendall(b"POST /silent HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}")
            assert handler.came.wait(20)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)
        (kept,) = load(path, spec).exchanges
    assert (kept.request.path, kept.answer) == ("/silent", None)
    assert kept.note == "the recorder was stopped before an answer arrived"


@given(
    headers=st.lists(st.tuples(st.binary(min_size=1, max_size=20), st.binary(max_size=30))),
    body=st.binary(max_size=200),
    status=st.integers(100, 599),
)
def test_any_bytes_can_be_recorded(
    spec: Spec, headers: list[tuple[bytes, bytes]], body: bytes, status: int
) -> None:
    recording = Recording(spec, "https://h", clock=lambda: 5.0)
    copy = BodyCopy.empty()
    copy.add(body)
    sent = RawRequest(6.0, "POST", "/a", "b", [(b"authorization", KEY.encode()), *headers], copy)
    recording.keep(sent, status, headers, copy)
    assert recording.cassette().exchanges[0].at == 1.0
    assert json.loads(json.dumps(recording.summary())) == "1 call, 0 tasks, 0 polls"
