"""Rounded shapes on a Pillow image, in the coordinates of the picture they belong to.

A pen converts the coordinates of the picture to pixels of the canvas, and can turn and move a part
of the picture.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from PIL import ImageDraw

Point: TypeAlias = tuple[float, float]

# Catmull-Rom: how much each of four neighbours counts, ten steps from the second to the third.
_WEIGHTS = [
    (
        -0.5 * t + t**2 - 0.5 * t**3,
        1 - 2.5 * t**2 + 1.5 * t**3,
        0.5 * t + 2 * t**2 - 1.5 * t**3,
        -0.5 * t**2 + 0.5 * t**3,
    )
    for t in (step / 10 for step in range(10))
]


@dataclass(frozen=True)
class Pen:
    """`origin` of the picture goes to the canvas corner, one unit of it to `scale` pixels.

    Shapes are first turned by `tilt` radians about `pivot`, then moved by `shift`.
    """

    canvas: ImageDraw.ImageDraw
    scale: float
    origin: Point = (0.0, 0.0)
    pivot: Point = (0.0, 0.0)
    tilt: float = 0.0
    shift: Point = (0.0, 0.0)

    def moved(self, dx: float, dy: float = 0.0) -> "Pen":
        return replace(self, shift=(self.shift[0] + dx, self.shift[1] + dy))

    def turned(self, pivot: Point, tilt: float) -> "Pen":
        return replace(self, pivot=pivot, tilt=tilt)

    def polygon(self, points: Sequence[Point], color: str) -> None:
        self.canvas.polygon(self._placed(points), fill=color)

    def blob(self, points: Sequence[Point], color: str) -> None:
        """A closed shape, smooth through all its points."""
        self.polygon(closed(points), color)

    def lid(self, edge: Sequence[Point], rest: Sequence[Point], color: str) -> None:
        """A closed shape, smooth along `edge` and straight through the rest."""
        self.polygon([*opened(edge), *rest], color)

    def oval(self, center: Point, rx: float, ry: float, color: str) -> None:
        x, y = center
        corners = 16 + int(max(rx, ry) * self.scale / 6)  # round on a canvas of any size
        turns = [2 * math.pi * step / corners for step in range(corners)]
        self.polygon([(x + rx * math.cos(a), y + ry * math.sin(a)) for a in turns], color)

    def stroke(self, points: Sequence[Point], widths: tuple[float, float], color: str) -> None:
        """A brush line with round ends, smooth through its points, from one width to the other."""
        path = opened(points)
        radii = [
            (widths[0] + (widths[1] - widths[0]) * n / (len(path) - 1)) / 2
            for n in range(len(path))
        ]
        sides = [
            _across(path[max(n - 1, 0)], path[min(n + 1, len(path) - 1)]) for n in range(len(path))
        ]
        brush = list(zip(path, sides, radii, strict=True))
        there = [(x + dx * r, y + dy * r) for (x, y), (dx, dy), r in brush]
        back = [(x - dx * r, y - dy * r) for (x, y), (dx, dy), r in reversed(brush)]
        self.polygon([*there, *back], color)
        self.oval(path[0], radii[0], radii[0], color)
        self.oval(path[-1], radii[-1], radii[-1], color)

    def _placed(self, points: Sequence[Point]) -> list[Point]:
        x0, y0 = self.pivot
        dx, dy = x0 + self.shift[0] - self.origin[0], y0 + self.shift[1] - self.origin[1]
        cos, sin = self.scale * math.cos(self.tilt), self.scale * math.sin(self.tilt)
        return [
            (
                (x - x0) * cos - (y - y0) * sin + dx * self.scale,
                (x - x0) * sin + (y - y0) * cos + dy * self.scale,
            )
            for x, y in points
        ]


def closed(points: Sequence[Point]) -> list[Point]:
    """The ring through the points, as a polygon."""
    return _smooth([*points, *points[:3]])


def opened(points: Sequence[Point]) -> list[Point]:
    """The line through the points, ends included."""
    return [*_smooth([points[0], *points, points[-1]]), points[-1]]


def _smooth(points: Sequence[Point]) -> list[Point]:
    """From the second point to the one before the last."""
    return [
        (
            wa * a[0] + wb * b[0] + wc * c[0] + wd * d[0],
            wa * a[1] + wb * b[1] + wc * c[1] + wd * d[1],
        )
        for a, b, c, d in zip(points, points[1:], points[2:], points[3:], strict=False)
        for wa, wb, wc, wd in _WEIGHTS
    ]


def _across(a: Point, b: Point) -> Point:
    """Of length 1, at a right angle to the way from a to b."""
    length = math.dist(a, b)
    return (a[1] - b[1]) / length, (b[0] - a[0]) / length
