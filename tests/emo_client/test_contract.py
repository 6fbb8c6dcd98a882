"""The client reads every answer that the spec allows, without loss: of each operation, with each
status, of a task in each state."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.spec.validation import compile_schema
from emo_client import APIError, FaceRejected, models
from emo_client.flows import REJECTIONS
from tests.helpers.cases import each_case
from tests.helpers.schemas import SPEC, answer_schema, named, request_schema, values
from tests.helpers.scripted import CALLS, Scripted

some = settings(max_examples=20, derandomize=True, database=None, deadline=None)
READ = {
    "createVideoTask": models.TaskCreated,
    "listTasks": models.TaskList,
    "getTask": models.TaskAnswer,
    "cancelTask": models.CancelAnswer,
}
SENT = {"detectFace": models.DetectRequest, "createVideoTask": models.CreateRequest}
STATES = list(SPEC.lifecycle.next)


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: 302 equals 302.0, and true is not a number."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def as_json(value: msgspec.Struct) -> Any:
    return json.loads(msgspec.json.encode(value))


def in_state(schema: dict[str, Any], state: str) -> dict[str, Any]:
    """A schema for the answers with this state."""
    wanted: dict[str, Any] = {"task_status": {"const": state}}
    return {"allOf": [schema, {"properties": {"output": {"properties": wanted}}}]}


def statuses(operation: str) -> st.SearchStrategy[int]:
    return st.sampled_from(list(SPEC.operations[operation].answers))


def test_every_operation_has_a_call_of_the_client() -> None:
    assert SPEC.operations.keys() == CALLS.keys() == {*READ, "detectFace"}


@pytest.mark.parametrize("operation", CALLS)
@some
@given(data=st.data())
def test_the_drawn_answers_are_valid(operation: str, data: st.DataObject) -> None:
    status = data.draw(statuses(operation))
    value = data.draw(values(answer_schema(operation, status)))
    assert SPEC.operations[operation].answers[status].is_valid(value)


@pytest.mark.parametrize("operation", READ)
@some
@given(data=st.data())
def test_an_answer_is_read_without_loss(operation: str, data: st.DataObject) -> None:
    schema = answer_schema(operation, 200)
    value = data.draw(values(schema))
    read = Scripted(value).call(operation)
    assert isinstance(read, READ[operation])
    assert same(as_json(read), named(schema, value))


@pytest.mark.parametrize("state", STATES)
@some
@given(data=st.data())
def test_a_task_in_any_state_is_read_without_loss(state: str, data: st.DataObject) -> None:
    schema = answer_schema("getTask", 200)
    value = data.draw(values(in_state(schema, state)))
    read = Scripted(value).call("getTask")
    assert read.output.task_status == state
    assert same(as_json(read), named(schema, value))


@some
@given(value=values(answer_schema("detectFace", 200)))
def test_a_detection_returns_the_boxes_or_raises_the_reason(value: Any) -> None:
    output = value["output"]
    try:
        face = Scripted(value).call("detectFace")
    except FaceRejected as error:
        assert not output["check_pass"]
        assert (error.code, error.message) == (output["code"], output["message"])
        assert error.request_id == value["request_id"]
    else:
        assert output["check_pass"]
        assert same([*face.face_bbox], output["face_bbox"])
        assert same([*face.ext_bbox], output["ext_bbox"])
        assert face.request_id == value["request_id"]


@some
@given(value=values(answer_schema("detectFace", 200)))
def test_a_detection_is_read_without_loss(value: Any) -> None:
    read = msgspec.json.decode(json.dumps(value), type=models.Detection, strict=False)
    assert same(as_json(read), named(answer_schema("detectFace", 200), value))


@pytest.mark.parametrize("operation", CALLS)
@some
@given(data=st.data())
def test_the_error_of_a_refusal_has_its_status_code_message_and_request_id(
    operation: str, data: st.DataObject
) -> None:
    status = data.draw(statuses(operation).filter(lambda status: status != 200))
    value = data.draw(values(answer_schema(operation, status)))
    with pytest.raises((APIError, FaceRejected)) as caught:
        Scripted(value, status=status).call(operation)
    error = caught.value
    assert (error.code, error.message, error.request_id) == (
        value["code"],
        value["message"],
        value["request_id"],
    )
    if isinstance(error, APIError):
        assert error.status == status
    else:
        assert value["code"].startswith(REJECTIONS)


@pytest.mark.parametrize("operation", SENT)
@some
@given(data=st.data())
def test_a_request_is_read_without_loss(operation: str, data: st.DataObject) -> None:
    schema = request_schema(operation)
    value = data.draw(values(schema))
    assert compile_schema(schema).is_valid(value)
    read = msgspec.json.decode(json.dumps(value), type=SENT[operation], strict=False)
    assert same(as_json(read), named(schema, value))


@each_case(
    "operation, status, name",
    [(o.id, out.status, name) for o in SPEC.operations.values() for name, out in o.outcomes.items()
     if o.id in READ and out.status == 200],
)  # fmt: skip
def test_every_documented_answer_is_read_without_loss(
    operation: str, status: int, name: str
) -> None:
    value = SPEC.operations[operation].outcomes[name].value
    assert same(as_json(Scripted(value, status=status).call(operation)), value)


def test_null_and_missing_fields_are_left_out() -> None:
    bare = {"request_id": "r", "output": {"task_id": "t", "task_status": "PENDING"}}
    null = {**bare, "usage": None, "output": {**bare["output"], "code": None, "results": None}}
    assert as_json(Scripted(bare).call("getTask")) == bare
    assert as_json(Scripted(null).call("getTask")) == bare
