"""Detect, create, get, list and cancel: refusals, lost connections and answers that are odd."""

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


@pytest.mark.parametrize(
    ("status", "kind"),
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
)
@pytest.mark.parametrize(("operation", "path", "args"), ONCE)
def test_a_refusal_of_what_costs_is_raised_at_once(
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


def test_throttled_carries_how_long_to_wait(emo, on, refuse) -> None:
    on("POST", CREATE, refuse(429, "Throttling.RateQuota", retry_after="7"))
    with pytest.raises(Throttled, match="try again in 7 s") as caught:
        emo.create(*BOXES)
    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout(""),
        httpx.ReadError("reset"),
        httpx.WriteError("w"),
        httpx.WriteTimeout(""),
        httpx.RemoteProtocolError("gone"),
    ],
)
@pytest.mark.parametrize(("operation", "path", "args"), ONCE)
def test_what_may_have_arrived_and_costs_is_never_sent_twice(
    emo, on, operation, path, args, error
) -> None:
    route = on("POST", path, error)
    with pytest.raises(ConnectionFailed, match="got no answer and may have arrived") as caught:
        getattr(emo, operation)(*args)
    assert caught.value.may_have_arrived
    assert route.call_count == 1


def test_a_create_that_may_have_arrived_says_to_look_at_list_first(emo, on) -> None:
    on("POST", CREATE, httpx.ReadTimeout("read timed out"))
    with pytest.raises(
        ConnectionFailed, match=r"ReadTimeout: read timed out; look at list\(\) before"
    ):
        emo.create(*BOXES)


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout(""),
        httpx.PoolTimeout(""),
        httpx.ProxyError("407"),
    ],
)
def test_a_create_that_surely_did_not_arrive_is_sent_again(emo, on, error) -> None:
    route = on("POST", CREATE, error, error, CREATED)
    assert emo.create(*BOXES).output.task_id == "t"
    assert route.call_count == 3
    assert emo.time.sleeps == [0.5, 1.0]


def test_a_service_that_cannot_be_reached_is_given_up_with_the_way_on(emo, on) -> None:
    route = on("POST", CREATE, httpx.ConnectError("Name or service not known"))
    with pytest.raises(
        ConnectionFailed, match=r"did not arrive: .*not known \(base_url=.*\); check base_url"
    ) as caught:
        emo.create(*BOXES)
    assert not caught.value.may_have_arrived
    assert route.call_count == 4


@pytest.mark.parametrize(("operation", "path", "args"), READS)
@pytest.mark.parametrize(
    "trouble", [httpx.ReadTimeout(""), httpx.ConnectError(""), 408, 429, 500, 503]
)
def test_reads_outlast_passing_trouble(
    emo, on, refuse, task, operation, path, args, trouble
) -> None:
    page = {"total": 0, "total_page": 0, "page_no": 1, "page_size": 10, "data": []}
    trouble = refuse(trouble) if isinstance(trouble, int) else trouble
    route = on("GET", path, trouble, trouble, trouble, task("RUNNING") | page)
    getattr(emo, operation)(*args)
    assert route.call_count == 4
    assert emo.time.sleeps == [0.5, 1.0, 2.0]


def test_reads_give_up_after_four_tries_with_the_last_answer(emo, on, refuse) -> None:
    route = on("GET", "/tasks/t", refuse(503, "ModelUnavailable"))
    with pytest.raises(ServiceError, match="503 ModelUnavailable"):
        emo.get("t")
    assert route.call_count == 4


def test_a_read_does_not_sleep_through_a_long_retry_after(emo, on, refuse) -> None:
    on("GET", "/tasks/t", refuse(429, retry_after="3600"))
    with pytest.raises(Throttled, match="try again in 3600 s"):
        emo.get("t")
    assert emo.time.sleeps == []


@pytest.mark.parametrize(
    "content", [b"", b"<html>busy</html>", b"\xff\xfe", b'{"output":', b"[" * 100000]
)
def test_a_success_that_is_not_json_is_unexpected(emo, on, content) -> None:
    on("GET", "/tasks/t", httpx.Response(200, content=content, headers={"x-request-id": "r-head"}))
    with pytest.raises(UnexpectedAnswer, match=r"body is not JSON: .* \(request_id r-head\)"):
        emo.get("t")


@pytest.mark.parametrize(
    "body", [{}, {"output": None}, {"output": {"task_status": "PENDING"}}, {"output": []}]
)
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


def test_a_create_without_a_task_id_is_unexpected(emo, on) -> None:
    on("POST", CREATE, {"output": {"task_id": "", "task_status": "PENDING"}, "request_id": "r"})
    with pytest.raises(UnexpectedAnswer, match="the task_id is empty"):
        emo.create(*BOXES)


def test_an_error_that_is_not_the_services_keeps_its_status_and_words(emo, on) -> None:
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
        match=r"redirects are not followed \(it leads to https://elsewhere/tasks/t/\)",
    ):
        emo.get("t")


@pytest.mark.parametrize("usage", [[], "none", 3, None, {}])
def test_usage_of_any_kind_does_not_lose_the_answer(emo, on, task, usage) -> None:
    on("GET", "/tasks/t", task("SUCCEEDED") | {"usage": usage})
    assert emo.get("t").output.results.video_url


def test_an_answer_without_a_request_id_has_the_headers(emo, on) -> None:
    body = b'{"output":{"task_id":"t","task_status":"RUNNING"}}'
    on("GET", "/tasks/t", httpx.Response(200, content=body, headers={"X-Request-Id": "r-head"}))
    assert emo.get("t").request_id == "r-head"


def test_an_answer_that_drips_is_cut_at_the_timeout(emo_with) -> None:
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
