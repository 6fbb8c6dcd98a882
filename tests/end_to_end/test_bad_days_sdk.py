"""Scenarios that reach each API of the official SDK: by rules of a key, the scenario file of the
server, a header, a URL or the key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.bad_days import (
    Meet,
    create_call,
    frozen_server,  # noqa: F401
    outcome_of,
    sleeps,  # noqa: F401
    stack,
    way_of_the_sdk,  # noqa: F401
)
from tests.helpers.http import Serve
from tests.helpers.transports import IMAGE, INPUT

THROTTLED = "429 Throttling.RateQuota"
CREATE, POLL = "createVideoTask", "getTask"
DROPPED = {
    "requests": "requests.ConnectionError",
    "aiohttp": "aiohttp.ClientOSError",
    "httpx": "dashscope.APIConnectionError",
}
# How often a poll is sent in all when its connection breaks; aiohttp tries a GET again by itself.
POLLS = {"requests": 1, "aiohttp": 4, "httpx": 3}
WAITED = {
    "requests": "requests.ReadTimeout",
    "aiohttp": "builtins.TimeoutError",
    "httpx": "dashscope.APITimeoutError",
}


def task_of(sdk: Any) -> str:
    return sdk.create().output["task_id"]


def test_the_first_two_creates_are_throttled_and_then_all_is_normal(
    meet: Meet, frozen: str, slept: list[float]
) -> None:
    sdk, key = meet(frozen)
    key.rules({"operation": CREATE, "first": 2, "do": "Throttling.RateQuota"})
    seen = [outcome_of(sdk.create)[0] for _ in range(3)]
    if stack(sdk) == "httpx":  # it tries twice more by itself
        assert (seen, key.calls(CREATE)) == (["200"] * 3, [429, 429, 200, 200, 200])
        assert len(slept) == 2
    else:
        assert (seen, key.calls(CREATE)) == ([THROTTLED, THROTTLED, "200"], [429, 429, 200])


def test_the_third_poll_is_a_502_and_only_2x_retries_it(meet: Meet, frozen: str) -> None:
    sdk, key = meet(frozen)
    key.rules({"operation": POLL, "nth": 3, "do": "bad-gateway"})
    task = task_of(sdk)
    seen = [outcome_of(lambda: sdk.fetch(task))[0] for _ in range(4)]
    retried = stack(sdk) == "httpx"
    assert seen == ["200", "200", "200" if retried else "502 Unknown", "200"]
    assert key.calls(POLL) == [200, 200, 502, 200] + [200] * retried


@pytest.mark.parametrize("status", [503, 504])
def test_a_wait_continues_after_503_and_504(
    meet: Meet, url: str, slept: list[float], status: int
) -> None:
    sdk, key = meet(url)
    busy = {"fault": "bad-gateway", "status": status}
    key.rules(
        {"operation": POLL, "steps": [{"times": 1, "do": "normal"}, {"times": 2, "do": busy}]}
    )
    assert sdk.wait(task_of(sdk)).output["task_status"] == "SUCCEEDED"
    assert key.calls(POLL) == [200, status, status, 200]
    assert len(slept) == 3


@pytest.mark.parametrize(
    ("name", "ended"), [("Throttling", "429 Throttling"), ("InternalError", "500 InternalError")]
)
def test_a_failed_poll_ends_the_wait_of_1x_and_not_of_2x(
    meet: Meet, url: str, name: str, ended: str
) -> None:
    sdk, key = meet(url)
    key.rules({"operation": POLL, "nth": 2, "do": name})
    task = task_of(sdk)
    if stack(sdk) == "httpx":
        assert sdk.wait(task).output["task_status"] == "SUCCEEDED"
    else:
        assert outcome_of(lambda: sdk.wait(task))[0] == ended
        assert sdk.fetch(task).output["task_status"] == "SUCCEEDED", "the task never noticed"


def test_once_the_task_is_running_its_polls_are_reset(meet: Meet, frozen: str) -> None:
    sdk, key = meet(frozen)
    key.rules({"operation": POLL, "status": "RUNNING", "do": "reset"})
    task = task_of(sdk)
    assert sdk.fetch(task).output["task_status"] == "PENDING"
    key.clock(next_event=True)
    assert outcome_of(lambda: sdk.fetch(task))[0] == DROPPED[stack(sdk)]
    assert key.calls(POLL) == [200] + [None] * POLLS[stack(sdk)]
    key.clock(next_event=True)
    assert sdk.fetch(task).output["task_status"] == "SUCCEEDED"


@pytest.mark.parametrize("more", [0, 1])
def test_a_wait_continues_after_as_many_resets_as_the_stack_retries(
    meet: Meet, url: str, more: int
) -> None:
    sdk, key = meet(url)
    resets = POLLS[stack(sdk)] - 1 + more
    normal = {"times": 1, "do": "normal"}
    steps = [normal, {"times": resets, "do": "reset"}] if resets else [normal]
    key.rules({"operation": POLL, "steps": steps})
    task = task_of(sdk)
    assert outcome_of(lambda: sdk.wait(task))[0] == (DROPPED[stack(sdk)] if more else "200")
    assert key.calls(POLL) == [200] + [None] * resets + [200] * (not more)


def test_between_ten_and_twenty_seconds_no_answer_is_sent(meet: Meet, frozen: str) -> None:
    sdk, key = meet(frozen)
    key.rules({"operation": CREATE, "between": [10, 20], "do": "hold"})
    patiently, create = create_call(sdk, timeout=5), create_call(sdk, timeout=0.5)
    key.clock(advance=9.9)
    assert patiently().status == 200
    key.clock(advance=0.1)
    assert outcome_of(create)[0] == WAITED[stack(sdk)]
    key.clock(advance=10)
    assert patiently().status == 200
    held = 3 if stack(sdk) == "httpx" else 1
    assert key.calls(CREATE) == [200] + [None] * held + [200]
    assert len(key.tasks()) == held + 2, "silence does not mean that nothing was done"


@pytest.fixture(scope="module")
def with_a_file(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file = tmp_path_factory.mktemp("scenarios") / "bad-day.yaml"
    file.write_text(
        "- {name: busy, operation: createVideoTask, first: 3, do: Throttling.RateQuota}\n"
        "- {name: lost polls, operation: getTask, per: task, first: 3, do: close}\n"
    )
    with serve(scenario=str(file)) as url:
        yield url


@pytest.mark.parametrize("key_number", [1, 2])
def test_the_scenario_file_of_the_server_counts_each_key_separately(
    meet: Meet, with_a_file: str, key_number: int
) -> None:
    sdk, key = meet(with_a_file)
    for _ in range(1 if stack(sdk) == "httpx" else 3):
        assert outcome_of(sdk.create)[0] == THROTTLED
    task = task_of(sdk)
    assert "200" in (outcome_of(lambda: sdk.fetch(task))[0] for _ in range(4))
    assert key.calls(CREATE) == [429, 429, 429, 200]
    assert key.calls(POLL) == [None, None, None, 200]
    assert [rule["fired"] for rule in key.ask("GET", "/scenarios")["file"]] == [3, 3]


def test_a_header_applies_to_one_call(meet: Meet, frozen: str) -> None:
    sdk, key = meet(frozen)
    key.rules({"operation": CREATE, "do": "InternalError"})
    asked = create_call(
        sdk, headers={"X-Mock-Scenario": "Arrearage", "X-DashScope-Async": "enable"}
    )
    assert outcome_of(asked)[0] == "400 Arrearage", "the header is stronger than the rule"
    assert outcome_of(sdk.create)[0] == "500 InternalError"


def test_a_rule_may_match_one_client_or_one_recording(meet: Meet, url: str) -> None:
    sdk, key = meet(url)
    recording = {"/input/audio_url": {"contains": "//broken.example.com/"}}
    key.rules(
        {"operation": CREATE, "body": recording, "do": "FAILED.InvalidURL.ConnectionRefused"},
        {"headers": {"user-agent": {"contains": "dashscope"}}, "first": 1, "do": "Arrearage"},
    )
    assert outcome_of(sdk.detect)[0] == "400 Arrearage"
    broken = {**INPUT, "audio_url": "https://broken.example.com/a.wav"}
    ended = [sdk.wait(sdk.create(inputs).output["task_id"]).output for inputs in (broken, INPUT)]
    assert [output["task_status"] for output in ended] == ["FAILED", "SUCCEEDED"]
    assert ended[0]["code"] == "InvalidURL.ConnectionRefused"


@pytest.mark.parametrize("of_the", ["url", "key"])
def test_a_url_or_a_key_selects_a_fault_for_its_own_calls(
    meet: Meet, frozen: str, of_the: str
) -> None:
    sdk, key = meet(frozen, ".createVideoTask:lost" if of_the == "key" else "")
    picture = f"{IMAGE}?emo-scenario=lost" if of_the == "url" else IMAGE
    assert outcome_of(lambda: sdk.create({**INPUT, "image_url": picture}))[0] == DROPPED[stack(sdk)]
    assert sdk.list().output["total"] == len(key.calls(CREATE))
    if of_the == "url":
        assert sdk.create().status == 200
