"""Checks of create calls that must be refused, or must make a task that fails. A provider that
accepts one of them may charge for it, so all of them are paid calls."""

from __future__ import annotations

from typing import Any

from contracts.verify.context import CheckContext
from contracts.verify.registry import check
from contracts.verify.run_task import expect_refusal, expect_required

PAID_CALL = ("createVideoTask",)


def _with(ctx: CheckContext, **changes: Any) -> dict[str, Any]:
    """The documented body with other inputs; None removes an input."""
    body = ctx.creation_body()
    body["input"] |= changes
    body["input"] = {name: value for name, value in body["input"].items() if value is not None}
    return body


@check(
    "creation.synchronous",
    "A synchronous create call is refused.",
    "AccessDenied-synchronous",
    failed="A synchronous create call was not refused as documented",
    paid_calls=PAID_CALL,
)
def synchronous(ctx: CheckContext) -> None:
    names = "AccessDenied-synchronous", "AccessDenied-synchronous-period"
    ctx.expect_outcome(ctx.create(headers={}), *names)


@check(
    "creation.style_level",
    "A create call with an unknown style_level is refused, or its task fails.",
    "InvalidParameter-style_level",
    failed="A create call with an unknown style_level was accepted or refused wrongly",
    paid_calls=PAID_CALL,
)
def style_level(ctx: CheckContext) -> None:
    body = ctx.creation_body()
    body["parameters"] = {"style_level": "wild"}
    expect_refusal(ctx, ctx.create(body), "InvalidParameter-style_level")


@check(
    "creation.area-missing",
    "A create call without ext_bbox is refused, or its task fails.",
    "InvalidParameter-field-required",
    failed="A create call without ext_bbox was accepted or refused wrongly",
    paid_calls=PAID_CALL,
)
def area_missing(ctx: CheckContext) -> None:
    expect_required(ctx, ctx.create(_with(ctx, ext_bbox=None)), "input.ext_bbox")


@check(
    "creation.face-missing",
    "A create call without face_bbox is refused, or its task fails.",
    "InvalidParameter-field-required",
    failed="A create call without face_bbox was accepted or refused wrongly",
    paid_calls=PAID_CALL,
)
def face_missing(ctx: CheckContext) -> None:
    expect_required(ctx, ctx.create(_with(ctx, face_bbox=None)), "input.face_bbox")


@check(
    "creation.area",
    "An ext_bbox that is neither 1:1 nor 3:4 is refused, or its task fails.",
    "InvalidParameter-ext_bbox",
    failed="An ext_bbox that is neither 1:1 nor 3:4 was accepted or refused wrongly",
    paid_calls=PAID_CALL,
)
def area(ctx: CheckContext) -> None:
    created = ctx.create(_with(ctx, ext_bbox=[0, 0, 800, 300]))
    expect_refusal(ctx, created, "InvalidParameter-ext_bbox")


@check(
    "creation.box",
    "A face_bbox with swapped corners is refused, or its task fails.",
    "InvalidParameter-face_bbox",
    failed="A face_bbox with swapped corners was accepted or refused wrongly",
    paid_calls=PAID_CALL,
    severity="warning",
)
def box(ctx: CheckContext) -> None:
    upside_down = [610, 593, 302, 286]
    created = ctx.create(_with(ctx, face_bbox=upside_down))
    expect_refusal(ctx, created, "InvalidParameter-face_bbox")


@check(
    "creation.no-url",
    "A create call with a URL that is not http is refused, or its task fails.",
    "InvalidURL",
    failed="A create call with a URL that is not http was accepted or refused wrongly",
    paid_calls=PAID_CALL,
)
def no_url(ctx: CheckContext) -> None:
    expect_refusal(ctx, ctx.create(_with(ctx, image_url="portrait.png")), "InvalidURL")
    created = ctx.create(_with(ctx, audio_url="data:audio/wav;base64,UklGRg=="))
    expect_refusal(ctx, created, "InvalidURL")


@check(
    "creation.upload",
    "An oss:// URL without the header that resolves it is refused, or its task fails.",
    "InvalidParameter.DataInspection",
    failed="An oss:// URL without the header that resolves it was accepted or refused wrongly",
    paid_calls=PAID_CALL,
    severity="warning",
)
def upload(ctx: CheckContext) -> None:
    exchange = ctx.create(_with(ctx, image_url="oss://dashscope-instant/none/portrait.png"))
    names = "InvalidParameter.DataInspection", "InvalidParameter.DataInspection-download"
    expect_refusal(ctx, exchange, *names)
