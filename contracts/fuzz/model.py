"""How tasks go, worked out from what the documentation says and nothing else: it shares no code
with any server. Pure."""

from __future__ import annotations

from math import inf

from msgspec import Struct

from contracts.spec.loader import Spec

STUCK = ("PENDING", "CANCELED", "UNKNOWN")  # fates that never come to work


class Made(Struct):
    """What a client knows of a task that it created: when, what is to become of it, how many
    seconds it works, when it canceled it, how it last saw it. Times in epoch s."""

    id: str
    fate: str
    created: float
    work: float
    ratio: str = "1:1"
    canceled: float = inf
    seen: str = "PENDING"


class Rules(Struct, frozen=True):
    """queue: seconds from creation until a task may start (YU); life: until nobody knows it any
    more (EMO-2); places: tasks at work at a time (QS, RATE)."""

    queue: float
    life: float
    places: int

    @classmethod
    def of(cls, spec: Spec, model: str = "emo-v1") -> Rules:
        """What the spec says of a model."""
        said = spec.models[model]
        return cls(said["queue-seconds"], said["task-life-seconds"], said["concurrency"])


def timeline(tasks: list[Made], rules: Rules) -> dict[str, tuple[float, float]]:
    """When each task starts and ends: in order of creation, not before its time, on the place that
    is free first, not before the one ahead, nor before one ahead had left."""
    free, ahead, plan = [0.0] * rules.places, 0.0, {}
    for task in tasks:
        start = max(task.created + rules.queue, min(free), ahead)
        plan[task.id] = (inf, inf)
        if task.fate not in STUCK and task.canceled < inf:
            ahead = max(ahead, task.canceled)
        elif task.fate not in STUCK:
            plan[task.id], ahead = (start, start + task.work), start
            until = min(start + task.work, task.created + rules.life)
            free[free.index(min(free))] = max(start, until)
    return plan


def state(task: Made, span: tuple[float, float], now: float, rules: Rules) -> str:
    """How a task is at a moment."""
    if now >= task.created + rules.life or task.fate == "UNKNOWN":
        return "UNKNOWN"
    if task.canceled <= now or task.fate == "CANCELED":
        return "CANCELED"
    start, end = span
    return "PENDING" if now < start else "RUNNING" if now < end else task.fate.partition(".")[0]
