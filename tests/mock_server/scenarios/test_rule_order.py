"""Rules without an operation, and which scenario wins if several match a call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from contracts.spec.loader import Spec
from tests.helpers.fake import SERVICE, Result, Service, request

THROTTLED = "Throttling.RateQuota"


def codes(results: list[Result]) -> list[str]:
    """The code of each answer, or `ok`."""
    return [result.body.get("code", "ok") for result in results]


def creates(service: Service, count: int, **options: Any) -> list[str]:
    return codes([service.create(**options) for _ in range(count)])


# Without an operation


def test_a_rule_without_operation_matches_all_that_have_the_outcome(service: Service) -> None:
    service.rules({"name": "a", "nth": 2, "do": "InvalidFile.NoHuman"})
    task = service.task_id()
    assert service.get(task).status == service.list().status == 200
    assert [service.detect().body["output"]["check_pass"] for _ in range(3)] == [True, False, True]
    assert service.fired() == {"a": 1}


def test_a_normal_step_does_not_add_operations_to_a_rule(service: Service) -> None:
    service.rules({"steps": [{"times": 2, "do": "InvalidURL"}, {"do": "normal"}]})
    service.list()
    assert creates(service, 3) == ["InvalidURL", "InvalidURL", "ok"]


def test_an_ending_without_operation_applies_to_creations(service: Service) -> None:
    service.rules({"nth": 2, "do": "FAILED.InvalidURL"})
    tasks = [service.task_id() for _ in range(3)]
    service.real += 12 * 3600
    assert [service.status(task) for task in tasks] == ["SUCCEEDED", "FAILED", "SUCCEEDED"]


def test_an_ending_for_polls_changes_that_answer_and_not_the_task(service: Service) -> None:
    task = service.task_id()
    service.rules({"operation": "getTask", "nth": 2, "do": "FAILED.InvalidURL"})
    assert [service.status(task) for _ in range(3)] == ["PENDING", "FAILED", "PENDING"]


def test_a_fault_without_operation_applies_to_every_operation(service: Service) -> None:
    service.rules({"do": "wrong-type"})
    task = service.task_id()
    replies = [service.detect(), service.get(task), service.list(), service.cancel(task)]
    assert all(b"text/html" in dict(r.reply.headers)[b"content-type"] for r in replies)


def test_a_step_that_does_not_fit_the_call_leaves_it_to_the_next_rule(
    service: Service,
) -> None:
    steps = [{"times": 1, "do": "InvalidFile.NoHuman"}, {"times": 1, "do": "FAILED.InvalidURL"}]
    service.rules({"name": "a", "steps": steps}, {"name": "b", "do": THROTTLED})
    assert creates(service, 1) == [THROTTLED]  # the step of detections is over
    assert codes([service.detect()]) == [THROTTLED]  # as is that of creations
    assert service.fired() == {"a": 0, "b": 2}
    assert set(service.tenant().counters.matched.values()) == {2}


def test_an_answer_and_a_fault_can_be_combined(service: Service) -> None:
    do = {"answer": "Throttling", "fault": "truncated", "part": 0}
    service.rules({"operation": "listTasks", "do": do})
    reply = service.raw("GET", "/api/v1/tasks")
    assert (reply.status, reply.body, reply.outcome) == (429, b"", "Throttling")


# Priority


def asking(service: Service, name: str) -> Any:
    body = request(service.spec, "createVideoTask")
    body["input"]["image_url"] += f"?emo-scenario={name}"
    return body


def test_the_order_of_priority_is_header_rule_url_key_file(spec: Spec) -> None:
    service = Service(spec, file={"scenarios": [{"name": "served", "do": "Throttling"}]})
    key, body = "sk-a.SystemError", asking(service, "InternalError")
    service.rules({"name": "own", "do": "RequestTimeOut"}, key=key)
    header = {"X_Mock_Scenario": "Arrearage"}
    assert codes([service.create(body, key=key, **header)]) == ["Arrearage"]
    assert codes([service.create(body, key=key)]) == ["RequestTimeOut"]
    service.rules(key=key)
    assert codes([service.create(body, key=key)]) == ["InternalError"]
    assert codes([service.create(key=key)]) == ["SystemError"]
    assert codes([service.create(key="sk-b")]) == ["Throttling"]


def test_normal_wins_over_weaker_scenarios(spec: Spec) -> None:
    service = Service(spec, file={"scenarios": [{"name": "served", "do": "Throttling"}]})
    service.rules({"name": "own", "operation": "createVideoTask", "first": 1, "do": "normal"})
    assert creates(service, 2) == ["ok", "Throttling"]
    assert service.fired() == {"own": 1}
    service.rules({"do": "normal"}, key="sk-a.SystemError")
    assert service.list(key="sk-a.SystemError").status == 200


def test_a_scenario_that_does_not_apply_leaves_the_call_to_a_weaker_one(service: Service) -> None:
    service.rules({"operation": "createVideoTask", "do": THROTTLED})
    assert creates(service, 1, X_Mock_Scenario="InvalidFile.NoHuman") == [THROTTLED]
    key = "sk-a.SystemError"
    service.rules({"operation": ["createVideoTask", "listTasks"], "do": "Arrearage"}, key=key)
    assert codes([service.create(key=key), service.list(key=key)]) == ["Arrearage", "SystemError"]


def test_a_misspelled_name_is_an_error_also_if_a_rule_would_win(service: Service) -> None:
    service.rules({"do": THROTTLED})
    assert codes([service.create(asking(service, "Throtling"))]) == ["UnknownScenario"]


def test_the_same_rule_in_the_file_and_of_a_tenant_counts_separately(spec: Spec) -> None:
    rule = {"name": "same", "operation": "createVideoTask", "nth": 3, "do": THROTTLED}
    service = Service(spec, file={"scenarios": [rule]})
    service.rules(rule)
    assert creates(service, 4) == ["ok", "ok", THROTTLED, "ok"]
    assert sorted(service.tenant().counters.matched.values()) == [4, 4]
    assert list(service.tenant().counters.fired.values()) == [1]


def test_each_key_has_its_own_counters_for_rules_of_the_file(spec: Spec) -> None:
    rule = {"operation": "createVideoTask", "first": 1, "do": THROTTLED}
    service = Service(spec, file={"scenarios": [rule]})
    keys = ["sk-a", "sk-b", "sk-a", "sk-b"]
    assert [service.create(key=key).status for key in keys] == [429, 429, 200, 200]


def test_the_rules_of_one_key_do_not_affect_another(service: Service) -> None:
    service.rules({"do": THROTTLED}, key="sk-a")
    assert (service.list(key="sk-a").status, service.list(key="sk-b").status) == (429, 200)


def test_an_answer_that_a_rule_asked_for_names_it_in_a_header(service: Service) -> None:
    service.rules({"operation": "createVideoTask", "do": "FAILED.InvalidURL"})
    headers = dict(service.create().reply.headers)
    assert headers[b"x-mock-scenario"] == b"FAILED.InvalidURL"
    assert b"x-mock-explain" in headers
    assert b"x-mock-scenario" not in dict(service.list().reply.headers)


def test_the_same_seed_and_calls_give_the_same_bytes_under_rules(
    make_service: Callable[..., Service],
) -> None:
    def run() -> list[Any]:
        service = make_service()
        service.rules(
            {"first": 2, "repeat": True, "do": {"fault": "latency", "between": [1, 3]}},
            {"operation": "createVideoTask", "nth": 3, "do": "FAILED.SystemError"},
        )
        replies = []
        for _ in range(4):
            replies.append(service.create().reply)
            service.real += 60
            replies.append(service.list().reply)
        return replies

    assert run() == run()


def test_rules_match_paths_with_a_trailing_slash(service: Service) -> None:
    service.rules({"operation": "createVideoTask", "do": THROTTLED})
    body = request(service.spec, "createVideoTask")
    path = f"{SERVICE}/video-synthesis/"
    assert service.call("POST", path, body, X_DashScope_Async="enable").status == 429
