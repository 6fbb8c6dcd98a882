"""Faults as data: how they are written, and how each changes a reply."""

from __future__ import annotations

import json
import math
import re
import statistics
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.scenarios.faults import FAULTS, Fault, FaultError, apply_fault, parse
from mock_server.simulation.call import Delivery, Reply
from mock_server.simulation.ids import digest
from tests.helpers.cases import each_case

NOW = 1_757_572_418.716
BODY = b'{"request_id":"7574ee8f","output":{"task_status":"RUNNING"}}'
REPLY = Reply(
    200,
    [
        (b"content-length", b"%d" % len(BODY)),
        (b"x-request-id", b"7574ee8f"),
        (b"date", b"then"),
        (b"content-type", b"application/json"),
        (b"x-mock-scenario", b"some"),
    ],
    BODY,
    "RUNNING",
)
CHANCE = bytes(range(32))
chances = st.binary(min_size=32, max_size=32)
faults = st.sampled_from(sorted(FAULTS)).map(parse)
replies = st.binary(max_size=300).map(
    lambda body: REPLY._replace(body=body, headers=[(b"content-length", b"%d" % len(body))])
)


def struck(fault: object, reply: Reply = REPLY, chance: bytes = CHANCE) -> Reply:
    return apply_fault(parse(fault), reply, NOW, chance)


def line(fault: object, chance: bytes = CHANCE) -> Delivery:
    found = struck(fault, chance=chance).delivery
    assert found is not None
    return found


@each_case(
    "written, fault",
    [
        ("reset", Fault("reset")),
        ("latency", Fault("latency", {"seconds": 1.0})),
        ("latency=2.5", Fault("latency", {"seconds": 2.5})),
        (" latency = 2 ", Fault("latency", {"seconds": 2.0})),
        ("drip=100", Fault("drip", {"rate": 100.0})),
        ("connect-refused=3", Fault("connect-refused", {"seconds": 3.0})),
        ({"fault": "reset"}, Fault("reset")),
        ({"fault": "latency", "seconds": 2}, Fault("latency", {"seconds": 2.0})),
        ({"fault": "latency", "between": [1, 3]}, Fault("latency", {"between": (1.0, 3.0)})),
        ({"fault": "latency", "median": 2}, Fault("latency", {"median": 2.0, "sigma": 0.5})),
        ({"fault": "latency", "sigma": 1}, Fault("latency", {"median": 1.0, "sigma": 1.0})),
    ],
)
def test_a_fault_is_a_name_a_name_with_a_number_or_an_object(written: object, fault: Fault) -> None:
    assert parse(written) == fault


@each_case(
    "written, words",
    [
        ("rest", ["no fault 'rest'", "latency, ", "Did you mean 'reset'?"]),
        ("RESET", ["no fault 'RESET'", "Did you mean 'reset'?"]),
        ("", ["no fault ''"]),
        ("reset=1", ["reset takes no number", "leave '=1' out"]),
        ("latency=", ["latency: seconds", "a number from 0 to 86400", "not ''"]),
        ("latency=soon", ["not 'soon'"]),
        ("latency=-1", ["not -1.0"]),
        ("latency=nan", ["not nan"]),
        ("latency=inf", ["not inf"]),
        ("latency=86401", ["from 0 to 86400"]),
        ("connect-refused=61", ["connect-refused: seconds", "from 0 to 60"]),
        ("drip=0", ["drip: rate", "from 0.01"]),
        ("truncated=1", ["from 0 to 0.99"]),
        ("wrong-length=0", ["from 1"]),
        (5, ["5 is not a fault", "{\"fault\": NAME, …}"]),
        ({"seconds": 2}, ["is not a fault"]),
        ({"fault": 5}, ["is not a fault"]),
        ({"fault": "latency", "second": 2}, ["no 'second'", "Did you mean 'seconds'?"]),
        ({"fault": "reset", "seconds": 2}, ["reset has no 'seconds'", "takes no parameters"]),
        (
            {"fault": "latency", "seconds": 1, "median": 2},
            ["seconds or between or median and sigma, not seconds with median"],
        ),
        ({"fault": "latency", "seconds": True}, ["not True"]),
        ({"fault": "latency", "seconds": None}, ["not None"]),
        ({"fault": "latency", "seconds": [1, 2]}, ["not [1, 2]"]),
        ({"fault": "latency", "between": 5}, ["two numbers, the lower first", "not 5"]),
        ({"fault": "latency", "between": [3, 1]}, ["not [3, 1]"]),
        ({"fault": "latency", "between": [1]}, ["not [1]"]),
        ({"fault": "latency", "between": [1, "2"]}, ["not [1, '2']"]),
        ({"fault": "latency", 5: 2}, ["no '5'"]),
    ],
)  # fmt: skip
def test_an_invalid_fault_is_refused_with_a_suggestion(written: object, words: list[str]) -> None:
    with pytest.raises(FaultError) as error:
        parse(written)
    for word in words:
        assert word in str(error.value)


@given(st.one_of(st.text(), st.dictionaries(st.text(), st.integers()), st.floats(), st.none()))
def test_any_value_is_a_fault_or_raises_fault_error(written: object) -> None:
    try:
        assert parse(written).kind in FAULTS
    except FaultError as error:
        assert len(str(error)) < 500


def test_every_fault_has_a_summary_and_works_without_parameters() -> None:
    for name, kind in FAULTS.items():
        assert (kind.name, name.lower()) == (name, name)
        assert re.fullmatch(r"[^\n.]{10,95}", kind.summary)
        assert not kind.raises or issubclass(getattr(httpx, kind.raises), httpx.RequestError)
        assert all(p.meaning for form in kind.forms for p in form)
        assert struck(name) != REPLY


def test_only_faults_before_the_service_prevent_the_call() -> None:
    undone = {name for name, kind in FAULTS.items() if not kind.carried_out}
    assert undone == {"connect-refused", "reset", "close", "bad-gateway"}


@given(faults, faults, replies, chances)
def test_the_same_random_bytes_give_the_same_reply(
    first: Fault, second: Fault, reply: Reply, chance: bytes
) -> None:
    once = apply_fault(second, apply_fault(first, reply, NOW, chance), NOW, chance)
    assert once == apply_fault(second, apply_fault(first, reply, NOW, chance), NOW, chance)
    lengths = [value for name, value in once.headers if name == b"content-length"]
    extra = 16 if second.kind == "wrong-length" else 0
    if "wrong-length" not in (first.kind, second.kind) or extra:
        assert lengths == [b"%d" % (len(once.body) + extra)]


@given(faults, replies)
def test_a_fault_does_not_change_the_original_reply(fault: Fault, reply: Reply) -> None:
    before = reply._replace(headers=list(reply.headers))
    apply_fault(fault, reply, NOW, CHANCE)
    assert reply == before


@each_case(
    "fault, expected",
    [
        ("latency=2", Delivery(due=NOW + 2)),
        ("drip=50", Delivery(due=NOW, rate=50.0)),
        ("connect-refused=3", Delivery(sent=-1, end="refuse", seconds=3.0)),
        ("reset", Delivery(sent=-1, end="reset")),
        ("lost", Delivery(sent=-1, end="reset")),
        ("close", Delivery(sent=-1, end="close")),
        ("hold", Delivery(sent=-1, end="hold")),
        ("reset-body", Delivery(sent=len(BODY) // 2, end="reset")),
        ("reset-body=0.25", Delivery(sent=len(BODY) // 4, end="reset")),
        ("wrong-length", Delivery(end="close")),
    ],
)
def test_each_fault_has_its_delivery(fault: str, expected: Delivery) -> None:
    assert line(fault) == expected


def test_each_fault_changes_the_bytes_of_the_reply() -> None:
    headers = dict(struck("bad-gateway").headers)
    assert headers.keys() == {
        b"server", b"content-type", b"content-length", b"date", b"x-mock-scenario",
    }  # fmt: skip
    assert struck("bad-gateway").status == 502
    assert struck("truncated=0.25").body == BODY[: len(BODY) // 4]
    assert dict(struck("wrong-length=3").headers)[b"content-length"] == b"%d" % (len(BODY) + 3)
    assert dict(struck("wrong-type").headers)[b"content-type"].startswith(b"text/html")
    assert struck("bad-gzip").body.endswith(CHANCE)
    assert struck("not-json", REPLY._replace(status=404)).status == 200
    for fault in ("truncated=0.99", "not-json"):
        with pytest.raises(json.JSONDecodeError):
            json.loads(struck(fault).body)


@given(chances, st.floats(0, 1000), st.floats(0, 1000))
def test_a_uniform_latency_is_within_its_bounds(chance: bytes, one: float, two: float) -> None:
    low, high = sorted((one, two))
    due = line({"fault": "latency", "between": [low, high]}, chance).due
    assert NOW + low <= due <= NOW + high


@given(chances, st.floats(0, 86400), st.floats(0, 5))
def test_a_log_normal_latency_is_at_most_a_day(chance: bytes, median: float, sigma: float) -> None:
    due = line({"fault": "latency", "median": median, "sigma": sigma}, chance).due
    assert NOW <= due <= NOW + 86400


@pytest.mark.parametrize("chance", [bytes(32), b"\xff" * 32])
def test_extreme_random_bytes_give_a_finite_latency(chance: bytes) -> None:
    assert math.isfinite(line({"fault": "latency", "median": 1}, chance).due)


def drawn(fault: object) -> list[float]:
    return [line(fault, digest(b"seed", str(n))).due - NOW for n in range(2000)]


def test_half_of_the_log_normal_latencies_are_longer_than_the_median() -> None:
    seconds = drawn({"fault": "latency", "median": 3, "sigma": 0.5})
    assert statistics.median(seconds) == pytest.approx(3, rel=0.05)
    spread = statistics.stdev(math.log(second) for second in seconds)
    assert spread == pytest.approx(0.5, rel=0.05)


def test_uniform_latencies_are_spread_evenly() -> None:
    quarters = statistics.quantiles(drawn({"fault": "latency", "between": [2, 4]}), n=4)
    assert quarters == pytest.approx([2.5, 3, 3.5], abs=0.05)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("latency=2", "reset", Delivery(due=NOW + 2, sent=-1, end="reset")),
        ("reset", "latency=2", Delivery(due=NOW + 2, sent=-1, end="reset")),
        ("latency=2", "latency=3", Delivery(due=NOW + 5)),
        ("latency=2", "drip=10", Delivery(due=NOW + 2, rate=10.0)),
        ("drip=10", "reset-body", Delivery(due=NOW, rate=10.0, sent=len(BODY) // 2, end="reset")),
        ("reset", "close", Delivery(sent=-1, end="close")),
        ("reset", "wrong-length", Delivery(end="close")),
        ("latency=2", "bad-gateway", Delivery(due=NOW + 2)),
    ],
)
def test_faults_combine_and_the_later_end_of_the_connection_wins(
    first: str, second: str, expected: Delivery
) -> None:
    assert struck(second, struck(first)).delivery == expected


def test_a_fault_keeps_the_tenant_of_the_delivery() -> None:
    named: Any = REPLY._replace(delivery=Delivery(tenant="abc"))
    assert struck("latency=1", named).delivery == Delivery(due=NOW + 1, tenant="abc")
