"""Tests of a program that makes videos, here `make_video`, with the fake of conftest.py."""

import httpx
import pytest

from emo_client import Client, TaskFailed

PORTRAIT, VOICE = "https://example.com/portrait.png", "https://example.com/voice.wav"
BOXES = {"face_bbox": [302, 286, 610, 593], "ext_bbox": [71, 9, 840, 778]}


def make_video() -> str:
    """The program under test: the URL of a video. It does not depend on the fake."""
    with Client() as client:
        return client.generate(PORTRAIT, VOICE, ratio="3:4").output.results.video_url


def test_a_video_is_made(emo: httpx.Client) -> None:
    assert ".mp4" in make_video()


def test_a_failed_task_is_reported(emo: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    key = emo.headers["Authorization"].removeprefix("Bearer ")
    monkeypatch.setenv("DASHSCOPE_API_KEY", f"{key}+FAILED.InvalidURL")
    with pytest.raises(TaskFailed, match="InvalidURL"):
        make_video()


def test_the_first_poll_is_throttled_and_the_program_polls_again(emo: httpx.Client) -> None:
    rule = {"operation": "getTask", "first": 1, "do": "Throttling.RateQuota"}
    emo.put("/scenarios", json=rule).raise_for_status()
    assert ".mp4" in make_video()
    polls = emo.get("/journal", params={"operation": "getTask"}).json()["exchanges"]
    assert [poll["response"]["status"] for poll in polls][:2] == [429, 200]
    assert emo.get("/scenarios").json()["unused"] == []


def test_the_ratio_that_the_program_asked_for_was_sent(emo: httpx.Client) -> None:
    make_video()
    (sent,) = emo.get("/journal", params={"operation": "detectFace"}).json()["exchanges"]
    assert sent["request"]["body"]["parameters"] == {"ratio": "3:4"}


def test_a_result_expires_a_day_after_its_task(emo: httpx.Client) -> None:
    emo.post("/clock", json={"freeze": True}).raise_for_status()
    with Client() as client:
        task = client.create(PORTRAIT, VOICE, **BOXES).output.task_id
        states = [client.get(task).output.task_status]
        for _ in range(2):
            emo.post("/clock", json={"next_event": True}).raise_for_status()
            states.append(client.get(task).output.task_status)
        emo.post("/clock", json={"advance": 24 * 3600}).raise_for_status()
        states.append(client.get(task).output.task_status)
    assert states == ["PENDING", "RUNNING", "SUCCEEDED", "UNKNOWN"]
