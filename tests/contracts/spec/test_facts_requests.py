"""Facts about requests from the documentation and the captures, compared with openapi.yaml. Each
has its source (the head of the file explains the keys); nothing here is copied from the file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.spec.loader import Operation, Spec
from tests.helpers.cases import each_case
from tests.helpers.facts import changed, objects, resolved


@pytest.fixture(scope="module")
def tree() -> dict[str, Any]:
    return resolved()


def refused(spec: Spec, operation: str, pointer: str, value: Any) -> list[str]:
    """The refusals of the documented request after a change."""
    found = spec.operations[operation]
    body = changed(found.requests["documentation"], pointer, value)
    return [violation.outcome for violation in found.body.violations(body)]


LONG = "https://x/" + "a" * 8182  # 8192 in all


@pytest.mark.parametrize("operation", ["detectFace", "createVideoTask"])
@each_case(
    "url, may",
    [
        (LONG, True),
        (LONG + "a", False),
        ("HTTPS://X/a.PNG", True),
        ("http://x", True),
        ("oss://bucket/a", True),
        ("see http://x/a", False),
        ("http://x/a b", False),
        ("ftp://x/a", False),
    ],
)
def test_a_media_url_has_the_scheme_http_https_or_oss(
    spec: Spec, operation: str, url: str, may: bool
) -> None:
    """DET-2, UP."""
    wanted = [] if may else ["InvalidURL"]
    assert refused(spec, operation, "/input/image_url", url) == wanted


@each_case(
    "box, may",
    [
        ([0, 0, 7000, 7000], True),
        ([0, 0, 7001, 7000], False),
        ([-1, 0, 100, 100], False),
        ([0, 0, 98, 100], True),
        ([0, 0, 97, 100], False),
        ([0, 0, 102, 100], True),
        ([0, 0, 103, 100], False),
        ([0, 0, 77, 100], True),
        ([0, 0, 78, 100], False),
        ([0, 0, 73, 100], True),
        ([0, 0, 72, 100], False),
        ([0, 0, 56, 100], False),  # 9:16
        ([0, 0, 178, 100], False),  # 16:9
        ([5, 5, 5, 5], False),
        ([100, 100, 0, 0], False),
    ],
)
def test_the_ext_bbox_has_one_of_two_ratios_within_two_px(
    spec: Spec, box: list[int], may: bool
) -> None:
    """EMO-1; real boxes are off by a px."""
    found = refused(spec, "createVideoTask", "/input/ext_bbox", box)
    assert set(found) == (set() if may else {"InvalidParameter-ext_bbox"})


@pytest.mark.parametrize(
    ("operation", "model", "refusals"),
    [
        ("detectFace", "emo-detect-v1", []),
        ("detectFace", "emo-v1", ["InvalidParameter-url-error"]),
        ("detectFace", "another", ["InvalidParameter-model"]),
        ("createVideoTask", "emo-v1", []),
        ("createVideoTask", "emo-detect-v1", ["InvalidParameter-url-error"]),
        ("createVideoTask", "another", ["InvalidParameter-model"]),
    ],
)
def test_an_operation_accepts_its_own_model_alone(
    spec: Spec, operation: str, model: str, refusals: list[str]
) -> None:
    """KR for one that is not known; reported from the wire for one of another call."""
    assert refused(spec, operation, "/model", model) == refusals


def test_the_corners_of_a_face_are_in_order(spec: Spec) -> None:
    """EMO-3: the upper left one, then the lower right one."""
    for box in ([10, 0, 5, 5], [0, 10, 5, 5]):
        found = refused(spec, "createVideoTask", "/input/face_bbox", box)
        assert found == ["InvalidParameter-face_bbox"]


@pytest.mark.parametrize("body", [None, [], "text", 7])
def test_a_body_that_is_not_an_object_is_refused(spec: Spec, body: Any) -> None:
    """ERR-zh."""
    for operation in with_body(spec):
        (violation,) = operation.body.violations(body)
        assert violation.outcome == "InvalidParameter-body"


@pytest.mark.parametrize("style", ["normal", "calm", "active", "another", ""])
def test_three_styles_are_accepted(spec: Spec, style: str) -> None:
    """EMO-3."""
    known = style in ("normal", "calm", "active")
    found = refused(spec, "createVideoTask", "/parameters", {"style_level": style})
    assert found == ([] if known else ["InvalidParameter-style_level"])


@pytest.mark.parametrize("ratio", ["1:1", "3:4", "another", ""])
def test_two_ratios_are_accepted(spec: Spec, ratio: str) -> None:
    """DET-2."""
    found = refused(spec, "detectFace", "/parameters/ratio", ratio)
    assert found == ([] if ratio in ("1:1", "3:4") else ["InvalidParameter-ratio"])


def test_the_defaults_are_the_documented_ones(spec: Spec) -> None:
    """DET-2, EMO-3, TASK."""
    assert spec.schemas["DetectParameters"]["properties"]["ratio"]["default"] == "1:1"
    assert spec.schemas["CreateParameters"]["properties"]["style_level"]["default"] == "normal"
    pages = {p.name: p.default for p in spec.operations["listTasks"].query if p.default}
    assert pages == {"page_no": 1, "page_size": 10}


QUERY = {
    "task_id": (["1", "any text"], []),
    "model_name": (["emo-v1", "7"], []),
    "region": (["cn-beijing", "7"], []),
    "api_key_id": (["42677"], []),
    "status": (["PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"], ["another"]),
    "page_no": (["1", "1000000"], ["0", "1000001", "x"]),
    "page_size": (["1", "1000"], ["0", "1001", "x"]),
    "start_time": (["20250911143338"], ["2025091114333", "x20250911143338", "20250911143338Z"]),
    "end_time": (["20250911143338"], ["2025091114333", "x20250911143338", "20250911143338Z"]),
}


@pytest.mark.parametrize(("name", "texts"), QUERY.items())
def test_a_filter_of_the_list_has_the_documented_values(
    spec: Spec, name: str, texts: tuple[list[str], list[str]]
) -> None:
    """TASK; SDKs also send `region` and `api_key_id`."""
    parameters = {p.name: p for p in spec.operations["listTasks"].query}
    assert parameters.keys() == QUERY.keys()
    assert parameters[name].refusal == "InvalidParameter"
    right, wrong = texts
    assert not any(parameters[name].parse(text)[1] for text in (None, *right))
    for text in wrong:
        violation = parameters[name].parse(text)[1]
        assert violation
        assert violation.outcome == "InvalidParameter"


@pytest.mark.parametrize(
    ("operation", "sent", "refusal"),
    [
        ("createVideoTask", None, "AccessDenied-synchronous"),
        ("createVideoTask", "disable", "AccessDenied-synchronous"),
        ("createVideoTask", "enable", ""),
        ("detectFace", None, ""),
        ("detectFace", "disable", ""),
        ("detectFace", "7", ""),
        ("detectFace", "enable", "AccessDenied-asynchronous"),
    ],
)
def test_a_create_needs_the_asynchronous_header_and_a_detect_refuses_it(
    spec: Spec, operation: str, sent: str | None, refusal: str
) -> None:
    """EMO-2; EMOJS for detection."""
    (header,) = (p for p in spec.operations[operation].headers if p.name == "X-DashScope-Async")
    violation = header.parse(sent)[1]
    assert (violation.outcome if violation else "") == refusal


def test_the_only_value_of_the_asynchronous_header_is_enable(spec: Spec) -> None:
    """EMO-2; generated clients offer each value of the enum."""
    headers = spec.operations["createVideoTask"].headers
    (header,) = (p for p in headers if p.name == "X-DashScope-Async")
    assert header.schema["enum"] == ["enable"]


@pytest.mark.parametrize("operation", ["detectFace", "createVideoTask"])
def test_only_an_oss_url_needs_the_header_that_resolves_it(spec: Spec, operation: str) -> None:
    """UP; measured on s2v."""
    name = "X-DashScope-OssResourceResolve"
    (header,) = (p for p in spec.operations[operation].headers if p.name == name)
    assert (header.required, header.required_by_scheme) == (False, "oss")
    assert header.refusal == "InvalidParameter.DataInspection"
    assert not any(header.parse(text)[1] for text in (None, "enable", "7"))


def test_a_task_id_in_the_path_is_any_text(tree: dict[str, Any]) -> None:
    """CNB: a text that is not the id of a task is answered UNKNOWN."""
    for path in ("/tasks/{task_id}", "/tasks/{task_id}/cancel"):
        (operation,) = tree["paths"][path].values()
        (parameter,) = operation["parameters"]
        assert (parameter["name"], parameter["in"], parameter["required"]) == (
            "task_id", "path", True,
        )  # fmt: skip
        assert parameter["schema"] == {"type": "string", "minLength": 1}


def test_the_spec_has_the_documented_requests(spec: Spec) -> None:
    """YU and DET-2 show two pictures; clients leave out parameters; the SDK sends more (EMO-3)."""
    assert list(spec.operations["detectFace"].requests) == [
        "documentation", "documentation-2025-12",
    ]  # fmt: skip
    assert list(spec.operations["createVideoTask"].requests) == [
        "documentation", "without-parameters", "official-sdk",
    ]  # fmt: skip
    body = spec.operations["createVideoTask"].requests["documentation"]
    assert json.loads(json.dumps(body))["input"]["face_bbox"] == [302, 286, 610, 593]


def test_a_request_with_more_fields_in_any_of_its_objects_is_valid(spec: Spec) -> None:
    """The official SDK sends keys that EMO does not know, null too."""
    for operation in with_body(spec):
        for body in operation.requests.values():
            for at in objects(body):
                more = changed(body, f"{at}/prompt", None)
                assert not list(operation.body.violations(more))


def with_body(spec: Spec) -> list[Operation]:
    return [operation for operation in spec.operations.values() if operation.body]
