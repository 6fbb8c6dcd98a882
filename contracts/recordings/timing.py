"""The times at which a recorded task changed. Times in the answers have precedence, because polls
show a change late, and a fake's clock may run faster than the recorder's."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise
from math import inf
from typing import Any

from contracts.recordings.model import RecordedAnswer, RecordedState, RecordedTimeline

TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{3}")  # as the service writes times
# The field of an answer with the start of its state; PENDING begins with the task.
_BEGINS = {
    "PENDING": "submit_time",
    "RUNNING": "scheduled_time",
    "SUCCEEDED": "end_time",
    "FAILED": "end_time",
    "CANCELED": "end_time",
}


def parsed(text: Any) -> datetime | None:
    """A time of the service, without a time zone; None for any other text."""
    if not isinstance(text, str) or not TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def answered_seconds(answer: RecordedAnswer, name: str) -> float | None:
    """Seconds from `submit_time` to another time of the task, according to the answer; None without
    both."""
    submitted, moment = (parsed(answer.output.get(field)) for field in ("submit_time", name))
    return None if submitted is None or moment is None else (moment - submitted).total_seconds()


def state_starts(timeline: RecordedTimeline) -> tuple[float, ...] | None:
    """The start of each state, in s from the creation, in ascending order; None if unknown, when
    only the order of the states counts."""
    first, *others = timeline.states
    moment = _answered_start(first)
    moments = [max(0.0, (first.since or 0.0) if moment is None else moment)]
    for before, state in pairwise((first, *others)):
        moment = _answered_start(state) if state.task_status != before.task_status else None
        if moment is None:
            if before.since is None or state.since is None:
                return None
            # The provider's clock may run faster than the recorder's.
            moment = max(state.since, moments[-1] + state.since - before.since)
        moments.append(max(moment, moments[-1]))
    return tuple(moments)


def _answered_start(state: RecordedState) -> float | None:
    """The start of a state according to its answer; None if the answer has no time for it."""
    name = _BEGINS.get(state.task_status)
    return answered_seconds(state.answer, name) if name else None


def state_duration(timeline: RecordedTimeline, task_status: str) -> tuple[float, float] | None:
    """Minimum and maximum of the seconds that a task was in a state; None if unknown."""
    duration = _answered_duration(timeline, task_status)
    if duration is not None:
        return duration, duration
    names = [state.task_status for state in timeline.states]
    if task_status not in names:
        return None
    number = names.index(task_status)
    state, states = timeline.states[number], timeline.states
    if number + 1 == len(states) or state.since is None or state.until is None:
        return None
    seen_before, seen_after = states[number - 1].until if number else 0.0, states[number + 1].since
    if seen_before is None or seen_after is None:
        return None
    return max(0.0, state.until - state.since), seen_after - seen_before


def _answered_duration(timeline: RecordedTimeline, task_status: str) -> float | None:
    """The duration of a state according to the latest answer with its times; None without one."""
    for state in reversed(timeline.states):
        scheduled, ended = (
            answered_seconds(state.answer, n) for n in ("scheduled_time", "end_time")
        )
        if task_status == "PENDING" and scheduled is not None:
            return scheduled
        if task_status == "RUNNING" and scheduled is not None and ended is not None:
            return round(ended - scheduled, 3)
    return None


def state_at(moments: tuple[float, ...], now: float) -> int:
    """The number of the state at a time, from 0. moments: the start of each state. Before the
    second start it is 0, and the last state never ends."""
    ends = (*moments[1:], inf)
    return next(number for number, end in enumerate(ends) if now < end)
