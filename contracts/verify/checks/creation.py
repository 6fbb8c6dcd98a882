"""Checks of create calls that must be refused, or must make a task that fails. A provider that
accepts one of them may charge for it, so all of them are paid calls."""

from __future__ import annotations

from typing import Any

from contracts.spec.models import replaced
from contracts.verify.context import CheckContext
from contracts.verify.registry import CREATE, Refusal, check
from contracts.verify.run_task import expect_refusal, expect_required

PAID_CALL = (CREATE,)


def _with(ctx: CheckContext, role: str, value: Any) -> Any:
    """The documented body with another value in the field with this role."""
    return replaced(ctx.creation_body(), ctx.tested[role], value)


def _expect_refused(ctx: CheckContext, role: str, value: Any) -> None:
    """Expect that a create call with this value in the field with this role is refused, or that its
    task fails."""
    expect_refusal(ctx, ctx.create(_with(ctx, role, value)), ctx.tested.refusal(role))


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
    "A create call with an unknown {choice} is refused, or its task fails.",
    Refusal("choice"),
    failed="A create call with an unknown {choice} was accepted or refused wrongly",
    paid_calls=PAID_CALL,
)
def style_level(ctx: CheckContext) -> None:
    _expect_refused(ctx, "choice", "wild")


@check(
    "creation.area-missing",
    "A create call without {area} is refused, or its task fails.",
    "InvalidParameter-field-required",
    failed="A create call without {area} was accepted or refused wrongly",
    paid_calls=PAID_CALL,
)
def area_missing(ctx: CheckContext) -> None:
    expect_required(ctx, "area")


@check(
    "creation.face-missing",
    "A create call without {face} is refused, or its task fails.",
    "InvalidParameter-field-required",
    failed="A create call without {face} was accepted or refused wrongly",
    paid_calls=PAID_CALL,
)
def face_missing(ctx: CheckContext) -> None:
    expect_required(ctx, "face")


@check(
    "creation.area",
    "An {area} that is neither 1:1 nor 3:4 is refused, or its task fails.",
    Refusal("area"),
    failed="An {area} that is neither 1:1 nor 3:4 was accepted or refused wrongly",
    paid_calls=PAID_CALL,
)
def area(ctx: CheckContext) -> None:
    _expect_refused(ctx, "area", [0, 0, 800, 300])


@check(
    "creation.box",
    "A {face} with swapped corners is refused, or its task fails.",
    Refusal("face"),
    failed="A {face} with swapped corners was accepted or refused wrongly",
    paid_calls=PAID_CALL,
    severity="warning",
)
def box(ctx: CheckContext) -> None:
    upside_down = [610, 593, 302, 286]
    _expect_refused(ctx, "face", upside_down)


@check(
    "creation.no-url",
    "A create call with a URL that is not http is refused, or its task fails.",
    "InvalidURL",
    failed="A create call with a URL that is not http was accepted or refused wrongly",
    paid_calls=PAID_CALL,
)
def no_url(ctx: CheckContext) -> None:
    expect_refusal(ctx, ctx.create(_with(ctx, "image", "portrait.png")), "InvalidURL")
    created = ctx.create(_with(ctx, "audio", "data:audio/wav;base64,UklGRg=="))
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
    exchange = ctx.create(_with(ctx, "image", "oss://dashscope-instant/none/portrait.png"))
    names = "InvalidParameter.DataInspection", "InvalidParameter.DataInspection-download"
    expect_refusal(ctx, exchange, *names)
