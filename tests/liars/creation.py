"""Liars that create tasks from invalid input."""

from __future__ import annotations

import json
from typing import Any

from mock_server.simulation.call import Call, Reply
from tests.liars import Honest, is_create, lies

BOX = [71, 9, 840, 778]


def _mended(call: Call, honest: Honest, **inputs: Any) -> Reply:
    """The answer to the corrected input: each named field gets a valid value where it is
    invalid."""
    reply = honest(call)
    if not is_create(call) or reply.status != 400:
        return reply
    try:
        body = json.loads(call.body)
        body["input"] |= inputs
    except (ValueError, LookupError, TypeError):
        return reply
    return honest(call._replace(body=json.dumps(body).encode()))


@lies("creation.synchronous")
def creates_without_the_header(call: Call, honest: Honest) -> Reply:
    headers = {**call.headers, b"x-dashscope-async": b"enable"}
    return honest(call._replace(headers=headers) if is_create(call) else call)


@lies("creation.style_level")
def takes_any_style(call: Call, honest: Honest) -> Reply:
    return honest(call._replace(body=call.body.replace(b'"wild"', b'"calm"')))


@lies("creation.area-missing")
def needs_no_area(call: Call, honest: Honest) -> Reply:
    """Creates the video without ext_bbox."""
    return _mended(call, honest, ext_bbox=BOX) if b"ext_bbox" not in call.body else honest(call)


@lies("creation.face-missing")
def needs_no_face(call: Call, honest: Honest) -> Reply:
    """Accepts the complete body without face_bbox."""
    reply = honest(call)
    if is_create(call) and b"face_bbox" not in call.body and b"ext_bbox" in call.body:
        return reply._replace(body=reply.body.replace(b"face_bbox", b"ext_bbox"))
    return reply


@lies("creation.area")
def takes_areas_of_any_form(call: Call, honest: Honest) -> Reply:
    return honest(call._replace(body=call.body.replace(b"[0,0,800,300]", b"[71,9,840,778]")))


@lies("creation.box")
def turns_boxes_round(call: Call, honest: Honest) -> Reply:
    turned = call.body.replace(b"[610,593,302,286]", b"[302,286,610,593]")
    return honest(call._replace(body=turned))


@lies("creation.no-url")
def listens_to_recordings_in_the_call(call: Call, honest: Honest) -> Reply:
    body = call.body.replace(b"data:audio/wav;base64,UklGRg==", b"https://example.com/v.wav")
    return honest(call._replace(body=body))


@lies("creation.upload")
def resolves_uploads_unasked(call: Call, honest: Honest) -> Reply:
    headers = {**call.headers, b"x-dashscope-ossresourceresolve": b"enable"}
    return honest(call._replace(headers=headers))
