"""Checks of request bodies that must be refused. Most of them lack a value that a task needs, so a
provider cannot charge for them."""

from __future__ import annotations

import json
from typing import Any

from contracts.spec.pointers import parts_of
from contracts.verify.context import CheckContext
from contracts.verify.model_under_test import Media
from contracts.verify.registry import CREATE, DETECT, Evidence, check
from contracts.verify.run_task import expect_required

CALLS = (DETECT, CREATE)


def _refused(ctx: CheckContext, call: str, body: Any, *names: str, field: str = "") -> None:
    send = ctx.detect if call == DETECT else ctx.create
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
    for text in ('{"model": ', f"model={ctx.tested.name}", "<xml/>"):
        ctx.expect_outcome(ctx.detect(text=text), "InvalidParameter-body")
        ctx.expect_outcome(ctx.create(text=text), "InvalidParameter-body")


@check(
    "bodies.object",
    "A JSON body that is not an object is refused.",
    "InvalidParameter-body",
    failed="A JSON body that is not an object was not refused as documented",
)
def no_object(ctx: CheckContext) -> None:
    for text in ("[]", json.dumps(ctx.tested.name), "1", "null"):
        ctx.expect_outcome(ctx.create(text=text), "InvalidParameter-body")


@check(
    "bodies.model-missing",
    "A body without a model is refused.",
    "BadRequest.EmptyModel",
    failed="A body without a model was not refused as documented",
)
def model_missing(ctx: CheckContext) -> None:
    for call in CALLS:
        _refused(ctx, call, {"input": {}}, "BadRequest.EmptyModel")


@check(
    "bodies.model-unknown",
    "An unknown model is refused.",
    "InvalidParameter-model",
    failed="An unknown model was not refused as documented",
    paid_calls=CALLS,
)
def model_unknown(ctx: CheckContext) -> None:
    documented = Media.documented(ctx.spec, ctx.tested.name)
    bodies = ctx.tested.detection_body(documented), ctx.tested.creation_body(documented)
    for call, body in zip(CALLS, bodies, strict=True):
        _refused(ctx, call, {**body, "model": "emo-v0"}, "InvalidParameter-model")


@check(
    "bodies.model-elsewhere",
    "A model of another operation is refused as a wrong URL.",
    "InvalidParameter-url-error",
    failed="A model of another operation was not refused as a wrong URL",
    severity="warning",
    paid_calls=(DETECT,),
)
def model_elsewhere(ctx: CheckContext) -> None:
    body = {**ctx.detection_body(), "model": ctx.tested.name}
    body.pop("parameters", None)
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
    for call in CALLS:
        _refused(ctx, call, {"model": "emo-v0", "input": {}}, "InvalidParameter-model")


@check(
    "bodies.input-missing",
    "A body without an input is refused.",
    "BadRequest.EmptyInput",
    failed="A body without an input was not refused as documented",
)
def input_missing(ctx: CheckContext) -> None:
    _refused(ctx, DETECT, {"model": ctx.tested.detector}, "BadRequest.EmptyInput")
    _refused(ctx, CREATE, {"model": ctx.tested.name}, "BadRequest.EmptyInput")


@check(
    "bodies.image-missing",
    "An input without {image} is refused with the name of the field, or its task fails.",
    "InvalidParameter-field-required",
    failed="An input without {image} was accepted or refused wrongly",
)
def image_missing(ctx: CheckContext) -> None:
    body: dict[str, Any] = {"model": ctx.tested.detector, "input": {}}
    field = ".".join(parts_of(ctx.tested["portrait"]))
    ctx.expect_outcome(ctx.detect(body), "InvalidParameter-field-required", field=field)
    expect_required(ctx, "image")


@check(
    "bodies.audio-missing",
    "An input without {audio} is refused with the name of the field, or its task fails.",
    "InvalidParameter-field-required",
    failed="An input without {audio} was accepted or refused wrongly",
)
def audio_missing(ctx: CheckContext) -> None:
    expect_required(ctx, "audio")


@check(
    "bodies.input-type",
    "An input that is not an object is refused.",
    "InvalidParameter",
    failed="An input that is not an object was not refused as documented",
    severity="warning",
)
def input_type(ctx: CheckContext) -> None:
    for call, model in zip(CALLS, (ctx.tested.detector, ctx.tested.name), strict=True):
        body = {"model": model, "input": "portrait.png"}
        _refused(ctx, call, body, "InvalidParameter", field="input")
