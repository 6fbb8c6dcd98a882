"""The official SDK, unmodified, against a recording."""

from __future__ import annotations

from pathlib import Path

import dashscope
import pytest

from contracts.recordings import load
from contracts.recordings.drift.compare import drift
from contracts.spec.loader import Spec
from emo_kit.cli.contract.fake_answers import fake_answers
from mock_server.server.replay import replaying
from mock_server.server.run import running
from mock_server.settings import Settings
from tests.helpers.cassette import CASSETTES, recording
from tests.helpers.cli import emo_process
from tests.helpers.transports import Requests, without_sleep


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    monkeypatch.setattr(dashscope, "base_http_api_url", "")
    monkeypatch.setattr(dashscope, "api_key", None)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return without_sleep(monkeypatch)


def lifecycle(base: str) -> tuple[object, ...]:
    """The results of the SDK for detect, create, wait and fetch."""
    sdk = Requests(f"{base}/api/v1", "sk-recorded-by-the-sdk")
    try:
        detected = sdk.detect()
        created = sdk.create()
        waited = sdk.wait(created.output["task_id"])
        fetched = sdk.fetch(created.output["task_id"])
    finally:
        sdk.close()
    return (
        detected.output,
        created.output["task_status"],
        waited.output["task_status"],
        waited.usage,
        fetched.output["results"].keys(),
    )


def test_the_sdk_gets_the_same_results_from_a_recording_of_them(
    spec: Spec, tmp_path: Path, slept: list[float]
) -> None:
    path, settings = tmp_path / "c.json", Settings(port=0, time="skip")
    with running(settings) as url, recording(spec, url, path) as base:
        recorded = lifecycle(base)
    cassette = load(path, spec)
    assert drift(spec, [("c.json", cassette)], fake_answers(spec)).differences == ()
    with running(settings, replaying(settings, path)) as base:
        assert lifecycle(base) == recorded
    assert recorded[1:3] == ("PENDING", "SUCCEEDED")


def test_the_sdk_waits_for_a_task_of_a_vcr_cassette(slept: list[float]) -> None:
    settings = Settings(port=0, time="skip")
    with running(settings, replaying(settings, CASSETTES / "vcr.yaml")) as base:
        sdk = Requests(f"{base}/api/v1", "sk-any")
        done = sdk.wait(sdk.create().output["task_id"])
        sdk.close()
    assert done.output["task_status"] == "SUCCEEDED"
    assert done.usage == {"video_duration": 13.93, "video_ratio": "1:1"}


def test_serve_refuses_a_file_that_is_not_a_recording() -> None:
    result = emo_process("serve", "--port", "0", "--replay", __file__)
    assert result.returncode == 2
    assert "test_sdk.py: is not YAML: " in result.stderr
    assert "Traceback" not in result.stderr
