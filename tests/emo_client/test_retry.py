"""The delays between attempts: properties of the pure functions in retry.py."""

import math
from email.utils import formatdate

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emo_client import ConnectionFailed, retry
from emo_client.exchange import Outcome

NOW = 1_700_000_000.0
chances = st.floats(0, 1, exclude_max=True)
attempts = st.integers(1, 10**6)
statuses = st.integers(100, 599)


def delay(attempt: int, outcome: Outcome, chance: float = 0.0, **more: object) -> float | None:
    return retry.delay(attempt, outcome, lambda: chance, now=NOW, **more)  # type: ignore[arg-type]


def answer(status: int, retry_after: str | None = None) -> httpx.Response:
    return httpx.Response(
        status, headers={} if retry_after is None else {"retry-after": retry_after}
    )


@given(attempts, chances)
def test_pauses_between_polls_grow_to_at_most_15_seconds(polls: int, chance: float) -> None:
    assert 0.4 <= retry.pause(polls, lambda: chance) <= retry.LONGEST
    assert retry.pause(polls, lambda: chance) <= retry.pause(polls + 1, lambda: chance)


def test_the_first_pauses_between_polls_are_short() -> None:
    assert [round(retry.pause(n, lambda: 0.0), 2) for n in range(1, 5)] == [0.5, 0.75, 1.12, 1.69]
    assert retry.pause(10, lambda: 0.0) == 15.0


@given(attempts, chances)
def test_the_backoff_is_between_a_quarter_and_15_seconds(attempt: int, chance: float) -> None:
    assert 0.25 <= retry.backoff(attempt, lambda: chance) <= retry.LONGEST


@given(attempts, statuses, chances)
def test_only_answers_that_may_change_are_requested_again(
    n: int, status: int, chance: float
) -> None:
    again = delay(n, answer(status), chance)
    assert (again is not None) == (n < retry.TRIES and (status in (408, 429) or status >= 500))


@given(attempts, st.booleans(), st.booleans(), chances)
def test_an_unsafe_call_is_repeated_only_if_it_did_not_arrive(
    attempt: int, may_have_arrived: bool, safe: bool, chance: float
) -> None:
    failed = ConnectionFailed("POST /x", "r", may_have_arrived=may_have_arrived)
    again = delay(attempt, failed, chance, safe=safe)
    assert (again is not None) == (attempt < retry.TRIES and (safe or not may_have_arrived))


@given(attempts, statuses)
def test_an_unsafe_call_that_was_answered_is_never_repeated(attempt: int, status: int) -> None:
    assert delay(attempt, answer(status, "1"), safe=False, tries=math.inf) is None


@given(st.integers(1, 60), chances)
def test_retry_after_in_seconds_is_respected(seconds: int, chance: float) -> None:
    assert delay(1, answer(429, str(seconds)), chance) == seconds


@given(st.integers(1, 60))
def test_retry_after_as_a_date_is_respected(seconds: int) -> None:
    assert delay(1, answer(503, formatdate(NOW + seconds, usegmt=True))) == seconds


@pytest.mark.parametrize("value", ["0", "-0", formatdate(NOW - 9, usegmt=True)])
def test_retry_after_0_still_leads_to_a_short_delay(value: str) -> None:
    assert (delay(1, answer(429, value)) or 0) >= 0.25


def test_a_too_long_retry_after_is_left_to_the_caller() -> None:
    assert delay(1, answer(429, "61")) is None
    assert delay(1, answer(429, "61"), longest=math.inf) == 61


@given(st.text())
def test_any_text_of_retry_after_is_read_or_ignored(value: str) -> None:
    asked = retry.retry_after({"retry-after": value}, NOW)
    assert asked is None or asked >= 0


@pytest.mark.parametrize(
    "value", ["soon", "-5", "nan", "inf", "9" * 400, "٣", "Wed, 99 Foo 2026 00:00:00 GMT", ""]
)
def test_a_malformed_retry_after_is_ignored(value: str) -> None:
    assert retry.retry_after({"retry-after": value}, NOW) is None
