"""The life of a task as facts and functions of the time. Reading changes nothing: no timers, no
background work. Knows nothing of HTTP, stores or the clock's source."""

from __future__ import annotations

from math import inf

from msgspec import Struct
from msgspec.structs import replace

# Every answer of status_at; the spec's x-task-lifecycle must know exactly these.
STATES = {"PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"}


class Task(Struct, frozen=True, gc=False):
    """What was decided when the task was created; all times are the tenant's, in epoch seconds.

    `outcome` is the name of the answer it ends with (`SUCCEEDED`, `FAILED.InvalidURL`, …), `slot`
    the place it works in (-1: none). A time of `inf` never comes: a task can be stuck. `detail`
    is the field that its message names, `download` the scenario of its downloads ("": none),
    `seconds` the length of its video."""

    id: str
    request_id: str
    model: str
    ratio: str
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


def status_at(task: Task, now: float) -> str:
    """The state at `now`. UNKNOWN from `expires` on, whatever became of the task."""
    if now >= task.expires:
        return "UNKNOWN"
    if task.canceled is not None:
        return "CANCELED"
    if now < task.scheduled:
        return "PENDING"
    if now < task.ended:
        return "RUNNING"
    return task.outcome.partition(".")[0]


def next_event(task: Task, now: float) -> float | None:
    """When the task starts or ends next; None when it is over, or stuck."""
    if task.canceled is not None or now >= task.expires:
        return None
    for moment in (task.scheduled, task.ended):
        if now < moment < inf:
            return moment
        if moment == inf:
            return None
    return None


def cancel(task: Task, now: float) -> Task | None:
    """The canceled task, or None where that cannot be: only a PENDING task can be canceled."""
    return replace(task, canceled=now) if status_at(task, now) == "PENDING" else None
