"""The model of a task: its times and states, computed only from the documentation. It shares no
code with the fake, so both are not wrong in the same way. Pure functions."""

from __future__ import annotations

from math import inf

from msgspec import Struct

from contracts.spec.models import VideoModel

NEVER_RUNNING = ("PENDING", "CANCELED", "UNKNOWN")  # tasks with these endings never run


class KnownTask(Struct):
    """A task that the fuzzer created. number: in order of creation. ending: the requested outcome.
    created, canceled: epoch s. work: seconds for which it runs. last_state: the state in its last
    answer."""

    number: int
    id: str
    ending: str
    created: float
    work: float
    tier: str
    canceled: float = inf
    last_state: str = "PENDING"


class ModelTimings(Struct, frozen=True):
    """queue: seconds from the creation of a task to its earliest start (YU). lifetime: seconds from
    its creation until it is UNKNOWN (EMO-2). concurrency: tasks that run at a time (QS, RATE).
    before, after: the states of a task before and after RUNNING, each with its seconds."""

    queue: float
    lifetime: float
    concurrency: int
    before: tuple[tuple[str, float], ...] = ()
    after: tuple[tuple[str, float], ...] = ()

    @classmethod
    def of(cls, model: VideoModel) -> ModelTimings:
        """The timings of a model of the spec."""
        return cls(
            model.queue_seconds,
            model.task_life_seconds,
            model.concurrency,
            tuple(model.before_running.items()),
            tuple(model.after_running.items()),
        )


def planned_times(tasks: list[KnownTask], timings: ModelTimings) -> dict[str, tuple[float, float]]:
    """The start and the end of each task, epoch s; infinite for a task that never runs. Tasks start
    in order of creation, each after its time in the queue, as soon as a place is free and the
    task before it has started or was canceled."""
    free, earliest, plan = [0.0] * timings.concurrency, 0.0, {}
    for task in tasks:
        start = max(task.created + timings.queue, min(free), earliest)
        plan[task.id] = (inf, inf)
        if task.ending not in NEVER_RUNNING and task.canceled < inf:
            earliest = max(earliest, task.canceled)
        elif task.ending not in NEVER_RUNNING:
            plan[task.id], earliest = (start, start + task.work), start
            until = min(start + task.work, task.created + timings.lifetime)
            free[free.index(min(free))] = max(start, until)
    return plan


def state(task: KnownTask, span: tuple[float, float], now: float, timings: ModelTimings) -> str:
    """The state of a task at a time. span: its planned start and end; now: epoch s."""
    if now >= task.created + timings.lifetime or task.ending == "UNKNOWN":
        return "UNKNOWN"
    if task.canceled <= now or task.ending == "CANCELED":
        return "CANCELED"
    start, end = span
    if start <= now < end:
        return _state_of_work(task, now - start, end - now, timings)
    return "PENDING" if now < start else task.ending.partition(".")[0]


def _state_of_work(task: KnownTask, passed: float, left: float, timings: ModelTimings) -> str:
    """The state of a task that is worked on. A task that fails is never in one of the last
    states."""
    for name, seconds in timings.before:
        if passed < seconds:
            return name
        passed -= seconds
    for name, seconds in reversed(timings.after) if not task.ending.startswith("FAILED") else ():
        if left <= seconds:
            return name
        left -= seconds
    return "RUNNING"
