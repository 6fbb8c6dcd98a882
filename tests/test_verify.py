"""A run of the checks: what it tells, how it waits, and that it pays for nothing unasked."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support_contract import (
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

from contracts.budget import Budget, OverBudget
from contracts.checks import all_checks, check
from contracts.checks.ask import Ask, Skip, Stop, at
from contracts.events import CheckEnded, CheckStarted, Ended, Started
from contracts.provider import Provider, Unreachable
from contracts.spec import Spec
from contracts.verify import UnknownCheck, Verification, select

SPEC = Spec.load()
PRICES = {"emo-detect-v1": 0.004, "emo-v1": 0.16 * 13.93}


class Counting:
    """A server that carries out whatever somebody could be charged for, and counts it: a call with
    a key, and an input that the model it names, or the model of its path, can work on."""

    def __init__(self) -> None:
        self.bills: list[float] = []
        self.calls = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        try:
            body = json.loads(request.content)
            meant = "emo-v1" if "video-synthesis" in request.url.path else "emo-detect-v1"
            meant = meant if "image2video" in request.url.path else ""
            can = {m for m in (body["model"], meant) if m in PRICES and self.can(m, body["input"])}
            if request.headers.get("authorization") and can:
                self.bills.append(max(PRICES[model] for model in can))
        except (ValueError, LookupError, TypeError):
            pass
        return accepts_everything(request)

    def can(self, model: str, given: Any) -> bool:
        return bool(given.get("image_url") and (model != "emo-v1" or given.get("audio_url")))


def test_nothing_is_paid_for_without_a_budget() -> None:
    server = Counting()
    events = list(verification(SPEC, server).run())
    assert server.bills == []
    assert server.calls > 50
    skipped = {name for name, e in ended(events).items() if e.result == "skipped"}
    assert skipped >= {name for name, c in all_checks().items() if c.tier == "paid"}


@settings(deadline=None, max_examples=25)
@given(limit=st.floats(0, 30, allow_nan=False))
def test_never_more_is_spent_than_the_budget(limit: float) -> None:
    server = Counting()
    paid = [name for name, c in all_checks().items() if c.tier == "paid"]
    run = verification(SPEC, server, *paid, budget=limit)
    assert sum(1 for _ in run.run())
    assert sum(server.bills) <= limit + 1e-6


def test_with_a_budget_something_is_paid_for() -> None:
    server = Counting()
    last = list(verification(SPEC, server, budget=10.0).run())[-1]
    assert isinstance(last, Ended)
    assert 0 < sum(server.bills) <= 10.0
    assert last.spent == pytest.approx(sum(server.bills))


def test_what_is_refused_is_not_charged() -> None:
    last = list(verification(SPEC, refuses_everything, budget=10.0).run())[-1]
    assert isinstance(last, Ended)
    assert last.spent == 0


def test_a_check_that_the_budget_does_not_allow_says_what_it_would_cost() -> None:
    run = verification(SPEC, accepts_everything, "creation.area", budget=1.0)
    (found,) = ended(list(run.run())).values()
    assert found.result == "skipped"
    assert found.why == (
        "it may cost 2.229 CNY, and 1.000 of 1 are left; --budget says how much it may be"
    )


@pytest.mark.parametrize(
    ("body", "has_key", "price"),
    [
        ({"model": "emo-v1", "input": {"image_url": "x", "audio_url": "y"}}, True, 2.2288),
        ({"model": "emo-v1", "input": {"image_url": "x", "audio_url": "y"}}, False, 0),
        ({"model": "emo-v1", "input": {"image_url": "x"}}, True, 0),
        ({"model": "emo-detect-v1", "input": {"image_url": "x"}}, True, 0.004),
        ({"model": "emo-v0", "input": {"image_url": "x", "audio_url": "y"}}, True, 0),
        ({"model": "emo-v1", "input": {"image_url": "x", "audio_url": None}}, True, 0),
        ({"model": ["emo-v1"], "input": {"image_url": "x"}}, True, 0),
        (["emo-v1"], True, 0),
    ],
)
def test_a_call_costs_what_somebody_could_charge_for_it(
    body: Any, has_key: bool, price: float
) -> None:
    budget = Budget(SPEC, None, 13.93)
    path = "/api/v1/elsewhere"
    assert budget.price("POST", path, json.dumps(body), has_key) == pytest.approx(price)
    assert budget.price("GET", path, json.dumps(body), has_key) == 0


def test_a_provider_may_go_by_the_path_and_not_by_the_model() -> None:
    budget = Budget(SPEC, None, 13.93)
    body = json.dumps({"model": "emo-v0", "input": {"image_url": "x", "audio_url": "y"}})
    base = "/qwen/api/v1/services/aigc/image2video"
    assert budget.price("POST", f"{base}/face-detect/", body, True) == 0.004
    assert budget.price("POST", f"{base}/video-synthesis", body, True) == pytest.approx(2.2288)


@pytest.mark.parametrize("limit", [-1.0, float("nan")])
def test_a_budget_is_a_number_from_0_on(limit: float) -> None:
    with pytest.raises(ValueError, match="must be 0 or more"):
        Budget(SPEC, limit, 13.93)


@pytest.mark.parametrize("seconds", [-1000, float("nan"), 0.001, 10**400, "3", True, None])
def test_a_usage_that_lies_makes_nothing_cheaper_than_the_recording(seconds: Any) -> None:
    budget = Budget(SPEC, 3.0, 13.93)
    budget.take(2.2)
    budget.charged(2.2, "1:1", seconds)
    assert budget.spent >= 0.08 * 13.93 - 1e-9


def test_a_budget_is_spent_and_given_back() -> None:
    budget = Budget(SPEC, 3.0, 13.93)
    budget.take(2.0)
    with pytest.raises(OverBudget, match=r"1\.000 of 3"):
        budget.take(2.0)
    budget.give_back(2.0)
    budget.take(3.0)
    assert budget.spent == 3.0


def test_a_video_costs_what_its_usage_says() -> None:
    budget = Budget(SPEC, 3.0, 13.93)
    budget.take(2.0)
    budget.charged(2.0, "3:4", 10.0)
    assert budget.spent == pytest.approx(1.6)


def test_a_run_begins_with_its_claims_and_ends_with_counts() -> None:
    events = list(verification(SPEC, refuses_everything, "keys.missing", "unknown.uuid").run())
    first, last = events[0], events[-1]
    assert isinstance(first, Started)
    assert isinstance(last, Ended)
    assert [claim.id for claim in first.claims] == ["keys.missing", "unknown.uuid"]
    assert [type(e) for e in events[1:-1]] == [CheckStarted, CheckEnded] * 2
    assert last.counts == {"passed": 0, "failed": 2, "skipped": 0}
    assert not last.green


def test_every_check_says_what_it_rests_on() -> None:
    for known in all_checks().values():
        claim = known.claim(SPEC, Budget(SPEC, None, 13.93))
        assert claim.source
        assert claim.title.endswith(".")
        assert claim.evidence in ("documented", "captured", "inferred")
        assert bool(claim.cost) == (claim.tier == "paid")
        if claim.pointer:
            assert SPEC.places.value(claim.pointer)
        assert bool(claim.line) == bool(claim.pointer)


def test_an_id_is_registered_once() -> None:
    with pytest.raises(ValueError, match=r"two checks keys\.missing"):
        check("keys.missing", "Again.")(print)


def test_checks_are_chosen_by_id_or_by_room() -> None:
    known = all_checks()
    assert [c.id for c in select(known, ["unknown.uuid"])] == ["unknown.uuid"]
    assert {c.id.partition(".")[0] for c in select(known, ["keys"])} == {"keys"}
    assert not [c for c in select(known, skip=["keys"]) if c.id.startswith("keys.")]
    assert {c.tier for c in select(known, tier="free")} == {"free"}
    with pytest.raises(UnknownCheck, match=r"keys\.mising"):
        select(known, ["keys.mising"])


def test_a_provider_that_does_not_answer_fails_the_check_and_the_run_goes_on() -> None:
    def cut(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("the connection was reset")

    events = list(verification(SPEC, cut, "keys.missing", "unknown.uuid").run())
    assert {e.result for e in ended(events).values()} == {"failed"}
    (finding,) = ended(events)["keys.missing"].findings
    assert (finding.pointer, finding.got) == ("#answer", "ReadError: the connection was reset")


def test_nobody_at_the_url_is_said_before_anything_is_sent() -> None:
    def dead(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    there = provider(SPEC, dead)
    with pytest.raises(Unreachable, match=r"provider\.example does not answer: refused"):
        there.look()
    assert there.clock() == Time().now + 5


def test_a_provider_that_is_about_to_start_is_waited_for() -> None:
    answers = [httpx.ConnectError("refused"), None]

    def starting(request: httpx.Request) -> httpx.Response:
        if error := answers.pop(0):
            raise error
        return json_answer(200, {"spec": "2026"})

    there = provider(SPEC, starting)
    there.look()
    assert there.has_clock


def test_a_real_provider_needs_a_key_and_keeps_it_to_itself() -> None:
    with pytest.raises(Unreachable, match="export it as DASHSCOPE_API_KEY"):
        provider(SPEC, refuses_everything, key="").sign_in("emo")


def test_a_429_is_asked_again_a_second_later() -> None:
    answers = [json_answer(429, {"code": "Throttling.RateQuota"}), None]

    def busy(request: httpx.Request) -> httpx.Response:
        return answers.pop(0) or accepts_everything(request)

    run = verification(SPEC, busy, "unknown.uuid")
    assert list(run.run())
    assert answers == []
    assert 1.0 <= run.provider.clock() - Time().now < 1.5


def test_a_real_task_is_waited_for_in_real_time_and_not_for_ever() -> None:
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


def test_no_key_is_in_any_event() -> None:
    def telling(request: httpx.Request) -> httpx.Response:
        said = request.headers.get("authorization", "")
        headers = {"x-key": said, "set-cookie": "acw_tc=secret"}
        return json_answer(400, {"code": said, "message": str(request.url)}, **headers)

    secret = "sk-0123456789abcdef"
    run = verification(SPEC, telling, budget=10.0, key=secret, other_key=f"{secret}-2")
    text = repr(list(run.run()))
    assert "sk-***" in text
    assert secret not in text
    assert "acw_tc" not in text


def test_a_signature_is_not_shown_and_is_sent() -> None:
    asked: list[str] = []

    def signing(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return json_answer(200, {"url": "https://oss.example/v.mp4?Expires=1&Signature=s3cret"})

    to = provider(SPEC, signing)
    url = at(to.send("GET", "/x"), "/url")
    assert url == "https://oss.example/v.mp4?Expires=1&Signature=***"
    exchange, _ = to.download(url)
    assert asked[-1].endswith("Signature=s3cret")
    assert exchange.url == url


def test_findings_cite_the_exchange_that_shows_them() -> None:
    def look(ask: Ask) -> None:
        first, second = ask.get("1"), ask.get("2")
        ask.equal(second, "/output/task_status", "PENDING")
        ask.that(first, "#status", False, "201")

    run = Verification(SPEC, provider(SPEC, accepts_everything), [one(look)])
    (found,) = ended(list(run.run())).values()
    assert [(f.pointer, f.got, f.exchange) for f in found.findings] == [
        ("/output/task_status", "RUNNING", 1),
        ("#status", "200", 0),
    ]
    assert found.exchanges[1].curl().startswith(f"curl -sS {REAL}/api/v1/tasks/2")


@pytest.mark.parametrize("how", [Skip("no reason"), Stop()])
def test_what_was_found_before_a_check_was_broken_off_counts(how: Exception) -> None:
    def look(ask: Ask) -> None:
        ask.find(None, "", "this", "that")
        raise how

    run = Verification(SPEC, provider(SPEC, accepts_everything), [one(look)])
    (found,) = ended(list(run.run())).values()
    assert found.result == "failed"


def test_an_answer_of_another_type_is_not_equal() -> None:
    def look(ask: Ask) -> None:
        exchange = ask.get("1")
        assert not ask.equal(exchange, "/usage/image_count", True)
        assert ask.equal(exchange, "/usage/image_count", 1)

    run = Verification(SPEC, provider(SPEC, accepts_everything), [one(look)])
    (found,) = ended(list(run.run())).values()
    assert len(found.findings) == 1


def test_newer_messages_may_go_on() -> None:
    def newer(request: httpx.Request) -> httpx.Response:
        message = "No API-key provided. For details, see: https://example.com/errors"
        value = {"code": "InvalidApiKey", "message": message, "request_id": "r"}
        return json_answer(401, value)

    run = verification(SPEC, newer, "keys.missing")
    assert ended(list(run.run()))["keys.missing"].result == "passed"


@pytest.mark.parametrize("key", ["sk-two words", "sk-ключ", "sk-a\nb"])
def test_a_key_that_cannot_be_one_is_refused_without_being_told(key: str) -> None:
    with pytest.raises(Unreachable) as found:
        provider(SPEC, refuses_everything, key=key)
    assert "DASHSCOPE_API_KEY" in str(found.value)
    assert key not in str(found.value)


def test_a_key_from_a_file_may_end_in_a_newline() -> None:
    assert provider(SPEC, refuses_everything, key="sk-mine\n").key == "sk-mine"


@pytest.mark.parametrize(
    "url", ["http://user:pw@x", "http://x?a=b", "http://x#y", "http://[::1", "x:1", "ftp://x", ""]
)
def test_a_base_url_is_a_host_and_a_path(url: str) -> None:
    with pytest.raises(Unreachable, match="the base URL must be"):
        Provider(url, budget=Budget(SPEC, None, 1.0), http=httpx.Client())


KEY = "sk-0123456789abcdef"
FORMS = [
    KEY, KEY.upper(), "sk\\u002d0123456789abcdef", "sk%2D0123456789abcdef",
    "c2stMDEyMzQ1Njc4OWFiY2RlZg", "%73%6B%2D%30%31%32%33%34%35%36%37%38%39%61%62%63%64%65%66",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_key_is_masked_in_whatever_form_it_comes_back(form: str) -> None:
    def telling(request: httpx.Request) -> httpx.Response:
        headers = {"location": f"https://x/?k={form}", f"x-{form}": "1"} if "\\" not in form else {}
        return httpx.Response(400, text=f'{{"code": "{form}", "message": "{form}"}}',
                              headers=headers)  # fmt: skip

    run = verification(SPEC, telling, "keys.missing", "unknown.uuid", key=KEY)
    text = repr(list(run.run())).replace("\\\\", "\\").lower()
    assert "sk-***" in text
    assert form.lower() not in text
    assert KEY not in text


@pytest.mark.parametrize("name", ["Signature", "x-oss-signature", "x-oss-credential"])
@pytest.mark.parametrize("joint", ["&", "\\u0026"])
def test_a_signed_url_is_masked_and_still_opened(name: str, joint: str) -> None:
    asked: list[str] = []

    def signing(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, text=f'{{"u": "https:\\/\\/o.example/v?a=1{joint}{name}=s3c"}}')

    to = provider(SPEC, signing)
    shown = at(to.send("GET", "/x"), "/u")
    assert "s3c" not in shown
    to.download(shown)
    assert asked[-1] == f"https://o.example/v?a=1&{name}=s3c"


@pytest.mark.parametrize(
    "text",
    ["[" * 5_000, '{"a": "\\ud800"}', '{"output": NaN}', '{"output": 1e999}', "", "null", "[]",
     '{"output": {"task_id": "t", "task_status": "RUNNING", "submit_time": 1e400}}',
     '{"total": "x", "data": [1], "total_page": null, "page_no": [], "page_size": {}}',
     '{"output": {"task_id": "t", "task_status": "SUCCEEDED", "submit_time": '
     '"0001-01-01 00:00:00.000", "results": []}, "usage": {"video_duration": 1' + "0" * 400 + "}}"],
)  # fmt: skip
@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_answer_that_nobody_thought_of_ends_no_run(text: str, status: int) -> None:
    headers = {"date": "Fri, 31 Dec 9999 23:59:59 GMT", "content-type": "text/x; charset=rot13"}
    answer = httpx.Response(status, text=text, headers=headers)

    def odd(request: httpx.Request) -> httpx.Response:
        return answer

    run = verification(SPEC, odd, budget=100.0)
    assert len(ended(list(run.run()))) == len(all_checks())


@pytest.mark.parametrize("what", ["no end", "no answer"])
def test_a_second_task_is_canceled_whatever_becomes_of_the_first(what: str) -> None:
    made, canceled = [], []

    def lost(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/video-synthesis"):
            made.append(f"3f2b8a9e-8a5c-4d3e-9c1b-00000000000{len(made)}")
            output = {"task_id": made[-1], "task_status": "PENDING"}
            return json_answer(200, {"output": output, "request_id": "r"})
        if path.endswith("/cancel"):
            canceled.append(path.split("/")[-2])
            return json_answer(200, {"request_id": "r"})
        if len(made) > 1 and what == "no answer" and made[0] in path:
            raise httpx.ReadError("reset")
        output = {"task_id": path.split("/")[-1], "task_status": "PENDING"}
        return json_answer(200, {"output": output, "request_id": "r"})

    (found,) = ended(list(verification(SPEC, lost, "ends.queue", budget=10.0).run())).values()
    assert found.result != "passed"
    assert made[1] in canceled
