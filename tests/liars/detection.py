"""Liars that detect faces wrongly."""

from __future__ import annotations

import json
from typing import Any

from mock_server.simulation.call import Call, Reply
from tests.liars import Honest, changed, is_detect, lies

ASYNC = b"x-dashscope-async"


def _seen(call: Call, honest: Honest, change: Any) -> Reply:
    reply = honest(call)
    return changed(reply, change) if is_detect(call) and reply.status == 200 else reply


@lies("detection.pass")
def boxes_have_fractions(call: Call, honest: Honest) -> Reply:
    def change(value: Any) -> None:
        value["output"]["face_bbox"] = [n + 0.5 for n in value["output"]["face_bbox"]]

    return _seen(call, honest, change)


@lies("detection.pass")
def boxes_are_top_left_and_size(call: Call, honest: Honest) -> Reply:
    def change(value: Any) -> None:
        value["output"]["face_bbox"] = [600, 500, 120, 130]

    return _seen(call, honest, change)


@lies("detection.pass")
def boxes_are_beside_output(call: Call, honest: Honest) -> Reply:
    return _seen(call, honest, lambda v: v.update(face_bbox=v["output"].pop("face_bbox")))


@lies("detection.no-code")
def a_pass_has_a_code(call: Call, honest: Honest) -> Reply:
    return _seen(call, honest, lambda value: value["output"].update(code="Success", message="ok"))


@lies("detection.usage")
def charges_two_pictures(call: Call, honest: Honest) -> Reply:
    return _seen(call, honest, lambda value: value["usage"].update(image_count=2))


@lies("detection.ratio")
def every_area_is_square(call: Call, honest: Honest) -> Reply:
    return honest(call._replace(body=call.body.replace(b'"3:4"', b'"1:1"')))


@lies("detection.default-ratio")
def an_area_is_tall_unless_told(call: Call, honest: Honest) -> Reply:
    if not is_detect(call) or b"image_url" not in call.body or b"parameters" in call.body:
        return honest(call)
    body = {**json.loads(call.body), "parameters": {"ratio": "3:4"}}
    return honest(call._replace(body=json.dumps(body).encode()))


@lies("detection.bad-ratio")
def any_ratio_will_do(call: Call, honest: Honest) -> Reply:
    return honest(call._replace(body=call.body.replace(b'"16:9"', b'"1:1"')))


@lies("detection.asynchronous")
def detects_asynchronously(call: Call, honest: Honest) -> Reply:
    headers = {name: value for name, value in call.headers.items() if name != ASYNC}
    return honest(call._replace(headers=headers) if is_detect(call) else call)


@lies("detection.no-url")
def sees_pictures_in_the_call(call: Call, honest: Honest) -> Reply:
    body = call.body.replace(b"data:image/png;base64,iVBORw0KGgo=", b"https://example.com/p.png")
    return honest(call._replace(body=body) if is_detect(call) else call)
