"""The curl command of an explanation works, and keeps all valid parts of the call."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.spec.loader import Spec
from mock_server.simulation.call import Call
from tests.helpers.cases import each_case
from tests.helpers.explain import Explained, parsed
from tests.helpers.fake import SERVICE, need, request
from tests.mock_server.engine.test_refusals import CREATE as CREATE_CHANGES
from tests.mock_server.engine.test_refusals import DETECT as DETECT_CHANGES
from tests.mock_server.engine.test_refusals import changed

SPEC = Spec.load()
CREATE = f"{SERVICE}/video-synthesis"
ASYNC = {"X_DashScope_Async": "enable"}


@pytest.fixture(name="service")
def explained(spec: Spec) -> Explained:
    return Explained(spec)


def assert_works(service: Explained) -> Any:
    """The curl command for the last answer gets an answer that needs no explanation. Returns its
    body."""
    curl = service.why().curl
    result = service.run(curl)
    assert (result.status, service.why().kind) == (200, "fine"), service.why()
    body = parsed(curl)[3]
    return json.loads(body) if body is not None else None


@each_case("change", [change for change, *_ in CREATE_CHANGES], ids=str)
def test_the_corrected_create_call_works(change: dict[str, Any]) -> None:
    service = Explained(SPEC)
    assert service.create(changed(SPEC, "createVideoTask", **change)).status == 400
    assert_works(service)


@each_case("change", [change for change, *_ in DETECT_CHANGES], ids=str)
def test_the_corrected_detection_works(change: dict[str, Any]) -> None:
    service = Explained(SPEC)
    assert service.detect(changed(SPEC, "detectFace", **change)).status == 400
    assert_works(service)


BAD_CALLS: list[Callable[[Explained], Any]] = [
    lambda s: s.call("GET", "/api/v1/tasks", key=None),
    lambda s: s.call("GET", "/api/v1/tasks", key="nope"),
    lambda s: s.call("POST", f"{SERVICE}/face-detect", key=None, Authorization="sk-a"),
    lambda s: s.call("GET", f"{SERVICE}/face-detect"),
    lambda s: s.call("POST", "/api/v1/tasks"),
    lambda s: s.call("POST", CREATE, request(SPEC, "createVideoTask")),
    lambda s: s.call("POST", CREATE, X_DashScope_Async="Enable"),
    lambda s: s.detect(X_DashScope_Async="enable"),
    lambda s: s.create(b"{'model': 1}"),
    lambda s: s.create(b"[]"),
    lambda s: s.create(b'{"model": "' + b"x" * 2**20 + b'"}'),
    lambda s: s.create(changed(SPEC, "createVideoTask", input__image_url="oss://b/a.png")),
    lambda s: s.list("status=succeeded&page_no=2"),
    lambda s: s.list("page=1&pageSize=3"),
    lambda s: s.list("start_time=20250911000000&end_time=20250913000000"),
    lambda s: s.detect(X_Mock_Scenario="Throttling"),
    lambda s: s.detect(key="sk-a+Throttling"),
    lambda s: s.detect(key="sk-a+zzzzzzzzzzzz"),
    lambda s: s.create(changed(SPEC, "createVideoTask", parameters={"style": "calm"})),
    lambda s: s.create({"model": "emo-v1", **request(SPEC, "createVideoTask")["input"]}),
    lambda s: s.call("POST", "/api/v1" + CREATE, request(SPEC, "createVideoTask")),
    lambda s: s.call("POST", "/services/aigc/image2video/face-detect"),
    lambda s: s.call("POST", "/compatible-mode/v1/face-detect"),
    lambda s: s.call("GET", "/api/v1/api/v1/tasks", query="page_no=0&page_size=5"),
    lambda s: s.get(s.create().body["request_id"]),
    lambda s: s.cancel(s.create().body["request_id"]),
    lambda s: s.get(s.task_id()[1:]),
    lambda s: s.get("a8532587-fa8c-4ef8-82be-3a1b7c5d9e20"),
]


@each_case("number", range(len(BAD_CALLS)))
def test_the_corrected_call_works(number: int) -> None:
    service = Explained(SPEC)
    BAD_CALLS[number](service)
    assert service.why().kind != "fine"
    assert_works(service)


def test_the_corrected_body_keeps_all_valid_values(service: Explained) -> None:
    body = request(SPEC, "createVideoTask", "official-sdk")
    wrong = copy.deepcopy(body)
    wrong["input"]["img_url"] = wrong["input"].pop("image_url")
    wrong["parameters"] = {"style-level": "Calm"}
    service.create(wrong)
    right = copy.deepcopy(body)
    right["parameters"] = {"style_level": "calm"}
    assert assert_works(service) == right


def test_the_corrected_query_keeps_all_valid_values(service: Explained) -> None:
    service.list("page=2&status=failed&model_name=emo-v1&x=y")
    url = parsed(service.why().curl)[1]
    assert url.endswith("/api/v1/tasks?page_no=2&status=FAILED&model_name=emo-v1")


def test_a_misspelled_scenario_is_corrected(service: Explained) -> None:
    service.detect(X_Mock_Scenario="Throtling")
    assert service.run(service.why().curl).reply.outcome == "Throttling"


def test_a_scenario_in_an_input_url_is_removed(service: Explained) -> None:
    url = "https://example.com/a.png?a=1&emo-scenario=Throttling&b=2"
    service.detect(changed(SPEC, "detectFace", input__image_url=url))
    assert assert_works(service)["input"]["image_url"] == "https://example.com/a.png?a=1&b=2"


@pytest.mark.parametrize("sent", ["Bearer nope", "Bearer sk-a.Throttling"])
def test_a_wrong_key_is_replaced_by_a_valid_one(service: Explained, sent: str) -> None:
    service.call("GET", "/api/v1/tasks", key=None, Authorization=sent)
    assert parsed(service.why().curl)[2]["authorization"] == "Bearer sk-local"


def test_headers_that_are_too_large_are_left_out(service: Explained) -> None:
    headers = {b"authorization": b"Bearer sk-a", b"cookie": b"x" * 99999}
    service.engine.handle(Call("GET", "/api/v1/tasks", headers=headers, head_bytes=99999))
    assert_works(service)
    service.engine.handle(Call("GET", "/" + "x" * 99999, headers=headers, head_bytes=99999))
    assert service.why().curl == ""


names = st.sampled_from(
    ["model", "input", "parameters", "image_url", "img_url", "audio_url", "face_bbox", "ext_bbox",
     "style_level", "style", "ratio", "prompt"]
) | st.text(max_size=3)  # fmt: skip
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9000) | st.text(max_size=9) | st.floats(0, 9)
    | st.sampled_from(["emo-v1", "calm", "https://x.net/a?emo-scenario=Throttling", "oss://x/a"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(
    operation=st.sampled_from(["detectFace", "createVideoTask"]), body=values, whole=st.booleans()
)
def test_the_correction_of_any_body_works(operation: str, body: Any, whole: bool) -> None:
    service = ANY
    if not whole and isinstance(body, dict):
        documented = request(SPEC, operation)
        body = {**documented, **body}
        if isinstance(body["input"], dict):
            body["input"] = {**documented["input"], **body["input"]}
    template = SPEC.operations[operation].template
    headers = ASYNC if operation == "createVideoTask" else {}
    result = service.call("POST", f"/api/v1{template}", json.dumps(body).encode(), **headers)
    if service.why().kind != "fine":
        assert_works(service)
    else:
        assert result.status == 200


ANY = Explained(SPEC)

# All that a shell could take for its own.
ODD = "it's $HOME `id` \\n \"\n\t!#&;|<>(){}[]*?~ \x00\u2028 é 图 😀 ' --data @/etc/passwd"


def run(curl: str, url: str) -> Any:
    need(shutil.which("curl"), "curl")
    line = curl.replace("http://127.0.0.1:8787", url)
    environment = {"PATH": os.environ["PATH"], "NO_PROXY": "*", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["/bin/sh", "-c", line], capture_output=True, env=environment, timeout=30, check=True
    )
    return json.loads(done.stdout)


def test_a_shell_runs_the_corrected_curl_command(service: Explained, url: str) -> None:
    body = changed(SPEC, "createVideoTask", parameters__style_level="Calm")
    body["input"]["prompt"] = ODD
    body["input"]["audio_url"] = "https://example.com/it's%20`x`$HOME\"é.wav"
    service.create(body)
    curl = service.why().curl
    assert json.loads(parsed(curl)[3])["input"] == body["input"]
    task_id = run(curl, url)["output"]["task_id"]
    service.get(f"/{task_id}")
    assert run(service.why().curl.replace("%2F", ""), url)["output"]["task_id"] == task_id


def test_a_shell_sends_the_corrected_body_unchanged(service: Explained, url: str) -> None:
    body = changed(SPEC, "detectFace", parameters__ratio="1:2")
    body[ODD] = ODD
    service.detect(body)
    answer = run(service.why().curl.replace("/face-detect", "/face-detect/x"), url)
    assert answer["code"] == "InvalidParameter"
