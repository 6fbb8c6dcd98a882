"""Explanations of refused bodies: the violated rule, the place, a suggestion, and the place in the
spec."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.spec.loader import Spec
from mock_server.simulation.call import Call
from tests.helpers.cases import each_case
from tests.helpers.explain import Explained
from tests.helpers.fake import SERVICE, request
from tests.mock_server.engine.test_refusals import changed

CREATE = f"{SERVICE}/video-synthesis"
DETECT = f"{SERVICE}/face-detect"
INPUT = "#/components/schemas/CreateInput"


@pytest.fixture(name="service")
def explained(spec: Spec) -> Explained:
    return Explained(spec)


BODIES = [
    ({"input__image_url": None}, "/input/image_url", "input.image_url is required", "", "",
     f"{INPUT}/required"),
    ({"input__audio_url": "ftp://x"}, "/input/audio_url",
     "input.audio_url does not have the expected form", '"ftp://x"', "",
     "#/components/schemas/MediaUrl/pattern"),
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


@each_case("change, pointer, rule, got, meant, place", BODIES)
def test_a_refused_body_is_explained_with_rule_place_and_value(
    service: Explained, change: Any, pointer: str, rule: str, got: str, meant: str, place: str
) -> None:
    why = service.why_of_body(**change)
    assert (why.kind, why.status, why.pointer, why.got) == ("refusal", 400, pointer, got)
    assert rule in why.rule
    assert why.did_you_mean == meant
    file_and_line, _, where = why.spec.partition(" ")
    assert file_and_line == f"openapi.yaml:{service.spec.source_map.line(place)}"
    assert where == place
    keyword = place.rpartition("/")[2]
    assert json.loads(why.expected) == {keyword: service.spec.source_map.value(place)}


def test_an_explanation_repeats_the_answer_and_its_outcome(service: Explained) -> None:
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
    why = service.why_of_body(**change)
    assert (why.pointer, why.did_you_mean) == ("/input/image_url", "input.image_url")
    assert why.got == f'"input.{wrong}"'


def test_fields_outside_of_input_are_explained(service: Explained) -> None:
    body = request(service.spec, "createVideoTask")
    service.create({"model": body["model"], **body["input"]})
    why = service.why()
    assert (why.pointer, why.got, why.did_you_mean) == ("/input", '"image_url"', "input.image_url")


def test_a_model_on_the_wrong_path_is_explained_with_the_right_path(service: Explained) -> None:
    why = service.why_of_body(model="emo-detect-v1")
    assert why.advice.endswith(f"at POST {DETECT.removeprefix('/api/v1')}")


JSONS = [
    (b'{"model": "emo-v1", input: 1}', "line 1 column 21", '{"model": "emo-v1", input: 1}'),
    (b'{"a": 1, "a": 2}', "the key 'a' appears twice", '{"a": 1, "a": 2}'),
    (b"\xff", "position 0", "\ufffd"),
    (b" ", "Expecting value", " "),
    (b"[" * 4000, "nested more than 128 deep", "[" * 199 + "…"),
    (b"[" * 4000 + b"]" * 4000, "nested more than 128 deep", "[" * 199 + "…"),
    (b'{"a": "' + b"[" * 4000, "Unterminated string", '{"a": "' + "[" * 192 + "…"),
    (b'{"x": "' + b"y" * 300 + b'", 1}', "column 311", "y" * 37 + '", 1}'),
]


@pytest.mark.parametrize(("body", "rule", "got"), JSONS, ids=range(len(JSONS)))
def test_invalid_json_is_explained(service: Explained, body: bytes, rule: str, got: str) -> None:
    service.create(body)
    why = service.why()
    assert rule in why.rule
    assert why.got == got
    assert why.spec.endswith("~1video-synthesis/post/requestBody")


def test_a_body_that_is_too_large_is_explained(service: Explained) -> None:
    service.create(b'{"model": "' + b"x" * 2**20 + b'"}')
    why = service.why()
    assert (why.status, why.pointer) == (413, "#body")
    assert why.expected == "at most 1048576 bytes"
    assert why.spec.endswith("#/x-limits/body-bytes")


def test_headers_that_are_too_large_are_explained(service: Explained) -> None:
    key = {b"authorization": b"Bearer sk-test"}
    service.engine.handle(Call("GET", "/api/v1/tasks", headers=key, head_bytes=99999))
    why = service.why()
    assert (why.status, why.pointer, why.got) == (431, "#header", "99999 bytes")
    assert why.spec.endswith("#/x-limits/header-bytes")
