"""Differences between a recording and the spec, the fake, and the documented times."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.recordings import (
    Cassette,
    RecordedAnswer,
    RecordedBody,
    RecordedExchange,
    RecordedRequest,
    load,
)
from contracts.recordings.drift.against_fake import AskFake
from contracts.recordings.drift.compare import DriftDifference, drift
from contracts.spec.loader import Spec
from emo_kit.cli.contract.fake_answers import fake_answers
from tests.contracts.recordings.test_drift_shapes import VALUES
from tests.helpers.cases import each_case
from tests.helpers.cassette import (
    CASSETTES,
    TASK,
    answer_of,
    cassette_of,
    client,
    create,
    creation_of,
    life_of,
    poll_of,
    recording,
    request_of,
    run_through,
)

Serve = Callable[..., AbstractContextManager[str]]
DETECT = "/api/v1/services/aigc/image2video/face-detect"


@pytest.fixture(scope="module")
def ask(spec: Spec) -> AskFake:
    return fake_answers(spec)


@pytest.fixture
def found(spec: Spec, ask: AskFake) -> Callable[..., list[DriftDifference]]:
    def found(*cassettes: Cassette, **options: Any) -> list[DriftDifference]:
        named = [(f"{number}.json", cassette) for number, cassette in enumerate(cassettes)]
        return list(drift(spec, named, ask, **options).differences)

    return found


def shown(differences: list[DriftDifference]) -> list[tuple[str, str, str, str]]:
    return [(d.weight, d.kind, d.against, d.pointer) for d in differences]


def detection(spec: Spec, answer: RecordedAnswer) -> Cassette:
    headers = {"authorization": "Bearer sk-REDACTED"}
    body = RecordedBody(json=request_of(spec, "detectFace"))
    return cassette_of(
        RecordedExchange(RecordedRequest("POST", DETECT, "", headers, body), 0.0, answer)
    )


def passed(spec: Spec) -> RecordedAnswer:
    answer = answer_of(spec, "detectFace", "pass")
    answer.headers.update({"req-cost-time": "1", "server": "istio-envoy"})
    answer.headers.update({"req-arrive-time": "1", "resp-start-time": "2"})
    return answer


def test_a_recording_of_the_fake_has_no_drift(
    serve: Serve, spec: Spec, tmp_path: Path, found: Any
) -> None:
    path = tmp_path / "c.json"
    with serve() as url, recording(spec, url, path) as base, client(base) as http:
        run_through(base, spec)
        for scenario in ("FAILED.InvalidURL", "Throttling.RateQuota", "InternalError", "CANCELED"):
            create(http, spec, **{"X-Mock-Scenario": scenario})
        http.get("/api/v1/tasks")
        http.post(f"/api/v1/tasks/{TASK}/cancel")
        http.get("/api/v1/no-such-path")
        http.post(DETECT, content=b"no JSON")
        httpx_without_key(base)
    assert found(load(path, spec)) == []


def httpx_without_key(base: str) -> None:
    with client(base) as http:
        http.headers.pop("authorization")
        assert http.get(f"/api/v1/tasks/{TASK}").status_code == 401


@pytest.mark.parametrize("name", ["fake.json", "browser.har", "vcr.yaml"])
def test_the_sample_recordings_have_no_drift(spec: Spec, found: Any, name: str) -> None:
    assert found(load(CASSETTES / name, spec)) == []


def test_every_documented_answer_has_no_drift(spec: Spec, found: Any) -> None:
    exchanges = []
    for operation in spec.operations.values():
        for name in operation.outcomes:
            answer = answer_of(spec, operation.id, name)
            answer.headers.update(passed(spec).headers)
            path = f"/api/v1{operation.template}".replace("{task_id}", TASK)
            headers = {"authorization": "Bearer sk-REDACTED"}
            if operation.id == "createVideoTask":
                headers["x-dashscope-async"] = "enable"
            body = RecordedBody(json=request_of(spec, operation.id)) if operation.body else None
            request = RecordedRequest(operation.method, path, "", headers, body)
            exchanges.append(RecordedExchange(request, 0.0, answer))
    assert shown(found(cassette_of(*exchanges))) == []


def changed(answer: RecordedAnswer, change: Callable[[Any], object]) -> RecordedAnswer:
    value = json.loads(json.dumps(answer.value))
    change(value)
    return replace(answer, body=RecordedBody(json=value))


CHANGES: list[tuple[Callable[[Any], object], list[tuple[str, str, str, str]]]] = [
    (lambda v: v["output"].update(score=0.9), [("additive", "field new", "spec", "/output/score")]),
    (lambda v: v.update(new={"a": 1}), [("additive", "field new", "spec", "/new")]),
    (lambda v: v["output"].pop("check_pass"),
     [("breaking", "field missing", "spec", "/output/check_pass")]),
    (lambda v: v["usage"].update(image_count="1"),
     [("breaking", "type", "spec", "/usage/image_count")]),
    (lambda v: v["output"]["face_bbox"].append(1),
     [("breaking", "schema", "spec", "/output/face_bbox")]),
    (lambda v: v.pop("usage"), [("breaking", "field missing", "fake", "/usage")]),
    (lambda v: v["output"].update(humanoid=True), [("cosmetic", "order", "fake", "/output")]),
    (lambda v: v.update(usage=v.pop("usage")), [("cosmetic", "order", "fake", "")]),
    (lambda v: v["output"].update(ext_bbox=None),
     [("breaking", "type", "spec", "/output/ext_bbox")]),
]  # fmt: skip


@each_case("change, expected", CHANGES)
def test_a_changed_body_is_reported_with_its_severity_and_pointer(
    spec: Spec, found: Any, change: Any, expected: Any
) -> None:
    assert shown(found(detection(spec, changed(passed(spec), change)))) == expected


def test_both_values_are_shown(spec: Spec, found: Any) -> None:
    answer = changed(passed(spec), lambda v: v["usage"].update(image_count="1"))
    (difference,) = found(detection(spec, answer))
    assert (difference.recorded, difference.expected) == ("1", "integer")
    assert (difference.answer, difference.first) == ("detectFace 200", "0.json#/exchanges/0")


def test_a_new_state_is_breaking(spec: Spec, found: Any) -> None:
    answer = answer_of(spec, "getTask", "PENDING", task_status="SUSPENDED")
    answer.headers.update(passed(spec).headers)
    (difference,) = found(cassette_of(RecordedExchange(poll_of(), 0.0, answer)))
    assert shown([difference]) == [("breaking", "value", "spec", "/output/task_status")]
    assert difference.recorded == "SUSPENDED"
    assert "PENDING" in difference.expected


def test_a_status_that_is_not_documented_is_breaking(spec: Spec, found: Any) -> None:
    (difference,) = found(detection(spec, replace(passed(spec), status=201)))
    assert shown([difference]) == [("breaking", "status", "spec", "#status")]
    assert difference.recorded == 201
    assert 200 in difference.expected


def test_an_undocumented_code_is_breaking_and_another_message_is_cosmetic(
    spec: Spec, found: Any
) -> None:
    refused = answer_of(spec, "detectFace", "InvalidURL")
    refused.headers.update(passed(spec).headers)
    coded = changed(refused, lambda v: v.update(code="InvalidUrl"))
    worded = changed(refused, lambda v: v.update(message="No."))
    longer = changed(refused, lambda v: v.update(message=v["message"] + " For details, see: x"))
    assert shown(found(detection(spec, coded))) == [("breaking", "code", "spec", "/code")]
    assert shown(found(detection(spec, worded))) == [("cosmetic", "message", "spec", "/message")]
    assert found(detection(spec, longer)) == []


def test_field_names_in_a_message_may_differ(spec: Spec, found: Any) -> None:
    refused = answer_of(spec, "createVideoTask", "InvalidParameter-field-required")
    refused.headers.update(passed(spec).headers)
    other = changed(refused, lambda v: v.update(message="Field required: input.audio_url"))
    assert not [d for d in found(cassette_of(RecordedExchange(creation_of(spec), 0.0, other)))
                if d.kind == "message"]  # fmt: skip


def test_a_call_that_only_the_fake_refuses_is_breaking(spec: Spec, found: Any) -> None:
    body = RecordedBody(json={"model": "emo-detect-v1", "input": {"image_url": "data:image/png"}})
    cassette = detection(spec, passed(spec))
    (exchange,) = cassette.exchanges
    wider = replace(exchange, request=replace(exchange.request, body=body))
    (difference,) = found(cassette_of(wider))
    assert shown([difference]) == [("breaking", "status", "fake", "#status")]
    assert (difference.recorded, difference.expected) == ("200", "400 InvalidURL")


def test_new_and_missing_headers_are_reported_except_those_of_the_transport(
    spec: Spec, found: Any
) -> None:
    answer = passed(spec)
    answer.headers.update({"x-new": "1", "date": "today", "via": "proxy", "x-mock-own": "1"})
    del answer.headers["server"], answer.headers["x-request-id"]
    assert shown(found(detection(spec, answer))) == [
        ("breaking", "header", "spec", "#header/x-request-id"),
        ("cosmetic", "header", "fake", "#header/server"),
        ("cosmetic", "header", "fake", "#header/x-new"),
    ]


def test_a_header_of_another_value_is_cosmetic_and_one_that_varies_is_not_compared(
    spec: Spec, found: Any
) -> None:
    answer = passed(spec)
    answer.headers.update({"server": "nginx", "req-arrive-time": "1"})
    (one,) = found(detection(spec, answer))
    assert (one.weight, one.pointer, one.recorded) == ("cosmetic", "#header/server", "nginx")
    assert one.expected == "istio-envoy"
    answer.headers.update({"server": "istio-envoy", "req-arrive-time": "yesterday"})
    assert shown(found(detection(spec, answer))) == [
        ("cosmetic", "header", "fake", "#header/req-arrive-time")
    ]


def test_a_body_that_was_not_recorded_is_not_compared(spec: Spec, found: Any) -> None:
    assert found(detection(spec, replace(passed(spec), body=RecordedBody(size=9)))) == []


def test_html_in_place_of_json_is_breaking(spec: Spec, found: Any) -> None:
    page = replace(passed(spec), body=RecordedBody(text="<html>"))
    page.headers["content-type"] = "text/html; charset=utf-8"
    assert shown(found(detection(spec, page)))[:2] == [
        ("breaking", "header", "spec", "#header/content-type"),
        ("breaking", "body", "spec", ""),
    ]


def test_an_operation_that_the_spec_does_not_have_is_additive(spec: Spec, found: Any) -> None:
    request = RecordedRequest("GET", "/api/v1/uploads", "action=getPolicy")
    differences = found(cassette_of(RecordedExchange(request, 0.0, passed(spec))))
    assert shown(differences) == [("additive", "operation", "spec", "")]


def test_a_repeated_difference_is_reported_once_with_count_and_first_place(
    spec: Spec, found: Any
) -> None:
    one = detection(spec, changed(passed(spec), lambda v: v.update(new=1)))
    two = cassette_of(*one.exchanges, *one.exchanges)
    (difference,) = found(two, one)
    assert (difference.count, difference.first) == (3, "0.json#/exchanges/0")


def test_a_task_that_returns_to_an_earlier_state_is_breaking(spec: Spec, found: Any) -> None:
    cassette = life_of(spec, "RUNNING", "PENDING", "SUCCEEDED")
    differences = [d for d in found(cassette) if d.kind == "transition"]
    assert [(d.weight, d.recorded, d.first) for d in differences] == [
        ("breaking", "RUNNING -> PENDING", "0.json#/timelines/0/states/1"),
        ("breaking", "PENDING -> SUCCEEDED", "0.json#/timelines/0/states/2"),
    ][:1]


@pytest.mark.parametrize(
    ("queued", "worked", "slow"),
    [("53.089", 118, []), ("54.000", 118, []), ("39.000", 118, ["PENDING"]),
     ("53.089", 355, []), ("53.089", 356, ["RUNNING"]), ("53.089", 39, ["RUNNING"])],
)  # fmt: skip
def test_a_task_outside_of_the_documented_times_is_reported(
    spec: Spec, found: Any, queued: str, worked: float, slow: list[str]
) -> None:
    cassette = life_of(spec, "SUCCEEDED", since=(0.0,))
    (timeline,) = cassette.timelines
    output = timeline.states[0].answer.output
    output["scheduled_time"] = f"2025-09-11 14:33:{queued}"
    minutes, seconds = divmod(33 * 60 + float(queued) + worked, 60)
    output["end_time"] = f"2025-09-11 14:{int(minutes):02}:{seconds:06.3f}"
    differences = [d for d in found(cassette) if d.kind == "time"]
    assert [(d.weight, d.against, d.pointer) for d in differences] == [
        ("cosmetic", "models", f"#time/{state}") for state in slow
    ]
    assert not [d for d in found(cassette, band=500) if d.kind == "time"]


def test_a_task_that_waited_for_another_is_not_slow(spec: Spec, found: Any) -> None:
    (timeline,) = life_of(spec, "SUCCEEDED", since=(0.0,)).timelines
    timeline.states[0].answer.output["scheduled_time"] = "2025-09-11 14:35:00.000"
    created = RecordedExchange(
        creation_of(spec), 1.0, answer_of(spec, "createVideoTask", "accepted")
    )
    before = replace(timeline, task_id="before", created=0.5)

    def late(cassette: Cassette) -> bool:
        return any(d.pointer == "#time/PENDING" and d.count == 1 for d in found(cassette))

    assert late(cassette_of(created, timelines=(timeline,)))
    both = [d for d in found(cassette_of(created, timelines=(before, timeline)))
            if d.pointer == "#time/PENDING"]  # fmt: skip
    assert [(d.count, d.first) for d in both] == [(1, "0.json#/timelines/0")]


@settings(max_examples=60)
@given(value=VALUES, data=st.data())
def test_drift_compares_any_recorded_body(
    spec: Spec, ask: AskFake, value: Any, data: st.DataObject
) -> None:
    cassette = load(CASSETTES / "fake.json", spec)
    number = data.draw(st.integers(0, len(cassette.exchanges) - 1))
    exchange = cassette.exchanges[number]
    assert exchange.answer
    answer = replace(exchange.answer, body=RecordedBody(json=value))
    drift(spec, [("x", cassette_of(replace(exchange, answer=answer)))], ask)


def test_the_fake_answers_the_same_call_in_the_same_way(spec: Spec) -> None:
    ask = fake_answers(spec)
    questions = [(creation_of(spec), "accepted"), (poll_of(), "SUCCEEDED")]
    assert [ask(*one) for one in questions] == [ask(*one) for one in questions]
