"""A bug in the fake is answered like an internal error of the service, logged, counted and kept."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest

from mock_server.journal.entry import Entry
from mock_server.server.app import create_app
from mock_server.server.httpx_transport import InProcess
from mock_server.settings import Settings
from tests.helpers.fake import KEY, Service
from tests.helpers.http import Serve

Mistakes = list[logging.LogRecord]
AUTH = {"Authorization": f"Bearer {KEY}"}
SECRET = "s3cr3t-and-long"


class Oops(Exception):
    """A bug."""


def fail(*_: Any, **__: Any) -> Any:
    raise Oops(f"api_key is {SECRET}, key is {KEY}")


def reported(mistakes: Mistakes) -> str:
    """The log record of the one bug."""
    (record,) = mistakes
    return logging.Formatter().format(record)


def test_a_bug_is_answered_500_and_logged_with_its_traceback(
    serve: Serve, mistakes: Mistakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve() as url, httpx.Client(base_url=url, headers=AUTH) as http:
        with monkeypatch.context() as patch:
            patch.setattr("mock_server.engine.api.ApiResponder.decide", fail)
            answer = http.get(f"/api/v1/tasks/x?api_key={SECRET}")
        assert answer.status_code == 500
        assert answer.json()["code"] == "InternalError"
        assert "Oops" not in answer.text
        text = reported(mistakes)
        assert text.startswith(
            "a mistake of the fake itself, Oops: GET /api/v1/tasks/x is answered"
        )
        assert answer.json()["request_id"] in text
        assert "Traceback" in text
        assert SECRET not in text and KEY not in text
        counts = http.get("/__mock__/metrics").text
        assert "emo_internal_errors_total 1\n" in counts
        why = http.get(f"/__mock__/explain/{answer.json()['request_id']}").json()
        assert "the code of the fake failed for this call: Oops" in why["rule"]
        kept = http.get("/__mock__/journal?status=500").json()["exchanges"]
        assert [(e["source"], e["outcome"]) for e in kept] == [("mistake", "InternalError")]


@pytest.mark.parametrize("path", ["/api/v1/tasks/x", "/results/a/b.mp4", "/__mock__/state", "/"])
def test_a_call_in_this_process_raises_the_error_of_the_bug(
    mistakes: Mistakes, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    app = create_app(Settings(time="skip"))
    for name in ("handle", "tenant_of_headers"):
        monkeypatch.setattr(app.engine, name, fail)
    with httpx.Client(transport=InProcess(app), base_url="http://127.0.0.1", headers=AUTH) as http:
        if path == "/":
            monkeypatch.setattr(app, "_page", fail)
            http.headers["accept"] = "text/html"
        with pytest.raises(Oops):
            http.get(path)
    assert reported(mistakes).count("Traceback") >= 1


def test_a_bug_in_the_control_api_is_answered_500_in_json(
    serve: Serve, mistakes: Mistakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mock_server.control.api.ControlRequest", fail)
    with serve() as url:
        answer = httpx.get(f"{url}/__mock__/state?token={SECRET}", headers=AUTH)
    text = "GET /__mock__/state: a mistake of the fake; its log has the traceback"
    assert (answer.status_code, answer.json()) == (500, {"error": text})
    assert "GET /__mock__/state" in reported(mistakes)
    assert SECRET not in reported(mistakes)


def test_an_export_that_fails_in_the_middle_closes_the_connection(
    serve: Serve, mistakes: Mistakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve() as url, httpx.Client(base_url=url, headers=AUTH) as http:
        for _ in range(4):
            http.post("/api/v1/services/aigc/image2video/face-detect", content=b"x" * 70_000)
        made = iter([{"x": "x" * 70_000}] * 3)
        monkeypatch.setattr("mock_server.journal.har.har_entry", lambda _: next(made, 0) or fail())
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            http.get("/__mock__/journal?format=har")
    assert "GET /__mock__/journal" in reported(mistakes)


def test_a_bug_in_a_listener_changes_no_answer_and_stops_no_other_listener(
    service: Service, mistakes: Mistakes
) -> None:
    seen: list[str] = []
    service.engine.recorder.listeners[:] = [fail, lambda _, entry: seen.append(entry.task_id)]
    assert service.get("x").status == 200
    assert seen == ["x"]
    assert "recording GET /api/v1/tasks/x" in reported(mistakes)


def test_a_listener_may_read_the_journal_send_a_call_and_remove_itself(service: Service) -> None:
    recorder, seen = service.engine.recorder, []

    def once(tenant_id: str, entry: Entry) -> None:
        recorder.listeners.remove(once)
        service.get("second")
        seen.append(recorder.journal.number(tenant_id))

    recorder.listeners[:] = [once, lambda _, entry: seen.append(entry.task_id)]
    service.get("first")
    assert seen == ["second", 2, "first"]


def test_a_bug_in_the_protocol_closes_the_connection_and_is_counted(
    serve: Serve, mistakes: Mistakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve() as url, httpx.Client(base_url=url, headers=AUTH) as http:
        with monkeypatch.context() as patch:
            patch.setattr("mock_server.server.reply_bytes.head", fail)
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                http.get("/api/v1/tasks/x")
        assert "emo_internal_errors_total 1\n" in http.get("/__mock__/metrics").text
    assert "Oops: a connection is cut" in reported(mistakes)
    assert KEY not in reported(mistakes)
