"""A newer service: fields, states and values that the spec does not have yet. The client reads the
fields that it knows, or raises one of its own errors."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emo_client import EmoError, FaceRejected, TaskTimeout, UnexpectedAnswer, models
from emo_client.decoding.envelope import NAMES
from emo_client.printable import in_line
from tests.helpers.schemas import SPEC, answer_schema, boxes, named, newer, values, without_nulls
from tests.helpers.scripted import CALLS, Scripted

some = settings(max_examples=20, derandomize=True, database=None, deadline=None)
READ = ["createVideoTask", "listTasks", "getTask", "cancelTask"]
NEWER = {operation: newer(answer_schema(operation, 200)) for operation in CALLS}
SIBLING_STATES = ["SUSPENDED", "PRE-PROCESSING", "POST-PROCESSING"]

new_states = st.text(max_size=30).filter(lambda text: text not in SPEC.lifecycle.next)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)
# Names that the client does not read.
new_names = st.text(min_size=1, max_size=9).filter(
    lambda name: name.replace("_", "").replace("-", "").lower() not in NAMES
)
header_names = st.from_regex(r"x-new-[a-z]{1,9}", fullmatch=True)
header_texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)


def task(status: str, **more: Any) -> dict[str, Any]:
    output = {"task_id": "t", "task_status": status, **more}
    return {"output": output, "request_id": "r"}


DONE = task("SUCCEEDED", results={"video_url": "http://x/v.mp4"})


@pytest.mark.parametrize("operation", READ)
@some
@given(data=st.data())
def test_the_known_fields_of_a_newer_answer_are_read(operation: str, data: st.DataObject) -> None:
    value = data.draw(values(NEWER[operation]))
    read = Scripted(value).call(operation)
    known = named(answer_schema(operation, 200), value)
    assert json.loads(msgspec.json.encode(read)) == without_nulls(known)


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize("name", ["request_id", "usage"])
def test_an_answer_without_request_id_or_usage_is_read(operation: str, name: str) -> None:
    for outcome in SPEC.operations[operation].outcomes.values():
        if outcome.status == 200:
            without = {key: part for key, part in outcome.value.items() if key != name}
            for value in (without, without | {name: None}):
                found = result(Scripted(value, headers={"X-Request-Id": "r-head"}), operation)
                assert not isinstance(found, tuple) or found[0] is FaceRejected
                assert name != "request_id" or "r-head" in str(found)


@some
@given(value=values(NEWER["detectFace"]))
def test_a_newer_detection_returns_boxes_or_raises_an_error_of_the_client(value: Any) -> None:
    output = value["output"]
    try:
        face = Scripted(value).call("detectFace")
    except FaceRejected:
        assert not output["check_pass"]
    except UnexpectedAnswer as error:
        assert "the boxes are missing" in str(error)
        assert {len(output.get(name) or ()) for name in ("face_bbox", "ext_bbox")} != {4}
    else:
        assert output["check_pass"]
        assert [*face.face_bbox] == output["face_bbox"]


@pytest.mark.parametrize("operation", CALLS)
@some
@given(data=st.data(), added=st.dictionaries(new_names, anything))
def test_unknown_fields_change_nothing(
    operation: str, data: st.DataObject, added: dict[str, Any]
) -> None:
    name = data.draw(st.sampled_from(good_answers(operation)))
    value = SPEC.operations[operation].outcomes[name].value
    assert result(Scripted(with_fields(value, added)), operation) == result(
        Scripted(value), operation
    )


def good_answers(operation: str) -> list[str]:
    outcomes = SPEC.operations[operation].outcomes
    return [name for name, outcome in outcomes.items() if outcome.status == 200]


def with_fields(value: Any, added: dict[str, Any]) -> Any:
    """The value with more fields in each of its objects."""
    if isinstance(value, dict):
        known = {key for model in vars(models).values() for key in fields_of(model)}
        new = {key: part for key, part in added.items() if key not in known}
        return new | {key: with_fields(part, added) for key, part in value.items()}
    return [with_fields(part, added) for part in value] if isinstance(value, list) else value


def fields_of(model: Any) -> tuple[str, ...]:
    return tuple(getattr(model, "__struct_fields__", ()))


def result(service: Scripted, operation: str) -> Any:
    """The result of a call, or the type and text of its error, for comparisons."""
    try:
        return service.call(operation)
    except EmoError as error:
        return type(error), str(error)


@pytest.mark.parametrize("operation", CALLS)
@some
@given(headers=st.dictionaries(header_names, header_texts, max_size=5))
def test_unknown_headers_change_nothing(operation: str, headers: dict[str, str]) -> None:
    value = next(iter(SPEC.operations[operation].outcomes.values())).value
    found = result(Scripted(value, headers=headers), operation)
    assert found == result(Scripted(value), operation)


@some
@given(states=st.lists(st.sampled_from(SIBLING_STATES) | new_states, min_size=1, max_size=6))
def test_a_wait_continues_through_unknown_states(states: list[str]) -> None:
    service = Scripted(*map(task, states), DONE)
    seen: list[str] = []
    ended = service.run(lambda emo: emo.wait("t", 600, lambda t, _: seen.append(status(t))))
    assert seen == [*states, "SUCCEEDED"]
    assert status(ended) == "SUCCEEDED"


def status(answer: models.TaskAnswer) -> str:
    return answer.output.task_status


@some
@given(state=st.sampled_from(SIBLING_STATES) | new_states)
def test_a_wait_in_an_unknown_state_ends_at_its_timeout(state: str) -> None:
    with pytest.raises(TaskTimeout, match="raise timeout=") as caught:
        Scripted(task(state)).run(lambda emo: emo.wait("t", 60))
    assert caught.value.status == state


@some
@given(usage=anything)
def test_a_task_with_malformed_usage_has_its_video(usage: Any) -> None:
    ended = Scripted(DONE | {"usage": usage}).run(lambda emo: emo.wait("t"))
    assert ended.output.results.video_url == "http://x/v.mp4"


@some
@given(output=values(NEWER["getTask"]["properties"]["output"]))
def test_a_wait_for_a_newer_task_returns_it_or_raises_an_error_of_the_client(output: Any) -> None:
    answer = {"output": output, "request_id": "r"}
    try:
        ended = Scripted(answer).run(lambda emo: emo.wait("t", 60))
    except EmoError as error:
        assert in_line(output["task_status"]) in str(error)
    else:
        assert ended.output.results.video_url == output["results"]["video_url"]


@pytest.mark.parametrize("operation", CALLS)
@some
@given(value=anything)
def test_an_answer_of_any_shape_raises_an_error_of_the_client(operation: str, value: Any) -> None:
    """Except for cancel, which needs nothing from its answer."""
    try:
        Scripted(value).call(operation)
    except UnexpectedAnswer as error:
        assert "its shape is wrong" in str(error)
    else:
        assert operation == "cancelTask"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
@some
@given(value=anything | values(newer(answer_schema("getTask", 400))))
def test_the_error_of_a_refusal_of_any_shape_has_its_status(status: int, value: Any) -> None:
    with pytest.raises(EmoError, match=f"answered {status}"):
        Scripted(value, status=status).call("cancelTask")


@some
@given(box=boxes("1:1"))
def test_boxes_written_with_decimals_become_whole_numbers(box: list[int]) -> None:
    floats = [float(number) for number in box]
    output = {"check_pass": True, "face_bbox": floats, "ext_bbox": floats}
    face = Scripted({"output": output, "request_id": "r"}).call("detectFace")
    assert face.face_bbox == tuple(box)
    assert {type(number) for number in face.face_bbox} == {int}
