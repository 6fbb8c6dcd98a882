"""The table of limits for a soak, and the verdict. 1 MB is 10^6 bytes."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import NamedTuple


class Limit(NamedTuple):
    """A limit: the name of a measured value, its unit, and its least and greatest allowed value."""

    name: str
    unit: str = ""
    least: float = 0.0
    most: float = inf


LIMITS = {
    "failures": Limit("wrong answers, hangs, unexpected 5xx and lines on stderr", most=0),
    "good calls": Limit("calls of good clients with a correct answer", least=20),
    "hostile calls": Limit("attacks carried out", least=20),
    "restarts": Limit("restarts under load", least=1),
    "stop": Limit("slowest stop on SIGTERM", "s", most=6),
    "fake peak": Limit("peak memory of the fake", "MB", most=400),
    "recorder peak": Limit("peak memory of the recorder", "MB", most=400),
    "replay peak": Limit("peak memory of the replay", "MB", most=400),
    "narrow peak": Limit("peak memory of a fake with few descriptors", "MB", most=200),
    # 11 to 21 MB in five runs, 99 MB in one: Python returns the memory of large exports late.
    "fake growth": Limit("growth of the fake after warm-up, without its tasks", "MB", most=120),
    "descriptors": Limit("descriptors of the fake after the attack, more than before", most=16),
    "threads": Limit("most threads of one program", most=60),
    "p50 alone": Limit("p50 of a good client alone", "ms", most=50),
    "p99 alone": Limit("p99 of a good client alone", "ms", most=200),
    "p50 attacked": Limit("p50 of a good client under attack", "ms", most=250),
    "p99 attacked": Limit("p99 of a good client under attack", "ms", most=1000),
    "slowest": Limit("slowest answer to a good client", "ms", most=5000),
}
TASK_BYTES = 1024  # memory that a task may take, as in the budgets of benchmarks/


class Line(NamedTuple):
    """A limit and its measured value; None if it was not measured."""

    limit: Limit
    value: float | None

    @property
    def holds(self) -> bool:
        return self.value is not None and self.limit.least <= self.value <= self.limit.most

    def __str__(self) -> str:
        unit = f" {self.limit.unit}" if self.limit.unit else ""
        least, most = self.limit.least, self.limit.most
        bound = f"at most {most:,.0f}{unit}" if most < inf else f"at least {least:,.0f}{unit}"
        value = (
            "not measured" if self.value is None else f"{self.value:,.1f}".rstrip("0").rstrip(".")
        )
        value += unit if self.value is not None else ""
        return f"{'holds ' if self.holds else 'BROKEN'} {self.limit.name}: {value} ({bound})"


def judge(measured: Mapping[str, float]) -> list[Line]:
    """All limits in order. A limit without a measured value does not hold."""
    return [Line(limit, measured.get(name)) for name, limit in LIMITS.items()]
