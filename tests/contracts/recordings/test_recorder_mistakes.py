"""A bug in the recorder is logged with its traceback and loses no answer."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from contracts.recordings import load
from contracts.recordings.recording import Recording
from contracts.recordings.writer import Writer
from contracts.spec.loader import Spec
from tests.helpers.cassette import KEY, client, recording
from tests.helpers.http import Serve

Mistakes = list[logging.LogRecord]


class Oops(Exception):
    """A bug."""


def fail(*_: Any) -> Any:
    raise Oops(f"at {KEY}")


def reported(mistakes: Mistakes) -> str:
    text = "\n".join(map(logging.Formatter().format, mistakes))
    assert "Traceback" in text and KEY not in text
    return text


def test_a_call_that_cannot_be_recorded_is_answered_and_the_bug_logged(
    serve: Serve, spec: Spec, tmp_path: Path, mistakes: Mistakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, keep = tmp_path / "c.json", Recording.keep
    keeps = iter([fail])
    monkeypatch.setattr(Recording, "keep", lambda *a: next(keeps, keep)(*a))
    with serve() as url, recording(spec, url, path) as base, client(base) as http:
        assert http.get("/one").json()["code"] != "RecorderFailed"
        http.get("/two")
    why = "the recorder itself, Oops: GET /one; the call is not in the recording"
    assert why in reported(mistakes)
    assert [e.request.path for e in load(path, spec).exchanges] == ["/two"]


def test_a_call_that_cannot_be_forwarded_is_answered_500_without_the_traceback(
    spec: Spec, tmp_path: Path, mistakes: Mistakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contracts.recordings.proxy.refusal", fail)
    nowhere, path = "http://127.0.0.1:1", tmp_path / "c.json"
    with recording(spec, nowhere, path) as base, client(base) as http:
        answer = http.get("/one")
    assert (answer.status_code, answer.json()["code"]) == (500, "RecorderFailed")
    assert "Oops" not in answer.text
    assert "the recorder itself, Oops: GET /one\n" in reported(mistakes)


def test_after_a_failed_write_the_next_change_is_written(
    serve: Serve, spec: Spec, tmp_path: Path, mistakes: Mistakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, whole = tmp_path / "c.json", Writer._encoded
    failing = iter([fail])
    monkeypatch.setattr(Writer, "_encoded", lambda *a: next(failing, whole)(*a))
    with serve() as url, recording(spec, url, path) as base, client(base) as http:
        http.get("/one")
    assert f"Oops: writing {path}" in reported(mistakes)
    assert len(load(path, spec).exchanges) == 1
