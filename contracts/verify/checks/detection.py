"""Checks of face detection: the boxes, the ratio, and calls that must be refused. All of them are
paid calls."""

from __future__ import annotations

from typing import Any

from contracts.provider.exchange import Exchange, answer_at
from contracts.spec.keywords import ratio_of
from contracts.spec.pointers import MISSING
from contracts.verify.context import ASYNC_HEADER, CheckContext, Skip
from contracts.verify.registry import Evidence, check

PAID_CALL = ("detectFace",)
TOLERANCE = 2  # px, as in the schema of ext_bbox


def _box(exchange: Exchange, name: str) -> list[int]:
    box = answer_at(exchange, f"/output/{name}")
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
    box = _box(exchange, "ext_bbox")
    holds = bool(box) and ratio_of(box, [ratio], TOLERANCE) == ratio
    ctx.expect(exchange, "/output/ext_bbox", holds, f"a box of {ratio}, within {TOLERANCE} px")


@check(
    "detection.pass",
    "A portrait passes the detection, with a valid face_bbox and ext_bbox.",
    "pass",
    failed="A portrait was not answered as passed, with a valid face_bbox and ext_bbox",
    paid_calls=PAID_CALL,
)
def passes(ctx: CheckContext) -> None:
    exchange = _passed(ctx)
    for name in ("face_bbox", "ext_bbox"):
        box = _box(exchange, name)
        holds = bool(box) and box[0] < box[2] and box[1] < box[3]
        expected = "[x1, y1, x2, y2] of integers, x1 < x2 and y1 < y2"
        ctx.expect(exchange, f"/output/{name}", holds, expected)
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
    "The ext_bbox of a detection has the requested ratio.",
    "pass",
    failed="The ext_bbox of a detection does not have the requested ratio",
    paid_calls=PAID_CALL,
)
def ratio(ctx: CheckContext) -> None:
    body = ctx.detection_body()
    body["parameters"]["ratio"] = "3:4"
    _area(ctx, _passed(ctx, body), "3:4")


@check(
    "detection.default-ratio",
    "Without parameters the ext_bbox of a detection has the ratio 1:1.",
    Evidence("documented", "DET-2, DET-3"),
    failed="Without parameters the ext_bbox of a detection does not have the ratio 1:1",
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
    body = ctx.detection_body()
    body["parameters"]["ratio"] = "16:9"
    ctx.expect_outcome(ctx.detect(body), "InvalidParameter-ratio")


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
    "A detect call with an image_url that is not an http URL is refused.",
    "InvalidURL",
    failed="A detect call with an image_url that is not an http URL was not refused as documented",
    paid_calls=PAID_CALL,
)
def no_url(ctx: CheckContext) -> None:
    for url in ("portrait.png", "data:image/png;base64,iVBORw0KGgo="):
        body = ctx.detection_body()
        body["input"]["image_url"] = url
        ctx.expect_outcome(ctx.detect(body), "InvalidURL")
