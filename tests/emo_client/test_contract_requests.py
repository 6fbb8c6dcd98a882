"""The client sends a valid request of the spec for any valid arguments."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.spec.loader import Operation
from emo_client import Client
from tests.helpers.schemas import SPEC, query_schema, request_schema, values
from tests.helpers.scripted import BASE, EXT, FACE, Scripted

some = settings(max_examples=20, derandomize=True, database=None, deadline=None)
PAGE = {"total": 0, "total_page": 0, "page_no": 1, "page_size": 1, "data": [], "request_id": "r"}
ANSWERS: dict[str, Any] = {
    "detectFace": {"output": {"check_pass": True, "face_bbox": FACE, "ext_bbox": EXT}},
    "createVideoTask": {"output": {"task_id": "t", "task_status": "PENDING"}},
    "listTasks": PAGE,
    "getTask": {"output": {"task_id": "t", "task_status": "PENDING"}},
    "cancelTask": {},
}
# Any text that the service accepts; a blank one or one of dots would be another path.
task_ids = st.text(min_size=1, max_size=60).filter(lambda text: text.strip() not in ("", ".", ".."))


def sent(operation: str, act: Any) -> httpx.Request:
    """The one request that a call sends."""
    service = Scripted(ANSWERS[operation])
    service.run(act)
    (request,) = service.sent
    return request


def problems(operation: Operation, request: httpx.Request) -> Iterator[str]:
    """All violations of the spec in a request."""
    if request.method != operation.method:
        yield f"the method is {request.method}"
    path = request.url.raw_path.decode().partition("?")[0]
    given, wanted = path.split("/"), ("/api/v1" + operation.template).split("/")
    if len(given) != len(wanted) or any(
        g != w for g, w in zip(given, wanted, strict=False) if w != "{task_id}"
    ):
        yield f"the path is {path}"
    query = dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))
    for name in query.keys() - {parameter.name for parameter in operation.query}:
        yield f"no query parameter {name}"
    for parameter in operation.query:
        yield from _said(parameter.parse(query.get(parameter.name)))
    for parameter in operation.headers:
        yield from _said(parameter.parse(request.headers.get(parameter.name)))
        scheme = parameter.required_by_scheme
        needed = scheme and f"{scheme}://" in request.content.decode().lower()
        if needed and parameter.name not in request.headers:
            yield f"{parameter.name} is missing beside {scheme}"
    if operation.body:
        yield from _said((None, v) for v in operation.body.violations(json.loads(request.content)))
    elif request.content:
        yield "there is a body"


def _said(found: Any) -> Iterator[str]:
    """The reasons of violations, one of them beside its value."""
    pairs = [found] if isinstance(found, tuple) else found
    yield from (f"{v.field}: {v.reason}" for _, v in pairs if v)


def check(operation: str, act: Any) -> httpx.Request:
    request = sent(operation, act)
    assert not list(problems(SPEC.operations[operation], request))
    key = request.headers["authorization"].removeprefix("Bearer ")
    assert SPEC.key_pattern.search(key)
    return request


@some
@given(body=values(request_schema("detectFace")))
def test_detect_sends_a_valid_request_for_any_valid_picture_and_ratio(body: Any) -> None:
    image, ratio = body["input"]["image_url"], body.get("parameters", {}).get("ratio")
    request = check("detectFace", lambda emo: emo.detect(image, ratio))
    sent_body = json.loads(request.content)
    assert sent_body["input"] == {"image_url": image}
    assert sent_body.get("parameters", {}).get("ratio") == ratio


@some
@given(body=values(request_schema("createVideoTask")))
def test_create_sends_a_valid_request_for_any_valid_input_and_style(body: Any) -> None:
    made_of, style = body["input"], body.get("parameters", {}).get("style_level")
    given = {name: made_of[name] for name in ("image_url", "audio_url", "face_bbox", "ext_bbox")}
    request = check("createVideoTask", lambda emo: emo.create(**given, style_level=style))
    sent_body = json.loads(request.content)
    assert sent_body["input"] == given
    assert sent_body.get("parameters", {}).get("style_level") == style


@some
@given(query=values(query_schema("listTasks")))
def test_list_sends_a_valid_request_for_any_valid_filters(query: Any) -> None:
    query = {name: int(v) if isinstance(v, float) else v for name, v in query.items()}
    request = check("listTasks", lambda emo: emo.list(**query))
    sent_query = parse_qsl(request.url.query.decode(), keep_blank_values=True)
    whole = {"page_no": 1, "page_size": 10, **query}
    assert dict(sent_query) == {name: str(value) for name, value in whole.items()}


@pytest.mark.parametrize("operation", ["getTask", "cancelTask"])
@some
@given(task_id=task_ids)
def test_any_task_id_is_one_segment_of_the_path(operation: str, task_id: str) -> None:
    method = {"getTask": Client.get, "cancelTask": Client.cancel}[operation]
    request = check(operation, lambda emo: method(emo, task_id))
    path = request.url.raw_path.decode().removeprefix(httpx.URL(BASE).path)
    assert unquote(path.split("/")[2]) == task_id


@some
@given(task_id=task_ids)
def test_each_poll_of_a_wait_is_a_valid_request(task_id: str) -> None:
    waiting = {"output": {"task_id": "t", "task_status": "RUNNING"}, "request_id": "r"}
    done = {"task_id": "t", "task_status": "SUCCEEDED", "results": {"video_url": "http://x/v"}}
    service = Scripted(waiting, waiting, {"output": done, "request_id": "r"})
    service.run(lambda emo: emo.wait(task_id))
    assert len(service.sent) == 3
    for request in service.sent:
        assert not list(problems(SPEC.operations["getTask"], request))


@pytest.mark.parametrize("operation", SPEC.operations)
def test_an_invalid_request_is_found_by_these_tests(operation: str) -> None:
    wrong = httpx.Request("PUT", f"{BASE}/tasks/a/b/c?page_no=0&odd=1", content=b'{"input": 1}')
    found = " ".join(problems(SPEC.operations[operation], wrong))
    assert "the method is PUT" in found
    assert "the path is /api/v1/tasks/a/b/c" in found
    assert "no query parameter odd" in found
