"""Variants: where the documentation contradicts itself, one side is the default, and another can be
chosen for the server, in its file or for one key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contracts.spec.loader import Spec
from mock_server.scenarios.variants import NO_EFFECTS, VariantError, check, effects
from tests.helpers.fake import SERVICE, Result, Service, request

SPEC = Spec.load()
DAY = 86400
SUFFIX = " For details, see: https://"
REJECTIONS = [
    name for name, outcome in SPEC.operations["detectFace"].outcomes.items()
    if outcome.status == 200 and not outcome.value["output"]["check_pass"]
]  # fmt: skip

Make = Callable[..., Service]


def chosen(make_service: Make, choices: dict[str, str]) -> Service:
    return make_service(variants=choices)


def shown(result: Result) -> tuple[int, str, str]:
    return result.status, result.body["code"], result.body["message"]


def without(spec: Spec, *fields: str, **changes: Any) -> dict[str, Any]:
    """The documented creation without some fields of its input."""
    body: dict[str, Any] = request(spec, "createVideoTask")
    for field in fields:
        del body["input"][field]
    body["input"] |= changes
    return body


# Choices


def test_choosing_the_defaults_changes_nothing(make_service: Make) -> None:
    defaults = {name: variant.default for name, variant in SPEC.variants.items()}
    plain, same = make_service(), chosen(make_service, defaults)
    for body in (None, without(SPEC, "ext_bbox")):
        assert plain.create(body).reply == same.create(body).reply
    assert (
        plain.detect(X_Mock_Scenario="reject").reply == same.detect(X_Mock_Scenario="reject").reply
    )
    assert effects(SPEC, check(SPEC, defaults)) == NO_EFFECTS


def test_the_choice_of_a_key_wins_over_the_file_and_the_file_over_the_server(spec: Spec) -> None:
    server = {"unknown-model": "404", "creation-order": "request-id-first"}
    service = Service(spec, file={"variants": {"unknown-model": 400}}, variants=server)
    body = request(spec, "createVideoTask") | {"model": "emo-v9"}
    assert service.create(body).status == 400
    assert list(service.create().body) == ["request_id", "output"]
    service.change(variants={"unknown-model": "404", "creation-order": "output-first"})
    assert service.create(body).status == 404
    assert list(service.create().body) == ["output", "request_id"]
    assert service.create(body, key="sk-other").status == 400


@pytest.mark.parametrize(
    ("choices", "text"),
    [({"task-live": "end"}, "no variant 'task-live'; .* Did you mean 'task-life'?"),
     ({"result-life": "7days"}, "no choice '7days'; there are 24h, 3d, 7d"),
     ({"models": "retird"}, "Did you mean 'retired'?"), ({"models": None}, "no choice None"),
     ({"models": []}, "no choice \\[\\]"), ({"detector-rejection": 400}, "Did you mean '400'?")],
)  # fmt: skip
def test_an_unknown_choice_is_an_error(choices: Any, text: str) -> None:
    with pytest.raises(VariantError, match=text):
        check(SPEC, choices)


def test_an_unknown_variant_in_the_settings_is_an_error(make_service: Make) -> None:
    with pytest.raises(VariantError, match="no variant 'x'"):
        chosen(make_service, {"x": "y"})


def test_the_same_choices_give_the_same_bytes(make_service: Make) -> None:
    choices = {name: list(variant.choices)[-1] for name, variant in SPEC.variants.items()}
    del choices["models"]

    def run() -> list[bytes]:
        service = chosen(make_service, choices)
        replies = [service.create(without(SPEC, "ext_bbox")), service.detect(), service.create()]
        service.real += 60
        return [r.reply.body for r in (*replies, service.list(), service.create({"input": {}}))]

    assert run() == run()


# detector-rejection


@pytest.mark.parametrize("name", [n for n in REJECTIONS if n != "reject-humanoid"])
def test_a_rejected_portrait_is_answered_200_or_400(make_service: Make, name: str) -> None:
    plain = make_service().detect(X_Mock_Scenario=name)
    assert (plain.status, plain.body["output"]["check_pass"]) == (200, False)
    other = chosen(make_service, {"detector-rejection": "400"})
    asked = "InvalidFile.NoHuman" if name == "reject" else name
    value = SPEC.outcomes[f"{asked}-400"].value
    assert shown(other.detect(X_Mock_Scenario=name)) == (400, value["code"], value["message"])
    assert other.detect(X_Mock_Scenario=f"{asked}-400").status == 400
    assert other.detect().body["output"]["check_pass"] is True


def test_with_the_choice_400_every_rejection_is_answered_400(make_service: Make) -> None:
    service = chosen(make_service, {"detector-rejection": "400"})
    assert {service.detect(X_Mock_Scenario=name).status for name in REJECTIONS} == {400}


def test_a_rejection_from_a_rule_follows_the_variant(make_service: Make) -> None:
    service = chosen(make_service, {"detector-rejection": "400"})
    service.rules({"nth": 2, "do": "InvalidFile.NoHuman"})
    assert [service.detect().status for _ in range(3)] == [200, 400, 200]


# missing-field

FIELDS = ["image_url", "audio_url", "face_bbox", "ext_bbox"]
TASK = {"missing-field": "task"}


@pytest.mark.parametrize("field", FIELDS)
def test_a_missing_field_is_refused_or_fails_the_task_at_once(
    make_service: Make, field: str
) -> None:
    body = without(SPEC, field)
    refusal = make_service().create(body)
    assert shown(refusal)[:2] == (400, "InvalidParameter")
    service = chosen(make_service, TASK)
    task = service.task_id(body)
    assert service.status(task) == "PENDING"
    service.real += 0.1
    output = service.get(task).body["output"]
    assert (output["task_status"], output["code"]) == ("FAILED", "InvalidParameter")
    assert output["message"] == f"Field required: input.{field}"
    assert output["message"] == refusal.body["message"]


def test_of_several_missing_fields_the_first_is_named(make_service: Make) -> None:
    service = chosen(make_service, TASK)
    tasks = [service.task_id(without(SPEC, *FIELDS[n:])) for n in range(4)]
    service.real += 1
    messages = [service.get(task).body["output"]["message"] for task in tasks]
    assert messages == [f"Field required: input.{field}" for field in FIELDS]


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"face_bbox": [1, 2]}, "InvalidParameter"), ({"image_url": "x"}, "InvalidURL"),
     ({"face_bbox": None}, "InvalidParameter")],
)  # fmt: skip
def test_another_mistake_in_the_input_is_refused_at_once(
    make_service: Make, changes: dict[str, Any], code: str
) -> None:
    service = chosen(make_service, TASK)
    refusal = service.create(without(SPEC, "audio_url", **changes))
    assert shown(refusal)[:2] == (400, code)
    assert "Field required" not in refusal.body["message"]
    assert service.list().body["total"] == 0


def test_a_missing_field_outside_of_the_input_is_refused_at_once(make_service: Make) -> None:
    service = chosen(make_service, TASK)
    for field, code in (("input", "BadRequest.EmptyInput"), ("model", "BadRequest.EmptyModel")):
        body = request(SPEC, "createVideoTask")
        del body[field]
        assert service.create(body).body["code"] == code
    body = without(SPEC, "ext_bbox") | {"parameters": {"style_level": "x"}}
    assert service.create(body).status == 400


def test_a_missing_field_of_a_detection_is_refused_at_once(make_service: Make) -> None:
    body = {"model": "emo-detect-v1", "input": {}}
    assert chosen(make_service, TASK).detect(body).status == 400


def test_a_task_with_a_missing_field_is_free_and_can_be_canceled(make_service: Make) -> None:
    service = chosen(make_service, TASK)
    assert service.cancel(service.task_id(without(SPEC, "ext_bbox"))).status == 200
    service.task_id(without(SPEC, "ext_bbox"))
    service.real += DAY / 2
    assert sum(row.cost for row in service.usage()) == 0


def test_a_scenario_wins_over_the_missing_field(make_service: Make) -> None:
    service = chosen(make_service, TASK)
    body = without(SPEC, "face_bbox")
    assert service.create(body, X_Mock_Scenario="Throttling").status == 429
    assert service.list().body["total"] == 0
    task = service.task_id(body, X_Mock_Scenario="FAILED.InvalidURL")
    service.real += 60
    assert service.get(task).body["output"]["code"] == "InvalidURL"


@pytest.mark.parametrize("name", ["latency=1", "lost", "accepted"])
def test_a_fault_does_not_prevent_the_failure_for_the_missing_field(
    make_service: Make, name: str
) -> None:
    service = chosen(make_service, TASK)
    service.raw("POST", f"{SERVICE}/video-synthesis", without(SPEC, "ext_bbox"),
                X_DashScope_Async="enable", X_Mock_Scenario=name)  # fmt: skip
    service.real += DAY / 2
    (listed,) = service.list().body["data"]
    assert listed["status"] == "FAILED"


def test_the_action_normal_does_not_prevent_the_failure_for_the_missing_field(
    make_service: Make,
) -> None:
    service = chosen(make_service, TASK)
    service.rules({"operation": "createVideoTask", "do": "normal"})
    task = service.task_id(without(SPEC, "ext_bbox"))
    service.real += 1
    assert service.status(task) == "FAILED"


# message-suffix

DETAILS = {"message-suffix": "details"}


@pytest.mark.parametrize("operation", SPEC.operations.values(), ids=lambda o: o.id)
def test_with_the_choice_details_every_refusal_has_one_link(
    make_service: Make, operation: Any
) -> None:
    service = chosen(make_service, DETAILS)
    bodies = {"detectFace": "detectFace", "createVideoTask": "createVideoTask"}
    body = request(SPEC, bodies[operation.id]) if operation.id in bodies else None
    headers = {"X_DashScope_Async": "enable"} if operation.id == "createVideoTask" else {}
    for outcome in operation.outcomes.values():
        if outcome.status < 400:
            continue
        path = f"/api/v1{operation.template}"
        result = service.call(operation.method, path, body, **headers, X_Mock_Scenario=outcome.name)
        expected = outcome.value["message"] + (outcome.details or service_details())
        assert (result.status, result.body["message"]) == (outcome.status, expected)
        assert result.body["message"].count("For details, see: https://") == 1


def service_details() -> str:
    return SPEC.variants["message-suffix"].choices["details"].details


def test_a_templated_message_has_the_link_and_a_success_does_not(make_service: Make) -> None:
    service = chosen(make_service, DETAILS)
    message = service.create(without(SPEC, "face_bbox")).body["message"]
    assert message.startswith(f"Field required: input.face_bbox{SUFFIX}")
    assert "For details" not in service.create().text + service.detect().text
    failed = service.get("x", X_Mock_Scenario="FAILED.InvalidURL").body["output"]["message"]
    assert "For details" not in failed


@pytest.mark.parametrize(
    ("method", "path", "key", "page"),
    [("GET", "/api/v1/tasks", None, "#apikey-error"),
     ("GET", "/api/v1/tasks", "x", "#apikey-error"),
     ("GET", "/api/v1/nothing", "sk-a", "#error-url"),
     ("PUT", "/api/v1/tasks", "sk-a", "error-code")],
)  # fmt: skip
def test_a_refusal_before_the_operation_is_known_has_the_link(
    make_service: Make, method: str, path: str, key: str | None, page: str
) -> None:
    service = chosen(make_service, DETAILS)
    assert service.call(method, path, key=key).body["message"].endswith(page)


# creation-order


def test_the_fields_of_a_creation_have_the_chosen_order(make_service: Make) -> None:
    assert list(make_service().create().body) == ["output", "request_id"]
    service = chosen(make_service, {"creation-order": "request-id-first"})
    for options in ({}, {"X_Mock_Scenario": "FAILED.InvalidURL"}, {"X_Mock_Scenario": "accepted"}):
        created = service.create(**options)
        assert list(created.body) == ["request_id", "output"]
        assert service.status(created.body["output"]["task_id"]) == "PENDING"


# unknown-model, models


def test_an_unknown_model_is_answered_400_or_404(make_service: Make) -> None:
    body = request(SPEC, "createVideoTask") | {"model": "emo-v9"}
    service = chosen(make_service, {"unknown-model": "404"})
    for made, status in ((make_service(), 400), (service, 404)):
        assert shown(made.create(body)) == (status, "InvalidParameter", "Model not exist.")
    assert service.create(X_Mock_Scenario="InvalidParameter-model").status == 404


@pytest.mark.parametrize(
    ("choices", "expected"),
    [({"models": "retired"}, (400, "InvalidParameter", "Model not exist.")),
     ({"models": "retired-404"}, (404, "ModelNotFound", "Model can not be found.")),
     ({"models": "retired", "unknown-model": "404"},
      (404, "InvalidParameter", "Model not exist."))],
)  # fmt: skip
def test_a_retired_model_is_refused_and_its_old_tasks_continue(
    make_service: Make, choices: dict[str, str], expected: tuple[int, str, str]
) -> None:
    service = make_service()
    task = service.task_id()
    service.change(variants=choices)
    for options in (
        {},
        {"X_Mock_Scenario": "FAILED.InvalidURL"},
        {"X_Mock_Scenario": "Throttling"},
    ):
        assert shown(service.create(**options)) == expected
        assert shown(service.detect(**options)) == expected
    assert service.create({"input": {}}).body["code"] == "BadRequest.EmptyModel"
    service.real += 200
    assert service.status(task) == "SUCCEEDED"
    assert service.list().body["total"] == 1
