"""Rules: the calls that a rule matches, and the sequence of what it does to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from contracts.spec.loader import Spec
from mock_server.scenarios.rules import LONGEST_ID, MOST_TASKS
from tests.helpers.cases import each_case
from tests.helpers.fake import Result, Service, request

THROTTLED = "Throttling.RateQuota"
DAY = 86400


def codes(results: list[Result]) -> list[str]:
    """The code of each answer, or `ok`."""
    return [result.body.get("code", "ok") for result in results]


def creates(service: Service, count: int, **options: Any) -> list[str]:
    return codes([service.create(**options) for _ in range(count)])


# Sequences


def test_first_2_affects_the_first_two_calls_alone(service: Service) -> None:
    service.rules({"operation": "createVideoTask", "first": 2, "do": THROTTLED})
    assert creates(service, 4) == [THROTTLED, THROTTLED, "ok", "ok"]
    assert service.fired() == {"scenario 1": 2}


def test_steps_follow_each_other_and_the_last_may_be_endless(service: Service) -> None:
    steps = [{"times": 2, "do": THROTTLED}, {"times": 1, "do": "normal"}, {"do": "SystemError"}]
    service.rules({"operation": "createVideoTask", "steps": steps})
    expected = [THROTTLED, THROTTLED, "ok", "SystemError", "SystemError"]
    assert creates(service, 5) == expected


def test_a_rule_ends_after_its_last_step(service: Service) -> None:
    rule = {"operation": "createVideoTask", "steps": [{"times": 1, "do": THROTTLED}]}
    service.rules(rule, {"operation": "createVideoTask", "do": "SystemError"})
    assert creates(service, 3) == [THROTTLED, "SystemError", "SystemError"]


def test_nth_3_affects_the_third_call_alone(service: Service) -> None:
    task = service.task_id()
    service.rules({"operation": "getTask", "nth": 3, "do": "InternalError"})
    polls = [service.get(task).status for _ in range(5)]
    assert polls == [200, 200, 500, 200, 200]


def test_after_2_affects_all_calls_after_the_second(service: Service) -> None:
    service.rules({"operation": "createVideoTask", "after": 2, "do": THROTTLED})
    assert creates(service, 4) == ["ok", "ok", THROTTLED, THROTTLED]


def test_a_rule_with_repeat_starts_again_after_its_last_step(service: Service) -> None:
    service.rules({"operation": "createVideoTask", "nth": 3, "repeat": True, "do": THROTTLED})
    assert creates(service, 7) == ["ok", "ok", THROTTLED, "ok", "ok", THROTTLED, "ok"]


def test_steps_can_repeat(service: Service) -> None:
    steps = [{"times": 1, "do": THROTTLED}, {"times": 2, "do": "normal"}]
    service.rules({"operation": "createVideoTask", "steps": steps, "repeat": True})
    assert creates(service, 5) == [THROTTLED, "ok", "ok", THROTTLED, "ok"]


def test_per_task_counts_the_calls_of_each_task_separately(service: Service) -> None:
    tasks = [service.task_id() for _ in range(2)]
    service.rules({"operation": "getTask", "nth": 2, "per": "task", "do": "InternalError"})
    polls = [service.get(tasks[number]).status for number in (0, 1, 0, 1, 0, 1)]
    assert polls == [200, 200, 500, 500, 200, 200]


def test_the_counters_per_task_are_bounded_and_the_latest_are_kept(service: Service) -> None:
    service.rules({"operation": "getTask", "nth": 2, "per": "task", "do": "InternalError"})
    service.get("the-first")
    for number in range(MOST_TASKS):
        service.get(f"task-{number}")
    assert len(service.tenant().counters.tasks) == MOST_TASKS
    assert service.get(f"task-{MOST_TASKS - 1}").status == 500
    assert service.get("the-first").status == 200


def test_a_counter_keeps_at_most_the_length_of_a_real_task_id(service: Service) -> None:
    service.rules({"operation": "getTask", "nth": 2, "per": "task", "do": "InternalError"})
    long = "x" * 50_000
    assert [service.get(long).status for _ in range(2)] == [200, 500]
    assert [key.split()[-1] for key in service.tenant().counters.tasks] == [long[:LONGEST_ID]]


def test_each_rule_counts_every_matching_call_also_if_another_decides(service: Service) -> None:
    service.rules(
        {"name": "a", "operation": "createVideoTask", "first": 2, "do": THROTTLED},
        {"name": "b", "operation": "createVideoTask", "nth": 3, "do": "SystemError"},
    )
    assert creates(service, 1, X_Mock_Scenario="Arrearage") == ["Arrearage"]
    assert creates(service, 3) == [THROTTLED, "SystemError", "ok"]
    assert service.fired() == {"a": 1, "b": 1}


def test_the_first_matching_rule_with_an_action_decides(service: Service) -> None:
    service.rules(
        {
            "name": "never",
            "operation": "createVideoTask",
            "model": "emo-v1",
            "nth": 9,
            "do": "lost",
        },
        {"name": "first", "do": THROTTLED},
        {"name": "second", "do": "SystemError"},
    )
    assert creates(service, 2) == [THROTTLED] * 2
    assert service.fired() == {"never": 0, "first": 2, "second": 0}


def test_no_rule_counts_a_refused_call(service: Service) -> None:
    service.rules({"operation": "createVideoTask", "first": 1, "do": THROTTLED})
    assert service.create({"model": "emo-v1"}).status == 400
    assert service.create(X_Mock_Scenario="no-such").body["code"] == "UnknownScenario"
    assert service.create(key="sk-other").status == 200
    assert service.tenant().counters.matched == {}
    assert creates(service, 2) == [THROTTLED, "ok"]


def test_setting_the_same_rule_again_keeps_its_counters(service: Service) -> None:
    rule = {"operation": "createVideoTask", "nth": 3, "do": THROTTLED}
    service.rules(rule)
    creates(service, 2)
    service.rules(rule, {"operation": "listTasks", "do": THROTTLED})
    assert creates(service, 2) == [THROTTLED, "ok"]
    service.rules(rule | {"nth": 2})  # another rule
    assert creates(service, 2) == ["ok", THROTTLED]


# Matching


def test_a_rule_matches_by_model_field_and_header(service: Service) -> None:
    calm = request(service.spec, "createVideoTask") | {"parameters": {"style_level": "calm"}}
    for wanted in (
        {"model": "emo-v1", "body": {"/parameters/style_level": "calm"}},
        {"body": {"/parameters/style_level": {"contains": "alm"}}},
        {"body": {"/input/prompt": {"exists": False}, "/parameters/style_level": "calm"}},
        {"headers": {"X-Try": "2"}},
        {"headers": {"x-TRY": {"contains": "2"}, "X-Other": {"exists": False}}},
        {"body": {"/input/face_bbox/0": 302}, "headers": {"X-Try": {"exists": True}}},
    ):
        service.rules({"operation": "createVideoTask", "do": THROTTLED, **wanted})
        assert service.create(calm, X_Try="2").status == 429, wanted
        assert service.create().status == 200, wanted


@each_case(
    "wanted, sent, is_same",
    [(1, 1.0, True), (1, True, False), (0, False, False), ([1], [True], False), ("1", 1, False),
     ({"a": [1, {"b": 2}]}, {"a": [1.0, {"b": 2.0}]}, True), ({"a": 1}, {"a": True}, False),
     ({"a": 1}, {"a": 1, "b": 1}, False), (None, None, True), ([], {}, False), ([1], [1, 2], False),
     (None, 0, False), ("é", "é", True)],
)  # fmt: skip
def test_values_are_compared_as_json(
    service: Service, wanted: Any, sent: Any, is_same: bool
) -> None:
    body = request(service.spec, "createVideoTask") | {"mine": sent}
    service.rules({"operation": "createVideoTask", "body": {"/mine": wanted}, "do": THROTTLED})
    assert (service.create(body).status == 429) is is_same


def test_escapes_and_indexes_in_a_json_pointer_are_read(service: Service) -> None:
    body = request(service.spec, "createVideoTask") | {"a/b": {"c~d": [0, {"": "x"}]}, "~1": "y"}
    for pointer, wanted in (("/a~1b/c~0d/1/", "x"), ("/~01", "y")):
        service.rules({"operation": "createVideoTask", "body": {pointer: wanted}, "do": THROTTLED})
        assert service.create(body).status == 429
        assert service.create().status == 200


def test_a_field_that_is_null_exists(service: Service) -> None:
    body = request(service.spec, "createVideoTask")
    body["input"]["prompt"] = None
    service.rules({"body": {"/input/prompt": {"exists": True}}, "do": THROTTLED})
    assert (service.create(body).status, service.create().status) == (429, 200)


def test_a_rule_can_match_the_state_of_the_polled_task(service: Service) -> None:
    task = service.task_id()
    service.rules({"operation": "getTask", "status": "RUNNING", "do": "reset"})
    assert service.status(task) == "PENDING"
    service.real += 15
    assert service.raw("GET", f"/api/v1/tasks/{task}").delivery.end == "reset"
    service.real += DAY / 2
    assert service.status(task) == "SUCCEEDED"


def test_the_state_is_that_of_the_task_in_the_path(service: Service) -> None:
    service.rules(
        {"status": "UNKNOWN", "do": THROTTLED}, {"status": "PENDING", "do": "SystemError"}
    )
    task = service.task_id()
    assert service.list().status == 200
    assert codes([service.get(task), service.get("other")]) == ["SystemError", THROTTLED]
    assert codes([service.cancel(task), service.cancel("other")]) == ["SystemError", THROTTLED]


def test_with_time_skip_a_rule_matches_the_state_that_the_poll_shows(
    make_service: Callable[..., Service],
) -> None:
    service = make_service(time="skip")
    task = service.task_id()
    service.rules(
        {"name": "p", "operation": "getTask", "status": "PENDING", "do": "SystemError"},
        {"name": "r", "operation": "getTask", "status": "RUNNING", "first": 1, "do": THROTTLED},
        {"name": "s", "operation": "getTask", "status": "SUCCEEDED", "first": 1, "do": "drip"},
    )
    assert service.get(task).body["code"] == THROTTLED
    assert [service.status(task) for _ in range(3)] == ["RUNNING", "SUCCEEDED", "SUCCEEDED"]
    assert service.fired() == {"p": 0, "r": 1, "s": 1}


def test_with_time_skip_a_cancel_is_matched_by_the_current_state(
    make_service: Callable[..., Service],
) -> None:
    service = make_service(time="skip")
    task = service.task_id()
    service.rules({"operation": "cancelTask", "status": "PENDING", "do": THROTTLED})
    assert service.cancel(task).status == 429


def test_between_affects_the_calls_in_a_window_of_time(service: Service) -> None:
    service.real += 100  # from when the rule is set, not from the first call
    service.rules({"operation": "listTasks", "between": [10, 20], "do": "RequestTimeOut"})
    seen = []
    for _ in range(5):
        seen.append(service.list().status)
        service.real += 5
    assert seen == [200, 200, 500, 500, 200]


@each_case("tenths", range(1, 20))
def test_the_edges_of_a_window_are_exact(make_service: Callable[..., Service], tenths: int) -> None:
    service, edge = make_service(), tenths / 10
    service.rules({"between": [edge, edge + 1], "do": THROTTLED})
    service.change(clock=service.tenant().clock.advance(edge - 0.001, service.real))
    assert service.list().status == 200
    service.change(clock=service.tenant().clock.advance(0.001, service.real))
    assert service.list().status == 429
    service.change(clock=service.tenant().clock.advance(1, service.real))
    assert service.list().status == 200


def test_a_window_follows_the_clock_of_the_tenant(make_service: Callable[..., Service]) -> None:
    service = make_service(time="frozen")
    service.rules({"between": [10, None], "do": THROTTLED})
    service.real += DAY
    assert service.list().status == 200
    service.change(clock=service.tenant().clock.advance(10, service.real))
    assert service.list().status == 429
    fast = make_service(time="fast")
    fast.rules({"between": [10, 20], "do": THROTTLED})
    fast.real += 1.5
    assert fast.list().status == 429


def test_a_window_of_the_server_file_starts_at_the_first_call_of_each_key(spec: Spec) -> None:
    service = Service(spec, file={"scenarios": [{"between": [0, 10], "do": THROTTLED}]})
    assert service.list().status == 429
    service.real += 10
    assert (service.list().status, service.list(key="sk-new").status) == (200, 429)
