"""Sample runs for the tests of reports: events as the engine yields them, with hostile text, and
any run at all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.provider.exchange import Exchange
from contracts.verify.events import (
    RESULTS,
    CheckEnded,
    CheckFinding,
    CheckStarted,
    Claim,
    Ended,
    Event,
    Result,
    Started,
)
from tests.helpers.fake import EPOCH

ROOT = "http://127.0.0.1:8787/qwen"
# Markup, a way out of every block, a terminal's escape, NUL, marks that turn the direction, half a
# surrogate pair, a form feed, no character.
HOSTILE = (
    "</script></style><img src=x onerror=alert(1)>]]> & \"'"
    "\x1b[31m\0\u202etxt.exe\u2066\ud800\f\uffff"
)
POINTER = "/paths/~1tasks~1{task_id}/get/responses/200"


def claim(id: str = "keys.missing", **changes: Any) -> Claim:
    """A claim of the contract."""
    usual = Claim(
        id=id,
        title="A call without a key is refused.",
        evidence="captured",
        source="RTE, with the native prefix",
        severity="error",
        tier="free",
        pointer=POINTER,
        line=812,
        failed="A call without a key was not refused",
    )
    return replace(usual, **changes)


def exchange(answer: str = "", **changes: Any) -> Exchange:
    """A poll that was answered with a failed task."""
    body = {"request_id": "7f3c", "output": {"task_id": "a1", "task_status": "SUCCEEDED"}}
    usual = Exchange(
        method="GET",
        url=f"{ROOT}/api/v1/tasks/a1",
        headers={"Authorization": "Bearer sk-***"},
        body=None,
        status=200,
        answer_headers={"content-type": "application/json", "x-request-id": "7f3c"},
        answer=answer or json.dumps(body),
        at=EPOCH,
        seconds=0.0123,
        has_key=True,
        operation="getTask",
    )
    return replace(usual, **changes)


def ended(id: str = "keys.missing", result: Result = "passed", **changes: Any) -> CheckEnded:
    """A check that ended so; one that failed has a finding and the exchange that shows it."""
    fields: dict[str, Any] = {"exchanges": (exchange(),), "seconds": 0.25}
    if result == "failed":
        fields["findings"] = (CheckFinding("/output/task_status", '"UNKNOWN"', '"SUCCEEDED"', 0),)
    elif result == "skipped":
        fields = {"why": "its calls may be charged for; --budget says how much it may be"}
    about = changes.pop("claim", claim(id))
    return CheckEnded(**{"claim": about, "result": result, **fields, **changes})


def run_of(checks: Iterable[CheckEnded], *, is_whole: bool = True, **changes: Any) -> list[Event]:
    """The events of a run of these checks; one that is not whole lacks its end."""
    checks = list(checks)
    started = Started(
        url=ROOT,
        spec="2026-11-22",
        at=EPOCH,
        seed="emo",
        clock=True,
        budget=None,
        claims=tuple(check.claim for check in checks),
    )
    events: list[Event] = [replace(started, **changes)]
    for check in checks:
        events += [CheckStarted(check.claim), check]
    counts = {result: sum(check.result == result for check in checks) for result in RESULTS}
    spent = sum(check.spent for check in checks)
    return [*events, Ended(3.14, spent, counts)] if is_whole else events


def mixed() -> list[Event]:
    """A run with every result."""
    return run_of([
        ended("keys.missing"),
        ended("keys.wrong", "failed"),
        ended("unknown.foreign", "failed", claim=claim("unknown.foreign", severity="warning")),
        ended("story.paid", "skipped", claim=claim("story.paid", tier="paid", cost=1.1144)),
    ])  # fmt: skip


def hostile() -> list[Event]:
    """A run in which everything that strangers write is hostile, and one answer long."""
    answers = HOSTILE, json.dumps({"message": HOSTILE}), "x" * (1 << 20), "[" * 5000
    exchanges = [exchange(answer, answer_headers={"x": HOSTILE}) for answer in answers]
    exchanges.append(exchange(HOSTILE, status=0, method="POST", body=HOSTILE, url=ROOT + HOSTILE))
    findings = [CheckFinding(f"/{HOSTILE}", HOSTILE, HOSTILE, n) for n in (0, 1, 2, 3, 4, 99, None)]
    return run_of([
        ended("a.b", "failed", findings=tuple(findings), exchanges=tuple(exchanges)),
        ended("c.d", "skipped", why=HOSTILE),
        ended("e.f", claim=claim("e.f", title=HOSTILE, source=HOSTILE, pointer=f"/{HOSTILE}")),
    ])  # fmt: skip


# Any run

often = settings(max_examples=60, derandomize=True, database=None, deadline=None)
# Halves of surrogate pairs too: an answer's JSON may spell them out. Two in a row are a character.
texts = st.text(max_size=8) | st.sampled_from(["", HOSTILE, "\ud800", "未找到"])
floats = st.floats(0, 1e6)
claims = st.builds(
    Claim, id=texts, title=texts, evidence=texts, source=texts, cost=floats, pointer=texts,
    severity=st.sampled_from(["error", "warning", "note"]), tier=st.sampled_from(["free", "paid"]),
    line=st.integers(0, 9999),
)  # fmt: skip
named = st.dictionaries(texts, texts, max_size=2)
exchanges = st.builds(
    Exchange, method=texts, url=texts, headers=named, body=st.none() | texts, answer=texts,
    status=st.sampled_from([0, 200, 404]), answer_headers=named, at=floats, seconds=floats,
    has_key=st.booleans(), operation=texts,
)  # fmt: skip
findings = st.builds(
    CheckFinding, pointer=texts, expected=texts, got=texts, exchange=st.none() | st.integers(-2, 3)
)
checks = st.builds(
    CheckEnded, claim=claims, result=st.sampled_from(["passed", "failed", "skipped"]),
    findings=st.lists(findings, max_size=2).map(tuple), why=texts, seconds=floats, spent=floats,
    exchanges=st.lists(exchanges, max_size=2).map(tuple),
)  # fmt: skip


@st.composite
def runs(draw: st.DrawFn) -> list[Event]:
    """The events of any run, whole, cut off between two checks or in one."""
    ended = draw(st.lists(checks, max_size=4))
    facts = {
        "url": draw(texts), "spec": draw(texts), "at": draw(st.floats(0, 4e9)),
        "seed": draw(texts), "clock": draw(st.booleans()), "budget": draw(st.none() | floats),
    }  # fmt: skip
    whole = draw(st.booleans())
    events = run_of(ended, is_whole=whole, **facts)
    if not whole and draw(st.booleans()):
        events.append(CheckStarted(draw(claims)))
    return events
