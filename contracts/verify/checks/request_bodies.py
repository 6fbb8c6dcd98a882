"""Checks of request bodies that must be refused. Most of them lack a value that a task needs, so a
provider cannot charge for them."""

from __future__ import annotations

from typing import Any

from contracts.verify.context import CheckContext
from contracts.verify.registry import Evidence, check
from contracts.verify.run_task import expect_required

CALLS = ("detectFace", "createVideoTask")


def _refused(ctx: CheckContext, operation: str, body: Any, *names: str, field: str = "") -> None:
    send = ctx.detect if operation == "detectFace" else ctx.create
    ctx.expect_outcome(send(body), *names, field=field)


@check(
    "bodies.none",
    "A detect or create call without a body is refused.",
    "InvalidParameter-body",
    failed="A detect or create call without a body was not refused as documented",
)
def none(ctx: CheckContext) -> None:
    ctx.expect_outcome(ctx.detect(text=""), "InvalidParameter-body")
    ctx.expect_outcome(ctx.create(text=""), "InvalidParameter-body")


@check(
    "bodies.json",
    "A body that is not JSON is refused.",
    "InvalidParameter-body",
    failed="A body that is not JSON was not refused as documented",
)
def no_json(ctx: CheckContext) -> None:
    for text in ('{"model": ', "model=emo-v1", "<xml/>"):
        ctx.expect_outcome(ctx.detect(text=text), "InvalidParameter-body")
        ctx.expect_outcome(ctx.create(text=text), "InvalidParameter-body")


@check(
    "bodies.object",
    "A JSON body that is not an object is refused.",
    "InvalidParameter-body",
    failed="A JSON body that is not an object was not refused as documented",
)
def no_object(ctx: CheckContext) -> None:
    for text in ("[]", '"emo-v1"', "1", "null"):
        ctx.expect_outcome(ctx.create(text=text), "InvalidParameter-body")


@check(
    "bodies.model-missing",
    "A body without a model is refused.",
    "BadRequest.EmptyModel",
    failed="A body without a model was not refused as documented",
)
def model_missing(ctx: CheckContext) -> None:
    for operation in CALLS:
        _refused(ctx, operation, {"input": {}}, "BadRequest.EmptyModel")


@check(
    "bodies.model-unknown",
    "An unknown model is refused.",
    "InvalidParameter-model",
    failed="An unknown model was not refused as documented",
    paid_calls=CALLS,
)
def model_unknown(ctx: CheckContext) -> None:
    for operation in CALLS:
        documented = ctx.spec.operations[operation].requests["documentation"]
        _refused(ctx, operation, {**documented, "model": "emo-v0"}, "InvalidParameter-model")


@check(
    "bodies.model-elsewhere",
    "A model of another operation is refused as a wrong URL.",
    "InvalidParameter-url-error",
    failed="A model of another operation was not refused as a wrong URL",
    severity="warning",
    paid_calls=("detectFace",),
)
def model_elsewhere(ctx: CheckContext) -> None:
    image = {"image_url": ctx.media["image_url"]}
    body = {"model": "emo-v1", "input": image}
    ctx.expect_outcome(ctx.detect(body), "InvalidParameter-url-error")


@check(
    "bodies.model-first",
    "An unknown model is refused before the fields of the input are checked.",
    "InvalidParameter-model",
    Evidence("captured", "KR: the model is checked at submit, the fields of some models later"),
    failed="An unknown model with an empty input was not refused for the model",
    severity="warning",
)
def model_first(ctx: CheckContext) -> None:
    for operation in CALLS:
        _refused(ctx, operation, {"model": "emo-v0", "input": {}}, "InvalidParameter-model")


@check(
    "bodies.input-missing",
    "A body without an input is refused.",
    "BadRequest.EmptyInput",
    failed="A body without an input was not refused as documented",
)
def input_missing(ctx: CheckContext) -> None:
    _refused(ctx, "detectFace", {"model": "emo-detect-v1"}, "BadRequest.EmptyInput")
    _refused(ctx, "createVideoTask", {"model": "emo-v1"}, "BadRequest.EmptyInput")


@check(
    "bodies.image-missing",
    "An input without image_url is refused with the name of the field, or its task fails.",
    "InvalidParameter-field-required",
    failed="An input without image_url was accepted or refused wrongly",
)
def image_missing(ctx: CheckContext) -> None:
    body: dict[str, Any] = {"model": "emo-detect-v1", "input": {}}
    name = "InvalidParameter-field-required"
    ctx.expect_outcome(ctx.detect(body), name, field="input.image_url")
    expect_required(ctx, ctx.create(_without(ctx, "image_url")), "input.image_url")


@check(
    "bodies.audio-missing",
    "An input without audio_url is refused with the name of the field, or its task fails.",
    "InvalidParameter-field-required",
    failed="An input without audio_url was accepted or refused wrongly",
)
def audio_missing(ctx: CheckContext) -> None:
    expect_required(ctx, ctx.create(_without(ctx, "audio_url")), "input.audio_url")


def _without(ctx: CheckContext, name: str) -> dict[str, Any]:
    body = ctx.creation_body()
    del body["input"][name]
    return body


@check(
    "bodies.input-type",
    "An input that is not an object is refused.",
    "InvalidParameter",
    failed="An input that is not an object was not refused as documented",
    severity="warning",
)
def input_type(ctx: CheckContext) -> None:
    body: dict[str, Any] = {"model": "emo-detect-v1", "input": "portrait.png"}
    _refused(ctx, "detectFace", body, "InvalidParameter", field="input")
    _refused(ctx, "createVideoTask", {**body, "model": "emo-v1"}, "InvalidParameter", field="input")
