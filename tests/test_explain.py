"""Why a call was answered as it was: rule, place, what was meant, where the spec says so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support import SERVICE, request
from support_explain import Explained
from test_refusals import changed

from contracts.spec import Spec
from mock_server.call import Call
from mock_server.explain import Explanation, as_text

CREATE = f"{SERVICE}/video-synthesis"
DETECT = f"{SERVICE}/face-detect"
INPUT = "#/components/schemas/CreateInput"


@pytest.fixture(name="service")
def explained(spec: Spec) -> Explained:
    return Explained(spec)


def of_body(service: Explained, **changes: Any) -> Explanation:
    service.create(changed(service.spec, "createVideoTask", **changes))
    return service.why()


BODIES = [
    ({"model": "emo-v9"}, "/model", 'model must be one of ["emo-v1","emo-detect-v1"]', '"emo-v9"',
     "emo-v1", "#/components/schemas/CreateRequest/properties/model/allOf/0/enum"),
    ({"model": "emo-detect-v1"}, "/model", 'model must not be "emo-detect-v1"', '"emo-detect-v1"',
     "emo-v1", "#/components/schemas/CreateRequest/properties/model/allOf/1/not"),
    ({"input__image_url": None}, "/input/image_url", "input.image_url is required", "", "",
     f"{INPUT}/required"),
    ({"input__audio_url": "ftp://x"}, "/input/audio_url", "input.audio_url must match", '"ftp://x"',
     "", "#/components/schemas/MediaUrl/pattern"),
    ({"input__image_url": 7}, "/input/image_url", 'input.image_url must be of type "string"', "7",
     "", "#/components/schemas/MediaUrl/type"),
    ({"parameters__style_level": "Normal"}, "/parameters/style_level",
     'parameters.style_level must be one of ["normal","calm","active"]', '"Normal"', "normal",
     "#/components/schemas/CreateParameters/properties/style_level/enum"),
    ({"input__face_bbox": [1, 2, 3]}, "/input/face_bbox", "must have at least 4 items", "[1,2,3]",
     "", "#/components/schemas/Box/minItems"),
    ({"input__face_bbox": [1, 2, 3, 9000]}, "/input/face_bbox/3", "must be at most 7000", "9000",
     "", "#/components/schemas/Box/items/maximum"),
    ({"input__face_bbox": [10, 0, 5, 5]}, "/input/face_bbox", "is not [x1, y1, x2, y2]",
     "[10,0,5,5]", "", f"{INPUT}/properties/face_bbox/x-box"),
    ({"input__ext_bbox": [0, 0, 100, 200]}, "/input/ext_bbox",
     "100x200 is neither 1:1 nor 3:4 within 2 px", "[0,0,100,200]", "",
     f"{INPUT}/properties/ext_bbox/x-aspect-ratios"),
    ({"input": []}, "/input", 'input must be of type "object"', "[]", "", f"{INPUT}/type"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "pointer", "rule", "got", "meant", "place"), BODIES)
def test_a_refused_body(
    service: Explained, change: Any, pointer: str, rule: str, got: str, meant: str, place: str
) -> None:
    why = of_body(service, **change)
    assert (why.kind, why.status, why.pointer, why.got) == ("refusal", 400, pointer, got)
    assert rule in why.rule
    assert why.did_you_mean == meant
    file_and_line, _, where = why.spec.partition(" ")
    assert file_and_line == f"openapi.yaml:{service.spec.places.line(place)}"
    assert where == place
    keyword = place.rpartition("/")[2]
    assert json.loads(why.expected) == {keyword: service.spec.places.value(place)}


def test_the_answer_is_repeated_with_its_name(service: Explained) -> None:
    result = service.create(changed(service.spec, "createVideoTask", input__image_url=None))
    why = service.why()
    assert why.id == result.body["request_id"]
    assert (why.code, why.message) == ("InvalidParameter", "Field required: input.image_url")
    assert (why.outcome, why.call) == ("InvalidParameter-field-required", f"POST {CREATE}")
    assert "JPG" in why.advice, "the description that the spec has"


@pytest.mark.parametrize("wrong", ["img_url", "imageUrl", "image", "Image_URL"])
def test_a_misspelled_field_is_named_where_the_right_one_is_missing(
    service: Explained, wrong: str
) -> None:
    change = {"input__image_url": None, f"input__{wrong}": "https://example.com/a.png"}
    why = of_body(service, **change)
    assert (why.pointer, why.did_you_mean) == ("/input/image_url", "input.image_url")
    assert why.got == f'"input.{wrong}"'


def test_fields_beside_the_input_belong_into_it(service: Explained) -> None:
    body = request(service.spec, "createVideoTask")
    service.create({"model": body["model"], **body["input"]})
    why = service.why()
    assert (why.pointer, why.got, why.did_you_mean) == ("/input", '"image_url"', "input.image_url")


def test_a_model_of_another_path_is_sent_there(service: Explained) -> None:
    why = of_body(service, model="emo-detect-v1")
    assert why.advice.endswith(f"at POST {DETECT.removeprefix('/api/v1')}")


JSONS = [
    (b'{"model": "emo-v1", input: 1}', "line 1 column 21", '{"model": "emo-v1", input: 1}'),
    (b'{"a": 1, "a": 2}', "the key 'a' stands twice", '{"a": 1, "a": 2}'),
    (b"\xff", "position 0", "\ufffd"),
    (b" ", "Expecting value", " "),
    (b"[" * 4000, "nested more than 128 deep", "[" * 199 + "…"),
    (b'{"x": "' + b"y" * 300 + b'", 1}', "column 311", "y" * 37 + '", 1}'),
]


@pytest.mark.parametrize(("body", "rule", "got"), JSONS, ids=range(len(JSONS)))
def test_a_body_that_is_no_json(service: Explained, body: bytes, rule: str, got: str) -> None:
    service.create(body)
    why = service.why()
    assert rule in why.rule
    assert why.got == got
    assert why.spec.endswith("~1video-synthesis/post/requestBody")


def test_a_body_that_is_too_large(service: Explained) -> None:
    service.create(b'{"model": "' + b"x" * 2**20 + b'"}')
    why = service.why()
    assert (why.status, why.pointer) == (413, "#body")
    assert why.expected == "at most 1048576 bytes"
    assert why.spec.endswith("#/x-limits/body-bytes")


def test_headers_that_are_too_large(service: Explained) -> None:
    key = {b"authorization": b"Bearer sk-test"}
    service.engine.handle(Call("GET", "/api/v1/tasks", headers=key, head_bytes=99999))
    why = service.why()
    assert (why.status, why.pointer, why.got) == (431, "#header", "99999 bytes")
    assert why.spec.endswith("#/x-limits/header-bytes")


@pytest.mark.parametrize(
    ("headers", "got", "meant"),
    [({}, "", ""), ({"Authorization": "Bearer nope-nope"}, '"Bearer *********"', ""),
     ({"X_API_Key": "sk-1"}, "", ""),
     ({"Authorisation": "Bearer sk-1"}, '"authorisation"', "Authorization")],
)  # fmt: skip
def test_a_key_that_is_missing_or_wrong(
    service: Explained, headers: dict[str, str], got: str, meant: str
) -> None:
    service.call("GET", "/api/v1/tasks", key=None, **headers)
    why = service.why()
    assert (why.kind, why.status, why.pointer) == ("refusal", 401, "#header/Authorization")
    assert (why.got, why.did_you_mean) == (got, meant)
    assert json.loads(why.expected)["x-key-pattern"] == service.spec.key_pattern.pattern


PATHS = [
    ("/api/v1/api/v1/tasks/1", "/api/v1 stands there twice", "/api/v1/tasks/1"),
    ("/qwen/api/v1/qwen/api/v1/tasks/1", "/qwen/api/v1 stands there twice", "/qwen/api/v1/tasks/1"),
    ("/tasks/1", "/api/v1 is missing", "/api/v1/tasks/1"),
    ("/services/aigc/image2video/face-detect", "/api/v1 is missing", DETECT),
    ("/compatible-mode/v1/tasks/1", "OpenAI-compatible", "/api/v1/tasks/1"),
    ("/API/v1/tasks/1/cancel", "/API/v1 is no base", "/api/v1/tasks/1/cancel"),
    ("/qwen/tasks", "/qwen is no base", "/qwen/api/v1/tasks"),
    ("/api/v2/tasks/1", "/api/v2 is no base", "/api/v1/tasks/1"),
    ("/api/v1//tasks/1", "an empty part", "/api/v1/tasks/1"),
    ("/api/v1/services/aigc/image2vido/face-detection", "misspelled", DETECT),
    ("/api/v1/services/aigc/video-generation/video-synthesis", "misspelled", CREATE),
    ("/api/v1/face-detect", "misspelled, or a part of it is missing", DETECT),
    ("/api/v1/task/a%2Fb", "misspelled", "/api/v1/tasks/a%2Fb"),
]


@pytest.mark.parametrize(("path", "rule", "meant"), PATHS)
def test_a_path_that_is_nearly_right(service: Explained, path: str, rule: str, meant: str) -> None:
    service.call("POST", path)
    why = service.why()
    assert (why.pointer, why.got) == ("#path", json.dumps(path))
    assert rule in why.rule
    assert why.did_you_mean == f"http://127.0.0.1:8787{meant}"
    assert "/paths/~1" in why.spec
    base = meant[: meant.index("/api/v1") + 7]
    assert f"base URL is http://127.0.0.1:8787{base};" in why.advice


@pytest.mark.parametrize("path", ["/", "/api/v1", "/api/v1/", "/nowhere", "/api/v1/tasks/a/b/c"])
def test_a_path_that_is_like_none(service: Explained, path: str) -> None:
    service.call("GET", path)
    why = service.why()
    assert (why.did_you_mean, why.curl) == ("", "")
    assert "GET /tasks/{task_id}" in json.loads(why.expected)


def test_a_wrong_method(service: Explained) -> None:
    service.call("DELETE", "/api/v1/tasks/1")
    why = service.why()
    assert (why.pointer, why.got, why.expected) == ("#method", '"DELETE"', '["GET"]')
    assert (why.did_you_mean, why.advice) == ("GET", "GET is: Ask how a task is")


def test_the_asynchronous_header(service: Explained) -> None:
    service.call("POST", CREATE, request(service.spec, "createVideoTask"), DashScope_Async="enable")
    why = service.why()
    assert (why.status, why.rule) == (403, "X-DashScope-Async is required")
    assert (why.got, why.did_you_mean) == ('"dashscope-async"', "X-DashScope-Async")
    service.detect(X_DashScope_Async="enable")
    why = service.why()
    assert (why.status, why.rule) == (403, 'X-DashScope-Async must not be "enable"')
    assert why.advice == "Must not be sent; the call is synchronous."


def test_an_oss_url_without_its_header(service: Explained) -> None:
    why = of_body(service, input__audio_url="oss://bucket/voice.wav")
    assert why.pointer == "#header/X-DashScope-OssResourceResolve"
    assert "must be enable for oss://bucket/voice.wav" in why.rule
    assert why.spec.endswith("#/components/parameters/OssResourceResolve")


@pytest.mark.parametrize(
    ("query", "name", "rule", "meant"),
    [("page_no=0", "page_no", "must be at least 1", ""),
     ("status=running", "status", "must be one of", "RUNNING"),
     ("start_time=2025", "start_time", "must match", ""),
     ("start_time=20250911000000&end_time=20250913000000", "end_time", "within 24 h", "")],
)  # fmt: skip
def test_a_refused_query(service: Explained, query: str, name: str, rule: str, meant: str) -> None:
    service.list(query)
    why = service.why()
    assert (why.kind, why.pointer, why.did_you_mean) == ("refusal", f"#query/{name}", meant)
    assert rule in why.rule
    assert why.call == f"GET /api/v1/tasks?{query}"


def test_a_request_id_is_no_task_id(service: Explained) -> None:
    created = service.create().body
    assert service.status(created["request_id"]) == "UNKNOWN"
    why = service.why()
    assert (why.kind, why.pointer) == ("near-miss", "#path/task_id")
    assert "is the request_id of the call that created a task" in why.rule
    assert why.did_you_mean == created["output"]["task_id"]
    service.cancel(created["request_id"])
    assert service.why().did_you_mean == created["output"]["task_id"]


def test_a_task_that_is_older_than_a_day(service: Explained) -> None:
    task_id = service.task_id()
    service.real += 86400
    assert service.status(task_id) == "UNKNOWN"
    why = service.why()
    assert (why.kind, why.curl) == ("near-miss", "")
    assert "ended 24 h after its creation" in why.rule


def test_an_id_with_a_letter_missing(service: Explained) -> None:
    task_id = service.task_id()
    service.get(task_id[:-1])
    assert service.why().did_you_mean == task_id


def test_an_id_that_is_like_none(service: Explained) -> None:
    service.task_id()
    service.get("a8532587-fa8c-4ef8-82be-3a1b7c5d9e20")
    why = service.why()
    assert (why.did_you_mean, why.pointer) == ("", "#path/task_id")
    assert "this key has no task of that id" in why.rule


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


def test_a_scenario_that_was_asked_for(service: Explained) -> None:
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


def test_how_a_task_goes_that_was_asked_for(service: Explained) -> None:
    task_id = service.task_id(X_Mock_Scenario="FAILED.InvalidURL")
    why = service.why()
    assert (why.kind, why.outcome) == ("scenario", "accepted")
    assert "FAILED.InvalidURL" in why.rule
    service.real += 3600
    service.get(task_id)
    why = service.why()
    assert (why.kind, why.code) == ("fine", "InvalidURL")
    assert "its create call asked for that" in why.advice


def test_a_fault_that_was_asked_for(service: Explained) -> None:
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
def test_a_scenario_that_does_not_exist(service: Explained, asked: str, meant: str) -> None:
    service.detect(X_Mock_Scenario=asked)
    why = service.why()
    assert (why.kind, why.code, why.got) == ("refusal", "UnknownScenario", json.dumps(asked))
    assert (why.pointer, why.did_you_mean) == ("#header/X-Mock-Scenario", meant)


def test_a_limit(spec: Spec) -> None:
    service = Explained(spec, limits="documented")
    assert [service.detect().status for _ in range(6)] == [200] * 5 + [429]
    why = service.why()
    assert (why.kind, why.source, why.curl) == ("limit", "limits", "")
    assert why.got == "more than 5 calls of detectFace in a second"


def test_a_variant(spec: Spec) -> None:
    service = Explained(spec, variants={"models": "retired"})
    service.create()
    why = service.why()
    assert (why.kind, why.source, why.curl) == ("refusal", "variant models", "")
    assert "the variant 'models' refused the call" in why.rule
    service = Explained(spec, variants={"missing-field": "task"})
    why = of_body(service, input__image_url=None)
    assert (why.kind, why.status, why.pointer) == ("near-miss", 200, "/input/image_url")
    assert why.rule.endswith("the task was created, and fails for it")


def test_a_slip_that_was_taken(service: Explained) -> None:
    why = of_body(service, parameters={"styleLevel": "calm"})
    assert (why.kind, why.status, why.pointer) == ("near-miss", 200, "/parameters/styleLevel")
    assert (why.did_you_mean, why.got) == ("parameters.style_level", '"calm"')
    service.list("page=2")
    why = service.why()
    assert (why.kind, why.pointer, why.did_you_mean) == ("near-miss", "#query/page", "page_no")
    assert why.got == '"2"'


def test_what_is_fine(service: Explained) -> None:
    for result in (service.detect(), service.create(), service.list()):
        assert result.status == 200
        why = service.why()
        assert (why.kind, why.pointer, why.curl) == ("fine", "", "")
        assert why.outcome in why.rule


def test_long_values_are_cut(service: Explained) -> None:
    why = of_body(service, parameters__style_level="x" * 9999)
    assert len(why.got) == 200
    assert why.got.endswith("…")


def test_as_text(service: Explained) -> None:
    why = of_body(service, parameters__style_level="Calm")
    line = service.spec.places.line(why.spec.partition(" ")[2])
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
        "  advice        How much the head moves: `normal`, `calm` or `active` (EMO-3).",
    ]
    assert as_text(why).endswith("\n")
    service.detect()
    assert "curl" not in as_text(service.why())
