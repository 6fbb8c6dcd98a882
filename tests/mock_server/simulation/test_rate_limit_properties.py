"""Properties for any calls and times: the rate limit admits exactly what it allows; the bill has
only delivered results and never goes down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.spec.loader import Spec
from mock_server.simulation.rate_limit import Bucket, take
from tests.helpers.fake import EPOCH, SECONDS, Service

SPEC = Spec.load()
DAY = 86400.0


def often(examples: int) -> Callable[[Any], Any]:
    return settings(max_examples=examples, derandomize=True, database=None, deadline=None)


# Rates

rates = st.sampled_from([1.0, 5.0, 20.0]) | st.floats(0.1, 100)
gaps = st.lists(st.sampled_from([0.0, 0.05, 0.2, 1.0]) | st.floats(0, 3), min_size=1, max_size=40)


def let_through(rate: float, gaps: list[float]) -> tuple[list[float], Bucket | None, float]:
    """The times of the calls that were let through, and the bucket after the last call."""
    now, bucket, passed = EPOCH, None, []
    for gap in gaps:
        now += gap
        left = take(bucket, rate, now)
        if left is not None:
            bucket = left
            passed.append(now)
    return passed, bucket, now


@often(150)
@given(rate=rates, gaps=gaps)
def test_no_window_of_time_has_more_calls_than_its_rate_allows(
    rate: float, gaps: list[float]
) -> None:
    passed, _, _ = let_through(rate, gaps)
    for first, start in enumerate(passed):
        for number, end in enumerate(passed[first:], 1):
            assert number <= rate * (end - start) + max(rate, 1.0) + 1e-3
    assert passed == let_through(rate, gaps)[0]


@often(150)
@given(rate=rates, gaps=gaps, late=st.floats(0, 1))
def test_a_call_is_admitted_as_soon_as_the_rate_allows_it(
    rate: float, gaps: list[float], late: float
) -> None:
    _, bucket, now = let_through(rate, gaps)
    assert bucket is not None
    assert take(bucket, rate, now + 1 / rate + late) is not None
    wait = max(0.0, (1.0 - bucket.tokens) / rate - (now - bucket.at))
    assert 0 <= wait <= 1 / rate
    assert take(bucket, rate, now + wait) is not None
    assert wait < 1e-5 or take(bucket, rate, now + wait - 1e-5) is None


@often(40)
@given(asked=st.lists(st.tuples(
    st.sampled_from([0.0, 0.01, 0.05, 0.2, 1.0]), st.sampled_from(["detect", "list", "get"]),
    st.sampled_from(["sk-a", "sk-b"])), max_size=60))  # fmt: skip
def test_no_key_exceeds_the_documented_rate_of_an_operation(
    asked: list[tuple[float, str, str]],
) -> None:
    service = Service(SPEC, limits="documented")
    act = {
        "detect": service.detect,
        "list": service.list,
        "get": lambda key: service.get("x", key=key),
    }
    passed: dict[tuple[str, str], list[float]] = {}
    for gap, operation, key in asked:
        service.real += gap
        if act[operation](key=key).status == 200:
            times = passed.setdefault((operation, key), [])
            times.append(service.real)
            rate = 5 if operation == "detect" else 20
            for count, start in enumerate(reversed(times), 1):
                assert count <= rate * (service.real - start) + rate + 1e-3


# The bill

CREATIONS = ["", "", "FAILED.InvalidURL", "CANCELED", "PENDING", "Throttling"]
DETECTIONS = ["pass", "reject", "InvalidFile.NoHuman", "InvalidURL"]
TIMES = [0.0, 10.0, 30.0, 100.0, 3 * 3600.0, 12 * 3600.0]
steps = st.lists(
    st.tuples(st.just("create"), st.sampled_from(CREATIONS))
    | st.tuples(st.just("detect"), st.sampled_from(DETECTIONS))
    | st.tuples(st.just("cancel"), st.integers(0, 5))
    | st.tuples(st.just("passes"), st.sampled_from(TIMES)),
    max_size=20,
)


@pytest.mark.parametrize("life", ["creation", "end"])
@often(50)
@given(steps=steps)
def test_the_bill_has_detected_images_and_finished_videos_and_never_goes_down(
    life: str, steps: list[tuple[str, Any]]
) -> None:
    service = Service(SPEC, variants={"task-life": life})
    tasks: list[str] = []
    videos: set[str] = set()
    images, before = 0, 0.0
    for step, value in [
        *steps,
        ("passes", 12 * 3600.0),
        ("passes", 3 * DAY),
        ("create", "PENDING"),
    ]:
        if step == "create":
            made = service.create(**({"X_Mock_Scenario": value} if value else {}))
            if made.status == 200:
                tasks.append(made.body["output"]["task_id"])
        elif step == "detect":
            images += service.detect(X_Mock_Scenario=value).status == 200
        elif step == "cancel" and tasks:
            service.cancel(tasks[-1 - value % len(tasks)])
        elif step == "passes":
            service.real += value
        videos |= {task for task in tasks if service.status(task) == "SUCCEEDED"}
        rows = service.usage()
        seconds = SECONDS * len(videos)
        assert [row.quantity for row in rows] == pytest.approx([images, seconds, 0])
        cost = sum(row.cost for row in rows)
        assert cost == pytest.approx(images * 0.004 + seconds * 0.08)
        assert cost >= before
        before = cost
