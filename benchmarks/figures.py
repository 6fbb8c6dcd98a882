"""Numbers over rounds: a median with the least and the most, and how they are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple


class Unit(NamedTuple):
    """How numbers of a kind are written: so many times the base unit, digits, name."""

    times: float
    digits: int
    name: str = ""

    def number(self, value: float) -> str:
        return f"{value * self.times:,.{self.digits}f}"

    def write(self, value: float) -> str:
        return f"{self.number(value)} {self.name}".strip()


COUNT, RATIO = Unit(1, 0), Unit(1, 2)
SECONDS, MILLISECONDS, MICROSECONDS = Unit(1, 2, "s"), Unit(1e3, 2, "ms"), Unit(1e6, 0, "µs")
FINE_MICROSECONDS = Unit(1e6, 1, "µs")
BYTES, MEGABYTES = Unit(1, 0, "B"), Unit(1e-6, 0, "MB")


@dataclass(slots=True)
class Figure:
    """What the rounds gave, in their order."""

    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return median(self.values)

    def over(self, other: Figure) -> Figure:
        """Round by round: neighbours in time, so that a slow minute of the machine cancels out."""
        return Figure([a / b for a, b in zip(self.values, other.values, strict=True)])

    def text(self, unit: Unit) -> str:
        """`0.81 (0.62–0.87) ms`; a single value alone."""
        number = unit.number(self.median)
        if len(self.values) > 1:
            number += f" ({unit.number(min(self.values))}–{unit.number(max(self.values))})"
        return f"{number} {unit.name}".strip()
