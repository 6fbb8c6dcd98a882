"""The budget of a run: which calls may cost money, and how much was spent. The price depends only
on the call itself, so that no check can cost money by mistake. Sends nothing."""

from __future__ import annotations

import json
from math import inf
from typing import Any

from contracts.spec.loader import Spec
from contracts.spec.models import Model
from contracts.spec.pointers import MISSING, parts_of, value_at

LONGEST_VIDEO = 60.0  # s (EMO-3)


class OverBudget(Exception):
    """A call would cost more than the rest of the budget. The text contains the amounts."""


class Budget:
    """A limit for the money that a run may spend, by documented prices (PRICE).

    limit: CNY; None forbids all calls that cost money. seconds: length of the recording that is
    sent; every second of video counts with the price of the most expensive tier. Raises ValueError
    for a limit below 0 or NaN.

    is_free: nobody charges, as with a fake. Then no limit is needed, and `spent` is the price that
    a real provider would charge. A limit still holds, so that a run can be rehearsed."""

    def __init__(self, spec: Spec, limit: float | None, seconds: float) -> None:
        if limit is not None and not limit >= 0:
            raise ValueError(f"a budget of {limit} CNY must be 0 or more")
        self.limit = limit
        self.spent = 0.0
        self.is_free = False
        self._models, self._videos = spec.models, spec.video_models
        self._paths = {op.template: op.id for op in spec.operations.values()}
        self._needed = {
            name: [parts_of(pointer) for pointer in spec.needed_urls(name)] for name in spec.models
        }
        self._seconds = seconds

    @property
    def allows_any(self) -> bool:
        """Whether calls that may cost money are sent at all."""
        return self.is_free or self.limit is not None

    def price(self, method: str, path: str, body: str | None, has_key: bool) -> float:
        """The most that a call may cost, in CNY: the model that it names or its path, whichever is
        more expensive, since a provider may use either. 0 for a call that nobody can charge for:
        without a key, without JSON, or without the input that a model needs. Calls that should be
        refused are not free: a provider may accept them."""
        value = _json(body) if method == "POST" and has_key and body is not None else None
        given = value.get("input") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(given, dict):
            return 0.0
        # Not Spec.router: a provider may also charge for a path with more text around it.
        called = {id for template, id in self._paths.items() if template in path}
        return max(
            (
                self._of_model(model)
                for name, model in self._models.items()
                if (name == value.get("model") or model.operation in called)
                and all(_is_given(value, need) for need in self._needed[name])
            ),
            default=0.0,
        )

    def of(self, model: str) -> float:
        """The most that a call of this model may cost, in CNY."""
        return self._of_model(self._models[model])

    def take(self, price: float) -> None:
        """Add a price to `spent`. Raises OverBudget, and adds nothing, if the price exceeds the
        rest of the budget."""
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
        """Subtract a price that is not charged: of a refused call, or of a task that failed or was
        canceled."""
        self.spent = max(0.0, self.spent - price)

    def charged(self, taken: float, tier: Any, seconds: Any) -> None:
        """Replace the price that was taken for a video by the price from its usage; but at least
        the recording's length at the lowest price, even if the usage is shorter."""
        prices = self._prices()
        is_length = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if tier in prices and is_length and 0 < seconds <= LONGEST_VIDEO:
            least = min(prices.values()) * self._seconds
            self.spent += max(prices[tier] * seconds, least) - taken

    def _prices(self) -> dict[Any, float]:
        """CNY per second of video, by tier; the highest if models have tiers of one name."""
        tables = [model.prices for model in self._videos.values()]
        return {tier: max(t.get(tier, 0.0) for t in tables) for table in tables for tier in table}

    def _of_model(self, model: Model) -> float:
        highest = max(model.prices.values())
        return highest * self._seconds if model.unit == "second" else highest


def _is_given(body: Any, field: list[str]) -> bool:
    """Whether a field has a value that a provider can do any work with."""
    value = value_at(body, field)
    return value is not MISSING and bool(value)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
