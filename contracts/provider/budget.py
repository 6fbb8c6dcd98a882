"""What may be paid for, and what was. It decides by the call itself, not by who makes it, so that
no check can pay by mistake. Sends nothing."""

from __future__ import annotations

import json
from math import inf
from typing import Any

from contracts.spec.loader import Spec

# What a model needs of its input: a call without one of them cannot be carried out by anybody.
NEEDS = {"detectFace": ("image_url",), "createVideoTask": ("image_url", "audio_url")}
LONGEST_VIDEO = 60.0  # s (EMO-3)


class OverBudget(Exception):
    """A call would cost more than is left. Its text says how much."""


class Budget:
    """limit: CNY, None where nothing may be paid for. seconds: how long the recording is that is
    sent; a second of video costs as much as the dearest ratio. Counts by documented prices (PRICE).
    Raises ValueError for a limit below 0, or NaN.

    is_free: nobody charges (a fake). Then no limit is needed, and `spent` is what it would have
    cost; a limit that is given holds all the same, as a rehearsal of the same run elsewhere."""

    def __init__(self, spec: Spec, limit: float | None, seconds: float) -> None:
        if limit is not None and not limit >= 0:
            raise ValueError(f"a budget of {limit} CNY must be 0 or more")
        self.limit = limit
        self.spent = 0.0
        self.is_free = False
        self._models = spec.models
        self._paths = {op.template: op.id for op in spec.operations.values()}
        self._seconds = seconds

    @property
    def allows_any(self) -> bool:
        """Whether calls that may be charged for are sent at all."""
        return self.is_free or self.limit is not None

    def price(self, method: str, path: str, body: str | None, has_key: bool) -> float:
        """CNY that a call may cost at most: by the model that it names or by its path, whichever is
        dearer, as a provider may go by either. 0 for what nobody can charge: no key, no JSON, or an
        input that no such model can work on. Whether it ought to be refused does not matter."""
        value = _json(body) if method == "POST" and has_key and body is not None else None
        given = value.get("input") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(given, dict):
            return 0.0
        asked = {id for template, id in self._paths.items() if template in path}
        return max(
            (
                self._of_model(model)
                for name, model in self._models.items()
                if (name == value.get("model") or model["operation"] in asked)
                and all(given.get(need) for need in NEEDS[model["operation"]])
            ),
            default=0.0,
        )

    def of(self, operation: str) -> float:
        """CNY that a call of an operation may cost at most."""
        models = self._models.values()
        return max((self._of_model(m) for m in models if m["operation"] == operation), default=0.0)

    def take(self, price: float) -> None:
        """Spend so much. Raises OverBudget, and spends nothing, where that is too much."""
        if price == 0:
            return
        if not self.allows_any:
            raise OverBudget(f"a call may cost {price:.3f} CNY; --budget CNY allows it")
        left = inf if self.limit is None else max(self.limit - self.spent, 0.0)
        if price > left + 1e-9:
            text = f"{left:.3f} of {self.limit:g} CNY are left, and that is too little"
            raise OverBudget(f"{text}; --budget CNY allows more")
        self.spent += price

    def give_back(self, price: float) -> None:
        """What was taken and is not charged: a refusal, a task that failed or was canceled."""
        self.spent = max(0.0, self.spent - price)

    def charged(self, taken: float, ratio: Any, seconds: Any) -> None:
        """What a video cost by its own usage, in place of what was taken for it; but not less than
        the recording's length at the lowest price, whatever the usage says."""
        prices = self._prices()
        is_length = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if ratio in prices and is_length and 0 < seconds <= LONGEST_VIDEO:
            least = min(prices.values()) * self._seconds
            self.spent += max(prices[ratio] * seconds, least) - taken

    def _prices(self) -> dict[Any, float]:
        """CNY of a second of video, by its ratio."""
        models = self._models.values()
        return {r: p for m in models for r, p in m.get("price-per-video-second", {}).items()}

    def _of_model(self, model: dict[str, Any]) -> float:
        per_image = model.get("price-per-image", 0.0)
        per_second = max(model.get("price-per-video-second", {"": 0.0}).values())
        return float(per_image + per_second * self._seconds)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
