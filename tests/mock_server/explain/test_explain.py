"""Explanations of answers: the violated rule, the place, a suggestion, and the place in the
spec."""

from __future__ import annotations

import json

import pytest

from contracts.spec.loader import Spec
from mock_server.explain import as_text
from mock_server.simulation.call import Call
from tests.helpers.cases import each_case
from tests.helpers.explain import Explained
from tests.helpers.fake import SERVICE, request
from tests.mock_server.engine.test_refusals import changed

CREATE = f"{SERVICE}/video-synthesis"
DETECT = f"{SERVICE}/face-detect"


@pytest.fixture(name="service")
def explained(spec: Spec) -> Explained:
    return Explained(spec)


@pytest.mark.parametrize(
    ("headers", "got", "meant"),
    [({}, "", ""), ({"Authorization": "Bearer nope-nope"}, '"Bearer *********"', ""),
     ({"X_API_Key": "sk-1"}, "", ""),
     ({"Authorisation": "Bearer sk-1"}, '"authorisation"', "Authorization")],
)  # fmt: skip
def test_a_missing_or_wrong_key_is_explained(
    service: Explained, headers: dict[str, str], got: str, meant: str
) -> None:
    service.call("GET", "/api/v1/tasks", key=None, **headers)
    why = service.why()
    assert (why.kind, why.status, why.pointer) == ("refusal", 401, "#header/Authorization")
    assert (why.got, why.did_you_mean) == (got, meant)
    assert json.loads(why.expected)["x-key-pattern"] == service.spec.key_pattern.pattern


PATHS = [
    ("/api/v1/api/v1/tasks/1", "/api/v1 is there twice", "/api/v1/tasks/1"),
    ("/qwen/api/v1/qwen/api/v1/tasks/1", "/qwen/api/v1 is there twice", "/qwen/api/v1/tasks/1"),
    ("/tasks/1", "/api/v1 is missing", "/api/v1/tasks/1"),
    ("/services/aigc/image2video/face-detect", "/api/v1 is missing", DETECT),
    ("/compatible-mode/v1/tasks/1", "OpenAI-compatible", "/api/v1/tasks/1"),
    ("/API/v1/tasks/1/cancel", "/API/v1 is not a base", "/api/v1/tasks/1/cancel"),
    ("/qwen/tasks", "/qwen is not a base", "/qwen/api/v1/tasks"),
    ("/api/v2/tasks/1", "/api/v2 is not a base", "/api/v1/tasks/1"),
    ("/api/v1//tasks/1", "one slash too many", "/api/v1/tasks/1"),
    ("/api/v1/services/aigc/image2vido/face-detection", "misspelled", DETECT),
    ("/api/v1/face-detect", "misspelled, or a part of it is missing", DETECT),
    ("/api/v1/task/a%2Fb", "misspelled", "/api/v1/tasks/a%2Fb"),
]


@each_case("path, rule, meant", PATHS)
def test_a_misspelled_path_is_explained_with_the_right_one(
    service: Explained, path: str, rule: str, meant: str
) -> None:
    service.call("POST", path)
    why = service.why()
    assert (why.pointer, why.got) == ("#path", json.dumps(path))
    assert rule in why.rule
    assert why.did_you_mean == f"http://127.0.0.1:8787{meant}"
    assert "/paths/~1" in why.spec
    base = meant[: meant.index("/api/v1") + 7]
    assert f"base URL is http://127.0.0.1:8787{base};" in why.advice


@pytest.mark.parametrize("path", ["/", "/api/v1", "/api/v1/", "/nowhere", "/api/v1/tasks/a/b/c"])
def test_an_unknown_path_is_explained_with_the_list_of_paths(service: Explained, path: str) -> None:
    service.call("GET", path)
    why = service.why()
    assert (why.did_you_mean, why.curl) == ("", "")
    assert "GET /tasks/{task_id}" in json.loads(why.expected)


def test_a_wrong_method_is_explained(service: Explained) -> None:
    service.call("DELETE", "/api/v1/tasks/1")
    why = service.why()
    assert (why.pointer, why.got, why.expected) == ("#method", '"DELETE"', '["GET"]')
    assert (why.did_you_mean, why.advice) == ("GET", "GET is: Get the status of a task")


def test_a_missing_or_forbidden_async_header_is_explained(service: Explained) -> None:
    service.call("POST", CREATE, request(service.spec, "createVideoTask"), DashScope_Async="enable")
    why = service.why()
    assert (why.status, why.rule) == (403, "X-DashScope-Async is required")
    assert (why.got, why.did_you_mean) == ('"dashscope-async"', "X-DashScope-Async")
    service.detect(X_DashScope_Async="enable")
    why = service.why()
    assert (why.status, why.rule) == (403, 'X-DashScope-Async must not be "enable"')
    assert why.advice == "Must not be sent; the call is synchronous."


def test_an_oss_url_without_its_header_is_explained(service: Explained) -> None:
    why = service.why_of_body(input__audio_url="oss://bucket/voice.wav")
    assert why.pointer == "#header/X-DashScope-OssResourceResolve"
    assert "must be enable for oss://bucket/voice.wav" in why.rule
    assert why.spec.endswith("#/components/parameters/OssResourceResolve")


@pytest.mark.parametrize(
    ("query", "name", "rule", "meant"),
    [("page_no=0", "page_no", "must be at least 1", ""),
     ("status=running", "status", "must be one of", "RUNNING"),
     ("start_time=2025", "start_time", "does not have the expected form", ""),
     ("start_time=20250911000000&end_time=20250913000000", "end_time", "within 24 h", "")],
)  # fmt: skip
def test_a_refused_query_is_explained(
    service: Explained, query: str, name: str, rule: str, meant: str
) -> None:
    service.list(query)
    why = service.why()
    assert (why.kind, why.pointer, why.did_you_mean) == ("refusal", f"#query/{name}", meant)
    assert rule in why.rule
    assert why.call == f"GET /api/v1/tasks?{query}"


def test_a_poll_with_a_request_id_is_explained_with_the_task_id(service: Explained) -> None:
    created = service.create().body
    assert service.status(created["request_id"]) == "UNKNOWN"
    why = service.why()
    assert (why.kind, why.pointer) == ("near-miss", "#path/task_id")
    assert "is the request_id of the call that created a task" in why.rule
    assert why.did_you_mean == created["output"]["task_id"]
    service.cancel(created["request_id"])
    assert service.why().did_you_mean == created["output"]["task_id"]


def test_a_poll_of_an_expired_task_is_explained(service: Explained) -> None:
    task_id = service.task_id()
    service.real += 86400
    assert service.status(task_id) == "UNKNOWN"
    why = service.why()
    assert (why.kind, why.curl) == ("near-miss", "")
    assert "ended 24 h after its creation" in why.rule


def test_a_misspelled_task_id_is_explained_with_the_right_one(service: Explained) -> None:
    task_id = service.task_id()
    service.get(task_id[:-1])
    assert service.why().did_you_mean == task_id


def test_an_unknown_task_id_is_explained(service: Explained) -> None:
    service.task_id()
    service.get("a8532587-fa8c-4ef8-82be-3a1b7c5d9e20")
    why = service.why()
    assert (why.did_you_mean, why.pointer) == ("", "#path/task_id")
    assert "this key has no task with that id" in why.rule


@pytest.mark.parametrize(("seconds", "status"), [(20, "RUNNING"), (3600, "SUCCEEDED")])
def test_only_a_pending_task_can_be_canceled(
    service: Explained, seconds: float, status: str
) -> None:
    task_id = service.task_id()
    service.real += seconds
    service.cancel(task_id)
    why = service.why()
    assert (why.kind, why.got, why.expected) == ("refusal", f'"{status}"', '["PENDING"]')
    assert why.spec.endswith("/TaskStatus/x-task-lifecycle/next")


def test_a_scenario_is_explained_by_its_source(service: Explained) -> None:
    asked = "Throttling"
    url = f"https://example.com/a.png?emo-scenario={asked}"
    for source, options in (
        ("header", {"X_Mock_Scenario": asked}),
        ("url", {"body": changed(service.spec, "detectFace", input__image_url=url)}),
        ("key", {"key": f"sk-test.{asked}"}),
    ):
        assert service.detect(**options).status == 429
        why = service.why()
        assert (why.kind, why.source, why.outcome) == ("scenario", source, asked)
        assert why.spec.endswith(f"#/components/examples/{asked}")


def test_a_scenario_for_the_end_of_a_task_is_explained_on_creation_and_on_polls(
    service: Explained,
) -> None:
    task_id = service.task_id(X_Mock_Scenario="FAILED.InvalidURL")
    why = service.why()
    created_id = why.id
    assert (why.kind, why.outcome) == ("scenario", "accepted")
    assert "FAILED.InvalidURL" in why.rule
    service.real += 3600
    service.get(task_id)
    why = service.why()
    assert (why.kind, why.code) == ("fine", "InvalidURL")
    assert f"`emo explain {created_id}` explains its create call" in why.advice


@pytest.mark.parametrize(
    ("answer", "done"),
    [
        ("InternalError", "nothing was carried out"),
        ("FAILED.InvalidURL", "the call was carried out"),
    ],
)
def test_a_fault_with_an_answer_is_explained_with_both(
    service: Explained, answer: str, done: str
) -> None:
    rule = {"operation": "createVideoTask", "do": {"answer": answer, "fault": "latency"}}
    service.rules(rule)
    service.create()
    rule_of = service.why().rule
    assert f"asked for {answer}: " in rule_of
    assert "and for the fault latency" in rule_of
    assert rule_of.endswith(done)


def test_a_fault_is_explained(service: Explained) -> None:
    headers = {b"authorization": b"Bearer sk-a", b"x-mock-scenario": b"reset"}
    service.engine.handle(Call("GET", "/api/v1/tasks", headers=headers))
    why = service.why()
    assert (why.kind, why.source) == ("fault", "header")
    assert "the fault reset: RST before an answer; nothing was carried out" in why.rule


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("Throtling", "Throttling"), ("getTask:Throtling", "Throttling"), ("rest", "reset"),
     ("detectFace:SUCCEEDED", ""), ("zzzzzzzzzzzz", "")],
)  # fmt: skip
def test_an_unknown_scenario_is_explained_with_a_suggestion(
    service: Explained, asked: str, meant: str
) -> None:
    service.detect(X_Mock_Scenario=asked)
    why = service.why()
    assert (why.kind, why.code, why.got) == ("refusal", "UnknownScenario", json.dumps(asked))
    assert (why.pointer, why.did_you_mean) == ("#header/X-Mock-Scenario", meant)


def test_a_rate_limit_is_explained(spec: Spec) -> None:
    service = Explained(spec, limits="documented")
    assert [service.detect().status for _ in range(6)] == [200] * 5 + [429]
    why = service.why()
    assert (why.kind, why.source, why.curl) == ("limit", "limits", "")
    assert why.got == "more than 5 calls of detectFace in a second"


def test_a_variant_is_explained(spec: Spec) -> None:
    service = Explained(spec, variants={"models": "retired"})
    service.create()
    why = service.why()
    assert (why.kind, why.source, why.curl) == ("refusal", "variant models", "")
    assert "the variant 'models' refused the call" in why.rule
    service = Explained(spec, variants={"missing-field": "task"})
    why = service.why_of_body(input__image_url=None)
    assert (why.kind, why.status, why.pointer) == ("near-miss", 200, "/input/image_url")
    assert why.rule.endswith("the task was created, and will fail for this reason")


def test_an_ignored_typo_is_explained(service: Explained) -> None:
    why = service.why_of_body(parameters={"styleLevel": "calm"})
    assert (why.kind, why.status, why.pointer) == ("near-miss", 200, "/parameters/styleLevel")
    assert (why.did_you_mean, why.got) == ("parameters.style_level", '"calm"')
    service.list("page=2")
    why = service.why()
    assert (why.kind, why.pointer, why.did_you_mean) == ("near-miss", "#query/page", "page_no")
    assert why.got == '"2"'


def test_an_accepted_call_is_explained_as_fine(service: Explained) -> None:
    for result in (service.detect(), service.create(), service.list()):
        assert result.status == 200
        why = service.why()
        assert (why.kind, why.pointer, why.curl) == ("fine", "", "")
        assert why.outcome in why.rule


def test_long_values_in_an_explanation_are_cut(service: Explained) -> None:
    why = service.why_of_body(parameters__style_level="x" * 9999)
    assert len(why.got) == 200
    assert why.got.endswith("…")


def test_an_explanation_as_text_lists_its_facts(service: Explained) -> None:
    why = service.why_of_body(parameters__style_level="Calm")
    line = service.spec.source_map.line(why.spec.partition(" ")[2])
    first, *rest = as_text(why).partition("\ncurl -sS")[0].splitlines()
    assert first == f"POST {CREATE} -> 400 InvalidParameter: The style_level is invalid."
    assert rest == [
        'parameters.style_level must be one of ["normal","calm","active"]',
        "",
        "  pointer       /parameters/style_level",
        '  expected      {"enum":["normal","calm","active"]}',
        '  got           "Calm"',
        "  did you mean  calm",
        f"  spec          openapi.yaml:{line} {why.spec.partition(' ')[2]}",
        "  outcome       InvalidParameter-style_level",
        "  advice        The amount of head movement: `normal`, `calm` or `active` (EMO-3).",
    ]
    assert as_text(why).endswith("\n")
    service.detect()
    assert "curl" not in as_text(service.why())
