"""A run of the checks costs nothing without a budget, and never more than its budget."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts.provider.budget import Budget, OverBudget
from contracts.spec.loader import Spec
from contracts.verify.events import Ended
from contracts.verify.registry import all_checks
from tests.helpers.contract import (
    accepts_everything,
    ended,
    json_answer,
    refuses_everything,
    verification,
)

pytestmark = pytest.mark.usefixtures("calls_without_threads")

SPEC = Spec.load()
PRICES = {"emo-detect-v1": 0.004, "emo-v1": 0.16 * 13.93}


class Counting:
    """A server that accepts every call and counts those that could be charged: with a key, and with
    an input that the model in the body, or the model of the path, can process."""

    def __init__(self) -> None:
        self.bills: list[float] = []
        self.calls = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        try:
            body = json.loads(request.content)
            meant = "emo-v1" if "video-synthesis" in request.url.path else "emo-detect-v1"
            meant = meant if "image2video" in request.url.path else ""
            can = {m for m in (body["model"], meant) if m in PRICES and self.can(m, body["input"])}
            if request.headers.get("authorization") and can:
                self.bills.append(max(PRICES[model] for model in can))
        except (ValueError, LookupError, TypeError):
            pass
        return accepts_everything(request)

    def can(self, model: str, given: Any) -> bool:
        return bool(given.get("image_url") and (model != "emo-v1" or given.get("audio_url")))


def test_without_a_budget_no_call_costs_money() -> None:
    server = Counting()
    events = list(verification(SPEC, server).run())
    assert server.bills == []
    assert server.calls > 50
    skipped = {name for name, e in ended(events).items() if e.result == "skipped"}
    assert skipped >= {name for name, c in all_checks().items() if c.tier == "paid"}


@settings(deadline=None, max_examples=10)
@given(limit=st.floats(0, 30, allow_nan=False))
@example(limit=0.0)
@example(limit=PRICES["emo-detect-v1"])
@example(limit=PRICES["emo-v1"])
@example(limit=2 * PRICES["emo-v1"] - 0.001)
def test_a_run_never_spends_more_than_its_budget(limit: float) -> None:
    server = Counting()
    paid = [name for name, c in all_checks().items() if c.tier == "paid"]
    run = verification(SPEC, server, *paid, budget=limit)
    assert sum(1 for _ in run.run())
    assert sum(server.bills) <= limit + 1e-6


def test_a_run_with_a_budget_makes_calls_that_cost_money() -> None:
    server = Counting()
    last = list(verification(SPEC, server, budget=10.0).run())[-1]
    assert isinstance(last, Ended)
    assert 0 < sum(server.bills) <= 10.0
    assert last.spent == pytest.approx(sum(server.bills))


def test_a_refused_call_is_not_charged() -> None:
    last = list(verification(SPEC, refuses_everything, budget=10.0).run())[-1]
    assert isinstance(last, Ended)
    assert last.spent == 0


def test_a_check_over_the_budget_is_skipped_with_the_reason() -> None:
    run = verification(SPEC, accepts_everything, "creation.area", budget=1.0)
    (found,) = ended(list(run.run())).values()
    assert found.result == "skipped"
    assert found.why == (
        "1.000 of 1 CNY are left, and that is too little; --budget CNY allows more"
    )


@pytest.mark.parametrize(
    ("body", "has_key", "price"),
    [
        ({"model": "emo-v1", "input": {"image_url": "x", "audio_url": "y"}}, True, 2.2288),
        ({"model": "emo-v1", "input": {"image_url": "x", "audio_url": "y"}}, False, 0),
        ({"model": "emo-v1", "input": {"image_url": "x"}}, True, 0),
        ({"model": "emo-detect-v1", "input": {"image_url": "x"}}, True, 0.004),
        ({"model": "emo-v0", "input": {"image_url": "x", "audio_url": "y"}}, True, 0),
        ({"model": "emo-v1", "input": {"image_url": "x", "audio_url": None}}, True, 0),
        ({"model": ["emo-v1"], "input": {"image_url": "x"}}, True, 0),
        (["emo-v1"], True, 0),
    ],
)
def test_the_price_of_a_call_is_the_most_that_could_be_charged(
    body: Any, has_key: bool, price: float
) -> None:
    budget = Budget(SPEC, None, 13.93)
    path = "/api/v1/elsewhere"
    assert budget.price("POST", path, json.dumps(body), has_key) == pytest.approx(price)
    assert budget.price("GET", path, json.dumps(body), has_key) == 0


def test_the_price_follows_the_path_if_the_model_is_unknown() -> None:
    budget = Budget(SPEC, None, 13.93)
    body = json.dumps({"model": "emo-v0", "input": {"image_url": "x", "audio_url": "y"}})
    base = "/qwen/api/v1/services/aigc/image2video"
    assert budget.price("POST", f"{base}/face-detect/", body, True) == 0.004
    assert budget.price("POST", f"{base}/video-synthesis", body, True) == pytest.approx(2.2288)


@pytest.mark.parametrize("limit", [-1.0, float("nan")])
def test_a_negative_budget_is_refused(limit: float) -> None:
    with pytest.raises(ValueError, match="must be 0 or more"):
        Budget(SPEC, limit, 13.93)


@pytest.mark.parametrize("seconds", [-1000, float("nan"), 0.001, 10**400, "3", True, None])
def test_a_false_usage_does_not_lower_the_price_below_the_recording(seconds: Any) -> None:
    budget = Budget(SPEC, 3.0, 13.93)
    budget.take(2.2)
    budget.charged(2.2, "1:1", seconds)
    assert budget.spent >= 0.08 * 13.93 - 1e-9


def test_money_can_be_taken_from_a_budget_and_given_back() -> None:
    budget = Budget(SPEC, 3.0, 13.93)
    budget.take(2.0)
    with pytest.raises(OverBudget, match=r"1\.000 of 3"):
        budget.take(2.0)
    budget.give_back(2.0)
    budget.take(3.0)
    assert budget.spent == 3.0


def test_the_price_of_a_video_follows_its_usage() -> None:
    budget = Budget(SPEC, 3.0, 13.93)
    budget.take(2.0)
    budget.charged(2.0, "3:4", 10.0)
    assert budget.spent == pytest.approx(1.6)


@pytest.mark.parametrize("what", ["no end", "no answer"])
def test_a_second_task_is_canceled_also_if_the_first_is_lost(what: str) -> None:
    made, canceled = [], []

    def lost(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/video-synthesis"):
            made.append(f"3f2b8a9e-8a5c-4d3e-9c1b-00000000000{len(made)}")
            output = {"task_id": made[-1], "task_status": "PENDING"}
            return json_answer(200, {"output": output, "request_id": "r"})
        if path.endswith("/cancel"):
            canceled.append(path.split("/")[-2])
            return json_answer(200, {"request_id": "r"})
        if len(made) > 1 and what == "no answer" and made[0] in path:
            raise httpx.ReadError("reset")
        output = {"task_id": path.split("/")[-1], "task_status": "PENDING"}
        return json_answer(200, {"output": output, "request_id": "r"})

    (found,) = ended(list(verification(SPEC, lost, "ends.queue", budget=10.0).run())).values()
    assert found.result != "passed"
    assert made[1] in canceled
