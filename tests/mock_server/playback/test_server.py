"""A recording served on a real socket: answers, the clock, and settings that do not fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.spec.loader import Spec
from mock_server.server.app import FakeApp
from mock_server.server.replay import replaying
from mock_server.server.run import running
from mock_server.settings import Settings, SettingsError
from tests.helpers.cassette import CASSETTES, client, create, recording, run_through

Serve = Callable[..., AbstractContextManager[str]]


def steady(value: Any) -> Any:
    """A value without ids, times and URLs, which differ in each run."""
    if isinstance(value, dict):
        passing = ("request_id", "task_id", "submit_time", "scheduled_time", "end_time")
        return {name: steady(item) for name, item in value.items() if name not in passing}
    if isinstance(value, list):
        return [steady(item) for item in value]
    return "url" if isinstance(value, str) and "://" in value else value


def test_a_client_gets_the_recorded_answers(serve: Serve, spec: Spec, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    with serve() as url, recording(spec, url, path) as base:
        recorded = run_through(base, spec)
    settings = Settings(port=0, time="skip")
    with running(settings, replaying(settings, path)) as base:
        replayed = run_through(base, spec, key="sk-another")
        with client(base, "sk-another") as http:
            state = http.get("/__mock__/state").json()
            journal = http.get("/__mock__/journal").json()
    assert steady(replayed) == steady(recorded)
    assert [task["task_status"] for task in state["tasks"]] == ["UNKNOWN", "SUCCEEDED"]
    assert "getTask" in json.dumps(journal)


def test_the_control_api_moves_the_clock_of_a_replay(spec: Spec) -> None:
    settings = Settings(port=0, time="frozen")
    app: FakeApp = replaying(settings, CASSETTES / "vcr.yaml")
    with running(settings, app) as base, client(base) as http:
        task_id = create(http, spec).json()["output"]["task_id"]

        def status() -> str:
            answer: httpx.Response = http.get(f"/api/v1/tasks/{task_id}")
            found: str = answer.json()["output"]["task_status"]
            return found

        seen = [status(), status()]
        for _ in range(2):
            http.post("/__mock__/clock", json={"next_event": True})
            seen.append(status())
        video = http.get(f"/api/v1/tasks/{task_id}").json()["output"]["results"]["video_url"]
        assert http.get(video).headers["content-type"] == "video/mp4"
        assert seen == ["PENDING", "PENDING", "RUNNING", "SUCCEEDED"]
        http.post("/__mock__/reset")
        assert http.get(f"/api/v1/tasks/{task_id}").json()["code"] == "NotRecorded"
        explained = http.get("/__mock__/explain").json()
        assert explained["code"] == "NotRecorded"


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        ({"scenario": "{do: InternalError}"}, "leave --scenario out"),
        ({"variants": {"models": "retired"}}, "leave --variant out"),
        ({"limits": "documented"}, "leave --limits out"),
        ({"concurrency": 2}, "leave --concurrency out"),
    ],
)
def test_settings_that_do_not_fit_a_recording_are_refused(settings: Any, advice: str) -> None:
    with pytest.raises(SettingsError, match=advice):
        replaying(Settings(**settings), CASSETTES / "fake.json")


def test_a_file_that_is_not_a_recording_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"--replay .*conftest.py: is not YAML"):
        replaying(Settings(), CASSETTES.parents[1] / "conftest.py")
