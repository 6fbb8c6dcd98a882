"""Waiting: what each state of a task and each trouble on the way comes to."""

import asyncio
import math

import httpx
import pytest

from emo_client import (
    AsyncClient,
    AuthenticationError,
    Client,
    ConfigError,
    ConnectionFailed,
    InvalidRequest,
    ServiceError,
    TaskAnswer,
    TaskCanceled,
    TaskFailed,
    TaskTimeout,
    TaskUnknown,
    Throttled,
    UnexpectedAnswer,
)

KEY = "sk-0123456789abcdef"


def test_a_task_that_succeeds_is_returned_after_updates(emo, on, task) -> None:
    on("GET", "/tasks/t", task("PENDING"), task("SUSPENDED"), task("X-NEW"), task("SUCCEEDED"))
    seen = []
    done = emo.wait("t", on_update=lambda t, s: seen.append((t.output.task_status, s)))
    assert done.output.results.video_url
    assert seen == [("PENDING", 0.0), ("SUSPENDED", 0.5), ("X-NEW", 1.25), ("SUCCEEDED", 2.375)]


def test_a_failed_task_raises_with_its_code_and_message(emo, on, task) -> None:
    on("GET", "/tasks/t", task("FAILED", code="InvalidURL", message="File size."))
    with pytest.raises(
        TaskFailed, match=r"task t FAILED: InvalidURL: File size\. \(request_id r-task\)"
    ):
        emo.wait("t")


def test_a_failed_task_of_a_sibling_with_a_list_of_results_is_still_failed(emo, on, task) -> None:
    on("GET", "/tasks/t", task("FAILED", code="C", message="m", results=[{"subtask": 1}]))
    with pytest.raises(TaskFailed, match="task t FAILED: C: m"):
        emo.wait("t")


def test_a_failed_task_without_a_reason_says_so(emo, on, task) -> None:
    on("GET", "/tasks/t", task("FAILED"))
    with pytest.raises(TaskFailed, match="the service gives no reason"):
        emo.wait("t")


def test_a_canceled_task_raises(emo, on, task) -> None:
    on("GET", "/tasks/t", task("CANCELED"))
    with pytest.raises(TaskCanceled, match=r"task t was CANCELED \(request_id r-task\)"):
        emo.wait("t")


def test_an_unknown_task_says_what_may_be_the_cause(emo, on, task) -> None:
    on("GET", "/tasks/t", task("UNKNOWN"))
    with pytest.raises(TaskUnknown) as caught:
        emo.wait("t")
    for cause in ("24 h", "mistyped", "request_id instead of the task_id", "another account"):
        assert cause in str(caught.value)


@pytest.mark.parametrize("results", [None, {}, {"video_url": ""}, {"video_url": None}, []])
def test_a_success_without_its_video_is_unexpected(emo, on, task, results) -> None:
    on("GET", "/tasks/t", task("SUCCEEDED", results=results))
    with pytest.raises(
        UnexpectedAnswer, match=r"GET /tasks/t .*without results\.video_url \(request_id r-task"
    ):
        emo.wait("t")


@pytest.mark.parametrize(
    ("status", "note"),
    [("RUNNING", ""), ("SUCCESS", r" \(a state that EMO's documentation does not name\)")],
)
def test_a_timeout_names_the_task_its_state_and_the_way_on(emo, on, task, status, note) -> None:
    on("GET", "/tasks/t", task(status))
    way_on = r"raise timeout=…, or wait .*\(request_id r-task\)$"
    text = rf"^task t is still {status}{note} after 30 s; {way_on}"
    with pytest.raises(TaskTimeout, match=text) as caught:
        emo.wait("t", timeout=30)
    assert (caught.value.status, caught.value.waited) == (status, 30)
    assert caught.value.__cause__ is None


def test_trouble_is_outlasted_and_forgotten(emo, on, refuse, task) -> None:
    trouble = [
        httpx.ConnectError("x"),
        httpx.ReadTimeout("x"),
        refuse(429, retry_after="7"),
        refuse(500),
    ]
    route = on("GET", "/tasks/t", *trouble, task("RUNNING"), task("SUCCEEDED"))
    emo.wait("t")
    assert route.call_count == 6
    assert emo.time.sleeps[:4] == [0.5, 1.0, 7.0, 4.0]


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [(503, ServiceError), (429, Throttled), (httpx.ReadTimeout("slow"), ConnectionFailed)],
)
def test_a_timeout_in_trouble_has_the_trouble_as_its_cause(
    emo, on, refuse, task, trouble, kind
) -> None:
    last = refuse(trouble) if isinstance(trouble, int) else trouble
    on("GET", "/tasks/t", task("RUNNING"), last)
    with pytest.raises(
        TaskTimeout, match=r"still RUNNING after 9 s.*\(last trouble: GET /tasks/t"
    ) as caught:
        emo.wait("t", timeout=9)
    assert isinstance(caught.value.__cause__, kind)


def test_trouble_that_is_over_is_not_the_cause_of_a_timeout(emo, on, refuse, task) -> None:
    on("GET", "/tasks/t", refuse(503), refuse(503), task("RUNNING"))
    with pytest.raises(TaskTimeout, match="still RUNNING after 9 s") as caught:
        emo.wait("t", timeout=9)
    assert caught.value.__cause__ is None
    assert emo.time.sleeps[:3] == [0.5, 1.0, 1.125]


def test_a_task_that_no_poll_saw_is_told_as_such(emo, on) -> None:
    on("GET", "/tasks/t", httpx.ConnectError("refused"))
    with pytest.raises(TaskTimeout, match="task t has not been seen after 9 s") as caught:
        emo.wait("t", timeout=9)
    assert caught.value.status is None


@pytest.mark.parametrize(("status", "kind"), [(400, InvalidRequest), (401, AuthenticationError)])
def test_a_refused_poll_is_raised_at_once(emo, on, refuse, status, kind) -> None:
    route = on("GET", "/tasks/t", refuse(status))
    with pytest.raises(kind, match="GET /tasks/t answered"):
        emo.wait("t")
    assert route.call_count == 1


@pytest.mark.parametrize("timeout", [0, -1, math.nan, math.inf, None])
def test_every_wait_has_a_deadline(emo, service, timeout) -> None:
    with pytest.raises(
        ConfigError, match=r"timeout=\S+ must be a number of seconds above 0, and finite"
    ):
        emo.wait("t", timeout=timeout)
    assert not service.calls


def test_a_poll_near_the_deadline_has_little_time_for_its_answer(emo, on, task) -> None:
    route = on("GET", "/tasks/t", task("RUNNING"))
    with pytest.raises(TaskTimeout, match="RUNNING"):
        emo.wait("t", timeout=3)
    limits = [call.request.extensions["timeout"]["read"] for call in route.calls]
    assert limits == [3.0, 2.5, 1.75, 1.0, 1.0]


def test_what_an_update_raises_passes_through(emo, on, task) -> None:
    on("GET", "/tasks/t", task("RUNNING"))

    def stop(task: TaskAnswer, waited: float) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        emo.wait("t", on_update=stop)


def test_canceling_the_coroutine_ends_the_wait_cleanly(service, task) -> None:
    service.route().respond(json=task("RUNNING"))

    async def scenario() -> None:
        async with AsyncClient(api_key=KEY) as client:
            waiting = asyncio.create_task(client.wait("t"))
            while not service.calls:
                await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

    asyncio.run(scenario())


def test_interrupting_the_thread_passes_through(service, task) -> None:
    service.route().respond(json=task("RUNNING"))

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    with Client(api_key=KEY, sleep=interrupted) as client, pytest.raises(KeyboardInterrupt):
        client.wait("t")
