"""Liars whose tasks have the wrong states, times or results."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from mock_server.simulation.call import Call, Reply
from tests.liars import (
    Honest,
    Lie,
    changed,
    error,
    is_create,
    is_list,
    is_poll,
    liar,
    lies,
    state_of,
    succeeding,
    task_of,
)

FORM = "%Y-%m-%d %H:%M:%S.%f"


def _created(call: Call, honest: Honest, change: Any) -> Reply:
    reply = honest(call)
    return changed(reply, change) if is_create(call) and reply.status == 200 else reply


def _polled(call: Call, honest: Honest, change: Any) -> Reply:
    reply = honest(call)
    known = is_poll(call) and reply.status == 200 and state_of(reply) != "UNKNOWN"
    return changed(reply, change) if known else reply


def _moved(value: Any, hours: float) -> None:
    for name in ("submit_time", "scheduled_time", "end_time"):
        if name in value["output"]:
            moment = datetime.strptime(value["output"][name], FORM) + timedelta(hours=hours)
            value["output"][name] = moment.strftime(FORM)[:-3]


@lies("story.accepted")
def creating_is_a_201(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    return reply._replace(status=201) if is_create(call) and reply.status == 200 else reply


@lies("story.accepted")
def a_new_task_is_running(call: Call, honest: Honest) -> Reply:
    return _created(call, honest, lambda value: value["output"].update(task_status="RUNNING"))


@lies("story.id")
def ids_are_numbers_in_disguise(call: Call, honest: Honest) -> Reply:
    """Task ids that look like UUIDs and have no valid version."""
    reply = honest(call)
    return reply._replace(body=reply.body.replace(b"-4", b"-7")) if is_create(call) else reply


@lies("story.bare")
def tells_times_at_once(call: Call, honest: Honest) -> Reply:
    time = "2025-01-01 00:00:00.000"
    return _created(call, honest, lambda value: value["output"].update(submit_time=time))


@lies("story.polls")
def running_has_no_scheduled_time(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    if not is_poll(call) or state_of(reply) != "RUNNING":
        return reply
    return changed(reply, lambda value: value["output"].pop("scheduled_time"))


@lies("story.polls")
def states_are_in_lower_case(call: Call, honest: Honest) -> Reply:
    return _polled(call, honest, lambda v: v["output"].update(
        task_status=v["output"]["task_status"].lower()))  # fmt: skip


@lies("story.polls")
def running_is_a_202(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    busy = is_poll(call) and state_of(reply) == "RUNNING"
    return reply._replace(status=202) if busy else reply


@liar("story.order")
def a_task_goes_back() -> Lie:
    """A task is RUNNING again after a poll saw it SUCCEEDED."""
    asked: dict[str, int] = {}

    def lie(call: Call, honest: Honest) -> Reply:
        reply = honest(call)
        if is_poll(call) and state_of(reply) == "SUCCEEDED":
            asked[task_of(call)] = asked.get(task_of(call), 0) + 1
            if asked[task_of(call)] == 2:
                return changed(reply, _as_if_running)
        return reply

    return lie


def _as_if_running(value: Any) -> None:
    value["output"]["task_status"] = "RUNNING"
    for name in ("results", "end_time"):
        del value["output"][name]
    del value["usage"]


@lies("story.order")
def knows_a_state_of_its_own(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    if not is_poll(call) or state_of(reply) != "RUNNING":
        return reply
    return changed(reply, lambda value: value["output"].update(task_status="PROCESSING"))


@lies("story.runs")
def works_without_saying_so(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    if not is_poll(call) or state_of(reply) != "RUNNING":
        return reply

    def change(value: Any) -> None:
        value["output"]["task_status"] = "PENDING"
        del value["output"]["scheduled_time"]

    return changed(reply, change)


@lies("story.slash")
def knows_tasks_by_their_bare_path_alone(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    slashed = is_poll(call) and call.path.endswith("/")
    return error(reply, 404, "NotFound", "Not found!") if slashed else reply


@lies("story.zone")
def times_are_in_utc(call: Call, honest: Honest) -> Reply:
    return _polled(call, honest, lambda value: _moved(value, -8))


@lies("story.zone")
def times_are_iso_8601(call: Call, honest: Honest) -> Reply:
    def change(value: Any) -> None:
        text = value["output"].get("submit_time", "")
        value["output"]["submit_time"] = text.replace(" ", "T") + "+08:00"

    return _polled(call, honest, change)


@lies("story.times")
def a_task_is_scheduled_before_it_is_there(call: Call, honest: Honest) -> Reply:
    def change(value: Any) -> None:
        if "scheduled_time" in value["output"]:
            value["output"]["scheduled_time"] = "2025-01-01 00:00:00.000"

    return _polled(call, honest, change)


@liar("story.times-stay")
def the_end_is_always_now() -> Lie:
    asked = 0

    def lie(call: Call, honest: Honest) -> Reply:
        nonlocal asked
        asked += 1
        return succeeding(call, honest, lambda value: _moved(value, asked / 3600))

    return lie


@lies("story.early")
def tells_the_usage_too_early(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    if not is_poll(call) or state_of(reply) != "RUNNING":
        return reply
    usage = {"video_duration": 3.0, "video_ratio": "1:1"}
    return changed(reply, lambda value: value.update(usage=usage))


@lies("story.result")
def the_video_is_in_output(call: Call, honest: Honest) -> Reply:
    return succeeding(call, honest, lambda v: v["output"].update(v["output"].pop("results")))


@lies("story.result")
def results_are_a_list(call: Call, honest: Honest) -> Reply:
    def change(value: Any) -> None:
        value["output"]["results"] = [value["output"]["results"]]

    return succeeding(call, honest, change)


@lies("story.usage")
def usage_is_a_list(call: Call, honest: Honest) -> Reply:
    return succeeding(call, honest, lambda value: value.update(usage=[value["usage"]]))


@lies("story.usage")
def lengths_are_text(call: Call, honest: Honest) -> Reply:
    return succeeding(call, honest, lambda value: value["usage"].update(video_duration="3.0"))


@lies("story.usage")
def every_video_is_tall(call: Call, honest: Honest) -> Reply:
    return succeeding(call, honest, lambda value: value["usage"].update(video_ratio="3:4"))


@liar("story.stays")
def signs_the_video_anew() -> Lie:
    asked = 0

    def lie(call: Call, honest: Honest) -> Reply:
        nonlocal asked
        asked += 1
        return succeeding(call, honest, lambda value: value["output"]["results"].update(
            video_url=value["output"]["results"]["video_url"] + f"&poll={asked}"))  # fmt: skip

    return lie


@lies("story.download")
def the_video_is_not_there(call: Call, honest: Honest) -> Reply:
    return succeeding(call, honest, lambda value: value["output"]["results"].update(
        video_url=f"{call.origin}/samples/portrait.png"))  # fmt: skip


@lies("story.listed")
def a_list_forgets_the_newest(call: Call, honest: Honest) -> Reply:
    reply = honest(call)
    if not is_list(call) or reply.status != 200:
        return reply
    return changed(reply, lambda value: value["data"].clear())


@lies("story.listed")
def lists_tell_times_in_seconds(call: Call, honest: Honest) -> Reply:
    def change(value: Any) -> None:
        for entry in value["data"]:
            entry["gmt_create"] //= 1000

    reply = honest(call)
    return changed(reply, change) if is_list(call) and reply.status == 200 else reply
