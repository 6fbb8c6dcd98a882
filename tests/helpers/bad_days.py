"""Helpers for tests of scenarios and faults: one key on a real server, its control API, and the
official SDK with that key."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import dashscope
import pytest
from dashscope.v2.errors import APIConnectionError

from tests.helpers.fake import SECONDS
from tests.helpers.http import PLAIN, Serve
from tests.helpers.transports import (
    INPUT,
    Aiohttp,
    Answer,
    AsyncHttpx,
    Httpx,
    Requests,
    without_sleep,
)

VIDEO = SECONDS * 0.08  # CNY, in the ratio 1:1
numbers = itertools.count(1)


@pytest.fixture(name="frozen", scope="module")
def frozen_server(serve: Serve) -> Iterator[str]:
    """A server whose clock is frozen."""
    with serve(time="frozen") as url:
        yield url


@pytest.fixture(name="limited", scope="module")
def limited_server(serve: Serve) -> Iterator[str]:
    """A server with a frozen clock and the documented limits."""
    with serve(time="frozen", limits="documented") as url:
        yield url


class Key:
    """A new API key, and the control API with that key."""

    def __init__(self, url: str, suffix: str = "") -> None:
        self.url, self.name = url, f"sk-bad-day-{next(numbers)}{suffix}"

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Make a call of the control API; gives the JSON of its answer."""
        who = {"Authorization": f"Bearer {self.name}"}
        answer = PLAIN.request(method, f"{self.url}/__mock__{path}", json=body, headers=who)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def rules(self, *rules: dict[str, Any]) -> None:
        self.ask("PUT", "/scenarios", list(rules))

    def clock(self, **change: Any) -> None:
        self.ask("POST", "/clock", change)

    def tasks(self) -> list[str]:
        return [task["task_status"] for task in self.ask("GET", "/state")["tasks"]]

    def calls(self, operation: str) -> list[int | None]:
        """The status of each answer to that operation; None if no answer was sent."""
        kept = self.ask("GET", f"/journal?operation={operation}")["exchanges"]
        return [exchange["response"]["status"] for exchange in kept]


class NoAnswer(Exception):
    """2.x reports that no answer came; without this, transports.py would return an Answer."""


class OpenHttpx(Httpx):
    """2.x on httpx; raises NoAnswer if no answer came."""

    def _ask(self, call: Callable[[], Any]) -> Answer:
        def tried() -> Any:
            try:
                return call()
            except APIConnectionError as error:
                raise NoAnswer from error

        return super()._ask(tried)


class OpenAsyncHttpx(AsyncHttpx):
    """The same with asyncio."""

    def _ask(self, call: Callable[[], Any]) -> Answer:
        async def tried() -> Any:
            try:
                return await call()
            except APIConnectionError as error:
                raise NoAnswer from error

        return super()._ask(tried)


# By what they send; the classes for video have no stack of their own.
STACKS = {Requests: "requests", Aiohttp: "aiohttp", OpenHttpx: "httpx", OpenAsyncHttpx: "httpx"}

Meet = Callable[..., tuple[Requests, Key]]


def stack(sdk: Requests) -> str:
    """The HTTP library that this class sends with."""
    return STACKS[type(sdk)]


def outcome_of(call: Callable[[], Answer]) -> tuple[str, BaseException | None]:
    """The result for the user of the SDK: status and code, or the exception by package and name."""
    try:
        answer = call()
    except Exception as raised:  # noqa: BLE001 (which one is what is asked)
        error = raised.__cause__ if isinstance(raised, NoAnswer) else raised
        return f"{type(error).__module__.partition('.')[0]}.{type(error).__name__}", error
    return f"{answer.status} {answer.code}".strip(), None


def create_call(sdk: Requests, **options: Any) -> Callable[[], Answer]:
    """The create call of the SDK with the user's `headers` or `timeout`."""
    if isinstance(sdk, Httpx):
        return lambda: sdk._ask(lambda: sdk.jobs.create(model="emo-v1", input=INPUT, **options))
    if "timeout" in options:
        options["request_timeout"] = options.pop("timeout")
    return partial(sdk.create, **options)


@pytest.fixture(name="slept")
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    return without_sleep(monkeypatch)


@pytest.fixture(name="meet", params=STACKS, ids=lambda way: way.__name__.removeprefix("Open"))
def way_of_the_sdk(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, slept: list[float]
) -> Iterator[Meet]:
    """`sdk, key = meet(url)`: one API of the SDK with a new key, or with the given key."""
    monkeypatch.setattr(dashscope, "base_http_api_url", "")
    monkeypatch.setattr(dashscope, "api_key", None)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made: list[Requests] = []

    def meet(url: str, suffix: str = "", key: Key | None = None) -> tuple[Requests, Key]:
        while made:  # each case of a test starts with connections of its own
            made.pop().close()
        key = key or Key(url, suffix)
        made.append(request.param(f"{url}/api/v1", key.name))
        return made[-1], key

    yield meet
    for sdk in made:
        sdk.close()
