"""The documented rate limits: calls a second for each operation and key, on the clock of the
tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mock_server.simulation.rate_limit import Bucket, take
from tests.helpers.fake import SERVICE, Result, Service

SUBMITS, QUERIES = 5, 20
MESSAGE = "Requests rate limit exceeded, please try again later."


@pytest.fixture
def limited(make_service: Callable[..., Service]) -> Service:
    return make_service(limits="documented")


def statuses(results: Iterator[Result]) -> list[int]:
    return [result.status for result in results]


def test_without_limits_no_call_is_throttled(service: Service) -> None:
    assert set(statuses(service.create() for _ in range(50))) == {200}
    assert service.tenant().buckets == {}


def test_the_sixth_submission_in_a_second_is_refused_as_documented(limited: Service) -> None:
    assert statuses(limited.create() for _ in range(5)) == [200] * SUBMITS
    refused = limited.create()
    assert (refused.status, refused.body["code"]) == (429, "Throttling.RateQuota")
    assert refused.body["message"] == MESSAGE
    assert limited.list().body["total"] == SUBMITS


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [("POST", f"{SERVICE}/face-detect", SUBMITS), ("POST", f"{SERVICE}/video-synthesis", SUBMITS),
     ("GET", "/api/v1/tasks", QUERIES), ("GET", "/api/v1/tasks/x", QUERIES),
     ("POST", "/api/v1/tasks/x/cancel", QUERIES)],
)  # fmt: skip
def test_each_operation_has_its_own_rate(
    limited: Service, method: str, path: str, most: int
) -> None:
    """The rate is checked before the body, so these calls need no body."""
    answers = [limited.call(method, path) for _ in range(most + 1)]
    assert [answer.status == 429 for answer in answers] == [False] * most + [True]
    assert limited.detect().status == (429 if path.endswith("detect") else 200)


def test_polls_of_all_tasks_share_one_rate(limited: Service) -> None:
    assert statuses(limited.get(f"task-{n}") for n in range(21)) == [200] * QUERIES + [429]


def test_each_key_has_its_own_rate(limited: Service) -> None:
    keys = ["sk-a", "sk-b", "sk-a.pass"]  # a scenario makes it another key
    for key in keys:
        assert statuses(limited.detect(key=key) for _ in range(6)) == [200] * SUBMITS + [429]


def test_a_malformed_call_counts_and_the_rate_is_checked_first(limited: Service) -> None:
    path = f"{SERVICE}/face-detect"
    assert statuses(limited.call("POST", path, b"{") for _ in range(6)) == [400] * SUBMITS + [429]
    assert limited.call("POST", path, b"{", X_Mock_Scenario="no-such").status == 429


def test_a_call_that_reaches_no_operation_does_not_count(limited: Service) -> None:
    for _ in range(30):
        assert limited.get("x", key=None).status == 401
        assert limited.call("GET", "/api/v1/nothing").status == 400
    assert limited.get("x").status == 200


def test_the_rate_is_checked_before_scenarios_and_throttled_calls_match_none(
    limited: Service,
) -> None:
    limited.rules({"operation": "createVideoTask", "nth": 6, "do": "SystemError"})
    for _ in range(7):
        last = limited.create(X_Mock_Scenario="Arrearage")
    assert last.status == 429
    limited.real += 0.2
    assert limited.create().body["code"] == "SystemError"


def test_one_more_call_is_accepted_a_fifth_of_a_second_later(limited: Service) -> None:
    assert statuses(limited.create() for _ in range(6))[-1] == 429
    for _ in range(40):
        limited.real += 0.2
        assert statuses(limited.create() for _ in range(2)) == [200, 429]


def test_after_a_second_the_full_rate_is_available_and_no_more(
    limited: Service,
) -> None:
    for seconds in (0, 1, 3600):
        limited.real += seconds
        assert statuses(limited.detect() for _ in range(6)) == [200] * SUBMITS + [429]


def test_a_frozen_clock_accepts_no_more_calls_until_it_is_advanced(
    make_service: Callable[..., Service],
) -> None:
    service = make_service(limits="documented", time="frozen")
    for advance in (0, 0.2, 1):
        service.change(clock=service.tenant().clock.advance(advance, service.real))
        for _ in range(6):
            last = service.detect()
            service.real += 3600
        assert last.status == 429
    service.change(clock=service.tenant().clock.advance(0.2, service.real))
    assert statuses(service.detect() for _ in range(2)) == [200, 429]


def test_a_fast_clock_recovers_its_rate_faster(make_service: Callable[..., Service]) -> None:
    service = make_service(limits="documented", time="fast")
    assert statuses(service.detect() for _ in range(6))[-1] == 429
    service.real += 0.02
    assert statuses(service.detect() for _ in range(2)) == [200, 429]


def test_a_poll_in_skip_mode_recovers_the_rate(make_service: Callable[..., Service]) -> None:
    service = make_service(limits="documented", time="skip")
    tasks = [service.task_id() for _ in range(5)]
    assert service.create().status == 429
    assert service.status(tasks[0]) == "RUNNING"
    assert service.create().status == 200


def test_a_throttled_call_has_the_message_suffix_of_the_variant(
    make_service: Callable[..., Service],
) -> None:
    service = make_service(limits="documented", variants={"message-suffix": "details"})
    for _ in range(6):
        last = service.detect()
    assert last.body["message"].startswith(f"{MESSAGE} For details, see: https://")


def test_a_reset_tenant_has_its_full_rate(limited: Service) -> None:
    assert statuses(limited.detect() for _ in range(6))[-1] == 429
    limited.engine.forget(limited.tenant_id())
    assert limited.detect().status == 200


def test_a_rate_below_one_lets_one_call_through_and_then_waits() -> None:
    bucket = take(None, 0.5, 0.0)
    assert bucket == Bucket(0.0, 0.0)
    assert take(bucket, 0.5, 1.9) is None
    assert take(bucket, 0.5, 2.0) == Bucket(0.0, 2.0)
