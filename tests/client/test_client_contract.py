"""Whatever the spec allows as an answer is read by the client as it was said: each operation, each
status, each state of a task."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support_schemas import SPEC, answer_schema, named, request_schema, values
from support_scripted import CALLS, Scripted

from contracts.rules import compile_schema
from emo_client import APIError, FaceRejected, models
from emo_client.flows import REJECTIONS

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
    """Equal as JSON: 302 and 302.0 are one number, true is no number."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def said(value: msgspec.Struct) -> Any:
    return json.loads(msgspec.json.encode(value))


def in_state(schema: dict[str, Any], state: str) -> dict[str, Any]:
    """The answers of a schema that tell this state."""
    wanted: dict[str, Any] = {"task_status": {"const": state}}
    return {"allOf": [schema, {"properties": {"output": {"properties": wanted}}}]}


def statuses(operation: str) -> st.SearchStrategy[int]:
    return st.sampled_from(list(SPEC.operations[operation].answers))


def test_every_answer_is_read_by_some_call() -> None:
    assert SPEC.operations.keys() == CALLS.keys() == {*READ, "detectFace"}


@pytest.mark.parametrize("operation", CALLS)
@some
@given(data=st.data())
def test_what_is_drawn_is_what_the_spec_allows(operation: str, data: st.DataObject) -> None:
    status = data.draw(statuses(operation))
    value = data.draw(values(answer_schema(operation, status)))
    assert SPEC.operations[operation].answers[status].is_valid(value)


@pytest.mark.parametrize("operation", READ)
@some
@given(data=st.data())
def test_an_answer_is_read_and_told_again_as_it_was(operation: str, data: st.DataObject) -> None:
    schema = answer_schema(operation, 200)
    value = data.draw(values(schema))
    read = Scripted(value).call(operation)
    assert isinstance(read, READ[operation])
    assert same(said(read), named(schema, value))


@pytest.mark.parametrize("state", STATES)
@some
@given(data=st.data())
def test_a_task_in_any_state_is_read_and_told_again_as_it_was(
    state: str, data: st.DataObject
) -> None:
    schema = answer_schema("getTask", 200)
    value = data.draw(values(in_state(schema, state)))
    read = Scripted(value).call("getTask")
    assert read.output.task_status == state
    assert same(said(read), named(schema, value))


@some
@given(value=values(answer_schema("detectFace", 200)))
def test_a_picture_that_passes_has_the_boxes_and_any_other_the_reason(value: Any) -> None:
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
def test_a_detection_is_told_again_as_it_was(value: Any) -> None:
    read = msgspec.json.decode(json.dumps(value), type=models.Detection, strict=False)
    assert same(said(read), named(answer_schema("detectFace", 200), value))


@pytest.mark.parametrize("operation", CALLS)
@some
@given(data=st.data())
def test_a_refusal_is_raised_with_all_that_it_says(operation: str, data: st.DataObject) -> None:
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
def test_a_request_is_told_again_as_it_was(operation: str, data: st.DataObject) -> None:
    schema = request_schema(operation)
    value = data.draw(values(schema))
    assert compile_schema(schema).is_valid(value)
    read = msgspec.json.decode(json.dumps(value), type=SENT[operation], strict=False)
    assert same(said(read), named(schema, value))


@pytest.mark.parametrize(
    ("operation", "status", "name"),
    [(o.id, out.status, name) for o in SPEC.operations.values() for name, out in o.outcomes.items()
     if o.id in READ and out.status == 200],
)  # fmt: skip
def test_every_documented_answer_is_read_and_told_again_as_it_was(
    operation: str, status: int, name: str
) -> None:
    value = SPEC.operations[operation].outcomes[name].value
    assert same(said(Scripted(value, status=status).call(operation)), value)


def test_what_is_not_set_is_not_told_and_null_is_not_set() -> None:
    bare = {"request_id": "r", "output": {"task_id": "t", "task_status": "PENDING"}}
    null = {**bare, "usage": None, "output": {**bare["output"], "code": None, "results": None}}
    assert said(Scripted(bare).call("getTask")) == bare
    assert said(Scripted(null).call("getTask")) == bare
