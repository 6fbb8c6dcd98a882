"""The control API: scenarios, variants, account and usage of one key."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from contracts.spec.loader import Spec
from tests.helpers.fake import SECONDS, SERVICE, request
from tests.helpers.http import Serve, create, http_client  # noqa: F401

ASYNC = {"X-DashScope-Async": "enable"}


def submit(http: httpx.Client, spec: Spec, **headers: str) -> httpx.Response:
    body = request(spec, "createVideoTask")
    return http.post(f"{SERVICE}/video-synthesis", json=body, headers={**ASYNC, **headers})


def told(http: httpx.Client) -> dict[str, Any]:
    return http.get("/__mock__/scenarios").json()


def test_the_first_two_creates_are_throttled_and_then_all_is_normal(
    http: httpx.Client, spec: Spec
) -> None:
    rule = {"operation": "createVideoTask", "first": 2, "do": "Throttling.RateQuota"}
    assert http.post("/__mock__/scenarios", json=rule).status_code == 200
    assert [submit(http, spec).status_code for _ in range(4)] == [429, 429, 200, 200]
    shown = told(http)["scenarios"]
    assert [(s["name"], s["matched"], s["fired"]) for s in shown] == [("scenario 1", 4, 2)]


def test_the_third_poll_is_a_503_for_each_task(http: httpx.Client, spec: Spec) -> None:
    rule = {"operation": "getTask", "nth": 3, "per": "task", "do": {"fault": "bad-gateway"}}
    http.put("/__mock__/scenarios", json=[rule])
    for task in [create(http, spec), create(http, spec)]:
        polls = [http.get(f"/api/v1/tasks/{task}").status_code for _ in range(4)]
        assert polls == [200, 200, 502, 200]


def test_once_the_task_is_running_the_connection_is_reset(http: httpx.Client, spec: Spec) -> None:
    http.put(
        "/__mock__/scenarios", json={"operation": "getTask", "status": "RUNNING", "do": "reset"}
    )
    http.post("/__mock__/clock", json={"freeze": True})
    task = create(http, spec)
    assert http.get(f"/api/v1/tasks/{task}").json()["output"]["task_status"] == "PENDING"
    http.post("/__mock__/clock", json={"next_event": True})
    with pytest.raises(httpx.ReadError):
        http.get(f"/api/v1/tasks/{task}")
    http.post("/__mock__/clock", json={"next_event": True})
    assert http.get(f"/api/v1/tasks/{task}").json()["output"]["task_status"] == "SUCCEEDED"


def test_between_ten_and_twenty_seconds_nothing_is_answered(http: httpx.Client, spec: Spec) -> None:
    http.post("/__mock__/clock", json={"freeze": True})
    http.put("/__mock__/scenarios", json={"between": [10, 20], "do": "hold"})
    assert submit(http, spec).status_code == 200
    http.post("/__mock__/clock", json={"advance": 10})
    with pytest.raises(httpx.ReadTimeout):
        http.get("/api/v1/tasks/t", timeout=httpx.Timeout(5, read=0.2))
    http.post("/__mock__/clock", json={"advance": 10})
    assert submit(http, spec).status_code == 200


def test_scenarios_are_added_replaced_and_deleted(http: httpx.Client) -> None:
    one, other = {"name": "one", "do": "reset", "nth": 9}, {"name": "other", "do": "close"}
    http.post("/__mock__/scenarios", json=one)
    http.post("/__mock__/scenarios", json=[other])
    assert [rule["name"] for rule in told(http)["scenarios"]] == ["one", "other"]
    again = http.post("/__mock__/scenarios", json=one)
    assert again.status_code == 400
    assert "there is a scenario 'one'" in again.json()["error"]
    http.put("/__mock__/scenarios", json={"scenarios": [one]})
    assert told(http)["unused"] == ["one"]
    dropped = http.delete("/__mock__/scenarios").json()
    assert dropped == {"dropped": ["one"], "unused": ["one"]}
    assert told(http)["scenarios"] == []


def wide(name: str, size: int) -> dict[str, Any]:
    text = {"/model": {"contains": "x" * size}}
    return {"name": name, "operation": "createVideoTask", "body": text, "do": "Throttling"}


def test_the_scenarios_of_a_key_are_bounded_together(http: httpx.Client) -> None:
    statuses = [
        http.post("/__mock__/scenarios", json=wide(name, size)).status_code
        for name, size in (("one", 500_000), ("two", 500_000), ("three", 100_000), ("four", 9))
    ]
    assert statuses == [200, 200, 400, 200]
    assert [rule["name"] for rule in told(http)["scenarios"]] == ["one", "two", "four"]


def test_the_scenarios_of_all_keys_are_bounded_together(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mock_server.control.scenarios.MOST_BYTES_OF_ALL", 1000)
    one, other = ({"Authorization": f"Bearer sk-{name}"} for name in ("one", "other"))
    with serve() as url, httpx.Client(base_url=f"{url}/__mock__") as http:
        assert http.put("/scenarios", json=wide("a", 600), headers=one).status_code == 200
        refused = http.put("/scenarios", json=wide("b", 600), headers=other)
        assert (refused.status_code, "all keys" in refused.json()["error"]) == (400, True)
        assert http.put("/scenarios", json=wide("c", 600), headers=one).status_code == 200
        http.delete("/scenarios", headers=one)
        again = http.put("/scenarios", json=wide("b", 600), headers=other)
        assert again.status_code == 200


def test_an_unchanged_rule_keeps_its_counters(http: httpx.Client, spec: Spec) -> None:
    rule = {"name": "busy", "operation": "createVideoTask", "first": 2, "do": "Throttling"}
    http.put("/__mock__/scenarios", json=[rule])
    assert submit(http, spec).status_code == 429
    http.put("/__mock__/scenarios", json=[{"name": "more", "do": "reset", "nth": 99}, rule])
    assert [submit(http, spec).status_code for _ in range(2)] == [429, 200]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"do": "Throttlin"}, "/do: no scenario 'Throttlin'; did you mean 'Throttling'"),
        ([{"do": "reset"}, {"operation": "x", "do": "reset"}], "/1/operation: no operation 'x'"),
        ({"frist": 1, "do": "reset"}, "Did you mean 'first'?"),
        (3, "is not of type"),
        ({"scenarios": [{"do": "reset"}], "variants": {"x": "y"}}, "no variant 'x'"),
    ],
)
def test_an_invalid_rule_is_refused_with_the_reason(
    http: httpx.Client, body: Any, words: str
) -> None:
    answer = http.post("/__mock__/scenarios", json=body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert told(http)["scenarios"] == []


def test_a_header_overrides_a_rule_and_a_rule_overrides_the_key(url: str, spec: Spec) -> None:
    key = {"Authorization": "Bearer sk-precedence.Throttling.BurstRate"}
    with httpx.Client(base_url=url, headers=key) as http:
        assert submit(http, spec).json()["code"] == "Throttling.BurstRate"
        http.put("/__mock__/scenarios", json={"operation": "createVideoTask", "do": "Arrearage"})
        assert submit(http, spec).json()["code"] == "Arrearage"
        asked = submit(http, spec, **{"X-Mock-Scenario": "InternalError"})
        assert asked.json()["code"] == "InternalError"


def test_a_variant_is_chosen_for_one_key_alone(http: httpx.Client, spec: Spec) -> None:
    def codes() -> tuple[int, str]:
        body = request(spec, "createVideoTask") | {"model": "emo-v9"}
        answer = http.post(f"{SERVICE}/video-synthesis", json=body, headers=ASYNC)
        return answer.status_code, answer.json()["message"]

    assert codes() == (400, "Model not exist.")
    seen = http.put("/__mock__/variants", json={"unknown-model": "404"}).json()
    assert seen["unknown-model"]["chosen"] == "404"
    assert codes() == (404, "Model not exist.")
    http.headers["Authorization"] = "Bearer sk-of-somebody-else"
    assert codes() == (400, "Model not exist.")


def test_an_unknown_variant_is_refused_with_a_suggestion(http: httpx.Client) -> None:
    answer = http.put("/__mock__/variants", json={"unknown-modl": "404"})
    assert answer.status_code == 400
    assert "Did you mean 'unknown-model'?" in answer.json()["error"]
    answer = http.put("/__mock__/variants", json={"unknown-model": 404})
    assert "no choice 404; there are 400, 404" in answer.json()["error"]


def test_usage_shows_the_cost_of_the_calls(http: httpx.Client, spec: Spec) -> None:
    http.post(f"{SERVICE}/face-detect", json=request(spec, "detectFace"))
    create(http, spec)
    http.post("/__mock__/clock", json={"advance": 3600})
    usage = http.get("/__mock__/usage").json()
    assert (usage["currency"], usage["total"]) == ("CNY", round(0.004 + SECONDS * 0.08, 6))
    rows = [(row["model"], row["quantity"], row["cost"]) for row in usage["models"]]
    assert rows == [
        ("emo-detect-v1", 1, 0.004),
        ("emo-v1", SECONDS, round(SECONDS * 0.08, 6)),
        ("emo-v1", 0, 0.0),
    ]


def test_an_account_without_money_is_in_arrears(http: httpx.Client, spec: Spec) -> None:
    assert http.put("/__mock__/account", json={"balance": 0.004}).json()["balance"] == 0.004
    detect = request(spec, "detectFace")
    assert http.post(f"{SERVICE}/face-detect", json=detect).status_code == 200
    assert http.post(f"{SERVICE}/face-detect", json=detect).json()["code"] == "Arrearage"
    http.put("/__mock__/account", json={"balance": None})
    assert http.post(f"{SERVICE}/face-detect", json=detect).status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"money": 1}, {"balance": "1"}, {"balance": -1}, {"free_only": 1}, []]
)
def test_an_invalid_account_is_refused(http: httpx.Client, body: Any) -> None:
    assert http.put("/__mock__/account", json=body).status_code == 400


def test_reset_drops_scenarios_variants_account_and_journal(http: httpx.Client, spec: Spec) -> None:
    http.put("/__mock__/scenarios", json={"do": "Throttling"})
    http.put("/__mock__/variants", json={"unknown-model": "404"})
    http.put("/__mock__/account", json={"balance": 0})
    assert submit(http, spec).status_code == 400  # Arrearage comes before the scenario
    http.post("/__mock__/reset")
    assert submit(http, spec).status_code == 200
    kept = http.get("/__mock__/journal").json()["exchanges"]
    assert [(e["operation"], e["request"]["method"]) for e in kept] == [
        ("control", "POST"),
        ("createVideoTask", "POST"),
    ]


def test_the_scenario_file_of_the_server_counts_each_key_separately(
    serve: Serve, spec: Spec
) -> None:
    with serve(scenario="{operation: createVideoTask, first: 1, do: Throttling}") as url:
        for key in ("sk-one", "sk-other"):
            with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}) as http:
                assert [submit(http, spec).status_code for _ in range(2)] == [429, 200]
                assert told(http)["file"][0]["fired"] == 1
