"""Faults as httpx reports them: sync and async over a socket, and in process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from contracts.spec.loader import Spec
from mock_server.scenarios.faults import FAULTS
from mock_server.server.app import FakeApp, create_app
from mock_server.server.waiting import SLICE
from mock_server.settings import Settings
from tests.helpers.cases import each_case
from tests.helpers.fake import SERVICE, request
from tests.helpers.faults import KEYS, serving

POLL = "/api/v1/tasks/1"
ENDS = [name for name, kind in FAULTS.items() if kind.raises and name != "connect-refused"]
WHOLE = [name for name, kind in FAULTS.items() if not kind.raises and name != "drip"]
PATIENCE = httpx.Timeout(5, read=0.5)  # a busy machine takes its time to connect
Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving() as base:
        yield base


@pytest.fixture(scope="module")
def app(spec: Spec) -> FakeApp:
    return create_app(Settings(time="skip"), spec=spec)


def headers(fault: str) -> dict[str, str]:
    named = {"X-Mock-Scenario": fault} if fault else {}
    return {"Authorization": f"Bearer sk-httpx-{next(KEYS)}", **named}


@pytest.fixture(params=["sync", "async", "in process"])
def ask(request: pytest.FixtureRequest, url: str, app: FakeApp) -> Ask:
    """Sends one poll with a fault, in one of three ways."""
    if request.param == "sync":
        return lambda fault: httpx.get(url + POLL, headers=headers(fault), timeout=PATIENCE)
    transport = httpx.ASGITransport(app) if request.param == "in process" else None
    return lambda fault: asyncio.run(ask_async(transport, url, fault))


async def ask_async(transport: Any, url: str, fault: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=transport, base_url=url, timeout=PATIENCE) as client:
        return await client.get(POLL, headers=headers(fault))


@each_case("fault", ENDS)
def test_each_fault_raises_its_httpx_exception(ask: Ask, fault: str) -> None:
    with pytest.raises(httpx.RequestError) as error:
        ask(fault)
    assert type(error.value).__name__ == FAULTS[fault].raises
    assert error.value.request.url.path == POLL


@each_case("fault", [*WHOLE, "drip=1e6"])
def test_each_fault_without_an_exception_is_answered(ask: Ask, fault: str) -> None:
    if fault == "latency":
        fault = "latency=0.01"
    assert ask(fault).status_code == (502 if fault == "bad-gateway" else 200)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("close", r"^Server disconnected without sending a response\.$"),
        ("wrong-length=7", r"^peer closed .* complete message body \(received \d+ bytes, expected"),
    ],
)
def test_a_protocol_error_has_the_same_message_everywhere(ask: Ask, fault: str, text: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match=text):
        ask(fault)


def test_a_refused_connection_is_a_connect_error_in_process(app: FakeApp) -> None:
    with pytest.raises(httpx.ConnectError, match="refused"):
        asyncio.run(ask_async(httpx.ASGITransport(app), "http://fake", "connect-refused"))


def test_a_refused_connection_is_a_connect_error_on_a_socket() -> None:
    with serving() as base:
        with pytest.raises(httpx.ReadError):
            httpx.get(base + POLL, headers=headers("connect-refused=60"))
        with pytest.raises(httpx.ConnectError, match="refused"):
            httpx.get(base + POLL, headers=headers(""))
        with pytest.raises(httpx.ConnectError):
            asyncio.run(ask_async(None, base, ""))


@pytest.mark.parametrize(("fault", "total"), [("lost", 1), ("reset", 0)])
def test_a_lost_answer_creates_the_task_and_a_reset_does_not(
    url: str, spec: Spec, fault: str, total: int
) -> None:
    with httpx.Client(base_url=url, headers=headers("")) as client:
        asked = {"X-DashScope-Async": "enable", "X-Mock-Scenario": fault}
        body = json.dumps(request(spec, "createVideoTask"))
        with pytest.raises(httpx.ReadError):
            client.post(f"{SERVICE}/video-synthesis", content=body, headers=asked)
        assert client.get("/api/v1/tasks").json()["total"] == total


async def poll_then_advance(app: FakeApp) -> list[str]:
    """The order of events when an answer is an hour late and the clock is frozen."""
    transport, key, done = httpx.ASGITransport(app), headers(""), []
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        await client.post("/__mock__/clock", json={"freeze": True}, headers=key)
        poll = asyncio.create_task(
            client.get(POLL, headers={**key, "X-Mock-Scenario": "latency=3600"})
        )
        poll.add_done_callback(lambda _: done.append("answered"))
        for seconds in (0, 3599, 1):
            await client.post("/__mock__/clock", json={"advance": seconds}, headers=key)
            done.append(f"advanced {seconds}")
            await asyncio.wait([poll], timeout=2 * SLICE)
        assert (await asyncio.wait_for(poll, 5)).status_code == 200
    return done


def test_a_delayed_answer_in_process_waits_for_the_clock_of_the_tenant(app: FakeApp) -> None:
    done = asyncio.run(poll_then_advance(app))
    assert done == ["advanced 0", "advanced 3599", "advanced 1", "answered"]
