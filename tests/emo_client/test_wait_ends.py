"""Waiting: the result or error for each state of a task and each failed poll."""

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


def test_the_error_of_a_failed_task_has_its_code_and_message(emo, on, task) -> None:
    on("GET", "/tasks/t", task("FAILED", code="InvalidURL", message="File size."))
    with pytest.raises(
        TaskFailed, match=r"task t FAILED: InvalidURL: File size\. \(request_id r-task\)"
    ):
        emo.wait("t")


def test_a_failed_task_with_a_list_of_results_raises_its_failure(emo, on, task) -> None:
    on("GET", "/tasks/t", task("FAILED", code="C", message="m", results=[{"subtask": 1}]))
    with pytest.raises(TaskFailed, match="task t FAILED: C: m"):
        emo.wait("t")


def test_the_error_of_a_failed_task_without_a_reason_says_so(emo, on, task) -> None:
    on("GET", "/tasks/t", task("FAILED"))
    with pytest.raises(TaskFailed, match="the service gives no reason"):
        emo.wait("t")


def test_a_canceled_task_raises_its_own_error(emo, on, task) -> None:
    on("GET", "/tasks/t", task("CANCELED"))
    with pytest.raises(TaskCanceled, match=r"task t was CANCELED \(request_id r-task\)"):
        emo.wait("t")


def test_the_error_of_an_unknown_task_lists_possible_causes(emo, on, task) -> None:
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
def test_a_timeout_names_the_task_its_state_and_the_next_step(emo, on, task, status, note) -> None:
    on("GET", "/tasks/t", task(status))
    way_on = r"raise timeout=…, or wait .*\(request_id r-task\)$"
    text = rf"^task t is still {status}{note} after 30 s; {way_on}"
    with pytest.raises(TaskTimeout, match=text) as caught:
        emo.wait("t", timeout=30)
    assert (caught.value.status, caught.value.waited) == (status, 30)
    assert caught.value.__cause__ is None


def test_a_wait_continues_after_failed_polls(emo, on, refuse, task) -> None:
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
def test_a_timeout_after_a_failed_poll_has_that_failure_as_its_cause(
    emo, on, refuse, task, trouble, kind
) -> None:
    last = refuse(trouble) if isinstance(trouble, int) else trouble
    on("GET", "/tasks/t", task("RUNNING"), last)
    with pytest.raises(
        TaskTimeout, match=r"still RUNNING after 9 s.*\(last error: GET /tasks/t"
    ) as caught:
        emo.wait("t", timeout=9)
    assert isinstance(caught.value.__cause__, kind)


def test_a_failed_poll_before_a_good_one_is_not_the_cause_of_a_timeout(
    emo, on, refuse, task
) -> None:
    on("GET", "/tasks/t", refuse(503), refuse(503), task("RUNNING"))
    with pytest.raises(TaskTimeout, match="still RUNNING after 9 s") as caught:
        emo.wait("t", timeout=9)
    assert caught.value.__cause__ is None
    assert emo.time.sleeps[:3] == [0.5, 1.0, 1.125]


def test_the_timeout_of_a_task_that_no_poll_saw_says_so(emo, on) -> None:
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
def test_a_wait_without_a_deadline_is_refused(emo, service, timeout) -> None:
    with pytest.raises(
        ConfigError, match=r"timeout=\S+ must be a number of seconds above 0, and finite"
    ):
        emo.wait("t", timeout=timeout)
    assert not service.calls


def test_the_time_for_a_poll_shrinks_near_the_deadline(emo, on, task) -> None:
    route = on("GET", "/tasks/t", task("RUNNING"))
    with pytest.raises(TaskTimeout, match="RUNNING"):
        emo.wait("t", timeout=3)
    limits = [call.request.extensions["timeout"]["read"] for call in route.calls]
    assert limits == [3.0, 2.5, 1.75, 1.0, 1.0]


def test_an_error_of_the_update_callback_is_passed_on(emo, on, task) -> None:
    on("GET", "/tasks/t", task("RUNNING"))

    def stop(task: TaskAnswer, waited: float) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        emo.wait("t", on_update=stop)


def test_a_waiting_coroutine_can_be_cancelled(service, task) -> None:
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


def test_a_waiting_thread_can_be_interrupted(service, task) -> None:
    service.route().respond(json=task("RUNNING"))

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    with Client(api_key=KEY, sleep=interrupted) as client, pytest.raises(KeyboardInterrupt):
        client.wait("t")
