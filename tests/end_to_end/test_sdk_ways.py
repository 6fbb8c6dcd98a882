"""Behaviour that only one API of the official SDK has: one-call helpers, exceptions, retries,
waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any

import dashscope
import pytest
from dashscope.client.base_api import BaseAsyncAioApi, BaseAsyncApi
from dashscope.common.error import AuthenticationError as NoKey
from dashscope.common.error import InvalidTask
from dashscope.v2.errors import AuthenticationError, DashScopeError, RateLimitError
from dashscope.v2.resources._jobs import Jobs

from tests.helpers.http import PLAIN
from tests.helpers.transports import (
    AUDIO,
    FAILING,
    INPUT,
    JOBS_SERVICE,
    PATH,
    Requests,
    without_sleep,
)

CREATE = {"model": "emo-v1", "function": "video-synthesis", **PATH}
Serve = Callable[..., AbstractContextManager[str]]


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return without_sleep(monkeypatch)


@pytest.fixture
def v1(url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """Set the key, which 1.x keeps in a global."""
    monkeypatch.setattr(dashscope, "base_http_api_url", url + "/api/v1")
    return lambda key: monkeypatch.setattr(dashscope, "api_key", key)


def jobs_of(client: dashscope.Client) -> Jobs:
    return Jobs(client, JOBS_SERVICE, "aigc")


def test_video_synthesis_call_makes_a_video_in_one_call(v1: Callable[[str], None]) -> None:
    v1("sk-ways-video")
    extra = {name: value for name, value in INPUT.items() if name != "audio_url"}
    done = dashscope.VideoSynthesis.call(
        model="emo-v1", task="image2video", audio_url=AUDIO, extra_input=extra
    )
    assert (done.status_code, done.output.task_status) == (200, "SUCCEEDED")
    assert done.output.results["video_url"].startswith("http://127.0.0.1:")
    assert done.output.video_url == "", "EMO has it in results, the class looks beside it"


def test_base_async_api_call_makes_a_video_in_one_call_and_a_second(
    v1: Callable[[str], None], slept: list[float]
) -> None:
    v1("sk-ways-sync")
    done = BaseAsyncApi.call(input=INPUT, **CREATE)
    assert (done.status_code, done.output["task_status"]) == (200, "SUCCEEDED")
    assert slept == [1]


def test_asyncio_makes_a_video_in_one_call_with_its_parameters_on_every_poll(
    v1: Callable[[str], None],
) -> None:
    v1("sk-ways-aio")

    async def call() -> Any:
        try:
            return await BaseAsyncAioApi.call(input=INPUT, style_level="calm", **CREATE)
        finally:
            await dashscope.close_shared_aio_session()

    done = asyncio.run(call())
    assert (done.status_code, done.output["task_status"]) == (200, "SUCCEEDED")


def test_1x_without_a_key_raises_before_it_sends_a_call(
    v1: Callable[[None], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    v1(None)
    nowhere = tmp_path / "api_key"
    monkeypatch.setattr("dashscope.common.api_key.DEFAULT_DASHSCOPE_API_KEY_FILE_PATH", nowhere)
    with pytest.raises(NoKey, match="No api key provided"):
        BaseAsyncApi.async_call(input=INPUT, **CREATE)


def test_1x_refuses_to_wait_for_a_create_call_that_was_refused(v1: Callable[[str], None]) -> None:
    v1("sk-ways-refused")
    refused = BaseAsyncApi.async_call(input=INPUT, style_level="wild", **CREATE)
    with pytest.raises(InvalidTask, match="The style_level is invalid"):
        BaseAsyncApi.wait(refused)


def test_1x_lists_tasks_newest_first_a_page_at_a_time(v1: Callable[[str], None]) -> None:
    v1("sk-ways-list")
    made = [BaseAsyncApi.async_call(input=INPUT, **CREATE).output["task_id"] for _ in range(3)]
    page = BaseAsyncApi.list(page_no=2, page_size=2).output
    assert [item["task_id"] for item in page["data"]] == made[:1]
    counts = [page[name] for name in ("total", "total_page", "page_no", "page_size")]
    assert counts == [3, 2, 2, 2]
    assert page["data"][0]["user_api_unique_key"].endswith(":image2video:video-synthesis:emo-v1")


def test_2x_without_a_key_gets_the_401_of_the_server(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    monkeypatch.setenv("DASHSCOPE_API_KEY_FILE_PATH", str(tmp_path / "none"))
    with (
        dashscope.Client(base_url=url + "/api/v1") as client,
        pytest.raises(AuthenticationError, match=r"No API-key provided\.") as refused,
    ):
        jobs_of(client).create(model="emo-v1", input=INPUT)
    assert (refused.value.status_code, refused.value.code) == (401, "InvalidApiKey")


def test_2x_raises_the_error_of_a_failed_task(url: str) -> None:
    with dashscope.Client(api_key="sk-ways-failed", base_url=url + "/api/v1") as client:
        jobs = jobs_of(client)
        with pytest.raises(DashScopeError, match="Required URL is missing") as failed:
            jobs.wait(jobs.create(model="emo-v1", input=FAILING))
    assert failed.value.code == "InvalidURL"
    assert failed.value.request_id


def test_2x_returns_a_failed_job_without_raise_on_error(url: str) -> None:
    base = url + "/api/v1"
    with dashscope.Client(api_key="sk-ways-kept", base_url=base, raise_on_error=False) as client:
        jobs = jobs_of(client)
        job = jobs.wait(jobs.create(model="emo-v1", input=FAILING))
    assert (job.status, job.code, job.succeeded) == ("FAILED", "InvalidURL", False)


def test_2x_raises_for_a_canceled_task_only_when_it_waits(serve: Serve) -> None:
    with (
        serve(time="frozen") as base,
        dashscope.Client(api_key="sk-ways-canceled", base_url=base + "/api/v1") as client,
    ):
        jobs = jobs_of(client)
        job = jobs.create(model="emo-v1", input=INPUT)
        jobs.cancel(job.task_id)
        assert jobs.fetch(job.task_id).status == "CANCELED"
        with pytest.raises(DashScopeError, match="was canceled while waiting"):
            jobs.wait(job.task_id)


def test_2x_tries_a_429_three_times_and_raises(url: str, slept: list[float]) -> None:
    key = "sk-ways-429.createVideoTask:Throttling.RateQuota"
    with (
        dashscope.Client(api_key=key, base_url=url + "/api/v1") as client,
        pytest.raises(RateLimitError, match="Requests rate limit exceeded"),
    ):
        jobs_of(client).create(model="emo-v1", input=INPUT)
    assert len(slept) == 2


def test_2x_reads_a_jobs_times_and_usage_but_finds_no_result_url(
    url: str, slept: list[float]
) -> None:
    with dashscope.Client(api_key="sk-ways-job", base_url=url + "/api/v1") as client:
        jobs = jobs_of(client)
        job = jobs.wait(jobs.create(model="emo-v1", input=INPUT))
    assert job.submitted_at < job.scheduled_at < job.finished_at
    assert (job.usage.video_duration > 0, slept) == (True, [1, 2])
    assert job.output["results"]["video_url"].startswith("http")
    assert job.result_url is None, "it looks for a list of results; EMO's is an object"


def test_2x_counts_listed_tasks_but_does_not_show_them(url: str) -> None:
    with dashscope.Client(api_key="sk-ways-count", base_url=url + "/api/v1") as client:
        jobs = jobs_of(client)
        jobs.create(model="emo-v1", input=INPUT)
        page = jobs.list()
    assert (page.total, page.tasks) == (1, []), "it looks for `tasks`; the service says `data`"


def test_ten_minutes_in_the_queue_take_no_time_when_sleeping_moves_the_clock(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(seconds: float) -> None:
        PLAIN.post(clock, json={"advance": seconds}, headers=who).raise_for_status()
        slept.append(seconds)

    slept: list[float] = []
    who = {"Authorization": "Bearer sk-ways-queue"}
    with serve(time="frozen") as base:
        clock = base + "/__mock__/clock"
        patient = SimpleNamespace(time=lambda: 0.0, sleep=sleep)
        monkeypatch.setattr("dashscope.client.base_api.time", patient)
        monkeypatch.setattr(dashscope, "base_http_api_url", "")
        monkeypatch.setattr(dashscope, "api_key", None)
        sdk = Requests(base + "/api/v1", "sk-ways-queue")
        last = [sdk.create().output["task_id"] for _ in range(25)][-1]
        assert sdk.wait(last).output["task_status"] == "SUCCEEDED"
        sdk.close()
    assert sum(slept) > 600
