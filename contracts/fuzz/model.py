"""How tasks go, worked out from what the documentation says and nothing else: it shares no code
with any server. Pure."""

from __future__ import annotations

from math import inf

from msgspec import Struct

from contracts.spec.loader import Spec

NEVER_RUNNING = ("PENDING", "CANCELED", "UNKNOWN")  # endings that never come to work


class KnownTask(Struct):
    """What a client knows of a task that it created: when, what is to become of it, how many
    seconds it works, when it canceled it, how it last saw it. Times in epoch s."""

    id: str
    ending: str
    created: float
    work: float
    ratio: str = "1:1"
    canceled: float = inf
    last_state: str = "PENDING"


class ModelTimings(Struct, frozen=True):
    """queue: seconds from creation until a task may start (YU); lifetime: until nobody knows it any
    more (EMO-2); concurrency: tasks at work at a time (QS, RATE)."""

    queue: float
    lifetime: float
    concurrency: int

    @classmethod
    def of(cls, spec: Spec, model: str = "emo-v1") -> ModelTimings:
        """What the spec says of a model."""
        timings = spec.models[model]
        return cls(timings["queue-seconds"], timings["task-life-seconds"], timings["concurrency"])


def planned_times(tasks: list[KnownTask], timings: ModelTimings) -> dict[str, tuple[float, float]]:
    """When each task starts and ends: in order of creation, not before its time, on the place that
    is free first, not before the one ahead, nor before one ahead had left."""
    free, ahead, plan = [0.0] * timings.concurrency, 0.0, {}
    for task in tasks:
        start = max(task.created + timings.queue, min(free), ahead)
        plan[task.id] = (inf, inf)
        if task.ending not in NEVER_RUNNING and task.canceled < inf:
            ahead = max(ahead, task.canceled)
        elif task.ending not in NEVER_RUNNING:
            plan[task.id], ahead = (start, start + task.work), start
            until = min(start + task.work, task.created + timings.lifetime)
            free[free.index(min(free))] = max(start, until)
    return plan


def state(task: KnownTask, span: tuple[float, float], now: float, timings: ModelTimings) -> str:
    """How a task is at a moment."""
    if now >= task.created + timings.lifetime or task.ending == "UNKNOWN":
        return "UNKNOWN"
    if task.canceled <= now or task.ending == "CANCELED":
        return "CANCELED"
    start, end = span
    return "PENDING" if now < start else "RUNNING" if now < end else task.ending.partition(".")[0]
