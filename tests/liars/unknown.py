"""Liars that answer unknown task ids wrongly."""

from __future__ import annotations

from mock_server.simulation.call import Call, Reply
from tests.liars import (
    Honest,
    changed,
    error,
    is_cancel,
    is_poll,
    lies,
    said,
    saying,
    state_of,
    task_of,
)


def _unknown(call: Call, reply: Reply) -> bool:
    return is_poll(call) and reply.status == 200 and state_of(reply) == "UNKNOWN"


@lies("unknown.uuid")
def unknown_is_a_404(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    lost = _unknown(call, reply)
    return error(reply, 404, "NotFound", "Not found!") if lost else reply


@lies("unknown.uuid")
def unknown_is_pending(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    if not _unknown(call, reply):
        return reply
    times = {"task_status": "PENDING", "submit_time": "2025-01-01 00:00:00.000"}
    return changed(reply, lambda value: value["output"].update(times))


@lies("unknown.malformed")
def an_id_has_to_be_a_uuid(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    bad = is_poll(call) and "-" not in task_of(call)
    return error(reply, 400, "InvalidParameter", "task can not be null") if bad else reply


@lies("unknown.request-id")
def finds_tasks_by_request_id(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    if not _unknown(call, reply) or task_of(call)[14:15] != "9":
        return reply
    return changed(reply, lambda value: value["output"].update(task_id="another"))


@lies("unknown.usage")
def unknown_has_usage(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    usage = {"video_duration": 0.5, "video_ratio": "1:1"}
    lost = _unknown(call, reply)
    return changed(reply, lambda value: value.update(usage=usage)) if lost else reply


@lies("unknown.cancel")
def cancels_what_is_not(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    if not is_cancel(call) or reply.status != 400:
        return reply
    return saying(reply, {"request_id": said(reply)["request_id"]}, 200)


@lies("unknown.cancel-body")
def a_cancellation_has_no_body(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    body = is_cancel(call) and call.body
    return error(reply, 400, "InvalidParameter", "no body, please") if body else reply
