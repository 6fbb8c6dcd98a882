"""Liars that accept or refuse the wrong request bodies."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from mock_server.simulation.call import Call, Reply
from tests.liars import Honest, Lie, changed, error, is_create, is_detect, liar, lies

ACCEPTED = '{"output":{"task_id":"t","task_status":"PENDING"},"request_id":"r"}'


def _generous(forgives: Callable[[Any], bool]) -> Lie:
    """Accepts a create call whose body is invalid in one way."""

    def lie(call: Call, honest: Honest) -> Reply:
        reply = honest(call)
        if not (is_create(call) or is_detect(call)) or reply.status != 400:
            return reply
        try:
            body = json.loads(call.body)
        except ValueError:
            body = ...
        if not forgives(body):
            return reply
        return changed(reply._replace(status=200), lambda v: v.update(json.loads(ACCEPTED)))

    return lie


def _input(body: Any) -> dict[str, Any]:
    found = body.get("input") if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}


@lies("bodies.none")
def takes_no_body(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    empty = reply.status == 400 and is_create(call) and not call.body
    return error(reply, 400, "BadRequest.EmptyInput", "none") if empty else reply


@lies("bodies.json")
def broken_json_is_a_500(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    broken = reply.status == 400 and b'"model": ' in call.body and not call.body.endswith(b"}")
    return error(reply, 500, "InternalError", "JSONDecodeError") if broken else reply


@liar("bodies.object")
def takes_a_body_that_is_no_object() -> Lie:
    return _generous(lambda body: isinstance(body, list | str | int) or body is None)


@liar("bodies.model-missing")
def takes_any_model_for_granted() -> Lie:
    return _generous(lambda body: isinstance(body, dict) and "model" not in body)


@lies("bodies.model-unknown")
def an_unknown_model_is_a_403(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    unknown = reply.status == 400 and b"emo-v0" in call.body
    return error(reply, 403, "Model.AccessDenied", "Model access denied.") if unknown else reply


@liar("bodies.model-elsewhere")
def detects_with_any_model() -> Lie:
    return _generous(lambda body: isinstance(body, dict) and body.get("model") == "emo-v1"
                     and "audio_url" not in _input(body) and bool(_input(body)))  # fmt: skip


@lies("bodies.model-first")
def checks_the_fields_before_the_model(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    if b"Model not exist." not in reply.body or _input(json.loads(call.body)):
        return reply
    return error(reply, 400, "InvalidParameter", "Field required: input.image_url")


@liar("bodies.input-missing")
def needs_no_input() -> Lie:
    return _generous(
        lambda body: isinstance(body, dict) and "model" in body and "input" not in body
    )


@liar("bodies.image-missing")
def needs_no_picture() -> Lie:
    return _generous(lambda body: isinstance(body, dict) and "model" in body
                     and isinstance(body.get("input"), dict)
                     and "image_url" not in body["input"])  # fmt: skip


@lies("bodies.image-missing")
def does_not_name_the_field(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    if b"Field required" not in reply.body:
        return reply
    return changed(reply, lambda value: value.update(message="Field required"))


@liar("bodies.audio-missing")
def needs_no_recording() -> Lie:
    return _generous(lambda body: "image_url" in _input(body) and "audio_url" not in _input(body)
                     and body["model"] == "emo-v1" and "ext_bbox" in _input(body))  # fmt: skip


@liar("bodies.input-type")
def takes_any_input() -> Lie:
    return _generous(lambda body: isinstance(body, dict) and isinstance(body.get("input"), str))
