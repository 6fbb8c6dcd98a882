"""Faults on a real socket: the bytes that arrive, and how the connection ends."""

from __future__ import annotations

import json
import logging
import socket
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from errno import ECONNREFUSED
from typing import Any

import pytest

from contracts.spec.loader import Spec
from mock_server.engine.pipeline import Engine
from mock_server.server.app import FakeApp
from mock_server.simulation.call import Delivery, Reply
from tests.helpers.faults import Answer, Wire, answer_of, are_silent, serving

# uvicorn tells only the last call of a connection that its client left; its log is off in use.
LEFT_BEHIND = "ASGI callable returned without completing response."


@pytest.fixture(scope="module", params=["uvloop", "asyncio"])
def loop(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def url(loop: str) -> Iterator[str]:
    with serving(loop) as base:
        yield base


@pytest.fixture
def wire(url: str) -> Iterator[Wire]:
    """A connection with one answered call."""
    with Wire(url) as connection:
        assert connection.ask().status == b"HTTP/1.1 200 OK"
        yield connection


@pytest.fixture(autouse=True)
def goes_on(
    url: str, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> Iterator[None]:
    """After each test the server still answers, and has logged no error."""
    yield
    with Wire(url) as connection:
        assert connection.ask().status == b"HTTP/1.1 200 OK"
    records = caplog.get_records("call") + caplog.get_records("teardown")
    said = {record.getMessage() for record in records if record.levelno >= logging.ERROR}
    assert said <= ({LEFT_BEHIND} if "pipelined" in request.node.name else set())


def whole(wire: Wire, answer: Answer) -> bytes:
    """The complete body of a cut answer: the body of another answer, with the id of this one."""
    plain = wire.ask()
    return plain.body.replace(plain.headers[b"x-request-id"], answer.headers[b"x-request-id"])


@pytest.mark.parametrize(
    ("fault", "end"),
    [("reset", "RST"), ("lost", "RST"), ("connect-refused=0", "RST"), ("close", "FIN")],
)
def test_a_connection_ends_without_a_byte(wire: Wire, fault: str, end: str) -> None:
    wire.send(fault)
    assert wire.rest() == (b"", end)


@pytest.mark.parametrize("part", [0, 0.5, 0.99])
def test_a_reset_in_the_body_comes_after_the_head_and_its_part(wire: Wire, part: float) -> None:
    expected = whole(wire, answer := wire.ask())
    wire.send(f"reset-body={part}")
    data, end = wire.rest()
    cut = answer_of(data)
    assert (end, cut.status, cut.headers[b"connection"]) == ("RST", answer.status, b"close")
    expected = expected.replace(answer.headers[b"x-request-id"], cut.headers[b"x-request-id"])
    assert cut.length == len(expected)
    assert cut.body == expected[: int(len(expected) * part)]


def test_the_sent_part_always_arrives_before_the_reset(url: str) -> None:
    for _ in range(50):
        with Wire(url) as wire:
            wire.send("reset-body=0.9")
            data, end = wire.rest()
        assert (end, len(answer_of(data).body)) == ("RST", int(answer_of(data).length * 0.9))


def test_wrong_length_announces_more_bytes_than_it_sends(wire: Wire) -> None:
    wire.send("wrong-length=7")
    data, end = wire.rest()
    answer = answer_of(data)
    assert (end, answer.length) == ("FIN", len(answer.body) + 7)
    assert json.loads(answer.body)["request_id"].encode() == answer.headers[b"x-request-id"]


@pytest.mark.parametrize("bytes_sent", [0, 7])
def test_a_body_is_cut_off_after_so_many_bytes(wire: Wire, bytes_sent: int) -> None:
    length = wire.ask().length
    wire.send(f"cut-off={bytes_sent}")
    data, end = wire.rest()
    assert (end, answer_of(data).length, len(answer_of(data).body)) == ("FIN", length, bytes_sent)


def test_a_stale_connection_is_reset_at_the_next_call(wire: Wire) -> None:
    answer = wire.ask("stale-connection")
    assert answer.status == b"HTTP/1.1 200 OK"
    assert b"connection" not in answer.headers
    assert are_silent(wire)
    wire.send()
    assert wire.rest() == (b"", "RST")


def test_a_pipelined_call_meets_the_stale_connection_too(wire: Wire) -> None:
    wire.send("stale-connection", "")
    data, end = wire.rest()
    assert (data.count(b"HTTP/1.1 200"), end) == (1, "RST")


def test_a_new_connection_does_not_notice_the_stale_one(url: str) -> None:
    with Wire(url) as first:
        first.ask("stale-connection")
    with Wire(url) as second:
        assert second.ask().status == b"HTTP/1.1 200 OK"


def test_truncated_json_ends_in_the_middle_and_the_connection_stays(wire: Wire) -> None:
    answer = wire.ask("truncated")
    expected = whole(wire, answer)
    assert answer.body == expected[: len(expected) // 2]


def test_a_bad_gateway_answers_in_html(wire: Wire) -> None:
    answer = wire.ask("bad-gateway")
    assert answer.status == b"HTTP/1.1 502 Bad Gateway"
    headers = {name for name in answer.headers if not name.startswith(b"x-mock-")}
    assert headers == {b"content-length", b"content-type", b"date", b"server"}
    assert answer.body.startswith(b"<html>")
    assert wire.ask().status == b"HTTP/1.1 200 OK"


def test_faults_send_bodies_that_contradict_their_headers(wire: Wire) -> None:
    assert wire.ask("wrong-type").headers[b"content-type"] == b"text/html; charset=utf-8"
    answer = wire.ask("not-json")
    assert answer.status == b"HTTP/1.1 200 OK"
    assert (answer.headers[b"content-type"], answer.body[:8]) == (b"application/json", b"upstream")
    answer = wire.ask("bad-gzip")
    assert answer.headers[b"content-encoding"] == b"gzip"
    with pytest.raises(zlib.error, match="invalid block type"):
        zlib.decompress(answer.body, 31)


def test_a_delayed_answer_waits_for_the_clock_of_the_tenant(wire: Wire) -> None:
    wire.clock(freeze=True)
    wire.send("latency=10")
    assert are_silent(wire)
    wire.clock(advance=9.5)
    assert are_silent(wire)
    wire.clock(advance=0.5)
    assert wire.answer().status == b"HTTP/1.1 200 OK"
    assert wire.ask().status == b"HTTP/1.1 200 OK"


def test_a_drip_sends_bytes_by_the_clock_of_the_tenant(wire: Wire) -> None:
    wire.clock(freeze=True)
    wire.send("drip=10")
    assert are_silent(wire)
    wire.clock(advance=1.7)
    assert wire.rest(at_most=17) == (b"HTTP/1.1 200 OK\r\n", "more")
    assert are_silent(wire)
    wire.clock(advance=3600)
    data, end = wire.rest()
    answer = answer_of(b"HTTP/1.1 200 OK\r\n" + data)
    assert (end, answer.length) == ("FIN", len(answer.body))


def is_refused(wire: Wire) -> bool:
    """Whether a new connection is refused; the open one gets an answer first."""
    assert wire.ask().status == b"HTTP/1.1 200 OK"
    with socket.socket() as sock:
        return sock.connect_ex(wire.address) == ECONNREFUSED


@pytest.mark.parametrize("then", ["connect-refused=0", "connect-refused=0.2"])
def test_connect_refused_rejects_new_connections_and_keeps_open_ones(wire: Wire, then: str) -> None:
    with Wire(wire.url) as first, Wire(wire.url) as second:
        assert second.ask()  # accepted: what still waits for that is reset
        first.send("connect-refused=0.1")
        assert first.rest() == (b"", "RST")
        assert is_refused(wire)
        second.send(then)
        assert second.rest() == (b"", "RST")
        assert is_refused(wire)
    while is_refused(wire):
        pass  # each look takes a call and an answer


def test_a_shorter_connect_refused_does_not_end_a_longer_one(loop: str) -> None:
    with serving(loop) as base, ExitStack() as stack:
        wire, *others = [stack.enter_context(Wire(base)) for _ in range(4)]
        assert all(other.ask() for other in others)  # accepted
        for other, seconds in zip(others, (0.05, 60, 0), strict=True):
            other.send(f"connect-refused={seconds}")
            assert other.rest() == (b"", "RST")
        assert are_silent(wire)  # for longer than the first
        assert is_refused(wire)


def test_a_server_that_refuses_connections_can_be_stopped(loop: str) -> None:
    with serving(loop) as base, Wire(base) as wire:
        wire.send("connect-refused=60")
        assert wire.rest() == (b"", "RST")


@pytest.mark.parametrize("fault", ["reset-body", "close", "latency=0"])
def test_a_pipelined_call_is_not_answered_before_the_call_with_the_fault(
    wire: Wire, fault: str
) -> None:
    wire.send(fault, "")
    if fault == "latency=0":
        assert [wire.answer().status, wire.answer().status] == [b"HTTP/1.1 200 OK"] * 2
    else:
        assert wire.rest()[0].count(b"HTTP/1.1 ") == (fault == "reset-body")


@pytest.mark.parametrize("behind", [[], [""]], ids=["alone", "pipelined"])
def test_a_call_whose_client_disconnects_leaves_nothing_open(loop: str, behind: list[str]) -> None:
    with ExitStack() as stack:
        base, wires = stack.enter_context(serving(loop)), []
        for fault in ("hold", "latency=10", "drip=10"):
            wires.append(wire := stack.enter_context(Wire(base)))
            wire.clock(freeze=True)
            wire.send(fault, *behind)
        assert are_silent(*wires)
    # Here the server has stopped; where a call was still open, goes_on finds its complaint.


LARGE = Reply(200, [(b"content-length", b"%d" % (8 << 20))], b"x" * (8 << 20), "")


class Large(FakeApp):
    """Answers with 8 MiB, of which 6 MiB are sent."""

    def answer(self, *parts: Any) -> Reply:
        return LARGE._replace(delivery=Delivery(sent=6 << 20, end="reset"))


def test_a_slow_reader_gets_the_whole_part_before_the_reset(loop: str, spec: Spec) -> None:
    with serving(loop, Large(Engine(spec))) as base, Wire(base) as wire:
        wire.send()
        assert not are_silent(wire)  # now the body fills every buffer on the way
        data, end = wire.rest()
    assert (len(answer_of(data).body), end) == (6 << 20, "RST")
