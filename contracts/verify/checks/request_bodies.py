"""Bodies that are refused, with what is wrong; most of them nobody could carry out."""

from __future__ import annotations

from typing import Any

from contracts.verify.context import Ask
from contracts.verify.registry import Because, check
from contracts.verify.run_task import needs

CALLS = ("detectFace", "createVideoTask")


def _refused(ask: Ask, operation: str, body: Any, *names: str, field: str = "") -> None:
    send = ask.detect if operation == "detectFace" else ask.create
    ask.answers(send(body), *names, field=field)


@check("bodies.none", "A call that needs a body and has none is refused.", "InvalidParameter-body")
def none(ask: Ask) -> None:
    ask.answers(ask.detect(text=""), "InvalidParameter-body")
    ask.answers(ask.create(text=""), "InvalidParameter-body")


@check("bodies.json", "A body that is no JSON is refused.", "InvalidParameter-body")
def no_json(ask: Ask) -> None:
    for text in ('{"model": ', "model=emo-v1", "<xml/>"):
        ask.answers(ask.detect(text=text), "InvalidParameter-body")
        ask.answers(ask.create(text=text), "InvalidParameter-body")


@check("bodies.object", "A body that is no object is refused.", "InvalidParameter-body")
def no_object(ask: Ask) -> None:
    for text in ("[]", '"emo-v1"', "1", "null"):
        ask.answers(ask.create(text=text), "InvalidParameter-body")


@check("bodies.model-missing", "A body without a model is refused.", "BadRequest.EmptyModel")
def model_missing(ask: Ask) -> None:
    for operation in CALLS:
        _refused(ask, operation, {"input": {}}, "BadRequest.EmptyModel")


@check(
    "bodies.model-unknown",
    "A model that there is not is refused.",
    "InvalidParameter-model",
    pays=CALLS,
)
def model_unknown(ask: Ask) -> None:
    for operation in CALLS:
        documented = ask.spec.operations[operation].requests["documentation"]
        _refused(ask, operation, {**documented, "model": "emo-v0"}, "InvalidParameter-model")


@check(
    "bodies.model-elsewhere",
    "A model that belongs to the other call is a wrong URL.",
    "InvalidParameter-url-error",
    severity="warning",
    pays=("detectFace",),
)
def model_elsewhere(ask: Ask) -> None:
    image = {"image_url": ask.media["image_url"]}
    body = {"model": "emo-v1", "input": image}
    ask.answers(ask.detect(body), "InvalidParameter-url-error")


@check(
    "bodies.model-first",
    "An unknown model is refused before the fields of the input are checked.",
    "InvalidParameter-model",
    Because("captured", "KR: the model is checked at submit, the fields of some models later"),
    severity="warning",
)
def model_first(ask: Ask) -> None:
    for operation in CALLS:
        _refused(ask, operation, {"model": "emo-v0", "input": {}}, "InvalidParameter-model")


@check("bodies.input-missing", "A body without an input is refused.", "BadRequest.EmptyInput")
def input_missing(ask: Ask) -> None:
    _refused(ask, "detectFace", {"model": "emo-detect-v1"}, "BadRequest.EmptyInput")
    _refused(ask, "createVideoTask", {"model": "emo-v1"}, "BadRequest.EmptyInput")


@check(
    "bodies.image-missing",
    "An input without a picture is refused, and the field is named.",
    "InvalidParameter-field-required",
)
def image_missing(ask: Ask) -> None:
    body: dict[str, Any] = {"model": "emo-detect-v1", "input": {}}
    name = "InvalidParameter-field-required"
    ask.answers(ask.detect(body), name, field="input.image_url")
    needs(ask, ask.create(_without(ask, "image_url")), "input.image_url")


@check(
    "bodies.audio-missing",
    "An input without a recording is refused, and the field is named.",
    "InvalidParameter-field-required",
)
def audio_missing(ask: Ask) -> None:
    needs(ask, ask.create(_without(ask, "audio_url")), "input.audio_url")


def _without(ask: Ask, name: str) -> dict[str, Any]:
    body = ask.creation()
    del body["input"][name]
    return body


@check(
    "bodies.input-type",
    "An input that is no object is refused.",
    "InvalidParameter",
    severity="warning",
)
def input_type(ask: Ask) -> None:
    body: dict[str, Any] = {"model": "emo-detect-v1", "input": "portrait.png"}
    _refused(ask, "detectFace", body, "InvalidParameter", field="input")
    _refused(ask, "createVideoTask", {**body, "model": "emo-v1"}, "InvalidParameter", field="input")
