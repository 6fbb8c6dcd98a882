"""Typos in names of fields and parameters are found; names that real clients send are not typos."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from contracts.spec.loader import Spec
from contracts.spec.validation import Violation
from mock_server.suggest.typos import LONGEST, FieldNames, Typos, intended_name
from tests.helpers.cases import each_case
from tests.helpers.fake import request

# The official SDK and clients of sibling models send these names to the same endpoints.
SENT_BY_CLIENTS = [
    "audio_setting", "duration", "enable_thinking", "extend_prompt", "first_frame_url", "fps",
    "function", "head_frame", "img_url", "last_frame_url", "media", "messages", "n",
    "negative_prompt", "prompt", "prompt_extend", "ref_images_url", "reference_url",
    "reference_urls", "reference_video_description", "reference_video_urls", "resolution", "scene",
    "seed", "shot_type", "size", "steps", "tail_frame", "task", "template", "text", "video",
    "video_url", "wait_timeout", "watermark", "workspace",
]  # fmt: skip
STYLE = "parameters.style_level"


@pytest.fixture(scope="module", name="typos")
def compiled(spec: Spec) -> Typos:
    return Typos(spec)


def near_miss(
    typos: Typos, spec: Spec, name: str, body: Any = None, query: str = ""
) -> Violation | None:
    return typos.near_miss(spec.operations[name], body, query)


def test_no_documented_request_has_a_typo(typos: Typos, spec: Spec) -> None:
    for operation in spec.operations.values():
        for body in operation.requests.values():
            assert typos.near_miss(operation, body, "") is None


def test_an_undeclared_field_of_a_documented_request_is_known(spec: Spec) -> None:
    operation = spec.operations["createVideoTask"]
    body = request(spec, "createVideoTask")
    body["parameters"] = {"style": "calm"}
    assert not FieldNames(operation).all_known(body)
    assert FieldNames(replace(operation, requests={"another": body})).all_known(body)


@pytest.mark.parametrize("where", ["", "input", "parameters"])
@each_case("name", SENT_BY_CLIENTS)
def test_an_undeclared_field_that_clients_send_is_not_a_typo(
    typos: Typos, spec: Spec, where: str, name: str
) -> None:
    for operation in ("createVideoTask", "detectFace"):
        body = request(spec, operation)
        body["parameters"] = {}
        (body[where] if where else body)[name] = "x"
        assert near_miss(typos, spec, operation, body) is None


@each_case(
    "name",
    ["style", "Style_Level", "styleLevel", "STYLE-LEVEL", "stlye_level", "style_lvl", "level"],
)
@pytest.mark.parametrize("where", ["input", "parameters"])
def test_a_misspelled_or_misplaced_field_is_a_typo(
    typos: Typos, spec: Spec, where: str, name: str
) -> None:
    body = request(spec, "createVideoTask", "official-sdk")
    body[where][name] = "calm"
    found = near_miss(typos, spec, "createVideoTask", body)
    assert found is not None
    assert (found.outcome, found.pointer) == ("", f"/{where}/{name}")
    assert found.reason == f"is not known; did you mean {STYLE}?"
    assert found.schema == "#/components/schemas/CreateParameters/properties/style_level"


@pytest.mark.parametrize("name", ["parameter", "params", "Parameters", "style_level"])
def test_a_typo_at_the_top_of_the_body_is_found(typos: Typos, spec: Spec, name: str) -> None:
    body = request(spec, "createVideoTask", "without-parameters")
    body[name] = "calm" if name == "style_level" else {"style_level": "calm"}
    found = near_miss(typos, spec, "createVideoTask", body)
    assert found is not None
    assert found.field == name


def test_a_field_that_was_sent_is_not_suggested(typos: Typos, spec: Spec) -> None:
    body = request(spec, "createVideoTask")
    body["parameters"]["style"] = "calm"
    body["input"]["imageUrl"] = "https://example.com/a.png"
    assert near_miss(typos, spec, "createVideoTask", body) is None


def test_a_recorded_call_of_an_unknown_model_is_searched_for_the_fields_of_the_first_one(
    typos: Typos, spec: Spec
) -> None:
    body = {"model": "unknown", "input": {"img_url": "https://example.com/a.png"}}
    found = near_miss(typos, spec, "createVideoTask", body)
    assert found is not None
    assert found.reason == "is not known; did you mean input.image_url?"


def test_no_field_is_suggested_twice(spec: Spec) -> None:
    names = FieldNames(spec.operations["createVideoTask"])
    typos = list(names.typos({"input": {"img_url": 1, "image": 2, "bbox": 3, "boxes": 4}}))
    assert len({typo.meant for typo in typos}) == len(typos)
    assert typos[0] == (("input", "img_url"), ("input", "image_url"))


def test_a_body_of_any_shape_is_searched_for_typos(spec: Spec) -> None:
    names = FieldNames(spec.operations["createVideoTask"])
    for body in (None, [], "x", {}, {"input": None}, {"input": []}, {"parameters": "style"}):
        assert list(names.typos(body)) == []


@each_case(
    "sent, meant",
    [("page", "page_no"), ("pagesize", "page_size"), ("pageSize", "page_size"),
     ("size", "page_size"), ("state", "status"), ("Status", "status"), ("model", "model_name"),
     ("start", "start_time"),
     ("limit", ""), ("style_level", ""), ("key", "")],
)  # fmt: skip
def test_a_misspelled_query_parameter_of_the_list_is_a_typo(
    typos: Typos, spec: Spec, sent: str, meant: str
) -> None:
    found = near_miss(typos, spec, "listTasks", query=f"region=x&{sent}=1")
    if not meant:
        assert found is None
        return
    assert found is not None
    assert (found.pointer, found.field) == (f"#query/{sent}", sent)
    assert found.reason == f"is not known; did you mean {meant}?"
    assert spec.source_map.value(found.schema)["name"] == meant


def test_query_parameters_that_an_asyncio_client_adds_to_a_poll_are_not_typos(
    typos: Typos, spec: Spec
) -> None:
    assert near_miss(typos, spec, "getTask", query="style_level=calm&page=1") is None


def test_a_very_long_or_empty_name_resembles_no_known_name() -> None:
    assert intended_name("style_level"[:LONGEST], ["style_level"]) == "style_level"
    assert intended_name("aspect_ratio", ["ratio"]) == "ratio"
    assert intended_name("x_" * 100_000 + "ratio", ["ratio"]) == ""
    assert intended_name("", ["style_level"]) == intended_name("___", ["style_level"]) == ""
