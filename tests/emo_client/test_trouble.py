"""Detect, create, get, list and cancel: refusals, lost connections and malformed answers."""

import httpx
import pytest

from emo_client import (
    APIError,
    AuthenticationError,
    ConnectionFailed,
    InvalidRequest,
    PermissionDenied,
    ServiceError,
    Throttled,
    UnexpectedAnswer,
)
from tests.helpers.cases import each_case

DETECT = "/services/aigc/image2video/face-detect"
CREATE = "/services/aigc/image2video/video-synthesis"
FACE, EXT = (302, 286, 610, 593), (71, 9, 840, 778)
CREATED = {"output": {"task_id": "t", "task_status": "PENDING"}, "request_id": "r-create"}
BOXES = ("https://x/p.png", "https://x/v.mp3", FACE, EXT)

ONCE = [
    ("detect", DETECT, ("https://x/p.png",)),
    ("create", CREATE, BOXES),
    ("cancel", "/tasks/t/cancel", ("t",)),
]
READS = [("get", "/tasks/t", ("t",)), ("list", "/tasks?page_no=1&page_size=10", ())]


@each_case(
    "status, kind",
    [
        (400, InvalidRequest),
        (401, AuthenticationError),
        (403, PermissionDenied),
        (404, InvalidRequest),
        (413, InvalidRequest),
        (429, Throttled),
        (500, ServiceError),
        (503, ServiceError),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
@pytest.mark.parametrize(("operation", "path", "args"), ONCE)
def test_a_refused_call_that_costs_money_is_not_sent_again(
    emo, on, refuse, operation, path, args, status, kind
) -> None:
    route = on("POST", path, refuse(status, "Some.Code", "Some words."))
    text = rf"^POST {path} answered {status} Some\.Code: Some words\. \(request_id r-refused\)"
    with pytest.raises(kind, match=text) as caught:
        getattr(emo, operation)(*args)
    error = caught.value
    assert isinstance(error, APIError)
    assert (error.status, error.code, error.message) == (status, "Some.Code", "Some words.")
    assert error.request_id == "r-refused"
    assert route.call_count == 1
    assert emo.time.sleeps == []


def test_throttled_has_the_time_to_wait(emo, on, refuse) -> None:
    on("POST", CREATE, refuse(429, "Throttling.RateQuota", retry_after="7"))
    with pytest.raises(Throttled, match="try again in 7 s") as caught:
        emo.create(*BOXES)
    assert caught.value.retry_after == 7


@each_case(
    "error",
    [
        httpx.ReadTimeout(""),
        httpx.ReadError("reset"),
        httpx.WriteError("w"),
        httpx.WriteTimeout(""),
        httpx.RemoteProtocolError("gone"),
    ],
    ids=repr,
)
@pytest.mark.parametrize(("operation", "path", "args"), ONCE)
def test_a_call_that_costs_money_and_may_have_arrived_is_never_sent_again(
    emo, on, operation, path, args, error
) -> None:
    route = on("POST", path, error)
    with pytest.raises(ConnectionFailed, match="got no answer and may have arrived") as caught:
        getattr(emo, operation)(*args)
    assert caught.value.may_have_arrived
    assert route.call_count == 1


def test_a_create_that_may_have_arrived_advises_to_look_at_the_list(emo, on) -> None:
    on("POST", CREATE, httpx.ReadTimeout("read timed out"))
    with pytest.raises(
        ConnectionFailed, match=r"ReadTimeout: read timed out; check list\(\) before"
    ):
        emo.create(*BOXES)


@each_case(
    "error",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout(""),
        httpx.PoolTimeout(""),
        httpx.ProxyError("407"),
    ],
    ids=repr,
)
def test_a_create_that_certainly_did_not_arrive_is_sent_again(emo_with, on, error) -> None:
    emo = emo_with()
    route = on("POST", CREATE, error, error, CREATED)
    assert emo.create(*BOXES).output.task_id == "t"
    assert route.call_count == 3
    assert emo.time.sleeps == [0.5, 1.0]


def test_the_error_for_an_unreachable_service_advises_to_check_the_base_url(emo, on) -> None:
    route = on("POST", CREATE, httpx.ConnectError("Name or service not known"))
    with pytest.raises(
        ConnectionFailed, match=r"did not arrive: .*not known \(base_url=.*\); check base_url"
    ) as caught:
        emo.create(*BOXES)
    assert not caught.value.may_have_arrived
    assert route.call_count == 4


@pytest.mark.parametrize(("operation", "path", "args"), READS)
@each_case("trouble", [httpx.ReadTimeout(""), httpx.ConnectError(""), 408, 429, 500, 503], ids=repr)
def test_reads_are_repeated_until_they_succeed(
    emo_with, on, refuse, task, operation, path, args, trouble
) -> None:
    emo = emo_with()
    page = {"total": 0, "total_page": 0, "page_no": 1, "page_size": 10, "data": []}
    trouble = refuse(trouble) if isinstance(trouble, int) else trouble
    route = on("GET", path, trouble, trouble, trouble, task("RUNNING") | page)
    getattr(emo, operation)(*args)
    assert route.call_count == 4
    assert emo.time.sleeps == [0.5, 1.0, 2.0]


def test_a_read_that_fails_four_times_raises_the_last_error(emo, on, refuse) -> None:
    route = on("GET", "/tasks/t", refuse(503, "ModelUnavailable"))
    with pytest.raises(ServiceError, match="503 ModelUnavailable"):
        emo.get("t")
    assert route.call_count == 4


def test_a_read_raises_at_once_when_retry_after_is_long(emo, on, refuse) -> None:
    on("GET", "/tasks/t", refuse(429, retry_after="3600"))
    with pytest.raises(Throttled, match="try again in 3600 s"):
        emo.get("t")
    assert emo.time.sleeps == []


@each_case("content", [b"", b"<html>busy</html>", b"\xff\xfe", b'{"output":', b"[" * 100000])
def test_a_success_that_is_not_json_is_unexpected(emo, on, content) -> None:
    on("GET", "/tasks/t", httpx.Response(200, content=content, headers={"x-request-id": "r-head"}))
    with pytest.raises(UnexpectedAnswer, match=r"body is not JSON: .* \(request_id r-head\)"):
        emo.get("t")


@each_case("body", [{}, {"output": None}, {"output": {"task_status": "PENDING"}}, {"output": []}])
@pytest.mark.parametrize(
    ("operation", "method", "path", "args"),
    [("get", "GET", "/tasks/t", ("t",)), ("create", "POST", CREATE, BOXES)],
)
def test_a_success_of_a_wrong_shape_is_unexpected(
    emo, on, operation, method, path, args, body
) -> None:
    on(method, path, body | {"request_id": "r"})
    with pytest.raises(UnexpectedAnswer, match=r"its shape is wrong: .*\(request_id r\)"):
        getattr(emo, operation)(*args)


def test_a_create_with_an_empty_task_id_is_unexpected(emo, on) -> None:
    on("POST", CREATE, {"output": {"task_id": "", "task_status": "PENDING"}, "request_id": "r"})
    with pytest.raises(UnexpectedAnswer, match="the task_id is empty"):
        emo.create(*BOXES)


def test_the_html_error_of_a_gateway_keeps_its_status_and_text(emo, on) -> None:
    on("POST", CREATE, httpx.Response(502, html="<html>Bad Gateway</html>"))
    with pytest.raises(ServiceError, match=r"answered 502: Bad Gateway .*without a request_id"):
        emo.create(*BOXES)


def test_redirects_of_api_calls_are_not_followed(emo, on) -> None:
    on(
        "GET",
        "/tasks/t",
        httpx.Response(307, headers={"location": "https://elsewhere/tasks/t/?a=b"}),
    )
    with pytest.raises(
        UnexpectedAnswer,
        match=r"redirects are not followed \(to https://elsewhere/tasks/t/\)",
    ):
        emo.get("t")


@each_case("usage", [[], "none", 3, None, {}])
def test_an_answer_with_malformed_usage_is_returned(emo, on, task, usage) -> None:
    on("GET", "/tasks/t", task("SUCCEEDED") | {"usage": usage})
    assert emo.get("t").output.results.video_url


def test_the_request_id_is_read_from_the_header_when_the_body_has_none(emo, on) -> None:
    body = b'{"output":{"task_id":"t","task_status":"RUNNING"}}'
    on("GET", "/tasks/t", httpx.Response(200, content=body, headers={"X-Request-Id": "r-head"}))
    assert emo.get("t").request_id == "r-head"


def test_an_answer_that_comes_too_slowly_ends_at_the_timeout(emo_with) -> None:
    emo = emo_with(timeout=5.0)

    class Drip(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self):
            for _ in range(100):
                emo.time.present += 1
                yield b" "

        async def __aiter__(self):
            for chunk in self:
                yield chunk

    emo.options["transport"] = httpx.MockTransport(lambda _: httpx.Response(200, stream=Drip()))
    with pytest.raises(ConnectionFailed, match="the answer came too slowly; it may have been"):
        emo.detect("https://x/p.png")
