"""Acting out a line where no client can show it: as its server stops, and with odd replies."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest
from support import EPOCH

from mock_server.call import Line, Reply
from mock_server.clock import Clock
from mock_server.line import act_out, httpx_error

BODY = b'{"request_id":"1"}'
REPLY = Reply(200, [(b"content-length", b"%d" % len(BODY))], BODY, "")


class Transport:
    """Takes down what is done to it."""

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


async def stopped(line: Line, left: float) -> list[str]:
    """What was done to the connection when the server stopped in the middle."""
    transport = Transport()
    scope = {"method": "GET", "state": {"transport": transport}}
    acting = asyncio.create_task(act_out(REPLY._replace(line=line), scope, nowhere, lambda _: left))
    await asyncio.sleep(0)
    acting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await acting
    return transport.done


def test_a_server_that_stops_sends_nothing_more() -> None:
    assert asyncio.run(stopped(Line(due=1.0), float("inf"))) == ["resume_reading", "abort"]


def test_a_reply_that_is_whole_is_no_error() -> None:
    assert httpx_error(REPLY) is None
    assert httpx_error(REPLY._replace(line=Line(due=1.0, rate=10.0))) is None
    assert httpx_error(REPLY._replace(line=Line(end="close"))) is None
    assert httpx_error(REPLY._replace(headers=[], line=Line(end="close"))) is None


def test_an_answer_to_head_has_no_body_that_breaks_off() -> None:
    cut = REPLY._replace(line=Line(sent=3, end="reset"))
    assert httpx_error(cut) is not None
    assert httpx_error(cut, "HEAD") is None
    assert httpx_error(cut._replace(line=Line(sent=-1, end="reset")), "HEAD") is not None


def test_an_end_without_a_head_is_no_response() -> None:
    error = httpx_error(REPLY._replace(line=Line(sent=-1, end="close")))
    assert str(error) == "Server disconnected without sending a response."


def test_a_moment_that_the_clock_reached_in_two_steps_is_reached() -> None:
    clock = Clock(EPOCH, 0.0, rate=0.0).advance(5.08, 0.0).advance(7.8, 0.0)
    due = EPOCH + 12.88
    assert clock.now(0.0) < due  # by a rounding

    async def waited() -> bool:
        late = REPLY._replace(line=Line(due=due))
        frozen = partial(left_of, clock)
        return await asyncio.wait_for(act_out(late, {"method": "GET"}, nowhere, frozen), timeout=5)

    assert asyncio.run(waited())


def left_of(clock: Clock, moment: float) -> float:
    return 0.0 if clock.now(0.0) >= moment else float("inf")
