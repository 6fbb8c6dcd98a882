"""Facts about calls, tasks and prices from the documentation and the captures, compared with
openapi.yaml. Each has its source (the head of the file explains the keys); nothing here is copied
from the file."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.spec.loader import Spec
from tests.helpers.cases import each_case
from tests.helpers.facts import resolved

DAY = 86400


@pytest.fixture(scope="module")
def tree() -> dict[str, Any]:
    return resolved()


# Servers and authentication


def test_the_servers_are_beijing_a_reseller_and_this_machine(tree: dict[str, Any]) -> None:
    """EMO-2; YU forwards the same paths under /qwen; `emo serve` listens on 8787."""
    assert [server["url"] for server in tree["servers"]] == [
        "https://dashscope.aliyuncs.com/api/v1",
        "https://{reseller}/qwen/api/v1",
        "http://127.0.0.1:8787/api/v1",
    ]


def test_every_operation_needs_a_bearer_key(tree: dict[str, Any]) -> None:
    """EMO-2: `Authorization: Bearer sk-...`, on each of the calls."""
    assert tree["security"] == [{"ApiKey": []}]
    scheme = tree["components"]["securitySchemes"]["ApiKey"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert all("security" not in o for item in tree["paths"].values() for o in item.values())


@each_case(
    "key, may",
    [
        ("sk-a", True),
        ("sk-ws-H.ABCDEFG.ab12.MEUCIQDx-_y", True),
        ("sk-sp-0123456789abcdef", True),
        ("st-0123456789abcdef", True),
        ("sk-" + "a" * 4093, True),
        ("sk-" + "a" * 4094, False),
        ("st-", False),
        ("su-a", False),
        ("sk-", False),
        ("xsk-a", False),
        ("sk-a b", False),
        ("nope", False),
    ],
)
def test_a_key_begins_with_sk_or_st_and_has_no_blank(spec: Spec, key: str, may: bool) -> None:
    assert bool(spec.key_pattern.search(key)) is may


PATHS = {
    "detectFace": ("POST", "/services/aigc/image2video/face-detect"),
    "createVideoTask": ("POST", "/services/aigc/image2video/video-synthesis"),
    "getTask": ("GET", "/tasks/{task_id}"),
    "listTasks": ("GET", "/tasks"),
    "cancelTask": ("POST", "/tasks/{task_id}/cancel"),
}


@pytest.mark.parametrize(("operation", "place"), PATHS.items())
def test_an_operation_has_the_documented_method_and_path(
    spec: Spec, operation: str, place: tuple[str, str]
) -> None:
    """EMO-3, DET-2, TASK."""
    found = spec.operations[operation]
    assert (found.method, found.template) == place


def test_the_operations_with_input_require_a_body(tree: dict[str, Any]) -> None:
    """EMO-3, DET-2; official clients cancel with a body and without (TASK)."""
    bodies = {
        o["operationId"]: o["requestBody"]["required"]
        for item in tree["paths"].values()
        for o in item.values()
        if "requestBody" in o
    }
    assert bodies == {"detectFace": True, "createVideoTask": True, "cancelTask": False}


def test_every_answer_has_the_request_id_header(tree: dict[str, Any]) -> None:
    """CNB: the header, the same as in the body, in 51 of 55 captures."""
    for item in tree["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                header = response["headers"]["X-Request-Id"]
                assert header["required"] is True, status
                assert header["schema"]["type"] == "string"


STATUSES = {
    "detectFace": {200, 400, 401, 403, 404, 413, 429, 431, 500, 503},
    "createVideoTask": {200, 400, 401, 403, 404, 413, 429, 431, 500, 503},
    "listTasks": {200, 400, 401, 403, 404, 413, 429, 431, 500},
    "getTask": {200, 400, 401, 403, 404, 413, 429, 431, 500},
    "cancelTask": {200, 400, 401, 403, 404, 413, 429, 431, 500},
}


@pytest.mark.parametrize(("operation", "statuses"), STATUSES.items())
def test_an_operation_has_the_statuses_of_the_error_list(
    spec: Spec, operation: str, statuses: set[int]
) -> None:
    """ERR-zh; a success is exactly 200, for official clients take 201 for a failure."""
    assert set(spec.operations[operation].answers) == statuses


# Tasks


FOLLOWS = {
    "PENDING": {"RUNNING", "CANCELED", "UNKNOWN"},  # only a waiting task is canceled (CNB, TASK)
    "RUNNING": {"SUCCEEDED", "FAILED", "UNKNOWN"},
    "SUCCEEDED": {"UNKNOWN"},  # after 24 h (EMO-2)
    "FAILED": {"UNKNOWN"},
    "CANCELED": {"UNKNOWN"},
    "UNKNOWN": set(),
}


@pytest.mark.parametrize(("state", "after"), FOLLOWS.items())
def test_a_state_is_followed_by_the_documented_ones(
    spec: Spec, state: str, after: set[str]
) -> None:
    assert set(spec.lifecycle.next[state]) == after


def test_a_task_starts_as_pending_and_ends_in_four_states(spec: Spec) -> None:
    """EMO-3: the answer to a creation is always PENDING; official clients wait for these four."""
    assert spec.lifecycle.initial == "PENDING"
    assert spec.lifecycle.terminal == {"SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"}


def test_a_failed_task_ran_as_long_as_the_sample_except_for_slow_reasons(
    spec: Spec,
) -> None:
    """S2V: 11:43:48.937 to 49.802. A download times out after a minute, a task after three hours
    (inferred); a missing field was seen within tens of ms (KR)."""
    ran = {
        name.removeprefix("FAILED."): (outcome.queued_for, outcome.runs_for)
        for name, outcome in spec.task_outcomes.items()
        if name.startswith("FAILED.")
    }
    slow = {name: times for name, times in ran.items() if times[1] not in (None, 0.865)}
    assert slow.pop("InvalidParameter-field-required") == (0.03, 0.05)
    assert slow.pop("InvalidURL.Timeout") == (None, 60)
    assert list(slow.values()) == [(None, 3 * 3600)]


# Times, prices and limits


def test_the_time_for_a_video_is_that_of_the_sample(spec: Spec) -> None:
    """YU: submitted 14:33:38.716, scheduled 53.089, ended 14:35:51.541 for 13.93 s of video."""
    model = spec.video_models["emo-v1"]
    assert model.queue_seconds == 14.373
    assert model.work_seconds_per_video_second == pytest.approx(118.452 / 13.93, abs=0.01)


def test_prices_free_quotas_and_lifetimes_are_the_documented_ones(spec: Spec) -> None:
    """PRICE, QS; EMO-2 and EMO-3: a day for a task as for its URL."""
    detect, video = spec.image_models["emo-detect-v1"], spec.video_models["emo-v1"]
    assert (detect.price_per_image, detect.free) == (0.004, 200)
    assert (video.price_per_video_second, video.free) == ({"1:1": 0.08, "3:4": 0.16}, 1800)
    assert (video.task_life_seconds, video.result_life_seconds) == (DAY, DAY)
    assert video.concurrency == 1
    assert (detect.operation, video.operation) == ("detectFace", "createVideoTask")


def test_the_size_limits_are_round_numbers(spec: Spec) -> None:
    """Not documented: far above the need of any call, and below the limits of gateways."""
    assert spec.limits == {"body-bytes": 1 << 20, "header-bytes": 60 << 10}


@pytest.mark.parametrize(
    ("operation", "calls"),
    [("detectFace", 5), ("createVideoTask", 5), ("getTask", 20), ("listTasks", 20)],
)
def test_the_rates_are_the_documented_ones(spec: Spec, operation: str, calls: int) -> None:
    """QS and RATE: 5 a second, one cell for both models; TASK: 20 a second."""
    assert spec.operations[operation].rate.per_second == calls
    assert spec.operations[operation].rate.refusal == "Throttling.RateQuota"


# Where the sources contradict each other


def test_each_variant_is_a_contradiction_whose_default_is_documented(spec: Spec) -> None:
    assert {name: variant.default for name, variant in spec.variants.items()} == {
        "detector-rejection": "200",  # DET-2
        "missing-field": "submit",  # ERR-zh
        "unreachable-url": "accepted",  # the fake fetches nothing
        "message-suffix": "none",  # ERR-zh
        "creation-order": "output-first",  # EMO-3
        "unknown-model": "400",  # KR
        "models": "served",  # EMO-3
        "result-life": "24h",  # EMO-3
        "task-life": "creation",  # EMO-2
    }


def test_a_rejection_has_the_same_code_with_status_400_and_200(spec: Spec) -> None:
    """S2VT. Where DET-2 gives no reason, the first code of the list is used."""
    answers = spec.variants["detector-rejection"].choices["400"].answers
    rejections = {
        name: outcome.code
        for name, outcome in spec.operations["detectFace"].outcomes.items()
        if outcome.status == 200 and not outcome.value["output"]["check_pass"]
    }
    assert answers.keys() == rejections.keys()
    for name, instead in answers.items():
        outcome = spec.outcomes[instead]
        assert outcome.status == 400
        assert outcome.code == (rejections[name] or "InvalidFile.NoHuman")
        if rejections[name]:
            message = spec.outcomes[name].value["output"]["message"]
            assert outcome.value["message"] == message


def test_the_other_choices_of_variants_are_the_observed_ones(spec: Spec) -> None:
    """KR; RET; CNB: signed for 3 and 7 days; TASK: 24 h from the end."""
    chosen = {name: variant.choices for name, variant in spec.variants.items()}
    required = "InvalidParameter-field-required"
    assert chosen["missing-field"]["task"].endings == {required: f"FAILED.{required}"}
    unknown = chosen["unknown-model"]["404"].answers
    assert unknown == {"InvalidParameter-model": "InvalidParameter-model-404"}
    assert chosen["creation-order"]["request-id-first"].answers == {"accepted": "accepted-2026"}
    assert chosen["models"]["retired"].refuse == "InvalidParameter-model"
    assert chosen["models"]["retired-404"].refuse == "ModelNotFound"
    assert chosen["result-life"]["3d"].result_life == 3 * DAY
    assert chosen["result-life"]["7d"].result_life == 7 * DAY
    assert chosen["task-life"]["end"].life_from == "end"
    assert chosen["message-suffix"]["details"].details.startswith(" For details, see: https://")
