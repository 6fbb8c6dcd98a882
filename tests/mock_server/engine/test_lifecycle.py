"""The lifecycle of a task as a client sees it, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mock_server.media import samples
from tests.helpers.fake import EPOCH, SECONDS, Service, request

QUEUED, WORK = 14.373, 8.5 * SECONDS
DAY = 86400


def test_a_task_waits_runs_and_succeeds_after_the_documented_times(
    service: Service,
) -> None:
    task = service.task_id()
    assert service.status(task) == "PENDING"
    service.real += QUEUED - 0.001
    assert service.status(task) == "PENDING"
    service.real += 0.002
    assert service.status(task) == "RUNNING"
    service.real += WORK - 0.002
    assert service.status(task) == "RUNNING"
    service.real += 0.002
    assert service.status(task) == "SUCCEEDED"


def test_each_state_has_its_documented_fields(service: Service) -> None:
    task = service.task_id()
    assert list(service.get(task).body) == ["request_id", "output"]
    shown = {"task_id": task, "task_status": "PENDING", "submit_time": "2025-09-11 14:33:38.716"}
    assert service.get(task).body["output"] == shown
    service.real += QUEUED
    shown |= {"task_status": "RUNNING", "scheduled_time": "2025-09-11 14:33:53.089"}
    assert service.get(task).body["output"] == shown
    service.real += WORK
    done = service.get(task).body
    shown |= {"task_status": "SUCCEEDED", "end_time": "2025-09-11 14:35:51.494"}
    assert {k: v for k, v in done["output"].items() if k != "results"} == shown
    assert list(done["output"]["results"]) == ["video_url"]
    assert done["usage"] == {"video_duration": SECONDS, "video_ratio": "1:1"}


def test_the_times_are_utc_plus_8_and_agree_with_the_date_header(service: Service) -> None:
    answer = service.get(service.task_id())
    headers = dict(answer.reply.headers)
    assert headers[b"date"] == b"Thu, 11 Sep 2025 06:33:38 GMT"
    assert headers[b"req-arrive-time"] == b"%d" % (EPOCH * 1000)
    assert headers[b"x-request-id"].decode() == answer.body["request_id"]


def test_a_created_task_is_answered_as_documented(service: Service) -> None:
    body = service.create().body
    assert list(body) == ["output", "request_id"]
    assert list(body["output"]) == ["task_id", "task_status"]
    assert body["output"]["task_status"] == "PENDING"


def test_one_task_of_a_key_runs_at_a_time_and_the_rest_wait_in_order(service: Service) -> None:
    tasks = [service.task_id() for _ in range(3)]
    service.real += QUEUED + 1
    assert [service.status(task) for task in tasks] == ["RUNNING", "PENDING", "PENDING"]
    service.real += WORK
    assert [service.status(task) for task in tasks] == ["SUCCEEDED", "RUNNING", "PENDING"]
    assert service.status(service.task_id(key="sk-other"), key="sk-other") == "PENDING"
    service.real += QUEUED + 0.5
    assert service.list("status=RUNNING", key="sk-other").body["total"] == 1


def test_a_higher_concurrency_runs_more_tasks(make_service: Callable[..., Service]) -> None:
    service = make_service(concurrency=2)
    tasks = [service.task_id() for _ in range(3)]
    service.real += QUEUED + 1
    assert [service.status(task) for task in tasks] == ["RUNNING", "RUNNING", "PENDING"]


def test_canceling_a_waiting_task_lets_the_later_ones_move_up(service: Service) -> None:
    first, second, third = (service.task_id() for _ in range(3))
    service.real += QUEUED + 1
    assert service.cancel(second).status == 200
    assert service.status(second) == "CANCELED"
    service.real += WORK
    assert (service.status(first), service.status(third)) == ("SUCCEEDED", "RUNNING")


@pytest.mark.parametrize("seconds", [QUEUED, QUEUED + WORK, DAY])
def test_only_a_pending_task_can_be_canceled(service: Service, seconds: float) -> None:
    task = service.task_id()
    service.real += seconds
    before = service.get(task).body["output"]
    refused = service.cancel(task)
    assert (refused.status, refused.body["code"]) == (400, "UnsupportedOperation")
    assert service.get(task).body["output"] == before


def test_a_task_is_canceled_once_and_the_answer_has_only_a_request_id(service: Service) -> None:
    task = service.task_id()
    assert list(service.cancel(task).body) == ["request_id"]
    assert service.cancel(task).status == 400
    assert list(service.get(task).body["output"]) == [
        "task_id", "task_status", "submit_time", "end_time",
    ]  # fmt: skip


def test_a_day_after_its_creation_a_task_is_unknown(service: Service) -> None:
    task = service.task_id()
    service.real += DAY - 1
    assert service.status(task) == "SUCCEEDED"
    service.real += 1
    assert service.get(task).body["output"] == {"task_id": task, "task_status": "UNKNOWN"}
    assert service.list().body["total"] == 0


@pytest.mark.parametrize("task", ["1111", "edbd4e81-0000-4000-8000-000000000000", "a%2Fb", "%E4"])
def test_an_unknown_task_id_is_answered_200_unknown(service: Service, task: str) -> None:
    answer = service.get(task)
    assert (answer.status, answer.body["output"]["task_status"]) == (200, "UNKNOWN")


def test_another_key_cannot_see_list_or_cancel_a_task(service: Service) -> None:
    task = service.task_id()
    assert service.status(task, key="sk-thief") == "UNKNOWN"
    assert service.cancel(task, key="sk-thief").status == 400
    assert service.list(key="sk-thief").body["total"] == 0
    assert service.status(task) == "PENDING"


def test_every_poll_of_a_finished_task_has_the_same_answer(service: Service) -> None:
    task = service.task_id()
    service.real += QUEUED + WORK
    first = service.get(task).body
    service.real += 1000
    again = service.get(task).body
    assert first.pop("request_id") != again.pop("request_id")
    assert first == again


def test_in_skip_mode_each_poll_advances_its_task_to_the_next_state(
    make_service: Callable[..., Service],
) -> None:
    service = make_service(time="skip")
    first, second = service.task_id(), service.task_id()
    assert [service.status(second) for _ in range(3)] == ["RUNNING", "SUCCEEDED", "SUCCEEDED"]
    assert service.status(first) == "SUCCEEDED"


def test_in_fast_mode_the_same_timeline_is_ten_times_faster(
    make_service: Callable[..., Service],
) -> None:
    service = make_service(time="fast")
    task = service.task_id()
    service.real += (QUEUED + WORK) / 10 + 0.001
    output = service.get(task).body["output"]
    assert output["task_status"] == "SUCCEEDED"
    assert output["end_time"] == "2025-09-11 14:35:51.494"


def test_in_frozen_mode_time_does_not_pass(make_service: Callable[..., Service]) -> None:
    service = make_service(time="frozen")
    task = service.task_id()
    service.real += DAY
    assert service.status(task) == "PENDING"


def test_a_list_is_as_captured_newest_first_and_paged(service: Service) -> None:
    tasks = []
    for _ in range(5):
        tasks.append(service.task_id())
        service.real += 1
    page = service.list("page_no=2&page_size=2").body
    assert [item["task_id"] for item in page["data"]] == [tasks[2], tasks[1]]
    assert {k: page[k] for k in ("total", "total_page", "page_no", "page_size")} == {
        "total": 5, "total_page": 3, "page_no": 2, "page_size": 2,
    }  # fmt: skip
    item = page["data"][0]
    assert item["gmt_create"] == int((EPOCH + 2) * 1000)
    assert item["user_api_unique_key"] == "apikey:v1:aigc:image2video:video-synthesis:emo-v1"
    assert "end_time" not in item
    assert service.list("page_no=9").body["data"] == []


def test_a_list_is_filtered_by_state_model_id_and_window(service: Service) -> None:
    old = service.task_id()
    service.real += 3600
    new = service.task_id()
    ids = {
        "status=SUCCEEDED": [old],
        "status=PENDING": [new],
        "model_name=emo-v1": [new, old],
        "model_name=other": [],
        f"task_id={old}": [old],
        "start_time=20250911150000": [new],
        "end_time=20250911150000": [old],
        "start_time=20250911143338&end_time=20250911143338": [old],
        "region=cn-beijing&api_key_id=42677&unheard=of": [new, old],
        "region=cn-hangzhou": [],
        "api_key_id=1": [],
    }
    for query, expected in ids.items():
        found = service.list(query).body["data"]
        assert [item["task_id"] for item in found] == expected, query


def test_detection_returns_the_documented_boxes_for_the_documented_picture(
    service: Service,
) -> None:
    for name in ("documentation", "documentation-2025-12"):
        output = service.detect(request(service.spec, "detectFace", name)).body["output"]
        assert output["face_bbox"] == [302, 286, 610, 593]
        assert output["ext_bbox"] == [71, 9, 840, 778]


def test_detection_finds_the_face_in_the_sample_portrait(service: Service) -> None:
    body = request(service.spec, "detectFace")
    body["input"]["image_url"] = "http://127.0.0.1:8787/samples/portrait.png"
    output = service.detect(body).body["output"]
    assert tuple(output["face_bbox"]) == samples.portrait().face


def test_the_ratio_of_the_area_is_the_ratio_of_the_video(service: Service) -> None:
    detect = request(service.spec, "detectFace") | {"parameters": {"ratio": "3:4"}}
    boxes = service.detect(detect).body["output"]
    create = request(service.spec, "createVideoTask")
    create["input"] |= {name: boxes[name] for name in ("face_bbox", "ext_bbox")}
    task = service.task_id(create)
    service.real += 3600
    assert service.get(task).body["usage"]["video_ratio"] == "3:4"


def test_the_same_seed_time_and_calls_give_the_same_bytes(
    make_service: Callable[..., Service],
) -> None:
    def run(**settings: str) -> list[bytes]:
        service = make_service(**settings)
        task = service.task_id()
        service.real += 60
        return [service.get(task).reply.body, service.detect().reply.body]

    assert run() == run()
    assert run() != run(seed="another")


def test_an_answer_of_the_fake_that_breaks_the_spec_raises(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = service.task_id()
    monkeypatch.setattr(
        "mock_server.engine.operations.tasks.format_time", lambda epoch: f"{epoch:.0f}"
    )
    with pytest.raises(Exception, match="does not match"):
        service.get(task)
