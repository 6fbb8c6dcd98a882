"""Answers in other shapes than the documented ones: the client never loses the id of a paid task,
finds the reason of a failure wherever it is, and raises no error of a parser."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emo_client import (
    Client,
    ConnectionFailed,
    EmoError,
    FaceRejected,
    InvalidRequest,
    TaskFailed,
    UnexpectedAnswer,
)
from tests.helpers.cases import each_case
from tests.helpers.object_store import Broken

CREATE = "/services/aigc/image2video/video-synthesis"
BOXES = ("https://x/p.png", "https://x/v.mp3", (1, 2, 3, 4), (1, 2, 3, 4))
PAID = "5f0c1c0e-8f0b-4f5a"


@each_case(
    "body",
    [
        {"output": {"task_id": PAID}},
        {"task_id": PAID},
        {"task_id": PAID, "task_status": "pending", "output": None},
        {"output": {"task_id": PAID, "task_status": None}},
        {"output": {"task_id": PAID, "task_status": 3}},
        {"output": {"taskId": PAID}},
        {"data": {"task_id": PAID, "status": "submitted"}},
        {"output": json.dumps({"task_id": PAID, "task_status": "PENDING"})},
        {"output": [{"task_id": PAID}]},
        {"output": {"task_id": PAID, "task_status": "PENDING"}, "request_id": 7, "usage": "none"},
    ],
)
def test_a_creation_finds_the_task_id_wherever_the_answer_has_it(emo, on, body) -> None:
    for status in (200, 201, 202):
        answer = httpx.Response(status, json=body, headers={"content-type": "text/plain"})
        on("POST", CREATE, answer)
        assert emo.create(*BOXES).output.task_id == PAID, status


def test_a_task_id_that_is_a_number_is_returned_as_text(emo, on) -> None:
    on("POST", CREATE, {"output": {"task_id": 1234567890123456789}})
    assert emo.create(*BOXES).output.task_id == "1234567890123456789"


@each_case(
    "content",
    [
        b'{"output": {"task_id": "%s", "task_st' % PAID.encode(),
        b'{"output": {"task_id": "%s", "eta": NaN}}' % PAID.encode(),
        b"<task><task_id>%s</task_id></task>" % PAID.encode(),
        b"callback({'task_id': '%s'})" % PAID.encode(),
        b'{"output": {"task": "x"}, "debug": "{\\"task_id\\": \\"%s\\"}"}' % PAID.encode(),
    ],
)
def test_the_error_of_an_unreadable_creation_has_its_task_id(emo, on, content) -> None:
    on("POST", CREATE, httpx.Response(200, content=content))
    with pytest.raises(UnexpectedAnswer, match=f"task {PAID} was created: wait for it") as caught:
        emo.create(*BOXES)
    assert caught.value.task_id == PAID


def test_the_error_of_an_answer_cut_after_the_task_id_has_the_id(emo_with) -> None:
    stream = Broken(b'{"output": {"task_id": "%s", "task_' % PAID.encode())
    emo = emo_with(transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=stream)))
    with pytest.raises(ConnectionFailed, match=f"task {PAID} was created: wait for it") as caught:
        emo.create(*BOXES)
    assert caught.value.task_id == PAID


@each_case(
    "answer",
    [
        httpx.Response(200),
        httpx.Response(204),
        httpx.Response(200, html="<h1>Created</h1>"),
        httpx.Response(200, json={"output": {"task_id": None}}),
        httpx.Response(200, json={"output": {"task_id": ""}}),
        httpx.Response(200, content=b'{"output": {"task_id": "5f0c1c0e-8f0b'),
        httpx.Response(200, json={"code": "Busy", "message": "later"}),
        httpx.Response(502, html="<h1>Bad Gateway</h1>"),
    ],
)
def test_a_creation_without_a_task_id_advises_to_look_at_the_list(emo, on, answer) -> None:
    on("POST", CREATE, answer)
    with pytest.raises(EmoError, match=r"check list\(\) before you create again") as caught:
        emo.create(*BOXES)
    assert caught.value.task_id is None


def test_a_refused_creation_does_not_advise_to_look_at_the_list(emo, on, refuse) -> None:
    on("POST", CREATE, refuse(400))
    with pytest.raises(InvalidRequest) as caught:
        emo.create(*BOXES)
    assert "list()" not in str(caught.value)


def test_an_error_with_status_200_is_raised_with_its_reason(emo, on) -> None:
    on("GET", "/tasks/t", {"code": "InternalError", "message": "busy"})
    with pytest.raises(UnexpectedAnswer, match="200, but it is an error, InternalError: busy"):
        emo.get("t")


VIDEO = "https://oss.test/v.mp4?Expires=4102444800&Signature=c2VjcmV0"


@pytest.mark.parametrize(
    "output",
    [
        {"video_url": VIDEO},
        {"results": [{"video_url": VIDEO}]},
        {"results": [{"url": VIDEO}]},
        {"results": {"videoUrl": VIDEO, "video_url": ""}},
        {"results": [{"code": "x"}, {"url": VIDEO}]},
    ],
)
def test_the_video_url_is_found_where_sibling_models_have_it(emo, on, output) -> None:
    on("GET", "/tasks/t", {"output": {"task_id": "t", "task_status": "SUCCEEDED"} | output})
    assert emo.wait("t").output.results.video_url == VIDEO


def test_a_success_without_a_video_is_raised_with_the_reason_in_its_results(emo, on) -> None:
    results = [{"code": "InternalError.Algo", "message": "no face"}]
    output = {"task_id": "t", "task_status": "SUCCEEDED", "results": results}
    on("GET", "/tasks/t", {"output": output})
    text = r"without results\.video_url, with InternalError\.Algo: no face"
    with pytest.raises(UnexpectedAnswer, match=text):
        emo.wait("t")


def test_no_error_shows_the_signature_of_a_url(emo, on) -> None:
    on("GET", "/tasks/t", {"output": {"task_status": "SUCCEEDED", "video_url": VIDEO}})
    with pytest.raises(UnexpectedAnswer, match=r"oss\.test/v\.mp4\?…") as caught:
        emo.get("t")
    assert "c2VjcmV0" not in str(caught.value)


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xef\xbb\xbf" * 2, b"\r\n \xef\xbb\xbf"])
def test_byte_order_marks_before_an_answer_are_skipped(emo, on, mark) -> None:
    body = mark + json.dumps({"output": {"task_id": PAID}}).encode()
    on("POST", CREATE, httpx.Response(200, content=body))
    assert emo.create(*BOXES).output.task_id == PAID


def test_a_task_id_in_the_message_of_a_refusal_is_not_taken_for_a_task(emo, on, refuse) -> None:
    on("POST", CREATE, refuse(400, "InvalidParameter", "task_id: must be a text"))
    with pytest.raises(InvalidRequest, match="task_id: must be a text") as caught:
        emo.create(*BOXES)
    assert caught.value.task_id is None


def test_an_error_while_waiting_names_the_task(emo, on, refuse) -> None:
    on("GET", "/tasks/t", refuse(403, "Model.AccessDenied"))
    with pytest.raises(EmoError, match="AccessDenied") as caught:
        emo.wait("t")
    assert caught.value.task_id == "t"


TEXTS = st.sampled_from([PAID, "PENDING", "FAILED", "no", "", "{", "[1]", '{"code": 1}', "0"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
NAMES = st.sampled_from(
    ["output", "task_id", "task_status", "code", "message", "results", "error", "errors", "data",
     "request_id", "usage", "video_url", "detail", "check_pass", "face_bbox", "ext_bbox"]
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(NAMES, v, max_size=5), max_leaves=9
)
HEADERS = st.sampled_from(
    ["application/json", "text/html; charset=gbk", "x; charset=utf-16", "text/plain; charset=zlib"]
)


def answering(status: int, body: bytes, kind: str) -> Client:
    answer = lambda _: httpx.Response(status, content=body, headers={"content-type": kind})  # noqa: E731
    transport = httpx.MockTransport(answer)
    return Client(
        api_key="sk-0123456789abcdef",
        base_url="http://localhost/api/v1",
        transport=transport,
        sleep=lambda _: None,
    )


@settings(max_examples=50, deadline=None)
@given(
    value=VALUES,
    status=st.sampled_from([200, 202, 400, 403, 404]),
    kind=HEADERS,
    cut=st.integers(0, 99),
    flip=st.binary(max_size=3),
)
def test_a_damaged_answer_raises_only_errors_of_the_client(
    value: Any, status: int, kind: str, cut: int, flip: bytes
) -> None:
    body = json.dumps(value).encode()
    body = body[: len(body) - cut % 7] + flip
    with answering(status, body, kind) as emo:
        for call in (
            lambda: emo.get("t"),
            lambda: emo.create(*BOXES),
            lambda: emo.detect("http://x"),
        ):
            try:
                call()
            except EmoError as error:
                assert str(error)


@settings(max_examples=50, deadline=None)
@given(around=st.dictionaries(NAMES.filter(lambda n: n != "task_id"), VALUES, max_size=3),
       more=st.dictionaries(NAMES.filter(lambda n: n != "task_id"), VALUES, max_size=3),
       inside=st.booleans(), as_text=st.booleans(), cut=st.booleans())  # fmt: skip
def test_the_id_of_a_paid_task_is_never_lost(
    around: dict[str, Any], more: dict[str, Any], inside: bool, as_text: bool, cut: bool
) -> None:
    around, more = without_ids(around), without_ids(more)
    output = {**more, "task_id": PAID}
    body = {**around, "output": json.dumps(output) if as_text else output}
    content = json.dumps(body if inside else {**around, "task_id": PAID, "output": None}).encode()
    with answering(200, content[:-1] if cut else content, "application/json") as emo:
        try:
            found = emo.create(*BOXES).output.task_id
        except EmoError as error:
            found = error.task_id or ""
    assert found == PAID


def without_ids(value: Any) -> Any:
    """A value in which nothing else is called a task_id."""
    if isinstance(value, dict):
        return {name: without_ids(item) for name, item in value.items() if name != "task_id"}
    return [without_ids(item) for item in value] if isinstance(value, list) else value


@each_case(
    "output, top",
    [
        ({"code": "Bad", "message": "rejected"}, {}),
        ({}, {"code": "Bad", "message": "rejected"}),
        ({"code": "", "message": None}, {"code": "Bad", "message": "rejected"}),
        ({"results": {"code": "Bad", "message": "rejected"}}, {}),
        (
            {"results": [{"code": "Bad", "message": "rejected"}]},
            {"code": 200, "message": "success"},
        ),
        ({"error": {"code": "Bad", "message": "rejected"}}, {}),
        ({}, {"error": {"code": "Bad", "message": "rejected"}}),
        ({}, {"errors": [{"code": "Bad", "detail": "rejected"}]}),
        ({"error_code": "Bad", "error_msg": "rejected"}, {}),
        ({"code": "Bad"}, {"message": "rejected"}),
    ],
)
def test_the_reason_of_a_failure_is_found_wherever_it_is(emo, on, output, top) -> None:
    body = {"output": {"task_id": "t", "task_status": "failed", **output}, **top}
    on("GET", "/tasks/t", body)
    with pytest.raises(TaskFailed, match="FAILED: Bad: rejected") as caught:
        emo.wait("t")
    assert (caught.value.code, caught.value.message) == ("Bad", "rejected")


@each_case(
    "code, text",
    [(1301, "1301"), (None, ""), ([1, "a"], '[1,"a"]'), ({"a": 1}, '{"a":1}'), (True, "true")],
)
def test_a_code_of_any_type_becomes_text_in_the_exception(emo, on, task, code, text) -> None:
    on("GET", "/tasks/t", task("FAILED", code=code, message=code))
    with pytest.raises(TaskFailed, match="task t FAILED") as caught:
        emo.wait("t")
    assert (caught.value.code, caught.value.message) == (text, text)


@each_case(
    "body, code, message",
    [
        ({"message": "no"}, "", "no"),
        ({"error": {"code": None, "message": "no", "type": "invalid"}}, "", "no"),
        ({"error": "no"}, "", "no"),
        ({"detail": [{"loc": ["body"], "msg": "no"}]}, "", "no"),
        ({"errors": [{"code": 17, "message": "no"}]}, "17", "no"),
        ({"errors": ["no", "never"]}, "", "no; never"),
        ({"Code": "Bad", "Message": "no", "RequestId": "r"}, "Bad", "no"),
    ],
)
def test_a_refusal_in_the_format_of_a_gateway_is_understood(emo, on, body, code, message) -> None:
    on("GET", "/tasks/t", httpx.Response(400, json=body))
    with pytest.raises(InvalidRequest, match="no") as caught:
        emo.get("t")
    assert (caught.value.code, caught.value.message) == (code, message)


def test_a_rejected_picture_has_the_reason_from_the_top_of_the_answer(emo, on) -> None:
    body = {"code": "InvalidFile.NoHuman", "message": "nobody", "output": {"check_pass": False}}
    on("POST", "/services/aigc/image2video/face-detect", body)
    with pytest.raises(FaceRejected, match=r"InvalidFile\.NoHuman: nobody"):
        emo.detect("https://x/p.png")


def test_the_documented_name_of_the_request_id_wins_over_others(emo, on) -> None:
    on("POST", "/tasks/t/cancel", {"trace_id": [], "TraceId": "other", "request_id": "r-1"})
    assert emo.cancel("t").request_id == "r-1"
