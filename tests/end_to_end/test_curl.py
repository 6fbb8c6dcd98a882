"""The requests of the documentation, byte for byte, sent by curl: both path prefixes, with and
without a slash at the end, without -L."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from itertools import count
from typing import Any, NamedTuple

import pytest

from tests.helpers.cases import each_case
from tests.helpers.fake import need

SAMPLES = "https://help-static-aliyun-doc.aliyuncs.com/file-manage-files/zh-CN"
IMAGE = f"{SAMPLES}/20250911/yhdvfg/emo-%E5%9B%BE%E7%89%87.png"
NEWER_IMAGE = f"{SAMPLES}/20251225/onmomb/emo.png"
DETECT = '{"model":"emo-detect-v1","input":{"image_url":"' + IMAGE + '"},"parameters":'
DETECT += '{"ratio":"1:1"}}'
CREATE = '{"model":"emo-v1","input":{"image_url":"' + IMAGE + '","audio_url":"' + SAMPLES
CREATE += '/20250825/aejgyj/input_audio.mp3","face_bbox":[302,286,610,593],"ext_bbox":'
CREATE += '[71,9,840,778]},"parameters":{"style_level":"normal"}}'
# The same request as Alibaba's own pages print it, over several lines.
CREATE_IN_LINES = json.dumps(json.loads(CREATE), indent=4)
ASYNC = "X-DashScope-Async: enable"
FACE_DETECT = "/services/aigc/image2video/face-detect"
VIDEO_SYNTHESIS = "/services/aigc/image2video/video-synthesis"
numbers = count(1)

each_prefix = each_case("prefix", ["/api/v1", "/qwen/api/v1"])
each_slash = each_case("slash", ["", "/"], ids=["without a slash", "with a slash"])


class Answer(NamedTuple):
    status: int
    type: str
    text: str
    body: Any


Curl = Callable[..., Answer]


@pytest.fixture
def curl(url: str) -> Curl:
    """`curl(path, data, header…)` with a key of this test's own."""
    need(shutil.which("curl"), "curl")
    key = f"sk-curl-{next(numbers)}"

    def run(path: str, data: str | None = None, *headers: str, key: str | None = key) -> Answer:
        command = ["curl", "-sS", "--noproxy", "*", "-w", "\n%{http_code} %{content_type}"]
        if key is not None:
            command += ["-H", f"Authorization: Bearer {key}"]
        for header in headers:
            command += ["-H", header]
        if data is not None:
            command += ["-H", "Content-Type: application/json", "--data-binary", data]
        result = subprocess.run([*command, url + path], capture_output=True, text=True, check=True)
        text, _, end = result.stdout.rpartition("\n")
        status, _, kind = end.partition(" ")
        return Answer(int(status), kind, text, json.loads(text))

    return run


def keys(value: Any) -> Any:
    """The names in a body, in their order, at all depths."""
    if not isinstance(value, dict):
        return None
    return [(name, keys(inner)) if isinstance(inner, dict) else name for name, inner in
            value.items()]  # fmt: skip


@each_prefix
@each_slash
def test_the_documented_detection_returns_the_documented_boxes(
    curl: Curl, prefix: str, slash: str
) -> None:
    answer = curl(prefix + FACE_DETECT + slash, DETECT)
    assert (answer.status, answer.type) == (200, "application/json")
    request_id = answer.body["request_id"]
    assert answer.text == (
        '{"output":{"check_pass":true,"face_bbox":[302,286,610,593],"ext_bbox":[71,9,840,778]},'
        f'"usage":{{"image_count":1}},"request_id":"{request_id}"}}'
    )


def test_the_newer_documented_picture_has_the_same_boxes(curl: Curl) -> None:
    output = curl("/api/v1" + FACE_DETECT, DETECT.replace(IMAGE, NEWER_IMAGE)).body["output"]
    assert (output["face_bbox"], output["ext_bbox"]) == ([302, 286, 610, 593], [71, 9, 840, 778])


@each_prefix
@each_slash
@each_case("body", [CREATE, CREATE_IN_LINES], ids=["one line", "lines"])
def test_the_documented_create_call_returns_a_pending_task(
    curl: Curl, prefix: str, slash: str, body: str
) -> None:
    answer = curl(prefix + VIDEO_SYNTHESIS + slash, body, ASYNC)
    assert (answer.status, answer.type) == (200, "application/json")
    task, request_id = answer.body["output"]["task_id"], answer.body["request_id"]
    assert answer.text == (
        f'{{"output":{{"task_id":"{task}","task_status":"PENDING"}},"request_id":"{request_id}"}}'
    )


@each_prefix
@each_slash
def test_polls_have_the_documented_fields_in_order(curl: Curl, prefix: str, slash: str) -> None:
    task = curl(prefix + VIDEO_SYNTHESIS, CREATE, ASYNC).body["output"]["task_id"]
    first, last = (curl(f"{prefix}/tasks/{task}{slash}") for _ in range(2))
    running = ["task_id", "task_status", "submit_time", "scheduled_time"]
    assert keys(first.body) == ["request_id", ("output", running)]
    done = [*running, "end_time", ("results", ["video_url"])]
    assert keys(last.body) == [
        "request_id", ("output", done), ("usage", ["video_duration", "video_ratio"])
    ]  # fmt: skip
    assert last.text == json.dumps(last.body, separators=(",", ":")), "compact, as on the wire"


@each_prefix
def test_a_request_id_is_not_a_task_id(curl: Curl, prefix: str) -> None:
    created = curl(prefix + VIDEO_SYNTHESIS, CREATE, ASYNC).body["request_id"]
    answer = curl(f"{prefix}/tasks/{created}")
    assert answer.status == 200
    assert answer.body["output"] == {"task_id": created, "task_status": "UNKNOWN"}


@each_prefix
@each_slash
def test_a_late_cancel_is_refused_and_the_answer_begins_with_its_request_id(
    curl: Curl, prefix: str, slash: str
) -> None:
    task = curl(prefix + VIDEO_SYNTHESIS, CREATE, ASYNC).body["output"]["task_id"]
    curl(f"{prefix}/tasks/{task}")
    answer = curl(f"{prefix}/tasks/{task}/cancel{slash}", "")
    assert (answer.status, answer.body["code"]) == (400, "UnsupportedOperation")
    assert keys(answer.body) == ["request_id", "code", "message"]


@each_prefix
@each_slash
def test_the_list_has_the_captured_fields_in_order(curl: Curl, prefix: str, slash: str) -> None:
    key = f"sk-curl-{next(numbers)}"
    curl(prefix + VIDEO_SYNTHESIS, CREATE, ASYNC, key=key)
    body = curl(f"{prefix}/tasks{slash}?page_no=1&page_size=10", key=key).body
    names = ["total", "data", "total_page", "page_no", "request_id", "page_size"]
    assert (keys(body), body["total"]) == (names, 1)


@each_slash
def test_a_call_without_a_key_is_a_401_on_every_path(curl: Curl, slash: str) -> None:
    for path in (FACE_DETECT, VIDEO_SYNTHESIS, "/tasks/1111", "/tasks", "/nowhere"):
        answer = curl("/api/v1" + path + slash, key=None)
        assert (answer.status, answer.type) == (401, "application/json")
        assert keys(answer.body) == ["code", "message", "request_id"]
        assert answer.body["message"] == "No API-key provided."


@each_prefix
def test_a_missing_or_forbidden_async_header_is_a_403(curl: Curl, prefix: str) -> None:
    answers = curl(prefix + FACE_DETECT, DETECT, ASYNC), curl(prefix + VIDEO_SYNTHESIS, CREATE)
    assert [(a.status, a.body["code"]) for a in answers] == [(403, "AccessDenied")] * 2
    kinds = ["asynchronous calls" in answers[0].text, " synchronous calls" in answers[1].text]
    assert kinds == [True, True]


def test_the_scenario_header_selects_the_answer_of_one_call(curl: Curl) -> None:
    throttled = curl("/api/v1" + FACE_DETECT, DETECT, "X-Mock-Scenario: Throttling.RateQuota")
    assert (throttled.status, throttled.body["code"]) == (429, "Throttling.RateQuota")
    assert curl("/api/v1" + FACE_DETECT, DETECT).status == 200


def test_an_upgrade_to_http_2_is_declined_and_the_call_is_answered(curl: Curl) -> None:
    """`curl --http2`, Java's HttpClient and Spring send this upgrade over plain HTTP by default."""
    offer = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"]
    answers = [curl("/api/v1" + FACE_DETECT, DETECT, *offer) for _ in range(2)]
    assert [(a.status, a.body["output"]["check_pass"]) for a in answers] == [(200, True)] * 2


def test_an_unsupported_service_is_answered_as_a_wrong_url(curl: Curl) -> None:
    answer = curl("/api/v1/uploads?action=getPolicy&model=emo-v1")
    assert (answer.status, answer.body["message"]) == (400, "url error, please check url！")


def test_a_shell_script_polls_until_the_task_ends(curl: Curl, url: str) -> None:
    key = f"sk-curl-{next(numbers)}"
    create = curl("/api/v1" + VIDEO_SYNTHESIS, CREATE, ASYNC, key=key)
    task = create.body["output"]["task_id"]
    script = """
        n=0
        until curl -sS --noproxy '*' -H "Authorization: Bearer $KEY" "$TASK" | grep -q SUCCEEDED
        do n=$((n + 1)); [ $n -lt 5 ] || exit 1
        done
        echo $n"""
    env = {**os.environ, "KEY": key, "TASK": f"{url}/api/v1/tasks/{task}"}
    result = subprocess.run(["/bin/sh", "-c", script], env=env, capture_output=True, check=True)
    assert result.stdout == b"1\n", "the first poll is RUNNING, the second SUCCEEDED"
