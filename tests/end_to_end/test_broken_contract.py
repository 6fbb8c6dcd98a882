"""Answers that break the contract, with emo_client and each API of the official SDK: a failed task
without a reason, a succeeded one without a URL, the id of another task, an unknown state."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from emo_client import Client, EmoError, TaskFailed, TaskTimeout, UnexpectedAnswer
from tests.helpers.bad_days import (
    Meet,
    create_call,
    sleeps,  # noqa: F401
    way_of_the_sdk,  # noqa: F401
)

IMAGE, AUDIO = "https://example.com/portrait.png", "https://example.com/voice.wav"
KEYS = itertools.count()


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    """A client with a key of its own that does not really sleep."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    key, base = f"sk-broken-{next(KEYS)}", f"{url}/api/v1"
    with Client(api_key=key, base_url=base, sleep=sleep, clock=lambda: now[0]) as found:
        yield found


@pytest.mark.parametrize(
    ("scenario", "error", "words"),
    [
        ("FAILED.without-reason", TaskFailed, "gives no reason"),
        ("SUCCEEDED.without-url", UnexpectedAnswer, "without results.video_url"),
        ("SUCCEEDED.without-results", UnexpectedAnswer, "without results.video_url"),
        ("SUCCEEDED.other-task", UnexpectedAnswer, "about another task"),
        ("RUNNING.SUSPENDED", TaskTimeout, "still SUSPENDED .* after 600 s"),
    ],
)
def test_emo_client_ends_each_wait_with_an_error_that_names_the_problem(
    client: Client, scenario: str, error: type[EmoError], words: str
) -> None:
    with pytest.raises(error, match=words):
        client.generate(f"{IMAGE}?emo-scenario={scenario}", AUDIO, timeout=600)


@pytest.mark.parametrize(
    ("scenario", "status"),
    [
        ("FAILED.without-reason", "FAILED"),
        ("SUCCEEDED.without-url", "SUCCEEDED"),
        ("SUCCEEDED.without-results", "SUCCEEDED"),
        ("SUCCEEDED.other-task", "SUCCEEDED"),
    ],
)
def test_the_official_sdk_ends_its_wait_without_reporting_the_problem(
    meet: Meet, url: str, slept: list[float], scenario: str, status: str
) -> None:
    sdk, _ = meet(url)
    task = create_call(sdk, headers={"X-Mock-Scenario": scenario})().output["task_id"]
    assert sdk.wait(task).output["task_status"] == status


def test_the_official_sdk_shows_an_undocumented_state(meet: Meet, url: str) -> None:
    sdk, _ = meet(url)
    task = create_call(sdk, headers={"X-Mock-Scenario": "RUNNING.SUSPENDED"})().output["task_id"]
    sdk.fetch(task)  # time is skipped: the task starts
    assert sdk.fetch(task).output["task_status"] == "SUSPENDED"
