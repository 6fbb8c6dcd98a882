"""Behaviour that is the same for every transport of the official SDK, 1.x and 2.x, on a real
server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import count

import dashscope
import pytest
import requests

from tests.helpers.fake import SECONDS, video_of
from tests.helpers.transports import (
    AUDIO,
    BOXES,
    FAILING,
    IMAGE,
    INPUT,
    TRANSPORTS,
    Requests,
    without_sleep,
)

REFUSED_CANCEL = "Failed to cancel the task, please confirm if the task is in PENDING status."
INVALID_URL = "Required URL is missing or invalid, please check the request URL."
numbers = count(1)

Connect = Callable[..., Requests]


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    return without_sleep(monkeypatch)


@pytest.fixture(params=TRANSPORTS, ids=lambda transport: transport.__name__)
def connect(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, slept: list[float]
) -> Iterator[Connect]:
    """`connect(base_url)`: the transport under test with a new key."""
    monkeypatch.setattr(dashscope, "base_http_api_url", "")
    monkeypatch.setattr(dashscope, "api_key", None)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made: list[Requests] = []

    def connect(base_url: str, suffix: str = "", key: str | None = None) -> Requests:
        made.append(request.param(base_url, key or f"sk-proof-{next(numbers)}{suffix}"))
        return made[-1]

    yield connect
    for sdk in made:
        sdk.close()


@pytest.fixture
def sdk(connect: Connect, url: str) -> Requests:
    return connect(url + "/api/v1")


@pytest.fixture(scope="module")
def frozen(serve: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    """The base URL of a server whose clock is frozen."""
    with serve(time="frozen") as base:
        yield base + "/api/v1"


@pytest.mark.parametrize("prefix", ["/api/v1", "/qwen/api/v1"])
def test_a_portrait_and_a_voice_become_a_video_that_can_be_downloaded(
    connect: Connect, url: str, prefix: str, slept: list[float]
) -> None:
    sdk = connect(url + prefix)
    found = sdk.detect().output
    boxes = {name: found[name] for name in ("face_bbox", "ext_bbox")}
    created = sdk.create({**INPUT, **boxes}, style_level="normal")
    assert created.output["task_status"] == "PENDING"
    done = sdk.wait(created.output["task_id"])
    assert done.output["task_status"] == "SUCCEEDED"
    assert len(slept) <= 2, "three polls are enough"
    video = requests.get(done.output["results"]["video_url"], timeout=5)
    assert video.headers["content-type"] == "video/mp4"
    assert video.content == video_of(AUDIO)


def test_detection_finds_the_documented_boxes_in_the_documented_picture(sdk: Requests) -> None:
    found = sdk.detect()
    assert found.output == {"check_pass": True, **BOXES}
    assert found.usage == {"image_count": 1}


def test_a_rejected_picture_has_its_reason(sdk: Requests) -> None:
    found = sdk.detect(IMAGE + "?emo-scenario=InvalidFile.FullFace")
    assert found.status == 200
    assert (found.output["check_pass"], found.output["code"]) == (False, "InvalidFile.FullFace")


def test_usage_has_the_length_and_the_ratio_of_the_video(sdk: Requests) -> None:
    boxes = sdk.detect(ratio="3:4").output
    created = sdk.create({**INPUT, **{name: boxes[name] for name in BOXES}})
    usage = sdk.wait(created.output["task_id"]).usage
    assert usage["video_duration"] == SECONDS
    assert usage["video_ratio"] == "3:4"


def test_a_picture_can_make_its_task_fail_with_code_and_message(sdk: Requests) -> None:
    failed = sdk.wait(sdk.create(FAILING).output["task_id"])
    assert (failed.status, failed.output["task_status"]) == (200, "FAILED")
    assert (failed.output["code"], failed.output["message"]) == ("InvalidURL", INVALID_URL)


def test_a_key_can_make_its_tasks_fail_with_code_and_message(connect: Connect, url: str) -> None:
    sdk = connect(url + "/api/v1", ".FAILED.InvalidURL")
    failed = sdk.wait(sdk.create().output["task_id"])
    assert (failed.output["task_status"], failed.output["code"]) == ("FAILED", "InvalidURL")
    assert sdk.detect().output["check_pass"], "detection has no such outcome"


def test_a_wrong_key_is_refused(connect: Connect, url: str) -> None:
    refused = connect(url + "/api/v1", key="nosk-x").create()
    assert (refused.status, refused.code) == (401, "InvalidApiKey")
    assert refused.message == "Invalid API-key provided."


@pytest.mark.parametrize(
    ("status", "name", "code"),
    [
        (429, "Throttling.RateQuota", "Throttling.RateQuota"),
        (500, "InternalError", "InternalError"),
    ],
)
def test_a_picture_can_make_the_create_call_fail(
    sdk: Requests, status: int, name: str, code: str
) -> None:
    refused = sdk.create({**INPUT, "image_url": f"{IMAGE}?emo-scenario={name}"})
    assert (refused.status, refused.code) == (status, code)
    assert refused.message
    assert sdk.list().output["total"] == 0, "a refused call leaves no task"


@pytest.mark.parametrize("name", ["Throttling.RateQuota", "InternalError"])
def test_a_key_can_make_every_poll_fail_and_the_wait_ends(
    connect: Connect, url: str, name: str
) -> None:
    sdk = connect(url + "/api/v1", f".getTask:{name}")
    refused = sdk.wait(sdk.create().output["task_id"])
    assert (refused.status in (429, 500), refused.code) == (True, name)


def test_a_wrong_parameter_is_refused_before_there_is_a_task(sdk: Requests) -> None:
    refused = sdk.create(style_level="wild")
    assert (refused.status, refused.code) == (400, "InvalidParameter")
    assert refused.message == "The style_level is invalid."


@pytest.mark.parametrize("base", ["", "/api/v1/api/v1"])
def test_a_wrong_base_url_is_answered_as_the_service_answers_it(
    connect: Connect, url: str, base: str
) -> None:
    refused = connect(url + base).create()
    assert (refused.status, refused.code) == (400, "InvalidParameter")
    assert refused.message.startswith("url error, please check url！")


def test_a_pending_task_can_be_canceled(connect: Connect, frozen: str) -> None:
    sdk = connect(frozen)
    task = sdk.create().output["task_id"]
    assert sdk.fetch(task).output["task_status"] == "PENDING"
    canceled = sdk.cancel(task)
    assert (canceled.status, bool(canceled.request_id)) == (200, True)
    assert sdk.fetch(task).output["task_status"] == "CANCELED"


def test_a_finished_task_cannot_be_canceled(sdk: Requests) -> None:
    task = sdk.create().output["task_id"]
    sdk.wait(task)
    refused = sdk.cancel(task)
    assert (refused.status, refused.code) == (400, "UnsupportedOperation")
    assert refused.message == REFUSED_CANCEL


def test_a_wait_for_the_task_of_another_key_ends_as_unknown(
    connect: Connect, url: str, slept: list[float]
) -> None:
    task = connect(url + "/api/v1").create().output["task_id"]
    other = connect(url + "/api/v1")
    assert other.fetch(task).output["task_status"] == "UNKNOWN"
    assert other.wait(task).output["task_status"] == "UNKNOWN"
    assert slept == [], "the first poll ends it"


def test_the_list_counts_the_tasks_that_match_a_filter(sdk: Requests) -> None:
    first, _ = (sdk.create().output["task_id"] for _ in range(2))
    sdk.wait(first)

    def total(**query: str) -> int:
        return sdk.list(**query).output["total"]

    assert [total(), total(model_name="emo-v1"), total(model_name="emo-v2")] == [2, 2, 0]
    assert [total(status=s) for s in ("SUCCEEDED", "RUNNING", "FAILED")] == [1, 1, 0]
    assert [total(start_time="20990101000000"), total(end_time="20200101000000")] == [0, 0]


def test_the_list_refuses_an_unknown_status(sdk: Requests) -> None:
    refused = sdk.list(status="DONE")
    assert (refused.status, refused.code) == (400, "InvalidParameter")
