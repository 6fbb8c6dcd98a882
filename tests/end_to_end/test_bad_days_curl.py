"""Rule sequences, limits, accounts and variants, driven only by curl."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.bad_curl import DETECT, Curl, body, curls_of_a_test, need_emo  # noqa: F401
from tests.helpers.bad_days import VIDEO, frozen_server, limited_server  # noqa: F401
from tests.helpers.fake import SECONDS
from tests.helpers.http import Serve

Curls = Callable[..., Curl]
LATE, RESET = 28, 56
TOO_FAST = "Requests rate limit exceeded, please try again later."
ARREARS = "Access denied, please make sure your account is in good standing."
FREE_ONLY = "The free tier of the model has been exhausted."


def seen(*result: Any) -> list[Any]:
    """The status of each answer; the negative exit code of curl if it failed."""
    return [answer.status if not answer.exit else -answer.exit for answer in result]


def state(curl: Curl, task: str, *options: str) -> str:
    return curl(task, *options).body["output"]["task_status"]


def test_the_first_two_creates_are_throttled_and_then_all_is_normal(
    curls: Curls, frozen: str
) -> None:
    curl = curls(frozen)
    curl.put(
        "/scenarios", {"operation": "createVideoTask", "first": 2, "do": "Throttling.RateQuota"}
    )
    result = [curl.create() for _ in range(4)]
    assert seen(*result) == [429, 429, 200, 200]
    assert result[0].body["code"] == "Throttling.RateQuota"
    shown = curl("/__mock__/scenarios").body["scenarios"]
    assert [(rule["matched"], rule["fired"]) for rule in shown] == [(4, 2)]


def test_the_third_poll_of_each_task_is_a_503_and_the_fourth_a_502(
    curls: Curls, frozen: str
) -> None:
    curl = curls(frozen)
    steps = [{"times": 2, "do": "normal"}, {"times": 1, "do": "bad-gateway=503"},
             {"times": 1, "do": "bad-gateway"}]  # fmt: skip
    curl.put("/scenarios", [{"operation": "getTask", "per": "task", "steps": steps}])
    for task in [curl.task(), curl.task()]:
        assert seen(*(curl(task) for _ in range(5))) == [200, 200, 503, 502, 200]


def test_once_a_task_is_running_its_polls_are_reset(curls: Curls, frozen: str) -> None:
    curl = curls(frozen)
    curl.put("/scenarios", {"operation": "getTask", "status": "RUNNING", "do": "reset"})
    task = curl.task()
    assert state(curl, task) == "PENDING"
    curl.clock(next_event=True)
    assert seen(curl(task), curl(task)) == [-RESET, -RESET]
    curl.clock(next_event=True)
    assert state(curl, task) == "SUCCEEDED"


def test_between_ten_and_twenty_seconds_no_answer_is_sent(curls: Curls, frozen: str) -> None:
    curl = curls(frozen)
    curl.put("/scenarios", {"between": [10, 20], "do": "hold"})
    curl.advance(9.9)
    assert seen(curl.create()) == [200]
    curl.advance(0.1)
    assert seen(curl.create("--max-time", "1")) == [-LATE]
    curl.advance(10)
    assert seen(curl.create()) == [200]


def test_the_scenario_file_applies_to_every_key_and_unused_rules_are_printed(
    curls: Curls, tmp_path: Path
) -> None:
    emo = need_emo()
    file = tmp_path / "bad-day.yaml"
    file.write_text(
        "scenarios:\n"
        "- {name: busy, operation: createVideoTask, first: 1, do: Throttling.RateQuota}\n"
        "- {name: never, operation: cancelTask, do: reset}\n"
        "variants: {unknown-model: '404'}\n"
    )
    command = [emo, "serve", "--port", "0", "--time", "skip", "--scenario", str(file)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        url = process.stderr.readline().split()[3]
        for curl in (curls(url), curls(url)):
            assert seen(curl.create(), curl.create()) == [429, 200]
            assert seen(curl.create(model="emo-v9")) == [404]
        process.terminate()
        assert "emo: scenarios that matched no call: never" in process.stderr.read()
    assert process.returncode == 0


def test_an_invalid_scenario_file_is_refused_with_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "bad-day.yaml"
    file.write_text("- operation: createVideoTask\n  do: Throttlin\n")
    command = [need_emo(), "serve", "--port", "0", "--scenario", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert f"{file}:2:7: /0/do: no scenario 'Throttlin'; did you mean" in done.stderr


def test_a_header_overrides_a_rule_a_url_and_the_key(curls: Curls, frozen: str) -> None:
    curl = curls(frozen, ".InternalError")
    picture = "https://example.com/a.png?emo-scenario=Throttling"
    codes = [curl.create().body["code"], curl.create(image_url=picture).body["code"]]
    curl.put("/scenarios", {"operation": "createVideoTask", "do": "Model.AccessDenied"})
    codes.append(curl.create(image_url=picture).body["code"])
    result = curl.create("-H", "X-Mock-Scenario: Arrearage", image_url=picture)
    assert [*codes, result.body["code"]] == [
        "InternalError", "Throttling", "Model.AccessDenied", "Arrearage"
    ]  # fmt: skip


def test_the_sixth_create_call_of_a_second_is_the_documented_429(
    curls: Curls, limited: str
) -> None:
    curl = curls(limited)
    result = [curl.create() for _ in range(6)]
    assert seen(*result) == [200] * 5 + [429]
    assert (result[5].body.pop("request_id"), result[5].headers["content-type"]) == (
        result[5].headers["x-request-id"], "application/json",
    )  # fmt: skip
    assert {name: result[5].body[name] for name in ("code", "message")} == {
        "code": "Throttling.RateQuota", "message": TOO_FAST,
    }  # fmt: skip
    curl.advance(0.2)
    assert seen(curl.create(), curl.create()) == [200, 429]
    curl.advance(1)
    assert seen(*(curl.create() for _ in range(6))) == [200] * 5 + [429]


def test_the_twenty_first_query_of_a_second_is_a_429(curls: Curls, limited: str) -> None:
    curl = curls(limited)
    task = curl.task()
    # curl sends a URL with a range once for each number of it.
    result = curl(f"{task}?n=[1-21]", "-o", "/dev/null")
    assert (result.text.split(), result.status) == (["200"] * 20, 429)
    assert curl.calls("getTask") == [200] * 20 + [429]
    assert seen(curls(limited).create()) == [200], "another key has limits of its own"
    curl.advance(0.05)
    assert seen(curl(task), curl(task)) == [200, 429]


def test_an_account_without_money_is_in_arrears_and_usage_shows_the_charges(
    curls: Curls, frozen: str
) -> None:
    curl = curls(frozen)
    curl.put("/account", {"balance": VIDEO + 0.004})
    assert seen(curl.detect(), curl.create()) == [200, 200]
    curl.advance(3600)
    usage = curl("/__mock__/usage").body
    assert (usage["currency"], usage["total"]) == ("CNY", pytest.approx(VIDEO + 0.004))
    rows = [(row["model"], row["quantity"], row["price"]) for row in usage["models"]]
    assert rows[:2] == [("emo-detect-v1", 1, 0.004), ("emo-v1", SECONDS, 0.08)]
    for result in (curl.create(), curl.detect()):
        assert (result.status, result.body["code"], result.body["message"]) == (
            400,
            "Arrearage",
            ARREARS,
        )
    curl.put("/account", {"balance": None})
    assert seen(curl.create()) == [200]


def test_the_free_images_of_an_account_end(curls: Curls, frozen: str) -> None:
    curl = curls(frozen)
    curl.put("/account", {"free_only": True})
    many = curl(f"{DETECT}?n=[1-200]", "-o", "/dev/null", json=body("emo-detect-v1", {}))
    assert (many.text.split(), many.status) == (["200"] * 199, 200)
    refused = curl.detect()
    assert (refused.status, refused.body["code"]) == (403, "AllocationQuota.FreeTierOnly")
    assert refused.body["message"].startswith(FREE_ONLY)
    assert seen(curl.create()) == [200], "the seconds of video are another quota"


VARIANTS: list[tuple[dict[str, str], Callable[[Curl], Any], Any, Any]] = [
    ({"detector-rejection": "400"},
     lambda curl: curl.detect("-H", "X-Mock-Scenario: InvalidFile.NoHuman").status, 200, 400),
    ({"unknown-model": "404"}, lambda curl: curl.create(model="emo-v9").status, 400, 404),
    ({"models": "retired"}, lambda curl: curl.create().status, 200, 400),
    ({"creation-order": "request-id-first"},
     lambda curl: [*curl.create().body], ["output", "request_id"], ["request_id", "output"]),
    ({"message-suffix": "details"},
     lambda curl: "For details, see: https://" in curl.create(face_bbox=None).text, False, True),
    ({"missing-field": "task"},
     lambda curl: curl.create(image_url=None).body.get("code", "a task"),
     "InvalidParameter", "a task"),
]  # fmt: skip


@pytest.mark.parametrize(("chosen", "look", "default", "other"), VARIANTS)
def test_a_variant_is_chosen_for_one_key(
    curls: Curls, frozen: str, chosen: dict[str, str], look: Any, default: Any, other: Any
) -> None:
    curl, stranger = curls(frozen), curls(frozen)
    assert look(curl) == default
    curl.put("/variants", chosen)
    assert [look(curl), look(stranger)] == [other, default]


def test_a_task_without_its_picture_fails_with_the_variant(curls: Curls, serve: Serve) -> None:
    with serve(variants={"missing-field": "task"}) as url:
        curl = curls(url)
        created = curl.create(image_url=None)
        task = f"/api/v1/tasks/{created.body['output']['task_id']}"
        ended = [curl(task) for _ in range(2)][-1].body["output"]
    assert (ended["task_status"], ended["code"]) == ("FAILED", "InvalidParameter")
    assert ended["message"] == "Field required: input.image_url"
