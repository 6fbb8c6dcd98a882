"""How a task looked from outside: what each poll of it was shown, by its journal. Knows no task."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from sys import intern
from typing import Any, NamedTuple

from mock_server.journal.entry import Entry
from mock_server.simulation import json_body

POLL = "getTask"


class Poll(NamedTuple):
    """at: the tenant's time, since: seconds since the task was created (None: its creation is not
    in the journal). shown: the task's status, else the error or the fault in its place."""

    at: float
    since: float | None
    shown: str


class Run(NamedTuple):
    """So many polls, one after the other, that were shown the same; from the first to the last."""

    shown: str
    start: float
    end: float
    polls: int


class Timeline(NamedTuple):
    """One task: when it was created (None: that is not in the journal), and what was seen of it."""

    created: float | None
    polls: list[Poll]
    runs: list[Run]


class Observed:
    """One task, by the exchanges that are added, oldest first."""

    def __init__(self) -> None:
        self._created: float | None = None
        self._polls: list[tuple[float, str]] = []

    def add(self, entry: Entry) -> None:
        """Look at one more exchange of the task."""
        if entry.kind == POLL:
            self._polls.append((entry.at, intern(shown(entry))))
        elif self._created is None and _creates(entry):
            self._created = entry.at

    def timeline(self) -> Timeline:
        """What was seen until now."""
        start = self._created
        polls = [Poll(at, None if start is None else at - start, what) for at, what in self._polls]
        return Timeline(start, polls, list(_runs(polls)))


def timeline(entries: Iterable[Entry]) -> Timeline:
    """Of the exchanges of one task, oldest first."""
    task = Observed()
    for entry in entries:
        task.add(entry)
    return task.timeline()


def shown(entry: Entry) -> str:
    """What a poll learned: `RUNNING`, `429 Throttling.RateQuota`, or a fault's name."""
    value = _json(entry)
    output = value.get("output")
    if isinstance(output, dict) and isinstance(output.get("task_status"), str):
        return str(output["task_status"])
    if entry.fault or not entry.answered:
        return entry.fault or "no answer"
    return f"{entry.status} {value.get('code') or ''}".strip()


def _json(entry: Entry) -> dict[str, Any]:
    """The answer as far as it came, where that is a JSON object."""
    if not entry.answered:
        return {}
    try:
        value = json_body.decode(entry.arrived)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _creates(entry: Entry) -> bool:
    """A POST that the task's id came from: its path does not hold it."""
    return entry.method == "POST" and entry.task_id not in entry.path


def _runs(polls: list[Poll]) -> Iterable[Run]:
    for what, group in groupby(polls, key=lambda poll: poll.shown):
        run = list(group)
        yield Run(what, run[0].at, run[-1].at, len(run))
