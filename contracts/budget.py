"""What may be paid for, and what was. It decides by the call itself, not by who makes it, so that
no check can pay by mistake. Sends nothing."""

from __future__ import annotations

import json
from math import inf
from typing import Any

from contracts.spec import Spec

# What a model needs of its input: a call without one of them cannot be carried out by anybody.
NEEDS = {"detectFace": ("image_url",), "createVideoTask": ("image_url", "audio_url")}


class OverBudget(Exception):
    """A call would cost more than is left. Its text says how much."""


class Budget:
    """limit: CNY, None where nothing may be paid for. seconds: how long the recording is that is
    sent; a second of video costs as much as the dearest ratio. Counts by documented prices (PRICE).
    """

    def __init__(self, spec: Spec, limit: float | None, seconds: float) -> None:
        self.limit = limit
        self.spent = 0.0
        self._models = spec.models
        self._seconds = seconds

    def price(self, method: str, body: str | None, has_key: bool) -> float:
        """CNY that a call may cost at most; 0 for what nobody can charge: no key, no JSON, no model
        with a price, or an input that the model cannot work on. Whether it is refused, and on which
        path, does not matter: a provider may be wrong."""
        if method != "POST" or not has_key or body is None:
            return 0.0
        value = _json(body)
        if not isinstance(value, dict) or not isinstance(value.get("model"), str):
            return 0.0
        model = self._models.get(value["model"])
        given = value.get("input")
        if model is None or not isinstance(given, dict):
            return 0.0
        if not all(given.get(name) for name in NEEDS[model["operation"]]):
            return 0.0
        return self._of_model(model)

    def of(self, operation: str) -> float:
        """CNY that a call of an operation may cost at most."""
        models = self._models.values()
        return max((self._of_model(m) for m in models if m["operation"] == operation), default=0.0)

    def take(self, price: float) -> None:
        """Spend so much. Raises OverBudget, and spends nothing, where that is too much."""
        if price == 0:
            return
        if self.limit is None:
            raise OverBudget(f"it may cost {price:.3f} CNY; --budget says how much it may be")
        left = self.limit - self.spent
        if price > left + 1e-9:
            text = f"it may cost {price:.3f} CNY, and {max(left, 0.0):.3f} of {self.limit:g} are"
            raise OverBudget(f"{text} left; --budget says how much it may be")
        self.spent += price

    def give_back(self, price: float) -> None:
        """What was taken and not charged."""
        self.spent = max(0.0, self.spent - price)

    def charged(self, taken: float, ratio: str, seconds: float) -> None:
        """What a video really cost, in place of what was taken for it."""
        prices = [m.get("price-per-video-second", {}).get(ratio) for m in self._models.values()]
        price = max((p for p in prices if p is not None), default=inf)
        self.spent += (price * seconds if price < inf else taken) - taken

    def _of_model(self, model: dict[str, Any]) -> float:
        per_image = model.get("price-per-image", 0.0)
        per_second = max(model.get("price-per-video-second", {"": 0.0}).values())
        return float(per_image + per_second * self._seconds)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
