"""A task as data, and its status as a function of time.

Reading a status changes nothing: there are no timers and no background work. This module does not
use HTTP, stores or the machine's clock."""

from __future__ import annotations

from math import inf

from msgspec import Struct
from msgspec.structs import replace

# The results of status_at for a task without stages; x-task-lifecycle of the spec must have these.
STATES = {"PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"}


class Task(Struct, frozen=True, gc=False):
    """A task, planned when it is created. All times are the tenant's, in epoch seconds; a time of
    `inf` never comes (the task is stuck).

    tier: the key of its price. outcome: the name of the outcome with which it ends (`SUCCEEDED`,
    `FAILED.InvalidURL`, …). slot: the place that it works in, -1 for none. detail: the field that
    its error message names. download: the scenario for downloads of its video, "" for none.
    seconds: the length of its video. stages: its states while it is worked on, each with the
    seconds from `scheduled` to its beginning; none if it is RUNNING all that time."""

    id: str
    request_id: str
    model: str
    tier: str
    outcome: str
    slot: int
    submitted: float
    scheduled: float
    ended: float
    expires: float
    canceled: float | None = None
    detail: str = ""
    download: str = ""
    seconds: float = 0.0
    stages: tuple[tuple[str, float], ...] = ()


def status_at(task: Task, now: float) -> str:
    """The status at `now`; UNKNOWN from `expires` on, for any outcome."""
    if now >= task.expires:
        return "UNKNOWN"
    if task.canceled is not None:
        return "CANCELED"
    if now < task.scheduled:
        return "PENDING"
    if now < task.ended:
        return _stage(task, now) if task.stages else "RUNNING"
    return task.outcome.partition(".")[0]


def _stage(task: Task, now: float) -> str:
    begun = [state for state, begins in task.stages if task.scheduled + begins <= now]
    return begun[-1]


def next_event(task: Task, now: float) -> float | None:
    """The time of the next change of state; None if the task is finished or stuck."""
    if task.canceled is not None or now >= task.expires:
        return None
    stages = (task.scheduled + begins for _, begins in task.stages)
    for moment in (task.scheduled, *stages, task.ended):
        if now < moment < inf:
            return moment
        if moment == inf:
            return None
    return None


def cancel(task: Task, now: float) -> Task | None:
    """The canceled task; None if it is not PENDING, since only a PENDING task can be canceled."""
    return replace(task, canceled=now) if status_at(task, now) == "PENDING" else None
