"""Figures over several rounds: the median with the least and the greatest, and their units."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple


class Unit(NamedTuple):
    """A unit for printing. times: the factor from the base unit; digits: after the point."""

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
    """The values of all rounds, in their order."""

    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return median(self.values)

    def over(self, other: Figure) -> Figure:
        """The ratio to another figure, round by round: slow minutes of the machine affect both."""
        return Figure([a / b for a, b in zip(self.values, other.values, strict=True)])

    def text(self, unit: Unit) -> str:
        """The figure as text, such as `0.81 (0.62–0.87) ms`."""
        number = unit.number(self.median)
        if len(self.values) > 1:
            number += f" ({unit.number(min(self.values))}–{unit.number(max(self.values))})"
        return f"{number} {unit.name}".strip()
