"""A recording answers instead of the spec, at any polling interval and for many tasks."""

from __future__ import annotations

import json
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
    RecordedTimeline,
    load,
)
from contracts.recordings.model import RecordedState
from contracts.spec.loader import Spec
from mock_server.playback.responder import playback_engine
from mock_server.settings import Settings
from mock_server.simulation.call import Call
from mock_server.simulation.timestamps import format_time
from tests.helpers.cassette import (
    CASSETTES,
    TASK,
    answer_of,
    cassette_of,
    creation_of,
    life_of,
    poll_of,
    request_of,
)
from tests.helpers.fake import EPOCH

CREATE = "/api/v1/services/aigc/image2video/video-synthesis"
DETECT = "/api/v1/services/aigc/image2video/face-detect"


class Stage:
    """A player of a cassette whose machine time can be set: `stage.real += 5`."""

    def __init__(self, spec: Spec, cassette: Cassette, time: str = "real") -> None:
        self.spec = spec
        self.real = EPOCH
        settings = Settings(time=time)
        self.player = playback_engine(spec, cassette, settings=settings, real=lambda: self.real)

    def ask(
        self, method: str, path: str, body: Any = None, *, query: str = "", key: str = "sk-playing"
    ) -> tuple[int, Any, dict[str, str]]:
        raw = b"" if body is None else json.dumps(body).encode()
        headers = {b"authorization": f"Bearer {key}".encode()}
        reply = self.player.handle(Call(method, path, query, headers, raw))
        shown = {n.decode(): v.decode() for n, v in reply.headers}
        return reply.status, json.loads(reply.body) if reply.body else None, shown

    def create(self, body: Any = None, **options: Any) -> str:
        body = body or request_of(self.spec, "createVideoTask")
        status, value, _ = self.ask("POST", CREATE, body, **options)
        assert status == 200, value
        task_id = value["output"]["task_id"]
        assert isinstance(task_id, str)
        return task_id

    def poll(self, task_id: str, **options: Any) -> Any:
        return self.ask("GET", f"/api/v1/tasks/{task_id}", **options)[1]

    def status(self, task_id: str, **options: Any) -> str:
        status: str = self.poll(task_id, **options)["output"]["task_status"]
        return status


@pytest.fixture(scope="module")
def sample(spec: Spec) -> Cassette:
    return load(CASSETTES / "fake.json", spec)


@pytest.fixture
def stage(spec: Spec) -> Stage:
    return Stage(spec, life_of(spec))


MOMENTS = [(0.0, "PENDING"), (14.372, "PENDING"), (14.373, "RUNNING"), (132.8, "RUNNING"),
           (132.825, "SUCCEEDED"), (80_000.0, "SUCCEEDED")]  # fmt: skip


@pytest.mark.parametrize(("elapsed", "status"), MOMENTS)
def test_a_poll_gets_the_state_recorded_at_that_time_after_the_creation(
    stage: Stage, elapsed: float, status: str
) -> None:
    task_id = stage.create()
    stage.real += elapsed + 1e-6
    assert stage.status(task_id) == status


@given(pauses=st.lists(st.floats(0, 60), max_size=12))
def test_the_number_of_polls_does_not_change_the_states(spec: Spec, pauses: list[float]) -> None:
    stage = Stage(spec, life_of(spec))
    task_id = stage.create()
    for pause in pauses:
        stage.real += pause
        elapsed = stage.real - EPOCH
        expected = [name for moment, name in ((0, "PENDING"), (14.373, "RUNNING"),
                    (132.825, "SUCCEEDED")) if elapsed >= moment][-1]  # fmt: skip
        assert stage.status(task_id) == expected


def test_the_times_in_the_answers_are_moved_to_the_new_task(stage: Stage) -> None:
    stage.real += 1000
    created = stage.real
    task_id = stage.create()
    stage.real += 200
    output = stage.poll(task_id)["output"]
    assert output["submit_time"] == format_time(created)
    assert output["scheduled_time"] == format_time(created + 14.373)
    assert output["end_time"] == format_time(created + 132.825)


def test_the_same_creation_twice_is_two_tasks(stage: Stage) -> None:
    first = stage.create()
    stage.real += 20
    second = stage.create()
    assert first != second
    assert (stage.status(first), stage.status(second)) == ("RUNNING", "PENDING")
    assert stage.poll(first)["output"]["task_id"] == first


def test_two_keys_do_not_share_tasks(stage: Stage) -> None:
    task_id = stage.create(key="sk-one")
    status, value, _ = stage.ask("GET", f"/api/v1/tasks/{task_id}", key="sk-two")
    assert (status, value["code"]) == (400, "NotRecorded")


@pytest.mark.parametrize("key", ["sk-playing+Throttling", "sk-playing+Throtling"])
def test_the_suffix_of_a_key_is_neither_a_scenario_nor_shown(stage: Stage, key: str) -> None:
    task_id = stage.create(key=key)
    status, _, headers = stage.ask("GET", f"/api/v1/tasks/{task_id}", key=key)
    assert (status, "x-mock-explain" in headers) == (200, False)
    ((_, entry), *_) = stage.player.recorder.journal.latest(1)
    assert "Thro" not in str(entry.headers)


def test_each_answer_has_its_own_request_id(stage: Stage) -> None:
    task_id = stage.create()
    answers = [stage.ask("GET", f"/api/v1/tasks/{task_id}") for _ in range(2)]
    assert [headers["x-request-id"] for _, _, headers in answers] == [
        value["request_id"] for _, value, _ in answers
    ]
    assert answers[0][1]["request_id"] != answers[1][1]["request_id"]


def test_with_time_skip_each_poll_gets_the_next_state(spec: Spec) -> None:
    stage = Stage(spec, life_of(spec), time="skip")
    task_id = stage.create()
    assert [stage.status(task_id) for _ in range(3)] == ["RUNNING", "SUCCEEDED", "SUCCEEDED"]


def created_as(spec: Spec, model: str, answer: RecordedAnswer, at: float) -> RecordedExchange:
    request = creation_of(spec)
    assert request.body
    body = json.loads(json.dumps(request.body.json))
    body["input"]["image_url"] = f"https://h/{model}.png?Expires=1&Signature=REDACTED&keep=1"
    return RecordedExchange(replace(request, body=RecordedBody(json=body)), at, answer)


def image(spec: Spec, name: str) -> Any:
    """A creation like that of created_as, with a new signature in its URL."""
    body = request_of(spec, "createVideoTask")
    body["input"]["image_url"] = f"https://h/{name}.png?Expires=9&Signature=new%2B&keep=1"
    return body


def test_a_creation_gets_the_answer_of_a_similar_one_or_the_next_unused_one(
    spec: Spec,
) -> None:
    codes = {"a": "InvalidURL", "b": "Throttling.RateQuota", "c": "InternalError"}
    stage = Stage(spec, cassette_of(*(
        created_as(spec, name, answer_of(spec, "createVideoTask", code), float(at))
        for at, (name, code) in enumerate(codes.items())
    )))  # fmt: skip

    def ask(name: str) -> str:
        return next(n for n, code in codes.items()
                    if stage.ask("POST", CREATE, image(spec, name))[1]["code"] == code)  # fmt: skip

    assert [ask(name) for name in "bb"] == ["b", "b"]
    assert [ask(name) for name in "xyz"] == ["a", "c", "a"], "b was used already, twice"


def test_a_repeated_call_gets_the_next_recorded_answer(spec: Spec) -> None:
    refused = RecordedExchange(
        creation_of(spec), 0.5, answer_of(spec, "createVideoTask", "InternalError")
    )
    life = life_of(spec)
    timeline = replace(life.timelines[0], created_by=1)
    stage = Stage(spec, cassette_of(refused, *life.exchanges, timelines=(timeline,)))
    body = request_of(spec, "createVideoTask")
    assert [stage.ask("POST", CREATE, body)[0] for _ in range(4)] == [500, 200, 500, 200]


def test_other_calls_are_matched_by_path_query_and_body(spec: Spec, sample: Cassette) -> None:
    stage = Stage(spec, sample)
    listed = stage.ask("GET", "/api/v1/tasks", query="page_size=5")
    assert (listed[0], listed[1]["page_size"]) == (200, 5)
    detected = stage.ask("POST", DETECT, request_of(spec, "detectFace"))
    assert detected[1]["output"]["check_pass"] is True


def test_the_query_decides_between_recorded_calls_of_one_path(spec: Spec) -> None:
    answers = {size: answer_of(spec, "listTasks", "listed") for size in (5, 7)}
    for size, answer in answers.items():
        answer.value["page_size"] = size
    requests = {
        size: RecordedRequest("GET", "/api/v1/tasks", f"page_no=1&page_size={size}")
        for size in answers
    }
    listed = (RecordedExchange(requests[n], 0.0, answer) for n, answer in answers.items())
    stage = Stage(spec, cassette_of(*listed))
    for query in ("page_size=7&page_no=1", "page_no=1&page_size=7"):
        assert stage.ask("GET", "/api/v1/tasks", query=query)[1]["page_size"] == 7


def test_an_invalid_call_is_answered_from_the_recording_and_explained(stage: Stage) -> None:
    body = request_of(stage.spec, "createVideoTask")
    body["input"]["face_bbox"] = "none"
    status, _, headers = stage.ask("POST", CREATE, body)
    assert status == 200
    assert "x-mock-explain" in headers


def test_a_cancellation_is_found_by_the_new_id_of_its_task(spec: Spec, sample: Cassette) -> None:
    stage = Stage(spec, sample)
    body = request_of(spec, "createVideoTask")
    assert stage.ask("POST", CREATE, body)[1]["code"] == "Throttling.RateQuota", "as recorded"
    first, second = stage.create(), stage.create()
    assert stage.ask("POST", f"/api/v1/tasks/{second}/cancel")[0] == 200
    status, value, _ = stage.ask("POST", f"/api/v1/tasks/{first}/cancel")
    assert (status, value["code"]) == (400, "NotRecorded")


def test_a_list_names_the_new_tasks(spec: Spec, sample: Cassette) -> None:
    stage = Stage(spec, sample)
    stage.ask("POST", CREATE, request_of(spec, "createVideoTask"))
    made = {stage.create(), stage.create()}
    listed = stage.ask("GET", "/api/v1/tasks", query="page_size=5")[1]["data"]
    assert {item["task_id"] for item in listed} == made


def test_a_task_recorded_without_its_creation_starts_at_its_first_poll(
    spec: Spec,
) -> None:
    (timeline,) = life_of(spec).timelines
    stage = Stage(spec, cassette_of(timelines=(replace(timeline, created_by=None),)))
    assert stage.status(TASK) == "PENDING"
    stage.real += 20
    assert stage.status(TASK) == "RUNNING"


def test_a_task_recorded_without_polls_keeps_its_first_state(spec: Spec) -> None:
    created = RecordedExchange(
        creation_of(spec), answer=answer_of(spec, "createVideoTask", "accepted")
    )
    stage = Stage(spec, cassette_of(created))
    first, second = stage.create(), stage.create()
    assert first != second
    stage.real += 1000
    assert (stage.status(first), stage.status(second)) == ("PENDING", "PENDING")
    assert stage.poll(first)["output"]["task_id"] == first


def test_a_task_recorded_without_times_advances_by_polls(spec: Spec) -> None:
    def untimed(name: str, polls: int) -> RecordedState:
        answer = answer_of(spec, "getTask", name)
        for field in ("submit_time", "scheduled_time", "end_time"):
            answer.output.pop(field, None)
        return RecordedState(name, answer, polls=polls)

    states = (untimed("PENDING", 2), untimed("RUNNING", 1), untimed("SUCCEEDED", 1))
    created = RecordedExchange(
        creation_of(spec), answer=answer_of(spec, "createVideoTask", "accepted")
    )
    timeline = RecordedTimeline(TASK, poll_of(), states, created_by=0)
    stage = Stage(spec, cassette_of(created, timelines=(timeline,)))
    task_id = stage.create()
    seen = [stage.status(task_id) for _ in range(5)]
    assert seen == ["PENDING", "PENDING", "RUNNING", "SUCCEEDED", "SUCCEEDED"]


def test_the_refusal_of_an_unrecorded_call_lists_the_recorded_ones(stage: Stage) -> None:
    status, value, headers = stage.ask("GET", "/api/v1/tasks")
    assert (status, value["code"]) == (400, "NotRecorded")
    assert value["message"] == (
        "GET /api/v1/tasks is not in the recording, "
        "which contains 1 createVideoTask, polls of 1 task"
    )
    assert headers["x-mock-explain"] == value["request_id"]


def test_a_call_recorded_without_an_answer_is_refused(spec: Spec) -> None:
    request = RecordedRequest("GET", "/api/v1/tasks")
    stage = Stage(spec, cassette_of(RecordedExchange(request, 0.0, note="no answer: refused")))
    assert stage.ask("GET", "/api/v1/tasks")[1]["message"].endswith("which contains nothing")


def test_a_call_without_a_key_is_refused(stage: Stage) -> None:
    reply = stage.player.handle(Call("GET", "/api/v1/tasks/x"))
    assert (reply.status, reply.outcome) == (401, "InvalidApiKey-missing")


@settings(max_examples=60)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD"]),
    path=st.sampled_from([CREATE, DETECT, f"/api/v1/tasks/{TASK}", "/api/v1/tasks", "/x"]),
    query=st.text(max_size=20),
    body=st.binary(max_size=30) | st.sampled_from([b"[1]", b'{"input": "x"}', b'{"model": {}}']),
)
def test_any_call_gets_an_answer(
    spec: Spec, sample: Cassette, method: str, path: str, query: str, body: bytes
) -> None:
    player = playback_engine(spec, sample, real=lambda: EPOCH)
    headers = {b"authorization": b"Bearer sk-any", b"content-encoding": b"gzip"}
    reply = player.handle(Call(method, path, query, headers, body))
    assert 200 <= reply.status < 500
