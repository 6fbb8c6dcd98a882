"""Waiting through damaged answers and hanging calls, and the text of a timeout."""

import asyncio
import time

import httpx
import pytest

from emo_client import (
    AsyncClient,
    ConnectionFailed,
    TaskTimeout,
    Throttled,
    UnexpectedAnswer,
    errors,
)
from emo_client.models import VideoUsage

KEY = "sk-0123456789abcdef"
DAMAGED = [
    httpx.Response(200, html="<html>busy</html>"),
    httpx.Response(200, content=b'{"output":{"task_id":"t","task_st'),
    httpx.Response(200, content=b'{"output":[], nonsense'),
]


def test_three_damaged_polls_in_a_row_do_not_end_a_wait(emo, on, task) -> None:
    again = [*DAMAGED, task("RUNNING"), *DAMAGED, task("SUCCEEDED")]
    route = on("GET", "/tasks/t", *again)
    assert emo.wait("t").output.task_status == "SUCCEEDED"
    assert route.call_count == 8
    assert emo.time.sleeps[:3] == [0.5, 1.0, 2.0]


MINE, OTHER = "1e1e741f-dd49-445d-8eec-f97148369390", "0d4c3b2a-9f8e-4d7c-8b6a-5f4e3d2c1b0a"


def test_an_answer_about_another_task_is_an_error(emo, on, task) -> None:
    on("GET", f"/tasks/{MINE}", task("SUCCEEDED", task_id=OTHER))
    for ask in (emo.get, emo.wait):
        with pytest.raises(UnexpectedAnswer, match=f"about another task, {OTHER}"):
            ask(MINE)


def test_one_answer_about_another_task_does_not_end_a_wait(emo, on, task) -> None:
    mixed, right = task("SUCCEEDED", task_id=OTHER), task("SUCCEEDED", task_id=MINE)
    on("GET", f"/tasks/{MINE}", mixed, right)
    assert emo.wait(MINE).output.task_id == MINE


def test_a_fourth_damaged_poll_in_a_row_is_raised(emo, on) -> None:
    route = on("GET", "/tasks/t", DAMAGED[0])
    with pytest.raises(UnexpectedAnswer, match="its body is not JSON"):
        emo.wait("t")
    assert route.call_count == 4


def test_a_damaged_poll_at_the_deadline_is_the_cause_of_the_timeout(emo, on) -> None:
    on("GET", "/tasks/t", DAMAGED[0])
    with pytest.raises(TaskTimeout, match="its body is not JSON") as caught:
        emo.wait("t", timeout=1)
    assert isinstance(caught.value.__cause__, UnexpectedAnswer)


def test_a_poll_answer_of_a_wrong_shape_is_raised_at_once(emo, on) -> None:
    route = on("GET", "/tasks/t", {"output": []})
    with pytest.raises(UnexpectedAnswer, match="its shape is wrong"):
        emo.wait("t")
    assert route.call_count == 1


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        ({"video_duration": "abc", "video_ratio": "1:1"}, VideoUsage(video_ratio="1:1")),
        ({"video_ratio": 5}, VideoUsage(video_ratio="5")),
        ([3.0], None),
    ],
)
def test_a_task_with_usage_of_a_wrong_type_has_its_video(emo, on, task, usage, read) -> None:
    on("GET", "/tasks/t", task("SUCCEEDED") | {"usage": usage})
    done = emo.wait("t")
    assert done.output.results.video_url and done.usage == read


def test_malformed_results_do_not_hide_the_usage(emo, on, task) -> None:
    on("GET", "/tasks/t", task("FAILED", results=[]) | {"usage": {"video_duration": 3}})
    assert emo.get("t").usage.video_duration == 3


def test_the_timeout_names_a_retry_after_beyond_the_deadline(emo, on, refuse) -> None:
    on("GET", "/tasks/t", refuse(429, retry_after="60"))
    text = "has not been seen, and the service asks to wait 60 s, longer than is left; raise"
    with pytest.raises(TaskTimeout, match=text) as caught:
        emo.wait("t", timeout=30)
    assert (caught.value.asked, caught.value.waited) == (60, 0)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.0028, "0"), (30.0, "30"), (12.3456, "12.3"), (2e6, "2000000")]
)
def test_seconds_are_shown_to_a_tenth(seconds: float, shown: str) -> None:
    timeout = errors.TaskTimeout("t", "RUNNING", seconds, "r", "")
    assert f"still RUNNING after {shown} s;" in str(timeout)
    throttled = Throttled(429, "C", "m", "r", retry_after=seconds)
    assert f"try again in {shown} s" in str(throttled)


class HastyLoop(asyncio.SelectorEventLoop):
    """An event loop whose time can be moved forward."""

    ahead = 0.0

    def time(self) -> float:
        return time.monotonic() + self.ahead


def hanging(**options) -> tuple[AsyncClient, HastyLoop, asyncio.Event]:
    loop, begun = HastyLoop(), asyncio.Event()

    async def hang(request: httpx.Request) -> httpx.Response:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    client = AsyncClient(api_key=KEY, transport=httpx.MockTransport(hang), **options)
    return client, loop, begun


def test_a_call_without_an_answer_ends_at_the_timeout_and_may_have_arrived() -> None:
    client, loop, begun = hanging(timeout=20.0)

    async def scenario() -> None:
        detecting = asyncio.create_task(client.detect("https://x/p.png"))
        await begun.wait()
        loop.ahead = 21.0
        async with asyncio.timeout(60):
            await detecting

    with (
        asyncio.Runner(loop_factory=lambda: loop) as runner,
        pytest.raises(ConnectionFailed, match="the answer came too slowly") as caught,
    ):
        runner.run(scenario())
    assert caught.value.may_have_arrived


def test_a_hanging_call_can_be_cancelled() -> None:
    client, loop, begun = hanging()

    async def scenario() -> None:
        detecting = asyncio.create_task(client.detect("https://x/p.png"))
        await begun.wait()
        detecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await detecting
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await client.detect("https://x/p.png")

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(scenario())
