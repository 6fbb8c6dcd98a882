"""The models of x-models: the body of each, its tiers, and contradictions with the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.spec.document import SpecError, default_path, read
from contracts.spec.loader import Spec
from contracts.spec.models import VideoModel, of_tier, tier_of
from tests.helpers.overlays import patched, with_made_up_model

SPEC = with_made_up_model()
CREATE = SPEC.operations["createVideoTask"]
NAMES = ("emo-v1", "made-up-talk")


def test_the_body_of_a_model_is_the_one_to_which_the_discriminator_maps_its_name() -> None:
    required = [CREATE.body_for(name).schema["properties"]["input"]["required"] for name in NAMES]
    assert required == [
        ["image_url", "audio_url", "face_bbox", "ext_bbox"],
        ["portrait_url", "speech_url"],
    ]


def test_an_unknown_model_is_refused_by_the_body_of_the_first_model() -> None:
    body = {"model": "no-such-model", "input": {}}
    first = next(CREATE.body_for("no-such-model").violations(body))
    assert (first.outcome, first.pointer) == ("InvalidParameter-model", "/model")


def test_a_model_of_another_operation_is_refused_as_a_wrong_path() -> None:
    detect = SPEC.operations["detectFace"]
    first = next(detect.body.violations({"model": "made-up-talk", "input": {}}))
    assert (first.outcome, first.pointer) == ("InvalidParameter-url-error", "/model")


@pytest.mark.parametrize("name", NAMES)
def test_each_tier_of_a_model_has_a_request_that_is_valid(name: str) -> None:
    model, body = SPEC.models[name], CREATE.body_for(name)
    request = next(iter(CREATE.requests_for(name).values()))
    assert isinstance(model, VideoModel)
    for tier in model.tiers:
        sent = of_tier(model, body, request, tier)
        assert body.is_valid(sent)
        assert tier_of(model, body, sent) == tier


def test_a_model_is_not_shown_with_the_answers_of_another_one() -> None:
    emo, made_up = (set(SPEC.endings_of(name)) for name in NAMES)
    assert emo - made_up >= {"SUCCEEDED", "FAILED.InvalidParameter-style_level"}
    assert made_up - emo == {"PRE-PROCESSING", "POST-PROCESSING", "SUCCEEDED.made-up"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"media-at": "/input/voice"}, "its body has no field /input/voice"),
        ({"tier-at": "/parameters/size"}, "its body has no field /parameters/size"),
        ({"succeeds": "DONE"}, "unknown outcome DONE"),
        ({"answer": {"/output/video": "url"}}, "has no value at /output/video"),
        ({"answer": {"/usage/video_ratio": "size"}}, "unknown fact size"),
        ({"before-running": {"WARMING": 3}}, "the lifecycle has no state WARMING"),
    ],
)
def test_a_model_that_contradicts_the_rest_is_refused(
    tmp_path: Path, change: dict[str, Any], problem: str
) -> None:
    path = tmp_path / "openapi.yaml"
    wrong = patched(read(default_path()), {"x-models": {"emo-v1": change}})
    path.write_text(yaml.safe_dump(wrong, sort_keys=False))
    with pytest.raises(SpecError, match=problem):
        Spec.load(path)
