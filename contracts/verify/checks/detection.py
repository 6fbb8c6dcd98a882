"""The detection of a face: what it answers, and what it refuses. Each call that passes is paid."""

from __future__ import annotations

from typing import Any

from contracts.provider.exchange import Exchange, at
from contracts.spec.keywords import ratio_of
from contracts.spec.pointers import MISSING
from contracts.verify.context import ASYNC_HEADER, CheckContext, Skip
from contracts.verify.registry import Evidence, check

ONE = ("detectFace",)
TOLERANCE = 2  # px, as in the schema of ext_bbox


def _box(exchange: Exchange, name: str) -> list[int]:
    box = at(exchange, f"/output/{name}")
    whole = isinstance(box, list) and len(box) == 4 and all(type(n) is int for n in box)
    return box if whole else []


def _passed(ctx: CheckContext, body: dict[str, Any] | None = None) -> Exchange:
    exchange = ctx.detect(body)
    rejected = str(at(exchange, "/code")).startswith("InvalidFile")
    if rejected or at(exchange, "/output/check_pass") is False:
        raise Skip("the picture was rejected; --image names another")
    if not ctx.expect_outcome(exchange, "pass", "pass-humanoid"):
        raise Skip("the detection was not answered as documented")
    return exchange


def _area(ctx: CheckContext, exchange: Exchange, ratio: str) -> None:
    box = _box(exchange, "ext_bbox")
    holds = bool(box) and ratio_of(box, [ratio], TOLERANCE) == ratio
    ctx.expect(exchange, "/output/ext_bbox", holds, f"a box of {ratio}, within {TOLERANCE} px")


@check("detection.pass", "A portrait passes, with two boxes.", "pass", paid_calls=ONE)
def passes(ctx: CheckContext) -> None:
    exchange = _passed(ctx)
    for name in ("face_bbox", "ext_bbox"):
        box = _box(exchange, name)
        holds = bool(box) and box[0] < box[2] and box[1] < box[3]
        expected = "[x1, y1, x2, y2] of integers, x1 < x2 and y1 < y2"
        ctx.expect(exchange, f"/output/{name}", holds, expected)
    _area(ctx, exchange, "1:1")


@check("detection.no-code", "A portrait that passes has no reason.", "pass", paid_calls=ONE)
def no_code(ctx: CheckContext) -> None:
    exchange = _passed(ctx)
    for name in ("code", "message"):
        pointer = f"/output/{name}"
        ctx.expect(exchange, pointer, at(exchange, pointer) in (MISSING, "", None), "nothing")


@check("detection.usage", "One picture is charged.", "pass", paid_calls=ONE, severity="warning")
def usage(ctx: CheckContext) -> None:
    ctx.expect_equal(_passed(ctx), "/usage/image_count", 1)


@check("detection.ratio", "The area has the ratio that was asked for.", "pass", paid_calls=ONE)
def ratio(ctx: CheckContext) -> None:
    body = ctx.detection_body()
    body["parameters"]["ratio"] = "3:4"
    _area(ctx, _passed(ctx, body), "3:4")


@check(
    "detection.default-ratio",
    "Without parameters the ratio is 1:1.",
    Evidence("documented", "DET-2, DET-3"),
    paid_calls=ONE,
)
def default_ratio(ctx: CheckContext) -> None:
    body = ctx.detection_body()
    del body["parameters"]
    _area(ctx, _passed(ctx, body), "1:1")


@check("detection.bad-ratio", "Another ratio is refused.", "InvalidParameter-ratio", paid_calls=ONE)
def bad_ratio(ctx: CheckContext) -> None:
    body = ctx.detection_body()
    body["parameters"]["ratio"] = "16:9"
    ctx.expect_outcome(ctx.detect(body), "InvalidParameter-ratio")


@check(
    "detection.asynchronous",
    "It cannot be called asynchronously.",
    "AccessDenied-asynchronous",
    paid_calls=ONE,
)
def asynchronous(ctx: CheckContext) -> None:
    names = "AccessDenied-asynchronous", "AccessDenied-asynchronous-capital"
    ctx.expect_outcome(ctx.detect(headers={ASYNC_HEADER: "enable"}), *names)


@check("detection.no-url", "What is no http URL is refused.", "InvalidURL", paid_calls=ONE)
def no_url(ctx: CheckContext) -> None:
    for url in ("portrait.png", "data:image/png;base64,iVBORw0KGgo="):
        body = ctx.detection_body()
        body["input"]["image_url"] = url
        ctx.expect_outcome(ctx.detect(body), "InvalidURL")
