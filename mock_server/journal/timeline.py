"""Builds the timeline of a task as its client saw it, from the polls in the journal."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from sys import intern
from typing import Any, NamedTuple

from contracts.spec.operation import POLL
from mock_server.journal.entry import Entry
from mock_server.simulation import json_body


class Poll(NamedTuple):
    """One poll of a task.

    at: the tenant's time (epoch s). since: seconds since the task was created; None if the journal
    does not have its creation. shown: the status in the answer, or the error or fault."""

    at: float
    since: float | None
    shown: str


class PollRun(NamedTuple):
    """Consecutive polls with the same result. start, end: the times of the first and last one."""

    shown: str
    start: float
    end: float
    polls: int


class TaskTimeline(NamedTuple):
    """The timeline of one task. created: None if the journal does not have its creation."""

    created: float | None
    polls: list[Poll]
    runs: list[PollRun]


class TimelineBuilder:
    """Builds the timeline of one task from its exchanges, oldest first."""

    def __init__(self) -> None:
        self._created: float | None = None
        self._polls: list[tuple[float, str]] = []

    def add(self, entry: Entry) -> None:
        """Add one exchange of the task."""
        if entry.kind == POLL:
            self._polls.append((entry.at, intern(shown(entry))))
        elif self._created is None and _creates(entry):
            self._created = entry.at

    def timeline(self) -> TaskTimeline:
        """The timeline of the exchanges so far."""
        start = self._created
        polls = [
            Poll(at, None if start is None else at - start, result) for at, result in self._polls
        ]
        return TaskTimeline(start, polls, list(_runs(polls)))


def shown(entry: Entry) -> str:
    """The result of a poll: `RUNNING`, `429 Throttling.RateQuota`, or the name of a fault."""
    value = _sent_object(entry)
    output = value.get("output")
    if isinstance(output, dict) and isinstance(output.get("task_status"), str):
        return str(output["task_status"])
    if entry.fault or not entry.answered:
        return entry.fault or "no answer"
    return f"{entry.status} {value.get('code') or ''}".strip()


def _sent_object(entry: Entry) -> dict[str, Any]:
    """The JSON object that was sent as the answer; {} if it is not complete or not an object."""
    if not entry.answered:
        return {}
    try:
        value = json_body.decode(entry.arrived)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _creates(entry: Entry) -> bool:
    """Whether the exchange created the task: a POST whose path does not contain the task id."""
    return entry.method == "POST" and entry.task_id not in entry.path


def _runs(polls: list[Poll]) -> Iterable[PollRun]:
    for result, group in groupby(polls, key=lambda poll: poll.shown):
        run = list(group)
        yield PollRun(result, run[0].at, run[-1].at, len(run))
