"""Bodies that are refused, with what is wrong; most of them nobody could carry out."""

from __future__ import annotations

from typing import Any

from contracts.verify.context import CheckContext
from contracts.verify.registry import Evidence, check
from contracts.verify.run_task import expect_required

CALLS = ("detectFace", "createVideoTask")


def _refused(ctx: CheckContext, operation: str, body: Any, *names: str, field: str = "") -> None:
    send = ctx.detect if operation == "detectFace" else ctx.create
    ctx.expect_outcome(send(body), *names, field=field)


@check("bodies.none", "A call that needs a body and has none is refused.", "InvalidParameter-body")
def none(ctx: CheckContext) -> None:
    ctx.expect_outcome(ctx.detect(text=""), "InvalidParameter-body")
    ctx.expect_outcome(ctx.create(text=""), "InvalidParameter-body")


@check("bodies.json", "A body that is no JSON is refused.", "InvalidParameter-body")
def no_json(ctx: CheckContext) -> None:
    for text in ('{"model": ', "model=emo-v1", "<xml/>"):
        ctx.expect_outcome(ctx.detect(text=text), "InvalidParameter-body")
        ctx.expect_outcome(ctx.create(text=text), "InvalidParameter-body")


@check("bodies.object", "A body that is no object is refused.", "InvalidParameter-body")
def no_object(ctx: CheckContext) -> None:
    for text in ("[]", '"emo-v1"', "1", "null"):
        ctx.expect_outcome(ctx.create(text=text), "InvalidParameter-body")


@check("bodies.model-missing", "A body without a model is refused.", "BadRequest.EmptyModel")
def model_missing(ctx: CheckContext) -> None:
    for operation in CALLS:
        _refused(ctx, operation, {"input": {}}, "BadRequest.EmptyModel")


@check(
    "bodies.model-unknown",
    "A model that there is not is refused.",
    "InvalidParameter-model",
    paid_calls=CALLS,
)
def model_unknown(ctx: CheckContext) -> None:
    for operation in CALLS:
        documented = ctx.spec.operations[operation].requests["documentation"]
        _refused(ctx, operation, {**documented, "model": "emo-v0"}, "InvalidParameter-model")


@check(
    "bodies.model-elsewhere",
    "A model that belongs to the other call is a wrong URL.",
    "InvalidParameter-url-error",
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
    severity="warning",
)
def model_first(ctx: CheckContext) -> None:
    for operation in CALLS:
        _refused(ctx, operation, {"model": "emo-v0", "input": {}}, "InvalidParameter-model")


@check("bodies.input-missing", "A body without an input is refused.", "BadRequest.EmptyInput")
def input_missing(ctx: CheckContext) -> None:
    _refused(ctx, "detectFace", {"model": "emo-detect-v1"}, "BadRequest.EmptyInput")
    _refused(ctx, "createVideoTask", {"model": "emo-v1"}, "BadRequest.EmptyInput")


@check(
    "bodies.image-missing",
    "An input without a picture is refused, and the field is named.",
    "InvalidParameter-field-required",
)
def image_missing(ctx: CheckContext) -> None:
    body: dict[str, Any] = {"model": "emo-detect-v1", "input": {}}
    name = "InvalidParameter-field-required"
    ctx.expect_outcome(ctx.detect(body), name, field="input.image_url")
    expect_required(ctx, ctx.create(_without(ctx, "image_url")), "input.image_url")


@check(
    "bodies.audio-missing",
    "An input without a recording is refused, and the field is named.",
    "InvalidParameter-field-required",
)
def audio_missing(ctx: CheckContext) -> None:
    expect_required(ctx, ctx.create(_without(ctx, "audio_url")), "input.audio_url")


def _without(ctx: CheckContext, name: str) -> dict[str, Any]:
    body = ctx.creation_body()
    del body["input"][name]
    return body


@check(
    "bodies.input-type",
    "An input that is no object is refused.",
    "InvalidParameter",
    severity="warning",
)
def input_type(ctx: CheckContext) -> None:
    body: dict[str, Any] = {"model": "emo-detect-v1", "input": "portrait.png"}
    _refused(ctx, "detectFace", body, "InvalidParameter", field="input")
    _refused(ctx, "createVideoTask", {**body, "model": "emo-v1"}, "InvalidParameter", field="input")
