"""Liars that route paths wrongly."""

from __future__ import annotations

from mock_server.simulation.call import Call, Reply
from tests.liars import Honest, error, is_poll, lies, with_header


@lies("paths.unknown")
def an_unknown_path_is_a_404(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    lost = reply.status == 400 and "no-such-function" in call.path
    return error(reply, 404, "NotFound", "Not found!") if lost else reply


@lies("paths.doubled")
def mends_doubled_prefixes(call: Call, honest: Honest) -> Reply:
    return honest(call._replace(path=call.path.replace("/api/v1/api/v1", "/api/v1")))


def _redirected(call: Call, honest: Honest) -> Reply:
    reply = honest(call._replace(path=call.path.rstrip("/")))
    there = call.origin.encode() + call.path.rstrip("/").encode()
    return with_header(reply, b"location", there)._replace(status=307)


@lies("paths.slash")
def redirects_slashes_of_gets(call: Call, honest: Honest) -> Reply:
    slashed = call.method == "GET" and call.path.endswith("/")
    return _redirected(call, honest) if slashed else honest(call)


@lies("paths.slash-cancel")
def redirects_slashes_of_cancels(call: Call, honest: Honest) -> Reply:
    return _redirected(call, honest) if call.path.endswith("cancel/") else honest(call)


@lies("paths.slash-post")
def knows_no_slash_behind_a_create_call(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    slashed = call.path.endswith(("synthesis/", "detect/"))
    text = "url error, please check url！"
    return error(reply, 400, "InvalidParameter", text) if slashed else reply


@lies("paths.method")
def a_wrong_method_is_a_405(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    wrong = call.method == "GET" and "image2video" in call.path and "no-such" not in call.path
    return error(reply, 405, "MethodNotAllowed", "no") if wrong else reply


@lies("paths.query")
def refuses_unknown_queries(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    extra = is_poll(call) and call.query
    return error(reply, 400, "InvalidParameter", call.query) if extra else reply


@lies("paths.headers")
def a_poll_must_not_be_asynchronous(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    text = "current user api does not support asynchronous calls"
    wrong = is_poll(call) and b"x-dashscope-async" in call.headers
    return error(reply, 403, "AccessDenied", text) if wrong else reply
