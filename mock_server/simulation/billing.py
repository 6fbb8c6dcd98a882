"""Calculates the cost of a tenant's calls, and when its account refuses further calls.

Pure; the prices come from the spec."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from contracts.spec.models import Model
from mock_server.simulation.task import Task

Models = Mapping[str, Model]


class Account(Struct, frozen=True, gc=False):
    """The account of a tenant.

    images: number of checked images by model. seconds: seconds of video of tasks that are no longer
    in the store, by `MODEL TIER`. free_only: refuse calls beyond the free quota (`use free tier
    only` in the console). balance: CNY that may be spent, as it was written; None: unlimited."""

    images: dict[str, int] = {}
    seconds: dict[str, float] = {}
    free_only: bool = False
    balance: int | float | None = None


class Used(Struct, frozen=True):
    """One row of a bill. quantity: images, or seconds of video. price: CNY per unit."""

    model: str
    unit: str
    ratio: str
    quantity: float
    price: float

    @property
    def cost(self) -> float:
        """The cost in CNY."""
        return round(self.quantity * self.price, 6)


def charge_image(account: Account, model: str) -> Account:
    """The account after one more image was checked."""
    return replace(account, images={**account.images, model: account.images.get(model, 0) + 1})


def settle(account: Account, forgotten: Iterable[Task], now: float) -> Account:
    """The account with the cost of tasks that the store drops."""
    return replace(account, seconds=_add(account.seconds, forgotten, now))


def bill(models: Models, account: Account, tasks: Iterable[Task], now: float) -> Iterator[Used]:
    """A row for each model and tier that has a price, in the order of the spec, also with quantity
    0.

    Only tasks that succeed are charged (PRICE)."""
    made = _add(account.seconds, tasks, now)
    for name, model in models.items():
        images = account.images.get(name, 0)
        for tier, price in model.prices.items():
            seconds = round(made.get(f"{name} {tier}", 0.0), 2)
            yield Used(name, model.unit, tier, images if model.unit == "image" else seconds, price)


def refused(account: Account, rows: Iterable[Used], model: str, free: float) -> str:
    """The reason to refuse a further call of the model: `free-tier`, `arrears`, or "" for none."""
    rows = list(rows)
    if account.free_only and sum(row.quantity for row in rows if row.model == model) >= free:
        return "free-tier"
    return "arrears" if account.balance is not None and total(rows) >= account.balance else ""


def total(rows: Iterable[Used]) -> float:
    """The sum of a bill in CNY."""
    return round(sum(row.cost for row in rows), 6)


def _add(before: Mapping[str, float], tasks: Iterable[Task], now: float) -> dict[str, float]:
    made = dict(before)
    for task in tasks:
        if _is_charged(task, now):
            key = f"{task.model} {task.tier}"
            made[key] = made.get(key, 0.0) + task.seconds
    return made


def _is_charged(task: Task, now: float) -> bool:
    in_time = task.ended <= now and task.ended < task.expires
    return task.outcome.partition(".")[0] == "SUCCEEDED" and task.canceled is None and in_time
