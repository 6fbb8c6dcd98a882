"""Checks of face detection: the boxes, the ratio, and calls that must be refused. All of them are
paid calls."""

from __future__ import annotations

from typing import Any

from contracts.provider.exchange import Exchange, answer_at
from contracts.spec.keywords import ratio_of
from contracts.spec.models import replaced
from contracts.spec.pointers import MISSING
from contracts.verify.context import ASYNC_HEADER, CheckContext, Skip
from contracts.verify.registry import DETECT, Evidence, check

PAID_CALL = (DETECT,)
TOLERANCE = 2  # px, as in the schema of the area of a create call


def _box(exchange: Exchange, pointer: str) -> list[int]:
    box = answer_at(exchange, pointer)
    is_box = isinstance(box, list) and len(box) == 4 and all(type(n) is int for n in box)
    return box if is_box else []


def _passed(ctx: CheckContext, body: dict[str, Any] | None = None) -> Exchange:
    exchange = ctx.detect(body)
    rejected = str(answer_at(exchange, "/code")).startswith("InvalidFile")
    if rejected or answer_at(exchange, "/output/check_pass") is False:
        raise Skip("the image was rejected; choose another one with --image")
    if not ctx.expect_outcome(exchange, "pass", "pass-humanoid"):
        raise Skip("the detection was not answered as documented")
    return exchange


def _area(ctx: CheckContext, exchange: Exchange, ratio: str) -> None:
    pointer = ctx.tested["detected_area"]
    box = _box(exchange, pointer)
    holds = bool(box) and ratio_of(box, [ratio], TOLERANCE) == ratio
    ctx.expect(exchange, pointer, holds, f"a box of {ratio}, within {TOLERANCE} px")


def _with_ratio(ctx: CheckContext, ratio: str) -> Any:
    return replaced(ctx.detection_body(), ctx.tested["ratio"], ratio)


@check(
    "detection.pass",
    "A portrait passes the detection, with a valid {detected_face} and {detected_area}.",
    "pass",
    failed="A portrait was not answered as passed, "
    "with a valid {detected_face} and {detected_area}",
    paid_calls=PAID_CALL,
)
def passes(ctx: CheckContext) -> None:
    exchange = _passed(ctx)
    for role in ("detected_face", "detected_area"):
        pointer = ctx.tested[role]
        box = _box(exchange, pointer)
        holds = bool(box) and box[0] < box[2] and box[1] < box[3]
        expected = "[x1, y1, x2, y2] of integers, x1 < x2 and y1 < y2"
        ctx.expect(exchange, pointer, holds, expected)
    _area(ctx, exchange, "1:1")


@check(
    "detection.no-code",
    "The answer about a portrait that passes has no code and no message.",
    "pass",
    failed="A portrait was not answered as passed, without code and message",
    paid_calls=PAID_CALL,
)
def no_code(ctx: CheckContext) -> None:
    exchange = _passed(ctx)
    for name in ("code", "message"):
        pointer = f"/output/{name}"
        ctx.expect(
            exchange, pointer, answer_at(exchange, pointer) in (MISSING, "", None), "nothing"
        )


@check(
    "detection.usage",
    "A detection is charged as one image.",
    "pass",
    failed="A portrait was not answered as passed, with a charge for one image",
    paid_calls=PAID_CALL,
    severity="warning",
)
def usage(ctx: CheckContext) -> None:
    ctx.expect_equal(_passed(ctx), "/usage/image_count", 1)


@check(
    "detection.ratio",
    "The {detected_area} of a detection has the requested ratio.",
    "pass",
    failed="The {detected_area} of a detection does not have the requested ratio",
    paid_calls=PAID_CALL,
)
def ratio(ctx: CheckContext) -> None:
    _area(ctx, _passed(ctx, _with_ratio(ctx, "3:4")), "3:4")


@check(
    "detection.default-ratio",
    "Without parameters the {detected_area} of a detection has the ratio 1:1.",
    Evidence("documented", "DET-2, DET-3"),
    failed="Without parameters the {detected_area} of a detection does not have the ratio 1:1",
    paid_calls=PAID_CALL,
)
def default_ratio(ctx: CheckContext) -> None:
    body = ctx.detection_body()
    del body["parameters"]
    _area(ctx, _passed(ctx, body), "1:1")


@check(
    "detection.bad-ratio",
    "A detect call with a ratio other than 1:1 and 3:4 is refused.",
    "InvalidParameter-ratio",
    failed="A detect call with a ratio other than 1:1 and 3:4 was not refused as documented",
    paid_calls=PAID_CALL,
)
def bad_ratio(ctx: CheckContext) -> None:
    ctx.expect_outcome(ctx.detect(_with_ratio(ctx, "16:9")), "InvalidParameter-ratio")


@check(
    "detection.asynchronous",
    "An asynchronous detect call is refused.",
    "AccessDenied-asynchronous",
    failed="An asynchronous detect call was not refused as documented",
    paid_calls=PAID_CALL,
)
def asynchronous(ctx: CheckContext) -> None:
    names = "AccessDenied-asynchronous", "AccessDenied-asynchronous-capital"
    ctx.expect_outcome(ctx.detect(headers={ASYNC_HEADER: "enable"}), *names)


@check(
    "detection.no-url",
    "A detect call with an {portrait} that is not an http URL is refused.",
    "InvalidURL",
    failed="A detect call with an {portrait} that is not an http URL was not refused as documented",
    paid_calls=PAID_CALL,
)
def no_url(ctx: CheckContext) -> None:
    for url in ("portrait.png", "data:image/png;base64,iVBORw0KGgo="):
        body = replaced(ctx.detection_body(), ctx.tested["portrait"], url)
        ctx.expect_outcome(ctx.detect(body), "InvalidURL")
