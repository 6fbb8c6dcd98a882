"""The detection of a face: what it answers, and what it refuses. Each call that passes is paid."""

from __future__ import annotations

from typing import Any

from contracts.provider.exchange import Exchange, at
from contracts.spec.keywords import ratio_of
from contracts.spec.pointers import MISSING
from contracts.verify.context import ASYNC, Ask, Skip
from contracts.verify.registry import Because, check

ONE = ("detectFace",)
TOLERANCE = 2  # px, as in the schema of ext_bbox


def _box(exchange: Exchange, name: str) -> list[int]:
    box = at(exchange, f"/output/{name}")
    whole = isinstance(box, list) and len(box) == 4 and all(type(n) is int for n in box)
    return box if whole else []


def _passed(ask: Ask, body: dict[str, Any] | None = None) -> Exchange:
    exchange = ask.detect(body)
    rejected = str(at(exchange, "/code")).startswith("InvalidFile")
    if rejected or at(exchange, "/output/check_pass") is False:
        raise Skip("the picture was rejected; --image names another")
    if not ask.answers(exchange, "pass", "pass-humanoid"):
        raise Skip("the detection was not answered as documented")
    return exchange


def _area(ask: Ask, exchange: Exchange, ratio: str) -> None:
    box = _box(exchange, "ext_bbox")
    holds = bool(box) and ratio_of(box, [ratio], TOLERANCE) == ratio
    ask.that(exchange, "/output/ext_bbox", holds, f"a box of {ratio}, within {TOLERANCE} px")


@check("detection.pass", "A portrait passes, with two boxes.", "pass", pays=ONE)
def passes(ask: Ask) -> None:
    exchange = _passed(ask)
    for name in ("face_bbox", "ext_bbox"):
        box = _box(exchange, name)
        holds = bool(box) and box[0] < box[2] and box[1] < box[3]
        expected = "[x1, y1, x2, y2] of integers, x1 < x2 and y1 < y2"
        ask.that(exchange, f"/output/{name}", holds, expected)
    _area(ask, exchange, "1:1")


@check("detection.no-code", "A portrait that passes has no reason.", "pass", pays=ONE)
def no_code(ask: Ask) -> None:
    exchange = _passed(ask)
    for name in ("code", "message"):
        pointer = f"/output/{name}"
        ask.that(exchange, pointer, at(exchange, pointer) in (MISSING, "", None), "nothing")


@check("detection.usage", "One picture is charged.", "pass", pays=ONE, severity="warning")
def usage(ask: Ask) -> None:
    ask.equal(_passed(ask), "/usage/image_count", 1)


@check("detection.ratio", "The area has the ratio that was asked for.", "pass", pays=ONE)
def ratio(ask: Ask) -> None:
    body = ask.detection()
    body["parameters"]["ratio"] = "3:4"
    _area(ask, _passed(ask, body), "3:4")


@check(
    "detection.default-ratio",
    "Without parameters the ratio is 1:1.",
    Because("documented", "DET-2, DET-3"),
    pays=ONE,
)
def default_ratio(ask: Ask) -> None:
    body = ask.detection()
    del body["parameters"]
    _area(ask, _passed(ask, body), "1:1")


@check("detection.bad-ratio", "Another ratio is refused.", "InvalidParameter-ratio", pays=ONE)
def bad_ratio(ask: Ask) -> None:
    body = ask.detection()
    body["parameters"]["ratio"] = "16:9"
    ask.answers(ask.detect(body), "InvalidParameter-ratio")


@check(
    "detection.asynchronous",
    "It cannot be called asynchronously.",
    "AccessDenied-asynchronous",
    pays=ONE,
)
def asynchronous(ask: Ask) -> None:
    names = "AccessDenied-asynchronous", "AccessDenied-asynchronous-capital"
    ask.answers(ask.detect(headers={ASYNC: "enable"}), *names)


@check("detection.no-url", "What is no http URL is refused.", "InvalidURL", pays=ONE)
def no_url(ask: Ask) -> None:
    for url in ("portrait.png", "data:image/png;base64,iVBORw0KGgo="):
        body = ask.detection()
        body["input"]["image_url"] = url
        ask.answers(ask.detect(body), "InvalidURL")
