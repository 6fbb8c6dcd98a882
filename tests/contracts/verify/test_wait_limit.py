"""The time of a run is bounded, also for a provider that is slow or never finishes a task."""

from __future__ import annotations

import httpx
import pytest

from contracts.provider.http import LONGEST
from contracts.provider.wait_limit import ALL, PROMPT, SILENCE, WaitLimit
from contracts.spec.loader import Spec
from contracts.verify.registry import all_checks
from contracts.verify.runner import Verification
from tests.helpers.contract import ended, json_answer, provider, verification

SPEC = Spec.load()
ID = "3f2b8a9e-8a5c-4d3e-9c1b-000000000001"


def about(state: object) -> httpx.Response:
    return json_answer(200, {"output": {"task_id": ID, "task_status": state}, "request_id": "r"})


@pytest.mark.parametrize("state", ["BOGUS", "", None, 7, "x" * 1000])
def test_the_wait_for_a_task_in_an_unknown_state_is_short(state: object) -> None:
    """Each wrong creation is accepted, and each poll has the state: half an hour before."""

    def odd(request: httpx.Request) -> httpx.Response:
        return about(state if request.method == "GET" else "PENDING")

    run = verification(SPEC, odd, budget=100.0)
    results = ended(list(run.run()))
    assert run.provider._sleep.__self__.slept < 110  # type: ignore[attr-defined]
    why = results["story.polls"].why
    assert "has an undocumented state" in why or results["story.polls"].result == "failed"


def test_a_known_state_resets_the_count_of_unknown_ones() -> None:
    states = iter([*["ODD"] * 4, "RUNNING", *["ODD"] * 4, "SUCCEEDED"])

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST" or request.url.path.endswith("/"):
            return about("PENDING")
        return about(next(states, "SUCCEEDED"))

    run = verification(SPEC, answer, "story.order", budget=100.0)
    assert "no such state" not in ended(list(run.run()))["story.order"].why


class Slow:
    """A provider whose answers take this many seconds each."""

    def __init__(self, seconds: float, status: int = 0) -> None:
        self.seconds, self.status, self.calls = seconds, status, 0

    def run(self) -> Verification:
        made = provider(SPEC, self.answer, 100.0)
        self.time = made._sleep.__self__  # type: ignore[attr-defined]
        return Verification(SPEC, made, list(all_checks().values()))

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        self.time.now += self.seconds
        if not self.status:
            raise httpx.ReadTimeout("timed out")
        return json_answer(self.status, {"code": "Throttling", "message": "m", "request_id": "r"})


@pytest.mark.parametrize(
    "slow", [Slow(30), Slow(30, 400), Slow(0, 429)], ids=["never", "late", "throttled"]
)
def test_a_silent_or_throttling_provider_gets_no_more_calls(slow: Slow) -> None:
    run = slow.run()
    began = slow.time.now
    results = ended(list(run.run()))
    assert slow.time.now - began < 2 * SILENCE + 60
    assert "no more calls are sent" in list(results.values())[-1].why
    assert len(results) == len(all_checks())


def test_prompt_answers_do_not_count_against_the_time_limit() -> None:
    patience = WaitLimit(limit=1.0)
    for _ in range(int(ALL / PROMPT)):
        patience.answered(PROMPT)
    assert not patience.is_over()
    patience.answered(PROMPT + 1.5)
    assert patience.is_over()


def test_the_total_time_for_slow_answers_is_bounded() -> None:
    slow = Slow(PROMPT - 0.1, 400)
    run = slow.run()
    began = slow.time.now
    results = ended(list(run.run()))
    assert slow.time.now - began < ALL + 60
    assert " s for answers, so no more calls are sent" in list(results.values())[-1].why


def test_a_too_large_answer_is_shortened_and_keeps_its_status() -> None:
    body = b"x" * (LONGEST + 1)
    made = provider(SPEC, lambda _: httpx.Response(400, stream=httpx.ByteStream(body)))
    exchange = made.send("GET", "/api/v1/tasks/t")
    assert exchange.status == 400
    assert exchange.answer.startswith("the answer is larger than 256 KiB; it begins xxx")
    assert len(exchange.answer) < 1100


def test_of_a_download_the_size_and_the_beginning_are_kept() -> None:
    body = b"\0\0\0\x18ftyp" + bytes(1 << 20)
    made = provider(SPEC, lambda _: httpx.Response(200, stream=httpx.ByteStream(body)))
    exchange, beginning = made.download("https://store.example/v.mp4")
    assert (exchange.answer, beginning) == (f"{len(body)} bytes", body[: 64 << 10])
