"""The custom JSON Schema keywords of openapi.yaml: x-box and x-aspect-ratios. Each validates one
value and does not depend on requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any


def ratio_of(box: Sequence[int], ratios: Iterable[str], tolerance: float) -> str | None:
    """The first of `ratios` ("W:H") that the box [x1, y1, x2, y2] matches, None if it matches none.

    tolerance: how many px the width may differ from the exact ratio. Real boxes differ by a px:
    the sample of a sibling model is 546x545 for "1:1".
    """
    x1, y1, x2, y2 = box
    return _ratio_of(x2 - x1, y2 - y1, tuple(ratios), tolerance)


@lru_cache(maxsize=1024)
def _ratio_of(width: int, height: int, ratios: tuple[str, ...], tolerance: float) -> str | None:
    """Cached, because validation and creation of a task both call it."""
    for ratio in ratios:
        w, _, h = ratio.partition(":")
        if abs(width * int(h) - height * int(w)) <= tolerance * int(h):
            return ratio
    return None


class BoxInOrder:
    """`x-box: true`: [x1, y1, x2, y2] with x1 < x2 and y1 < y2."""

    def __init__(self, parent: Mapping[str, Any], value: Any, path: list[Any]) -> None:
        del parent, path
        self.is_enabled = value is True

    def validate(self, instance: Any) -> None:
        try:
            x1, y1, x2, y2 = instance
            in_order = x1 < x2 and y1 < y2
        except (TypeError, ValueError):
            return  # not four numbers: other keywords of the schema report that
        if self.is_enabled and not in_order:
            raise ValueError(f"{instance} is not [x1, y1, x2, y2] with x1 < x2 and y1 < y2")


class AspectRatio:
    """`x-aspect-ratios: ["W:H", …]`, with `x-aspect-tolerance: PX` in the same schema."""

    def __init__(self, parent: Mapping[str, Any], value: list[str], path: list[Any]) -> None:
        del path
        self.ratios = tuple(value)
        self.tolerance = float(parent.get("x-aspect-tolerance", 0))

    def validate(self, instance: Any) -> None:
        try:
            ratio = ratio_of(instance, self.ratios, self.tolerance)
        except (TypeError, ValueError):
            return  # not four numbers: other keywords of the schema report that
        if ratio is None:
            size = f"{instance[2] - instance[0]}x{instance[3] - instance[1]}"
            allowed = " nor ".join(self.ratios)
            raise ValueError(f"{size} is neither {allowed} within {self.tolerance:g} px")


KEYWORDS: dict[str, type] = {"x-box": BoxInOrder, "x-aspect-ratios": AspectRatio}
