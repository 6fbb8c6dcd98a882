"""Liars whose answers have the wrong format."""

from __future__ import annotations

import json

from mock_server.simulation.call import Call, Reply
from tests.liars import Honest, changed, lies, said, saying, with_body, with_header


@lies("answers.json")
def says_text(call: Call, honest: Honest) -> Reply:
    return with_header(honest(call), b"content-type", b"text/plain")


@lies("answers.json")
def errors_have_no_type(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    return with_header(reply, b"content-type", None) if reply.status >= 400 else reply


@lies("answers.request-id")
def has_no_request_id_header(call: Call, honest: Honest) -> Reply:
    return with_header(honest(call), b"x-request-id", None)


@lies("answers.new-id")
def every_answer_has_the_same_id(call: Call, honest: Honest) -> Reply:
    same = "00000000-0000-9000-8000-000000000000"
    return changed(honest(call), lambda value: value.update(request_id=same))


@lies("answers.errors")
def errors_are_inside_output(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    return saying(reply, {"output": said(reply)}) if reply.status >= 400 else reply


@lies("answers.headers")
def says_not_how_long_it_took(call: Call, honest: Honest) -> Reply:
    return with_header(honest(call), b"req-cost-time", None)


@lies("answers.compact")
def prints_prettily(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    return with_body(reply, json.dumps(said(reply), indent=2).encode())
