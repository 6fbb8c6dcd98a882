"""A scenario can ask for every outcome of the spec: by header, input URL or suffix of the key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contracts.spec.loader import Operation, Outcome, Spec
from tests.helpers.cases import each_case
from tests.helpers.fake import SERVICE, Service, request

SPEC = Spec.load()
ERRORS = [
    (operation, outcome)
    for operation in SPEC.operations.values()
    for outcome in operation.outcomes.values()
    if outcome.status != 200
]
ENDINGS = list(SPEC.task_outcomes.values())
DETECTIONS = [o for o in SPEC.operations["detectFace"].outcomes.values() if o.status == 200]


def call(service: Service, operation: Operation, **options: Any) -> Any:
    """A valid call of an operation."""
    if operation.id == "detectFace":
        return service.detect(**options)
    if operation.id == "createVideoTask":
        return service.create(**options)
    return service.call(operation.method, "/api/v1" + operation.template, **options)


def with_url(service: Service, operation: str, field: str, name: str) -> Any:
    body = request(service.spec, operation)
    body["input"][field] = f"https://example.com/file?a=1&emo-scenario={name}#top"
    return body


def name_of(value: object) -> str:
    return getattr(value, "id", None) or getattr(value, "name", "")


@each_case("operation, outcome", ERRORS, ids=name_of)
def test_the_header_asks_for_an_error_which_is_answered_word_for_word(
    service: Service, operation: Operation, outcome: Outcome
) -> None:
    result = call(service, operation, X_Mock_Scenario=outcome.name)
    expected = {**outcome.value, "request_id": result.body["request_id"]}
    assert (result.status, result.body) == (outcome.status, expected)
    assert list(result.body) == list(outcome.value)


@each_case("operation, outcome", ERRORS, ids=name_of)
def test_the_suffix_of_the_key_asks_for_an_error(
    service: Service, operation: Operation, outcome: Outcome
) -> None:
    result = call(service, operation, key=f"sk-any.{outcome.name}")
    assert (result.status, result.body["code"]) == (outcome.status, outcome.code)


@each_case("outcome", ENDINGS, ids=name_of)
def test_a_task_ends_as_its_creation_asked_for(
    make_service: Callable[..., Service], outcome: Outcome
) -> None:
    service = make_service()
    created = [
        (service.create(X_Mock_Scenario=outcome.name, key="sk-a"), "sk-a"),
        (
            service.create(with_url(service, "createVideoTask", "audio_url", outcome.name)),
            "sk-test",
        ),
        (service.create(key=f"sk-c.{outcome.name}"), f"sk-c.{outcome.name}"),
    ]
    service.real += 4 * 3600  # the longest of them takes three hours to fail
    for result, key in created:
        output = service.get(result.body["output"]["task_id"], key=key).body["output"]
        expected = outcome.value["output"]["task_status"], outcome.code
        assert (output["task_status"], output.get("code", "")) == expected
        assert output.get("message") == outcome.value["output"].get("message")


def test_a_task_is_pending_and_then_running_before_it_fails(service: Service) -> None:
    task = service.task_id(X_Mock_Scenario="FAILED.InvalidURL")
    states = [service.status(task)]
    for seconds in (14.4, 1):
        service.real += seconds
        states.append(service.status(task))
    assert states == ["PENDING", "RUNNING", "FAILED"]


@each_case("outcome", ENDINGS, ids=name_of)
def test_the_header_of_a_poll_asks_for_any_state_in_that_answer_alone(
    make_service: Callable[..., Service], outcome: Outcome
) -> None:
    service = make_service()
    task = service.task_id()
    for asked in (task, "never-was"):
        shown = service.get(asked, X_Mock_Scenario=outcome.name).body["output"]
        assert shown["task_status"] == outcome.value["output"]["task_status"]
        assert (shown["task_id"] == asked) == ("task_id" not in outcome.keeps)
    assert service.status(task) == "PENDING"


@each_case("outcome", DETECTIONS, ids=name_of)
def test_the_image_url_asks_for_the_outcome_of_a_detection(
    service: Service, outcome: Outcome
) -> None:
    expected = outcome.value["output"]
    body = with_url(service, "detectFace", "image_url", outcome.name)
    output = service.detect(body).body["output"]
    assert output.keys() == expected.keys()
    assert output["check_pass"] == expected["check_pass"]
    assert output.get("code") == expected.get("code")


def test_the_header_wins_over_the_url_and_the_url_over_the_key(service: Service) -> None:
    body = with_url(service, "createVideoTask", "image_url", "Throttling")
    key = "sk-a.SystemError"
    assert service.create(body, key=key, X_Mock_Scenario="Arrearage").body["code"] == "Arrearage"
    assert service.create(body, key=key).body["code"] == "Throttling"
    assert service.create(key=key).body["code"] == "SystemError"


def test_a_name_for_one_operation_does_not_affect_the_others(service: Service) -> None:
    key = "sk-a.getTask:Throttling.RateQuota"
    task = service.task_id(key=key)
    assert service.get(task, key=key).status == 429
    assert service.cancel(task, key=key).status == 200


def test_an_ending_of_the_task_can_be_limited_to_the_creation(service: Service) -> None:
    key = "sk-a.createVideoTask:FAILED.InvalidURL"
    task = service.task_id(key=key)
    service.real += 60
    assert service.status(task, key=key) == "FAILED"


def test_an_answer_that_a_scenario_asked_for_names_it_in_a_header(service: Service) -> None:
    asked = service.create(X_Mock_Scenario="FAILED.InvalidURL").reply.headers
    assert (b"x-mock-scenario", b"FAILED.InvalidURL") in asked
    assert b"x-mock-scenario" not in dict(service.detect(X_Mock_Scenario="PENDING").reply.headers)


def test_a_scenario_in_the_image_url_does_not_change_the_detected_face(service: Service) -> None:
    for url in ("https://x/a.png", "https://x/a.png?b=1", "https://x/a.png?b=1&c=2"):
        body = request(service.spec, "detectFace")
        plain = service.detect(body | {"input": {"image_url": url}}).body["output"]
        mark = "&" if "?" in url else "?"
        asking = f"{url}{mark}emo-scenario=pass"
        assert service.detect(body | {"input": {"image_url": asking}}).body["output"] == plain


def test_a_scenario_lets_a_cancel_of_an_unknown_task_succeed(service: Service) -> None:
    assert service.cancel("never-was", X_Mock_Scenario="canceled").status == 200


def test_an_outcome_of_another_operation_changes_nothing(service: Service) -> None:
    assert service.detect(X_Mock_Scenario="FAILED.InvalidURL").body["output"]["check_pass"]
    assert service.create(X_Mock_Scenario="InvalidFile.NoHuman").status == 200


@pytest.mark.parametrize(
    ("name", "near"),
    [("Throtling.RateQuota", "Throttling.RateQuota"), ("FAILED.InvalidUrl", "FAILED.InvalidURL"),
     ("nohuman", "InvalidFile.NoHuman"), ("listTasks:pass", "detectFace:pass")],
)  # fmt: skip
def test_an_unknown_name_is_answered_400_with_similar_names(
    service: Service, name: str, near: str
) -> None:
    for result in (
        service.detect(X_Mock_Scenario=name),
        service.detect(key=f"sk-a+{name}"),
        service.detect(with_url(service, "detectFace", "image_url", name)),
    ):
        assert (result.status, result.body["code"]) == (400, "UnknownScenario")
        assert near in result.body["message"]


def test_an_invalid_call_is_refused_before_its_scenario_is_applied(service: Service) -> None:
    result = service.call("POST", f"{SERVICE}/face-detect", b"{", X_Mock_Scenario="Throttling")
    assert result.status == 400


def test_a_creation_that_a_scenario_refuses_makes_no_task(service: Service) -> None:
    service.create(X_Mock_Scenario="Throttling")
    assert service.list().body["total"] == 0


def test_a_running_task_that_never_ends_holds_its_place_and_a_pending_one_holds_none(
    service: Service,
) -> None:
    waiting = service.task_id(X_Mock_Scenario="PENDING")
    running = service.task_id(X_Mock_Scenario="RUNNING")
    behind = service.task_id()
    service.real += 3600
    states = [service.status(task) for task in (waiting, running, behind)]
    assert states == ["PENDING", "RUNNING", "PENDING"]
    assert service.cancel(waiting).status == 200
