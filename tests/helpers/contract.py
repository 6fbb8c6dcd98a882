"""Helpers for tests of the contract kit: providers without a server, and runs against them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from contracts.fuzz.call_log import ModelMismatch
from contracts.fuzz.reproduction import as_pytest
from contracts.provider.budget import Budget
from contracts.provider.http import Provider
from contracts.spec.loader import Spec
from contracts.verify.events import CheckEnded, Event
from contracts.verify.registry import Check, all_checks
from contracts.verify.runner import Verification

Answer = Callable[[httpx.Request], httpx.Response]
REAL = "https://provider.example"


class Time:
    """A simulated clock that moves when something sleeps."""

    def __init__(self) -> None:
        self.now = 1_757_572_418.0
        self.slept = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


def provider(
    spec: Spec, answer: Answer, budget: float | None = None, *, key: str = "sk-mine",
    url: str = REAL, **more: Any,
) -> Provider:  # fmt: skip
    """A provider that answers with this function and whose waits take no time."""
    time = Time()
    http = httpx.Client(transport=httpx.MockTransport(answer))
    limit = Budget(spec, budget, 13.93)
    return Provider(
        url, budget=limit, http=http, key=key, clock=time.clock, sleep=time.sleep, **more
    )


def verification(spec: Spec, answer: Answer, *checks: str, **more: Any) -> Verification:
    """A run of these checks, or of all checks."""
    chosen = [all_checks()[id] for id in checks] or list(all_checks().values())
    return Verification(spec, provider(spec, answer, **more), chosen)


def ended(events: list[Event]) -> dict[str, CheckEnded]:
    return {event.claim.id: event for event in events if isinstance(event, CheckEnded)}


def json_answer(status: int, value: Any, **headers: str) -> httpx.Response:
    text = json.dumps(value, separators=(",", ":"))
    return httpx.Response(
        status, text=text, headers={"content-type": "application/json", **headers}
    )


def accepts_everything(request: httpx.Request) -> httpx.Response:
    """A provider that answers every request with success."""
    output = {"task_id": "3f2b8a9e-8a5c-4d3e-9c1b-000000000001", "task_status": "RUNNING"}
    return json_answer(200, {"output": output, "request_id": "r", "usage": {"image_count": 1}})


def refuses_everything(request: httpx.Request) -> httpx.Response:
    value = {"code": "Arrearage", "message": "no", "request_id": "r"}
    return json_answer(400, value)


def one(run: Callable[..., None], **changes: Any) -> Check:
    """A check that is not registered."""
    from contracts.verify.registry import Evidence

    given: dict[str, Any] = {
        "id": "test.one", "title": "A check.", "failed": "A check failed", "severity": "error",
        "based_on": (Evidence("documented", "a test"),), "paid_calls": (), **changes,
    }  # fmt: skip
    return Check(run=run, **given)


def passes(mismatch: ModelMismatch, url: str) -> bool:
    """Whether the printed test passes against the provider at the URL."""
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BASE", url)
        exec(as_pytest(mismatch), names)
        try:
            names["test_reproduction"]()
        except AssertionError:
            return False
    return True
