"""When a recorded task changed. What the service says of that in its answers counts first: polls
see a change only after it happened, and a fake may run faster than the clock of its recorder."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise
from math import inf
from typing import Any

from contracts.recordings.model import RecordedAnswer, RecordedState, RecordedTimeline

TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{3}")  # as the service writes times
# Which of an answer's times says when its state began; PENDING begins with the task.
_BEGINS = {
    "PENDING": "submit_time",
    "RUNNING": "scheduled_time",
    "SUCCEEDED": "end_time",
    "FAILED": "end_time",
    "CANCELED": "end_time",
}


def parsed(text: Any) -> datetime | None:
    """A time of the service, in its own zone; None of anything else."""
    if not isinstance(text, str) or not TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def told(answer: RecordedAnswer, name: str) -> float | None:
    """Seconds from the task's `submit_time` to another of its times, as an answer says it."""
    submitted, moment = (parsed(answer.output.get(field)) for field in ("submit_time", name))
    return None if submitted is None or moment is None else (moment - submitted).total_seconds()


def begins(timeline: RecordedTimeline) -> tuple[float, ...] | None:
    """When each state began, in s from the creation, never before the one ahead of it; None where
    that is not known, and only their order counts."""
    first, *others = timeline.states
    moment = _told(first)
    moments = [max(0.0, (first.since or 0.0) if moment is None else moment)]
    for before, state in pairwise((first, *others)):
        moment = _told(state) if state.task_status != before.task_status else None
        if moment is None:
            if before.since is None or state.since is None:
                return None
            # The provider's clock may run faster than the recorder's.
            moment = max(state.since, moments[-1] + state.since - before.since)
        moments.append(max(moment, moments[-1]))
    return tuple(moments)


def _told(state: RecordedState) -> float | None:
    name = _BEGINS.get(state.task_status)
    return told(state.answer, name) if name else None


def lasted(timeline: RecordedTimeline, task_status: str) -> tuple[float, float] | None:
    """How long a task was in a state, at least and at most; None where that cannot be told."""
    said = _said(timeline, task_status)
    if said is not None:
        return said, said
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


def _said(timeline: RecordedTimeline, task_status: str) -> float | None:
    """The same from the times of the latest answer that has them."""
    for state in reversed(timeline.states):
        scheduled, ended = (told(state.answer, n) for n in ("scheduled_time", "end_time"))
        if task_status == "PENDING" and scheduled is not None:
            return scheduled
        if task_status == "RUNNING" and scheduled is not None and ended is not None:
            return round(ended - scheduled, 3)
    return None


def state_at(moments: tuple[float, ...], now: float) -> int:
    """The number of the state, from 0, where each begins at one of these moments: the first lasts
    until the second begins, the last for ever."""
    ends = (*moments[1:], inf)
    return next(number for number, end in enumerate(ends) if now < end)
