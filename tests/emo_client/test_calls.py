"""Detect, create, get, list and cancel: the requests that they send and the results they return."""

import json

import pytest

from emo_client import (
    ConfigError,
    FaceRejected,
    UnexpectedAnswer,
)

DETECT = "/services/aigc/image2video/face-detect"
CREATE = "/services/aigc/image2video/video-synthesis"
FACE, EXT = (302, 286, 610, 593), (71, 9, 840, 778)
PASSED = {
    "output": {"check_pass": True, "face_bbox": FACE, "ext_bbox": EXT, "humanoid": True},
    "usage": {"image_count": 1},
    "request_id": "r-detect",
}
CREATED = {"output": {"task_id": "t", "task_status": "PENDING"}, "request_id": "r-create"}
BOXES = ("https://x/p.png", "https://x/v.mp3", FACE, EXT)


def test_detect_sends_the_documented_request_and_returns_the_boxes(emo, on) -> None:
    route = on("POST", DETECT, PASSED)
    face = emo.detect("https://x/p.png", "3:4")
    assert (face.face_bbox, face.ext_bbox, face.request_id) == (FACE, EXT, "r-detect")
    sent = route.calls[0].request
    assert json.loads(sent.content) == {
        "model": "emo-detect-v1",
        "input": {"image_url": "https://x/p.png"},
        "parameters": {"ratio": "3:4"},
    }
    assert sent.headers["authorization"] == "Bearer sk-0123456789abcdef"
    assert sent.headers["content-type"] == "application/json"
    assert "x-dashscope-async" not in sent.headers


def test_create_sends_the_documented_request_and_returns_the_task(emo, on) -> None:
    route = on("POST", CREATE, CREATED)
    assert emo.create(*BOXES, "calm").output.task_id == "t"
    sent = route.calls[0].request
    assert json.loads(sent.content) == {
        "model": "emo-v1",
        "input": {
            "image_url": "https://x/p.png",
            "audio_url": "https://x/v.mp3",
            "face_bbox": list(FACE),
            "ext_bbox": list(EXT),
        },
        "parameters": {"style_level": "calm"},
    }
    assert sent.headers["x-dashscope-async"] == "enable"
    assert "x-dashscope-ossresourceresolve" not in sent.headers


def test_parameters_that_are_not_given_are_not_sent(emo, on) -> None:
    detect, create = on("POST", DETECT, PASSED), on("POST", CREATE, CREATED)
    emo.detect("https://x/p.png", None)
    emo.create(*BOXES)
    assert "parameters" not in json.loads(detect.calls[0].request.content)
    assert "parameters" not in json.loads(create.calls[0].request.content)


@pytest.mark.parametrize(
    "urls", [("oss://k/p.png", "https://x/v"), ("https://x/p", "OSS://k/v.mp3")]
)
def test_an_oss_url_adds_the_header_that_resolves_it(emo, on, urls) -> None:
    create, detect = on("POST", CREATE, CREATED), on("POST", DETECT, PASSED)
    emo.create(*urls, FACE, EXT)
    emo.detect("oss://k/p.png")
    assert create.calls[0].request.headers["x-dashscope-ossresourceresolve"] == "enable"
    assert detect.calls[0].request.headers["x-dashscope-ossresourceresolve"] == "enable"


def test_reads_and_cancel_send_neither_a_body_nor_the_async_header(emo, on, task) -> None:
    routes = [
        on("GET", "/tasks/t", task("RUNNING")),
        on("POST", "/tasks/t/cancel", {"request_id": "r"}),
    ]
    emo.get("t")
    assert emo.cancel("t").request_id == "r"
    for route in routes:
        sent = route.calls[0].request
        assert sent.content == b""
        assert not {"content-type", "x-dashscope-async"} & set(sent.headers)


@pytest.mark.parametrize("status", ["PENDING", "FAILED", "CANCELED", "UNKNOWN", "SUSPENDED"])
def test_get_returns_the_task_in_any_state(emo, on, task, status) -> None:
    on("GET", "/tasks/t", task(status))
    assert emo.get("t").output.task_status == status


def test_a_task_id_is_one_segment_of_the_path(emo, service, task) -> None:
    route = service.get(url__startswith="https://emo.test/api/v1/tasks/").respond(
        json=task("UNKNOWN")
    )
    emo.get("a/../b?c")
    assert route.calls[0].request.url.raw_path == b"/api/v1/tasks/a%2F..%2Fb%3Fc"


@pytest.mark.parametrize("task_id", ["", " ", ".", "..", None])
def test_an_impossible_task_id_is_not_sent(emo, service, task_id) -> None:
    with pytest.raises(ConfigError, match="is not a task id; give the task_id that create"):
        emo.get(task_id)


def test_list_sends_only_the_filters_that_are_given(emo, on) -> None:
    page = {"total": 1, "total_page": 1, "page_no": 2, "page_size": 5, "request_id": "r"}
    item = {"task_id": "t", "status": "SUCCEEDED", "gmt_create": 1709260684485}
    query = "?start_time=20260101000000&status=SUCCEEDED&page_no=2&page_size=5"
    on("GET", "/tasks" + query, page | {"data": [item]})
    listed = emo.list(start_time="20260101000000", status="SUCCEEDED", page_no=2, page_size=5)
    assert [found.task_id for found in listed.data] == ["t"]


def test_generate_detects_creates_and_waits(emo, on, task) -> None:
    on("POST", DETECT, PASSED)
    create = on("POST", CREATE, CREATED)
    on("GET", "/tasks/t", task("PENDING"), task("RUNNING"), task("SUCCEEDED"))
    seen = []
    done = emo.generate("https://x/p.png", "https://x/v.mp3", on_update=lambda _, s: seen.append(s))
    assert done.output.results.video_url.startswith("http://oss.test/v.mp4")
    assert json.loads(create.calls[0].request.content)["input"]["face_bbox"] == list(FACE)
    assert seen == [0.0, 0.5, 1.25]


def test_generate_checks_its_timeout_before_anything_is_charged(emo, service) -> None:
    with pytest.raises(ConfigError, match="timeout=0 must be"):
        emo.generate("https://x/p.png", "https://x/v.mp3", timeout=0)
    assert not service.calls


@pytest.mark.parametrize("code", ["InvalidFile.NoHuman", "InvalidImageResolution", "InvalidPerson"])
def test_a_rejected_face_raises_the_same_error_for_status_200_and_400(
    emo, on, refuse, code
) -> None:
    output = {"check_pass": False, "code": code, "message": "m."}
    on("POST", DETECT, refuse(400, code), {"output": output, "request_id": "r-refused"})
    for _ in range(2):
        with pytest.raises(FaceRejected, match=rf"{code}: m\. \(request_id r-refused\)") as caught:
            emo.detect("https://x/p.png")
        assert (caught.value.code, caught.value.message) == (code, "m.")


@pytest.mark.parametrize(
    "output", [{"check_pass": False, "code": "", "message": ""}, {"check_pass": False}]
)
def test_the_error_of_a_rejection_without_reason_describes_a_good_picture(emo, on, output) -> None:
    on("POST", DETECT, {"output": output, "request_id": "r"})
    with pytest.raises(FaceRejected, match=r"gives no reason \(request_id r\); it must show one"):
        emo.detect("https://x/p.png")


def test_a_rejection_without_check_pass_is_recognized(emo, on) -> None:
    on("POST", DETECT, {"output": {"code": "InvalidFile.Value", "message": "m"}, "request_id": "r"})
    with pytest.raises(FaceRejected, match=r"InvalidFile\.Value"):
        emo.detect("https://x/p.png")


@pytest.mark.parametrize("box", [None, [], [1, 2, 3]])
def test_a_passed_detection_without_boxes_is_unexpected(emo, on, box) -> None:
    output = {"check_pass": True, "face_bbox": list(FACE), "ext_bbox": box}
    on("POST", DETECT, {"output": output, "request_id": "r"})
    with pytest.raises(UnexpectedAnswer, match=r"the boxes are missing.*\(request_id r\)"):
        emo.detect("https://x/p.png")
