"""A run of the checks: its events, its waiting, and its robustness against any answer."""

from __future__ import annotations

import httpx
import pytest

from contracts.provider.budget import Budget
from contracts.provider.http import Unreachable
from contracts.spec.loader import Spec
from contracts.verify.context import CheckContext, Skip, StopCheck
from contracts.verify.events import CheckEnded, CheckStarted, Ended, Started
from contracts.verify.model_under_test import ModelUnderTest
from contracts.verify.registry import all_checks, check
from contracts.verify.runner import UnknownCheck, Verification, select
from tests.helpers.cases import each_case
from tests.helpers.contract import (
    REAL,
    Time,
    accepts_everything,
    ended,
    json_answer,
    one,
    provider,
    refuses_everything,
    verification,
)

pytestmark = pytest.mark.usefixtures("calls_without_threads")

SPEC = Spec.load()


def test_a_run_starts_with_its_checks_and_ends_with_counts() -> None:
    events = list(verification(SPEC, refuses_everything, "keys.missing", "unknown.uuid").run())
    first, last = events[0], events[-1]
    assert isinstance(first, Started)
    assert isinstance(last, Ended)
    assert [claim.id for claim in first.claims] == ["keys.missing", "unknown.uuid"]
    assert [type(e) for e in events[1:-1]] == [CheckStarted, CheckEnded] * 2
    assert last.counts == {"passed": 0, "failed": 2, "accepted": 0, "skipped": 0}
    assert not last.passed


def test_every_check_has_evidence_source_title_and_pointer() -> None:
    for known in all_checks().values():
        claim = known.claim(ModelUnderTest(SPEC), Budget(SPEC, None, 13.93))
        assert claim.source
        assert claim.title.endswith(".")
        assert claim.failed[:1].isupper()
        assert claim.failed[-1] not in ".:"
        assert claim.evidence in ("documented", "captured", "inferred")
        assert bool(claim.cost) == (claim.tier == "paid")
        if claim.pointer:
            assert SPEC.source_map.value(claim.pointer)
        assert bool(claim.line) == bool(claim.pointer)


def test_an_id_is_registered_once() -> None:
    with pytest.raises(ValueError, match=r"two checks have the id keys\.missing"):
        check("keys.missing", "Again.", failed="Not again")(print)


def test_checks_are_selected_by_id_group_or_tier() -> None:
    known = all_checks()
    assert [c.id for c in select(known, ["unknown.uuid"])] == ["unknown.uuid"]
    assert {c.id.partition(".")[0] for c in select(known, ["keys"])} == {"keys"}
    assert not [c for c in select(known, skip=["keys"]) if c.id.startswith("keys.")]
    assert {c.tier for c in select(known, tier="free")} == {"free"}
    with pytest.raises(UnknownCheck, match=r"keys\.mising"):
        select(known, ["keys.mising"])


def test_a_lost_connection_fails_the_check_and_the_run_continues() -> None:
    def cut(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("the connection was reset")

    events = list(verification(SPEC, cut, "keys.missing", "unknown.uuid").run())
    assert {e.result for e in ended(events).values()} == {"failed"}
    (finding,) = ended(events)["keys.missing"].findings
    assert (finding.pointer, finding.got) == ("#answer", "ReadError: the connection was reset")


def test_an_unreachable_provider_is_an_error_before_any_check() -> None:
    def dead(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    there = provider(SPEC, dead)
    with pytest.raises(Unreachable, match=r"provider\.example does not answer: refused"):
        there.detect_control_api()
    assert there.clock() == Time().now + 5


def test_a_provider_that_is_starting_is_tried_again() -> None:
    answers = [httpx.ConnectError("refused"), None]

    def starting(request: httpx.Request) -> httpx.Response:
        if error := answers.pop(0):
            raise error
        return json_answer(200, {"spec": "2026"})

    there = provider(SPEC, starting)
    there.detect_control_api()
    assert there.has_clock


def test_a_throttled_call_is_repeated_after_a_second() -> None:
    answers = [json_answer(429, {"code": "Throttling.RateQuota"}), None]

    def busy(request: httpx.Request) -> httpx.Response:
        return answers.pop(0) or accepts_everything(request)

    run = verification(SPEC, busy, "unknown.uuid")
    assert list(run.run())
    assert answers == []
    assert 1.0 <= run.provider.clock() - Time().now < 1.5


def test_the_wait_for_a_real_task_is_bounded() -> None:
    run = verification(SPEC, Stuck(), "story.accepted", "story.usage", budget=10.0)
    found = ended(list(run.run()))
    assert found["story.usage"].result == "skipped"
    assert "is still RUNNING after" in found["story.usage"].why
    assert 1800 <= found["story.accepted"].seconds < 1900


class Stuck:
    """A service whose tasks never end."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        status = "PENDING" if request.method == "POST" else "RUNNING"
        if request.url.path.endswith("/cancel"):
            return json_answer(400, {"code": "UnsupportedOperation", "request_id": "r"})
        times = {
            "submit_time": "2025-09-11 14:33:38.716",
            "scheduled_time": "2025-09-11 14:33:53.089",
        }
        output = {"task_id": "t", "task_status": status, **(times if status == "RUNNING" else {})}
        return json_answer(200, {"output": output, "request_id": "r"})


def test_a_difference_refers_to_its_exchange() -> None:
    def look(ctx: CheckContext) -> None:
        first, second = ctx.get("1"), ctx.get("2")
        ctx.expect_equal(second, "/output/task_status", "PENDING")
        ctx.expect(first, "#status", False, "201")

    run = Verification(SPEC, provider(SPEC, accepts_everything), [one(look)])
    (found,) = ended(list(run.run())).values()
    assert [(f.pointer, f.got, f.exchange) for f in found.findings] == [
        ("/output/task_status", "RUNNING", 1),
        ("#status", "200", 0),
    ]
    assert found.exchanges[1].curl().startswith(f"curl -sS {REAL}/api/v1/tasks/2")


@pytest.mark.parametrize("how", [Skip("no reason"), StopCheck()])
def test_differences_found_before_a_check_stopped_count(how: Exception) -> None:
    def look(ctx: CheckContext) -> None:
        ctx.fail(None, "", "this", "that")
        raise how

    run = Verification(SPEC, provider(SPEC, accepts_everything), [one(look)])
    (found,) = ended(list(run.run())).values()
    assert found.result == "failed"


def test_an_answer_of_another_type_is_not_equal() -> None:
    def look(ctx: CheckContext) -> None:
        exchange = ctx.get("1")
        assert not ctx.expect_equal(exchange, "/usage/image_count", True)
        assert ctx.expect_equal(exchange, "/usage/image_count", 1)

    run = Verification(SPEC, provider(SPEC, accepts_everything), [one(look)])
    (found,) = ended(list(run.run())).values()
    assert len(found.findings) == 1


def test_a_message_with_an_appended_link_passes() -> None:
    def newer(request: httpx.Request) -> httpx.Response:
        message = "No API-key provided. For details, see: https://example.com/errors"
        value = {"code": "InvalidApiKey", "message": message, "request_id": "r"}
        return json_answer(401, value)

    run = verification(SPEC, newer, "keys.missing")
    assert ended(list(run.run()))["keys.missing"].result == "passed"


@each_case(
    "text",
    ["[" * 5_000, '{"a": "\\ud800"}', '{"output": NaN}', '{"output": 1e999}', "", "null", "[]",
     '{"output": {"task_id": "t", "task_status": "RUNNING", "submit_time": 1e400}}',
     '{"total": "x", "data": [1], "total_page": null, "page_no": [], "page_size": {}}',
     '{"output": {"task_id": "t", "task_status": "SUCCEEDED", "submit_time": '
     '"0001-01-01 00:00:00.000", "results": []}, "usage": {"video_duration": 1' + "0" * 400 + "}}"],
)  # fmt: skip
@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_unexpected_answer_does_not_end_a_run(text: str, status: int) -> None:
    headers = {"date": "Fri, 31 Dec 9999 23:59:59 GMT", "content-type": "text/x; charset=rot13"}
    answer = httpx.Response(status, text=text, headers=headers)

    def odd(request: httpx.Request) -> httpx.Response:
        return answer

    run = verification(SPEC, odd, budget=100.0)
    assert len(ended(list(run.run()))) == len(all_checks())
