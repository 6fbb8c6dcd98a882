"""Create calls that are refused. A provider that takes one of them anyway may charge for it, so
each has to be paid for."""

from __future__ import annotations

from typing import Any

from contracts.verify.context import Ask
from contracts.verify.registry import check
from contracts.verify.run_task import needs, refused

ONE = ("createVideoTask",)


def _with(ask: Ask, **changes: Any) -> dict[str, Any]:
    """The documented body with other inputs; None leaves one out."""
    body = ask.creation()
    body["input"] |= changes
    body["input"] = {name: value for name, value in body["input"].items() if value is not None}
    return body


@check(
    "creation.synchronous",
    "It cannot be called synchronously.",
    "AccessDenied-synchronous",
    pays=ONE,
)
def synchronous(ask: Ask) -> None:
    names = "AccessDenied-synchronous", "AccessDenied-synchronous-period"
    ask.answers(ask.create(headers={}), *names)


@check(
    "creation.style_level",
    "A style that there is not is refused.",
    "InvalidParameter-style_level",
    pays=ONE,
)
def style_level(ask: Ask) -> None:
    body = ask.creation()
    body["parameters"] = {"style_level": "wild"}
    refused(ask, ask.create(body), "InvalidParameter-style_level")


@check(
    "creation.area-missing",
    "A call without the area is refused, or its task fails.",
    "InvalidParameter-field-required",
    pays=ONE,
)
def area_missing(ask: Ask) -> None:
    needs(ask, ask.create(_with(ask, ext_bbox=None)), "input.ext_bbox")


@check(
    "creation.face-missing",
    "A call without the face is refused, or its task fails.",
    "InvalidParameter-field-required",
    pays=ONE,
)
def face_missing(ask: Ask) -> None:
    needs(ask, ask.create(_with(ask, face_bbox=None)), "input.face_bbox")


@check(
    "creation.area",
    "An area that is neither 1:1 nor 3:4 is refused.",
    "InvalidParameter-ext_bbox",
    pays=ONE,
)
def area(ask: Ask) -> None:
    created = ask.create(_with(ask, ext_bbox=[0, 0, 800, 300]))
    refused(ask, created, "InvalidParameter-ext_bbox")


@check(
    "creation.box",
    "A box whose corners are the wrong way round is refused.",
    "InvalidParameter-face_bbox",
    pays=ONE,
    severity="warning",
)
def box(ask: Ask) -> None:
    upside_down = [610, 593, 302, 286]
    created = ask.create(_with(ask, face_bbox=upside_down))
    refused(ask, created, "InvalidParameter-face_bbox")


@check("creation.no-url", "What is no http URL is refused.", "InvalidURL", pays=ONE)
def no_url(ask: Ask) -> None:
    refused(ask, ask.create(_with(ask, image_url="portrait.png")), "InvalidURL")
    created = ask.create(_with(ask, audio_url="data:audio/wav;base64,UklGRg=="))
    refused(ask, created, "InvalidURL")


@check(
    "creation.upload",
    "An oss:// URL needs the header that makes the service resolve it.",
    "InvalidParameter.DataInspection",
    pays=ONE,
    severity="warning",
)
def upload(ask: Ask) -> None:
    exchange = ask.create(_with(ask, image_url="oss://dashscope-instant/none/portrait.png"))
    names = "InvalidParameter.DataInspection", "InvalidParameter.DataInspection-download"
    refused(ask, exchange, *names)
