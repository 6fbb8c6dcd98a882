"""Models and paths of the service that the fake does not serve are refused first and explained."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.spec.loader import Spec
from mock_server.explain import Explanation, as_text
from mock_server.explain.kept import explain_entry
from tests.helpers.cases import each_case
from tests.helpers.fake import SERVICE, Service, request

SPEC = Spec.load()
NOT_EXIST = (400, "InvalidParameter", "Model not exist.")
JSON_VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just([])
PARTS = st.dictionaries(
    st.sampled_from(["image_url", "audio_url", "face_bbox", "ext_bbox"]), JSON_VALUES
)


def explained(service: Service) -> Explanation:
    """The explanation of the latest call of the service's key."""
    tenant = service.tenant_id()
    found = service.engine.recorder.last_explained(tenant)
    assert found
    return explain_entry(service.engine, tenant, found)


def refused(service: Service, operation: str, body: Any) -> tuple[int, str, str]:
    result = (service.create if operation == "createVideoTask" else service.detect)(body)
    return result.status, result.body["code"], result.body["message"]


@pytest.mark.parametrize("operation", ["createVideoTask", "detectFace"])
@each_case(
    "model",
    ["wan2.2-s2v", "wan2.2-s2v-detect", "videoretalk", "emo", "EMO-V1", " emo-v1", "", 5, None],
)
def test_the_model_is_checked_before_any_field(
    service: Service, operation: str, model: Any
) -> None:
    for rest in ({}, {"input": {}}, {"input": None}, {"parameters": 7}):
        assert refused(service, operation, {"model": model, **rest}) == NOT_EXIST, rest


@given(model=st.text(max_size=12).filter(lambda m: m not in SPEC.models), given_input=PARTS)
def test_an_unknown_model_is_refused_whatever_the_input_is(
    model: str, given_input: dict[str, Any]
) -> None:
    body = {"input": given_input, "model": model}
    assert refused(Service(SPEC), "createVideoTask", body) == NOT_EXIST


@pytest.mark.parametrize(
    ("operation", "model"), [("createVideoTask", "emo-detect-v1"), ("detectFace", "emo-v1")]
)
def test_a_model_of_the_other_path_is_a_url_error_before_any_field(
    service: Service, operation: str, model: str
) -> None:
    assert refused(service, operation, {"model": model})[2] == "url error, please check url！"
    route = "face-detect" if model == "emo-detect-v1" else "video-synthesis"
    assert route in explained(service).advice


def test_a_missing_model_is_answered_before_a_missing_input(service: Service) -> None:
    assert refused(service, "createVideoTask", {"parameters": {}})[1] == "BadRequest.EmptyModel"


@pytest.mark.parametrize("choice", ["retired", "retired-404"])
def test_a_retired_model_is_refused_before_any_field(make_service: Any, choice: str) -> None:
    service = make_service(variants={"models": choice})
    status, code, _ = refused(service, "createVideoTask", {"model": "emo-v1", "input": {}})
    expected = (400, "InvalidParameter") if choice == "retired" else (404, "ModelNotFound")
    assert (status, code) == expected


def test_the_async_header_is_checked_before_the_model(service: Service) -> None:
    reply = service.raw("POST", f"{SERVICE}/video-synthesis", {"model": "wan2.2-s2v"})
    assert (reply.status, json.loads(reply.body)["code"]) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("operation", "model", "served"),
    [("createVideoTask", "wan2.2-s2v", "emo-v1"),
     ("detectFace", "wan2.2-s2v-detect", "emo-detect-v1"),
     ("createVideoTask", "emo-detect-v1", "emo-v1"), ("createVideoTask", "emoji-v1", "emo-v1"),
     ("detectFace", "nonsense", "emo-detect-v1"), ("detectFace", None, "emo-detect-v1")],
)  # fmt: skip
def test_the_explanation_of_an_unknown_model_offers_one_of_the_same_path(
    service: Service, operation: str, model: Any, served: str
) -> None:
    refused(service, operation, {"model": model, "input": {}})
    found = explained(service)
    assert found.expected == f'["{served}"]'
    assert found.did_you_mean == ""
    sent = json.dumps(model)
    assert found.curl_note == f"With {served} in place of {sent}, if that is what you want:"
    assert f"{found.curl_note}\ncurl" in as_text(found)
    assert f'"model":"{served}"' in found.curl


def test_the_explanation_says_that_a_sibling_model_is_not_served(service: Service) -> None:
    refused(service, "createVideoTask", {"model": "wan2.2-s2v"})
    assert (
        "wan2.2-s2v is a model of the service that is not served here" in explained(service).advice
    )


def test_the_corrected_call_for_a_missing_header_notes_that_it_changes_the_model(
    service: Service,
) -> None:
    body = request(SPEC, "createVideoTask") | {"model": "wan2.2-s2v"}
    service.raw("POST", f"{SERVICE}/video-synthesis", body)
    found = explained(service)
    assert "X-DashScope-Async" in found.rule
    assert found.curl_note.startswith('With emo-v1 in place of "wan2.2-s2v"')


@pytest.mark.parametrize("model", ["EMO-V1", "emo-v1 ", "emo_v1", "emov1"])
def test_a_misspelled_model_is_corrected(service: Service, model: str) -> None:
    refused(service, "createVideoTask", request(SPEC, "createVideoTask") | {"model": model})
    found = explained(service)
    assert (found.did_you_mean, found.curl_note) == ("emo-v1", "")


def of_path(service: Service, path: str) -> Explanation:
    reply = service.raw("POST", path, {})
    body = json.loads(reply.body)
    assert (reply.status, body["message"]) == (400, "url error, please check url！")
    assert dict(reply.headers)[b"x-mock-explain"].decode() == body["request_id"]
    return explained(service)


AIGC = "/services/aigc"


@each_case(
    "path",
    ["/api/v1/uploads", "/uploads", "/qwen/api/v1/uploads/", "/api/v1/api/v1/uploads",
     "/api/v1//tokens", "/api/v1/models", f"/api/v1{AIGC}/video-generation/video-synthesis",
     f"/api/v1{AIGC}/text2image/image-synthesis", f"/api/v1{AIGC}/image2image/image-synthesis",
     f"{AIGC}/text-generation/generation", f"/api/v1{AIGC}/multimodal-generation/generation",
     f"/api/v1{AIGC}/image2video/aa-detect", "/api/v1/services/audio/asr/transcription",
     "/api/v1/services/embeddings/text-embedding/text-embedding", "/api/v1/apps/abc/completion",
     "/compatible-mode/v1/chat/completions", "/api-ws/v1/inference",
     "/api/v1/services/brand/new/thing", f"/api/v1{AIGC}/image2video/dance",
     "/api/v1/tokenizer", "/api/v1/mcps/amap-maps/sse", "/api/v1/public-keys/latest",
     "/api/v1/agentstudio", "/qwen/api/v1/brand-new"],
)  # fmt: skip
def test_a_path_of_another_product_is_not_served_and_not_called_misspelled(
    service: Service, path: str
) -> None:
    found = of_path(service, path)
    assert found.rule.startswith("this path is not served by this fake")
    assert (found.did_you_mean, found.curl) == ("", "")
    assert "misspelled" not in as_text(found)
    assert "base URL is" not in as_text(found)
    assert "the base URL may be right" in found.advice


@each_case(
    "path, wrong",
    [(f"/api/v1{AIGC}/image2vedio/video-synthesis", "misspelled"),
     (f"/api/v1{AIGC}/image2video/facedetect", "misspelled"),
     (f"/api/v1{AIGC}/face-detect", "misspelled"),
     ("/api/v1/task/1", "misspelled"),
     (f"{AIGC}/image2video/face-detect", "/api/v1 is missing"),
     ("/api/v1/api/v1/tasks/1", "is there twice"),
     (f"/compatible-mode/v1{AIGC}/image2video/face-detect", "OpenAI-compatible")],
)  # fmt: skip
def test_a_misspelled_path_that_the_fake_serves_is_corrected(
    service: Service, path: str, wrong: str
) -> None:
    found = of_path(service, path)
    assert wrong in found.rule
    assert found.curl
