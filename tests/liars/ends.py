"""Liars whose tasks end wrongly, or are visible to other keys."""

from __future__ import annotations

from typing import Any

from mock_server.simulation.call import Call, Reply
from tests.liars import (
    Honest,
    Lie,
    changed,
    is_cancel,
    is_create,
    is_list,
    is_poll,
    liar,
    lies,
    said,
    saying,
    state_of,
    task_of,
)

KEY = b"authorization"


@lies("ends.queue")
def works_on_all_at_once(call: Call, honest: Honest) -> Reply:
    """Shows waiting tasks as RUNNING."""
    reply = honest(call)
    if not is_poll(call) or state_of(reply) != "PENDING":
        return reply
    start = {"task_status": "RUNNING", "scheduled_time": said(reply)["output"]["submit_time"]}
    return changed(reply, lambda value: value["output"].update(start))


@lies("ends.cancel")
def cancels_nothing(call: Call, honest: Honest) -> Reply:
    """Answers a cancel with success and does not cancel."""
    if not is_cancel(call):
        return honest(call)
    reply = honest(call._replace(method="GET", path=call.path.partition("/cancel")[0]))
    return saying(reply, {"request_id": said(reply)["request_id"]})


@lies("ends.canceled")
def a_canceled_task_has_a_result(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    if not is_poll(call) or state_of(reply) != "CANCELED":
        return reply
    results = {"video_url": "https://example.com/video.mp4"}
    return changed(reply, lambda value: value["output"].update(results=results))


def _canceling(which: str) -> Lie:
    """Cancels tasks in a state in which the service refuses it."""
    canceled = set()

    def lie(call: Call, honest: Honest) -> Reply:
        reply = honest(call)
        if is_cancel(call) and reply.status == 400:
            seen = honest(call._replace(method="GET", path=call.path.partition("/cancel")[0]))
            if state_of(seen) == which:
                canceled.add(task_of(call))
                return saying(reply, {"request_id": said(reply)["request_id"]}, 200)
        if is_poll(call) and task_of(call) in canceled:
            return changed(reply, _as_if_canceled)
        return reply

    return lie


def _as_if_canceled(value: Any) -> None:
    output = value["output"]
    kept = {name: output[name] for name in ("task_id", "submit_time")}
    value["output"] = {**kept, "task_status": "CANCELED", "end_time": output["submit_time"]}
    value.pop("usage", None)


@liar("ends.cancel-running")
def cancels_what_is_at_work() -> Lie:
    return _canceling("RUNNING")


@liar("ends.cancel-done")
def cancels_what_is_done() -> Lie:
    return _canceling("SUCCEEDED")


def _shared(mine: Any) -> Lie:
    """Sends some calls with the key that created the latest task, whoever makes them."""
    owner = b""

    def lie(call: Call, honest: Honest) -> Reply:
        nonlocal owner
        if is_create(call) and call.headers.get(KEY, b"").startswith(b"Bearer sk-"):
            owner = call.headers[KEY]
        shared = owner and KEY in call.headers and mine(call)
        return honest(call._replace(headers=call.headers | {KEY: owner}) if shared else call)

    return lie


@liar("ends.foreign")
def shows_tasks_to_everybody() -> Lie:
    return _shared(is_poll)


@liar("ends.foreign-cancel")
def lets_everybody_cancel() -> Lie:
    return _shared(is_cancel)


@liar("ends.foreign-list")
def lists_tasks_of_everybody() -> Lie:
    return _shared(is_list)


@lies("ends.failed")
def the_code_is_at_the_top(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    if not is_poll(call) or state_of(reply) != "FAILED":
        return reply
    moved = ("code", "message")
    return changed(reply, lambda v: v.update({name: v["output"].pop(name) for name in moved}))


@lies("ends.failed")
def a_failed_task_is_a_400(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    failed = is_poll(call) and state_of(reply) == "FAILED"
    return reply._replace(status=400) if failed else reply


@lies("ends.failed")
def fails_without_a_reason(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    if not is_poll(call) or state_of(reply) != "FAILED":
        return reply
    return changed(reply, lambda value: value["output"].pop("code"))


@lies("ends.failed")
def never_fails(call: Call, honest: Honest) -> Reply:
    body = call.body.replace(b"?emo-scenario=FAILED.InvalidURL", b"")
    return honest(call._replace(body=body))
