"""Delivery of replies in cases that no client can show: a server that stops, and unusual
replies."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

from mock_server.server.delivery import deliver_on_socket
from mock_server.server.delivery_in_process import deliver_in_process, httpx_error
from mock_server.server.waiting import Waiting
from mock_server.simulation.call import Delivery, Reply
from mock_server.simulation.clock import Clock
from tests.helpers.fake import EPOCH

BODY = b'{"request_id":"1"}'
REPLY = Reply(200, [(b"content-length", b"%d" % len(BODY))], BODY, "")


class Transport:
    """Records the calls to it."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def is_closing(self) -> bool:
        return "abort" in self.done

    def abort(self) -> None:
        self.done.append("abort")

    def resume_reading(self) -> None:
        self.done.append("resume_reading")


async def nowhere(message: Any) -> None:
    raise AssertionError(f"{message} was sent")


async def stopped(line: Delivery, left: float) -> list[str]:
    """The calls to the transport when the server stops during a delivery."""
    transport = Transport()
    scope = {"method": "GET", "state": {"transport": transport}}
    acting = asyncio.create_task(
        deliver_on_socket(
            REPLY._replace(delivery=line), scope, nowhere, Waiting(lambda _: left, asyncio.sleep)
        )
    )
    await asyncio.sleep(0)
    acting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await acting
    return transport.done


def test_a_server_that_stops_aborts_a_delayed_answer() -> None:
    assert asyncio.run(stopped(Delivery(due=1.0), float("inf"))) == ["resume_reading", "abort"]


def test_a_complete_reply_causes_no_httpx_error() -> None:
    assert httpx_error(REPLY) is None
    assert httpx_error(REPLY._replace(delivery=Delivery(due=1.0, rate=10.0))) is None
    assert httpx_error(REPLY._replace(delivery=Delivery(end="close"))) is None
    assert httpx_error(REPLY._replace(headers=[], delivery=Delivery(end="close"))) is None


def test_a_cut_body_causes_no_error_for_a_head_request() -> None:
    cut = REPLY._replace(delivery=Delivery(sent=3, end="reset"))
    assert httpx_error(cut) is not None
    assert httpx_error(cut, "HEAD") is None
    assert httpx_error(cut._replace(delivery=Delivery(sent=-1, end="reset")), "HEAD") is not None


def test_a_connection_closed_before_the_head_is_a_protocol_error() -> None:
    error = httpx_error(REPLY._replace(delivery=Delivery(sent=-1, end="close")))
    assert str(error) == "Server disconnected without sending a response."


def test_a_rounding_error_of_the_clock_does_not_block_a_delayed_answer() -> None:
    clock = Clock(EPOCH, 0.0, rate=0.0).advance(5.08, 0.0).advance(7.8, 0.0)
    due = EPOCH + 12.88
    assert clock.now(0.0) < due  # by a rounding

    async def waited() -> None:
        late = REPLY._replace(delivery=Delivery(due=due))
        frozen = Waiting(partial(left_of, clock), asyncio.sleep)
        await asyncio.wait_for(deliver_in_process(late, "GET", frozen), timeout=5)

    asyncio.run(waited())


def left_of(clock: Clock, moment: float) -> float:
    return 0.0 if clock.now(0.0) >= moment else float("inf")
