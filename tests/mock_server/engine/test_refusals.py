"""Refusals: which calls are refused, in which order, with which exact answer."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from contracts.spec.loader import Spec
from mock_server.engine.failed import failed
from mock_server.simulation.call import Call
from tests.helpers.cases import each_case
from tests.helpers.fake import SERVICE, Service, request

BAD_BODY = "Required body invalid, please check the request body format."
NO_IMAGE = "Field required: input.image_url"
URL = "Required URL is missing or invalid, please check the request URL."


def changed(spec: Spec, operation: str, **changes: Any) -> Any:
    """The documented request with `input__x=…` or `model=…` put in; None drops the field."""
    body = copy.deepcopy(request(spec, operation))
    for place, value in changes.items():
        *path, name = place.split("__")
        target = body
        for part in path:
            target = target[part]
        if value is None:
            del target[name]
        else:
            target[name] = value
    return body


def assert_refused(result: Any, status: int, code: str, message: str) -> None:
    assert (result.status, result.body["code"], result.body["message"]) == (status, code, message)
    assert result.body["request_id"]
    assert dict(result.reply.headers)[b"x-mock-explain"].decode() == result.body["request_id"]


@pytest.mark.parametrize("path", ["/", "/api/v1/tasks/1", "/nowhere", f"{SERVICE}/face-detect"])
def test_any_call_without_a_key_is_answered_401(service: Service, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        result = service.call(method, path, key=None)
        assert_refused(result, 401, "InvalidApiKey", "No API-key provided.")


@pytest.mark.parametrize("sent", ["Bearer nope", "Basic c2stYQ==", "sk-a", "Bearer", "Bearer sk-"])
def test_a_wrong_key_is_answered_401(service: Service, sent: str) -> None:
    result = service.call("GET", "/api/v1/tasks/1", key=None, Authorization=sent)
    assert_refused(result, 401, "InvalidApiKey", "Invalid API-key provided.")


@pytest.mark.parametrize("sent", ["Bearer sk-a", "bearer sk-a", "BEARER   sk-a  "])
def test_the_word_bearer_may_have_any_case(service: Service, sent: str) -> None:
    assert service.call("GET", "/api/v1/tasks/1", key=None, Authorization=sent).status == 200


@each_case(
    "path",
    ["/", "/api/v1", "/api/v1/", "/api/v1/api/v1/tasks/1", "/tasks/1", "/api/v1/tasks/a/b/c",
     "/api/v1//tasks/1", "/API/v1/tasks/1", "/qwen/tasks/1", "/compatible-mode/v1/tasks/1"],
)  # fmt: skip
def test_an_unknown_path_is_a_url_error(service: Service, path: str) -> None:
    result = service.call("GET", path)
    assert_refused(result, 400, "InvalidParameter", "url error, please check url！")


@pytest.mark.parametrize(("method", "path"), [("GET", f"{SERVICE}/face-detect"),
                                              ("DELETE", "/api/v1/tasks/1"),
                                              ("PUT", "/api/v1/tasks"),
                                              ("GET", "/api/v1/tasks/1/cancel")])  # fmt: skip
def test_a_wrong_method_is_named(service: Service, method: str, path: str) -> None:
    message = f"Request method '{method}' is not supported."
    assert_refused(service.call(method, path), 400, "InvalidParameter", message)


def test_a_create_without_the_asynchronous_header_is_answered_403(service: Service) -> None:
    message = "current user api does not support synchronous calls"
    body = request(service.spec, "createVideoTask")
    for headers in ({}, {"X_DashScope_Async": "disable"}):
        result = service.call("POST", f"{SERVICE}/video-synthesis", body, **headers)
        assert_refused(result, 403, "AccessDenied", message)


def test_a_detect_with_the_asynchronous_header_is_answered_403(service: Service) -> None:
    message = "current user api does not support asynchronous calls"
    assert_refused(service.detect(X_DashScope_Async="enable"), 403, "AccessDenied", message)
    assert service.detect(X_DashScope_Async="disable").status == 200


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b'"x"', b"1", b"{'a': 1}"])
def test_a_body_that_is_not_a_json_object_is_refused(service: Service, body: bytes) -> None:
    for result in (
        service.call("POST", f"{SERVICE}/face-detect", body),
        service.call("POST", f"{SERVICE}/video-synthesis", body, X_DashScope_Async="enable"),
    ):
        assert_refused(result, 400, "InvalidParameter", BAD_BODY)


CREATE = [
    ({"model": None}, "BadRequest.EmptyModel", 'Required parameter "model" missing from request.'),
    ({"input": None}, "BadRequest.EmptyInput", "Required input parameter missing from request."),
    ({"model": "emo-v9"}, "InvalidParameter", "Model not exist."),
    ({"model": 7}, "InvalidParameter", "Model not exist."),
    ({"model": "emo-detect-v1"}, "InvalidParameter", "url error, please check url！"),
    ({"input": []}, "InvalidParameter",
     "Required parameter(input) missing or invalid, please check the request parameters."),
    ({"parameters": "x"}, "InvalidParameter",
     "Required parameter(parameters) missing or invalid, please check the request parameters."),
    ({"input__image_url": None}, "InvalidParameter", NO_IMAGE),
    ({"input__audio_url": None}, "InvalidParameter", "Field required: input.audio_url"),
    ({"input__face_bbox": None}, "InvalidParameter", "Field required: input.face_bbox"),
    ({"input__ext_bbox": None}, "InvalidParameter", "Field required: input.ext_bbox"),
    ({"input__image_url": 5}, "InvalidURL", URL),
    ({"input__audio_url": "ftp://x/a.wav"}, "InvalidURL", URL),
    ({"input__image_url": "data:image/png;base64,AA"}, "InvalidURL", URL),
    ({"input__image_url": "/home/me.png"}, "InvalidURL", URL),
    ({"input__image_url": "http://"}, "InvalidURL", URL),
    ({"parameters__style_level": "wild"}, "InvalidParameter", "The style_level is invalid."),
    ({"parameters__style_level": 1}, "InvalidParameter", "The style_level is invalid."),
    ({"input__face_bbox": [1, 2, 3]}, "InvalidParameter", "Invalid face_bbox."),
    ({"input__face_bbox": [10, 0, 5, 5]}, "InvalidParameter", "Invalid face_bbox."),
    ({"input__face_bbox": [1.5, 2, 3, 4]}, "InvalidParameter", "Invalid face_bbox."),
    ({"input__ext_bbox": "71,9,840,778"}, "InvalidParameter", "Invalid ext_bbox."),
    ({"input__ext_bbox": [71, 9, 840, "778"]}, "InvalidParameter", "Invalid ext_bbox."),
    ({"input__ext_bbox": [-1, 0, 99, 100]}, "InvalidParameter", "Invalid ext_bbox."),
    ({"input__ext_bbox": [0, 0, 100, 200]}, "InvalidParameter", "Invalid ext_bbox."),
    ({"input__ext_bbox": [0, 0, 103, 100]}, "InvalidParameter", "Invalid ext_bbox."),
    ({"input__ext_bbox": [5, 5, 5, 5]}, "InvalidParameter", "Invalid ext_bbox."),
]  # fmt: skip


@each_case("change, code, message", CREATE)
def test_an_invalid_create_is_refused(
    service: Service, change: dict[str, Any], code: str, message: str
) -> None:
    body = changed(service.spec, "createVideoTask", **change)
    assert_refused(service.create(body), 400, code, message)


@pytest.mark.parametrize(
    "box", [[0, 0, 100, 100], [0, 0, 102, 100], [0, 0, 98, 100], [7, 3, 307, 403], [0, 0, 77, 100]]
)
def test_an_aspect_within_two_px_is_accepted(service: Service, box: list[int]) -> None:
    body = changed(service.spec, "createVideoTask", input__ext_bbox=box)
    assert service.create(body).status == 200


DETECT = [
    ({"model": "nope"}, "InvalidParameter", "Model not exist."),
    ({"model": "emo-v1"}, "InvalidParameter", "url error, please check url！"),
    ({"input": None}, "BadRequest.EmptyInput", "Required input parameter missing from request."),
    ({"input__image_url": None}, "InvalidParameter", NO_IMAGE),
    ({"input__image_url": "me.png"}, "InvalidURL", URL),
    ({"parameters__ratio": "16:9"}, "InvalidParameter",
     "The request parameter is invalid, please check the request parameter."),
]  # fmt: skip


@each_case("change, code, message", DETECT)
def test_an_invalid_detect_is_refused(
    service: Service, change: dict[str, Any], code: str, message: str
) -> None:
    body = changed(service.spec, "detectFace", **change)
    assert_refused(service.detect(body), 400, code, message)


def test_an_oss_url_needs_its_header(service: Service) -> None:
    message = "The media format is not supported or incorrect for the data inspection."
    body = changed(service.spec, "createVideoTask", input__audio_url="oss://bucket/voice.wav")
    assert_refused(service.create(body), 400, "InvalidParameter.DataInspection", message)
    assert service.create(body, X_DashScope_OssResourceResolve="enable").status == 200


def test_additional_fields_of_real_clients_are_accepted(service: Service) -> None:
    for name in service.spec.operations["createVideoTask"].requests:
        assert service.create(request(service.spec, "createVideoTask", name)).status == 200
    assert service.detect(changed(service.spec, "detectFace", parameters=None)).status == 200
    headers = {"X_DashScope_Async": "enable", "Content_Type": "application/json"}
    assert service.get("1", query="style_level=calm", **headers).status == 200


@pytest.mark.parametrize(
    ("query", "name"),
    [("page_no=0", "page_no"), ("page_size=x", "page_size"), ("status=DONE", "status"),
     ("start_time=2025", "start_time"), ("page_size=" + "9" * 400, "page_size"),
     ("start_time=20250911000000&end_time=20250913000000", "end_time")],
)  # fmt: skip
def test_an_invalid_filter_of_the_list_is_refused(service: Service, query: str, name: str) -> None:
    message = f"Required parameter({name}) missing or invalid, please check the request parameters."
    assert_refused(service.list(query), 400, "InvalidParameter", message)


def test_the_order_of_checks_is_key_path_method_header_json_model_fields(service: Service) -> None:
    path = f"{SERVICE}/video-synthesis"
    no_image = {"input__image_url": None, "input__audio_url": "x"}
    worse = changed(service.spec, "createVideoTask", model="nope", **no_image)
    steps = [
        (service.call("PUT", "/x", b"{", key="bad"), "Invalid API-key provided."),
        (service.call("PUT", "/x", b"{"), "url error, please check url！"),
        (service.call("PUT", path, b"{"), "Request method 'PUT' is not supported."),
        (service.call("POST", path, b"{"), "current user api does not support synchronous calls"),
        (service.create(b"{"), BAD_BODY),
        (service.create(worse), "Model not exist."),
        (service.create(changed(service.spec, "createVideoTask", **no_image)), NO_IMAGE),
    ]
    assert [result.body["message"] for result, _ in steps] == [message for _, message in steps]


def test_the_scheme_of_a_url_may_have_any_case(service: Service) -> None:
    body = changed(service.spec, "createVideoTask", input__image_url="HTTPS://x/a.png")
    assert service.create(body).status == 200
    body["input"]["audio_url"] = "OSS://bucket/voice.wav"
    assert service.create(body).body["code"] == "InvalidParameter.DataInspection"


def test_the_fields_of_an_error_have_the_captured_order(service: Service) -> None:
    assert list(service.call("GET", "/x").body) == ["code", "message", "request_id"]
    assert list(service.cancel("1").body) == ["request_id", "code", "message"]


def test_a_bug_in_the_fake_is_answered_with_the_500_of_the_service(
    service: Service, mistakes: list[Any]
) -> None:
    reply = failed(service.engine, Call("GET", "/api/v1/tasks/1", "", {}, b""), ValueError())
    body = json.loads(reply.body)
    assert (reply.status, body["code"]) == (500, "InternalError")
    assert body["message"] and body["request_id"]
    assert mistakes
