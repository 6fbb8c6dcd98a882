"""Facts about answers from the documentation and the captures, compared with openapi.yaml. Each has
its source (the head of the file explains the keys); nothing here is copied from the file."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.spec.loader import Spec
from tests.helpers.cases import each_case
from tests.helpers.facts import GONE, is_answer, objects

MUST = {
    ("detectFace", "pass"): (  # DET-2
        "/output /output/check_pass /output/face_bbox /output/ext_bbox /request_id "
        "/usage/image_count"
    ),
    ("detectFace", "reject"): "/output/code /output/message",  # DET-2, word for word
    ("createVideoTask", "accepted"): "/output /output/task_id /output/task_status /request_id",
    ("getTask", "UNKNOWN"): "/output /output/task_id /output/task_status /request_id",  # CNB
    ("getTask", "RUNNING"): "/output/submit_time /output/scheduled_time",  # CNB
    ("getTask", "SUCCEEDED"): (  # YU
        "/output/submit_time /output/scheduled_time /output/end_time /output/results "
        "/output/results/video_url /usage /usage/video_duration /usage/video_ratio"
    ),
    ("getTask", "FAILED.InvalidURL"): (  # S2V
        "/output/submit_time /output/scheduled_time /output/end_time /output/code /output/message"
    ),
    ("cancelTask", "canceled"): "/request_id",  # CNB
    ("listTasks", "listed"): (  # CNB, TASK
        "/total /data /total_page /page_no /page_size /request_id /data/0/api_key_id "
        "/data/0/caller_uid /data/0/gmt_create /data/0/model_name /data/0/region "
        "/data/0/request_id /data/0/status /data/0/task_id /data/0/user_api_unique_key"
    ),
    ("getTask", "InvalidApiKey"): "/code /message /request_id",  # ERR-zh
}
NEEDED = [(*key, pointer) for key, pointers in MUST.items() for pointer in pointers.split()]


@each_case("operation, name, pointer", NEEDED)
def test_an_answer_without_a_documented_field_is_invalid(
    spec: Spec, operation: str, name: str, pointer: str
) -> None:
    assert not is_answer(spec, operation, name, pointer, GONE)


@pytest.mark.parametrize(
    ("operation", "name", "pointer"),
    [
        ("detectFace", "pass", "/usage"),  # not in DET-0
        ("getTask", "PENDING", "/output/submit_time"),  # its fields were not captured
        ("getTask", "CANCELED", "/output/end_time"),  # on no page
        ("listTasks", "listed", "/data/0/caller_parent_id"),  # an old sample lacks it (TASK)
        ("listTasks", "listed", "/data/0/start_time"),  # of a task that waits
        ("listTasks", "listed", "/data/0/end_time"),  # of a task that runs
    ],
)
def test_an_answer_without_a_field_that_some_pages_omit_is_valid(
    spec: Spec, operation: str, name: str, pointer: str
) -> None:
    assert is_answer(spec, operation, name, pointer, GONE)


WRONG = [
    # Only a task that succeeded has a video and is charged (EMO-3).
    *(
        ("getTask", name, pointer, value)
        for name in ("PENDING", "RUNNING", "CANCELED", "UNKNOWN", "FAILED.InvalidURL")
        for pointer, value in (
            ("/usage", {"video_duration": 3.0, "video_ratio": "1:1"}),
            ("/output/results", {"video_url": "http://x/v.mp4"}),
        )
    ),
    # Only a task that failed has a reason, inside output (S2V).
    *(
        ("getTask", name, f"/output/{key}", "InvalidURL")
        for name in ("PENDING", "RUNNING", "SUCCEEDED", "CANCELED", "UNKNOWN")
        for key in ("code", "message")
    ),
    # Only a task that ended has the time of its end (CNB).
    *(
        ("getTask", name, "/output/end_time", "2025-09-11 14:33:53.089")
        for name in ("PENDING", "RUNNING", "UNKNOWN")
    ),
    # `yyyy-MM-dd HH:mm:ss.SSS`, nothing before and after (CNB).
    *(
        ("getTask", "SUCCEEDED", f"/output/{key}", text)
        for key in ("submit_time", "scheduled_time", "end_time")
        for text in (
            "2025-09-11T14:33:38.716",
            "2025-09-11 14:33:38.716Z",
            "x2025-09-11 14:33:38.716",
            "2025-09-11 14:33:38",
            1757572418716,
        )
    ),
    ("getTask", "SUCCEEDED", "/output/task_status", "SUSPENDED"),  # EMO never showed it
    ("getTask", "SUCCEEDED", "/output/task_id", ""),
    ("getTask", "SUCCEEDED", "/request_id", ""),
    ("getTask", "SUCCEEDED", "/output/results/video_url", "/v.mp4"),
    ("getTask", "SUCCEEDED", "/output/results/video_url", "see http://x/v.mp4"),
    ("getTask", "SUCCEEDED", "/output/results", ["http://x/v.mp4"]),  # siblings (EMOJI)
    ("getTask", "SUCCEEDED", "/usage/video_duration", 0),
    ("getTask", "SUCCEEDED", "/usage/video_duration", "13.93"),
    ("getTask", "SUCCEEDED", "/usage/video_ratio", "16:9"),
    ("getTask", "SUCCEEDED", "/usage", []),
    ("getTask", "FAILED.InvalidURL", "/output/code", ""),
    ("createVideoTask", "accepted", "/output/task_id", ""),
    ("createVideoTask", "accepted", "/output/task_status", "QUEUED"),
    ("detectFace", "pass", "/output/check_pass", "true"),
    ("detectFace", "pass", "/output/humanoid", "true"),
    ("detectFace", "pass", "/output/face_bbox", [1, 2, 3]),
    ("detectFace", "pass", "/output/face_bbox", [1, 2, 3, 4, 5]),
    ("detectFace", "pass", "/output/ext_bbox", [-1, 2, 3, 4]),
    ("detectFace", "pass", "/output/ext_bbox", [1, 2, 3, 7001]),  # the longest side (DET-2)
    ("detectFace", "pass", "/output/ext_bbox", [1.5, 2, 3, 4]),
    ("detectFace", "pass", "/usage/image_count", 1.5),
    ("listTasks", "listed", "/total", -1),
    ("listTasks", "listed", "/total_page", -1),
    ("listTasks", "listed", "/page_no", 0),
    ("listTasks", "listed", "/page_size", 0),
    ("listTasks", "listed", "/data", {}),
    ("listTasks", "listed", "/data/0", "6075262c"),
    ("listTasks", "listed", "/data/0/status", "DONE"),
    ("listTasks", "listed", "/data/0/gmt_create", "1709260684485"),  # epoch ms (CNB)
    ("getTask", "InvalidApiKey", "/code", ""),
    ("getTask", "InvalidApiKey", "/message", None),
]


@each_case("operation, name, pointer, value", WRONG)
def test_an_answer_that_no_page_shows_is_invalid(
    spec: Spec, operation: str, name: str, pointer: str, value: Any
) -> None:
    assert not is_answer(spec, operation, name, pointer, value)


@each_case(
    "operation, name, pointer, value",
    [
        ("getTask", "SUCCEEDED", "/usage/video_duration", 0.5),
        ("getTask", "SUCCEEDED", "/usage/video_duration", 3),
        ("getTask", "SUCCEEDED", "/usage/video_ratio", "3:4"),
        ("getTask", "SUCCEEDED", "/output/results/video_url", "https://x/v.mp4"),
        ("detectFace", "pass", "/output/ext_bbox", [0, 0, 7000, 7000]),  # may touch the border
        ("listTasks", "listed", "/total", 0),
        ("listTasks", "listed", "/total_page", 0),
        ("listTasks", "listed", "/page_no", 1),
        ("listTasks", "listed", "/page_size", 1),
        ("getTask", "InvalidApiKey", "/code", "X"),
        ("getTask", "InvalidApiKey", "/request_id", "x"),
        ("getTask", "InvalidApiKey", "/message", ""),
        ("getTask", "UNKNOWN", "/output/task_id", "1"),  # any text is echoed (CNB)
        ("getTask", "FAILED.InvalidURL", "/output/code", "X"),
        ("createVideoTask", "accepted", "/output/task_id", "1"),
    ],
)
def test_an_answer_at_the_limit_of_a_range_is_valid(
    spec: Spec, operation: str, name: str, pointer: str, value: Any
) -> None:
    assert is_answer(spec, operation, name, pointer, value)


def test_an_answer_with_more_fields_in_any_of_its_objects_is_valid(spec: Spec) -> None:
    """Pages add fields over time: `humanoid` (DET-3), `task_metrics` of siblings (CNB)."""
    for operation in spec.operations.values():
        for name, outcome in operation.outcomes.items():
            for at in objects(outcome.value):
                assert is_answer(spec, operation.id, name, f"{at}/new", {"a": [1]}), (name, at)


def test_every_refusal_has_a_code_a_message_and_a_request_id(spec: Spec) -> None:
    """ERR-zh; CNB auth-error."""
    for operation in spec.operations.values():
        for name, outcome in operation.outcomes.items():
            for key in ("code", "message", "request_id") if outcome.status >= 400 else ():
                assert not is_answer(spec, operation.id, name, f"/{key}", GONE), (name, key)


def test_some_messages_name_the_wrong_field(spec: Spec) -> None:
    """ERR-zh, where they are written with xxx; KR for the failed task."""
    naming = {name for name, outcome in spec.outcomes.items() if outcome.template}
    assert naming == {
        "InvalidParameter",
        "InvalidParameter-field-required",
        "InvalidParameter-method",
        "FAILED.InvalidParameter-field-required",
    }


def test_newer_gateways_add_a_documentation_link_to_some_messages(spec: Spec) -> None:
    """Reported from the wire, 2025 to 2026."""
    added = {name: outcome.details for name, outcome in spec.outcomes.items() if outcome.details}
    anchors = {name: details.rpartition("#")[2] for name, details in added.items()}
    assert anchors == {
        "InvalidApiKey": "apikey-error",
        "InvalidApiKey-missing": "apikey-error",
        "Arrearage": "overdue-payment",
        "InvalidParameter-url-error": "error-url",
    }
