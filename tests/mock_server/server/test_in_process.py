"""The transport of httpx for tests in this process: every path is answered as by a server, without
an event loop, and time passes only on the clock of the test."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.spec.loader import Spec
from mock_server import InProcess, create_app
from mock_server.control.api import CONTROLS
from mock_server.control.journal import SHORT
from mock_server.media.samples import voice
from mock_server.page import ICONS
from mock_server.page.documents import titles
from mock_server.server.app import FakeApp
from mock_server.server.run import running
from mock_server.settings import Settings
from tests.helpers.fake import EPOCH, SERVICE, request

SETTINGS = Settings(port=0, time="frozen", seed="emo")
AUTH = {"Authorization": "Bearer sk-test"}
BODIES: dict[str, Any] = {
    "/clock": {"advance": 3600},
    "/scenarios": {"scenarios": [{"do": "Throttling", "operation": "getTask"}]},
    "/variants": {},
    "/account": {"balance": 10},
}
JOURNAL_ID = re.compile(rb'"journal": "\w+"')  # random for each journal
# A long answer has its length in process, and is sent in chunks by a server.
OF_THE_WIRE = {"content-length", "transfer-encoding", "connection"}
HTML = {"Accept": "text/html"}
PARTS = ["bytes=0-9", "bytes=5-", "bytes=-5", "bytes=99999999-", "bytes=1-2,4-5", "words"]
POLL = "/api/v1/tasks/1"


def calls(spec: Spec) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each path of a server with a method that it allows, and calls that it refuses. The video is
    that of the first task."""
    create = {
        "json": request(spec, "createVideoTask"),
        "headers": {"X-DashScope-Async": "enable"},
    }
    yield "POST", f"{SERVICE}/video-synthesis", create
    yield "POST", "/__mock__/clock", {"json": {"advance": 3600}}
    for _ in range(3):
        yield "POST", f"{SERVICE}/face-detect", {"content": b"x" * SHORT}
    files = ["/samples/portrait.png", "/samples/voice.wav", "/samples/none", *ICONS, *titles()]
    for path in [*files, "/docs", "/docs/", "/docs/none", "/openapi.yaml", "/openapi.json"]:
        yield "GET", path, {"headers": HTML}
        yield "HEAD", path, {"headers": HTML}
    for part in PARTS:
        yield "GET", "/samples/voice.wav", {"headers": {"Range": part}}
    for method, path in [("GET", "/"), ("HEAD", "/"), ("POST", "/samples/voice.wav")]:
        yield method, path, {"headers": HTML}
    for method, path, _ in sorted(CONTROLS, key=lambda control: control[1] == "/reset"):
        given = {"json": BODIES[path]} if path in BODIES and method in ("PUT", "POST") else {}
        yield method, f"/__mock__{path.replace('{id}', 'none')}", given
    for path in ("/__mock__/none", "/__mock__/journal?format=har", "/__mock__/journal?since=x"):
        yield "GET", path, {}
    yield "PATCH", "/__mock__/clock", {}


def fake() -> FakeApp:
    return create_app(SETTINGS, real=lambda: EPOCH)


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(base_url="http://127.0.0.1", transport=InProcess(fake())) as opened:
        yield opened


def shown(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    headers = {name: v for name, v in answer.headers.items() if name not in OF_THE_WIRE}
    return answer.status_code, headers, JOURNAL_ID.sub(b"", answer.content)


def downloads(client: httpx.Client) -> list[tuple[int, dict[str, str], bytes]]:
    """Downloads of a finished task, whole and in part."""
    tasks = client.get("/api/v1/tasks").json()["data"]
    path = f"/api/v1/tasks/{tasks[0]['task_id']}"
    video = client.get(path).json()["output"]["results"]["video_url"]
    return [
        shown(client.request(method, video, headers=headers))
        for method, headers in [("GET", {}), ("HEAD", {}), ("GET", {"Range": "bytes=0-9"})]
    ]


def test_every_path_is_answered_in_process_as_by_a_server(spec: Spec) -> None:
    with running(SETTINGS, fake()) as url:
        on_socket = httpx.Client(base_url=url, headers=AUTH)
        in_process = httpx.Client(base_url=url, headers=AUTH, transport=InProcess(fake()))
        with on_socket, in_process:
            for number, (method, path, given) in enumerate(calls(spec)):
                one, other = (c.request(method, path, **given) for c in (in_process, on_socket))
                assert shown(one) == shown(other), (method, path)
                if number == 1:
                    assert downloads(in_process) == downloads(on_socket)


SAMPLE = voice().path.read_bytes()
PLACES = st.integers(0, 2 * len(SAMPLE)) | st.none()


@settings(max_examples=50, deadline=None)
@given(first=PLACES, last=PLACES)
def test_a_part_of_a_sample_has_the_bytes_of_its_range(
    client: httpx.Client, first: int | None, last: int | None
) -> None:
    asked = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    if first is None:
        wanted = SAMPLE[-last:] if last else b""
    else:
        wanted = SAMPLE[first:] if last is None else SAMPLE[first : last + 1]
    answer = client.get("/samples/voice.wav", headers={"Range": asked})
    if asked == "bytes=-":
        assert (answer.status_code, answer.content) == (200, SAMPLE)
    else:
        assert (answer.status_code, answer.content) == ((206, wanted) if wanted else (416, b""))


class VirtualClock:
    """The machine's time of a test: only a sleep lets it pass."""

    def __init__(self) -> None:
        self.now = EPOCH

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def async_sleep(self, seconds: float) -> None:
        self.now += seconds


Send = Callable[..., float]


@pytest.fixture(params=["sync", "async"])
def seconds(request: pytest.FixtureRequest) -> Send:
    """Sends a poll with a scenario, and returns the virtual seconds until its answer or error."""
    clock = VirtualClock()
    app = create_app(Settings(time="real"), real=lambda: clock.now)
    transport = InProcess(app, sleep=clock.sleep, async_sleep=clock.async_sleep)

    async def send(method: str, headers: dict[str, str], **options: Any) -> None:
        base = "http://127.0.0.1:8787"
        async with httpx.AsyncClient(transport=transport, base_url=base, **options) as client:
            await client.request(method, POLL, headers=headers)

    def call(scenario: str, method: str = "GET", error: Any = None, **options: Any) -> float:
        began, headers = clock.now, {**AUTH, "X-Mock-Scenario": scenario}
        if error:
            with pytest.raises(error):
                call(scenario, method, **options)
        elif request.param == "async":
            asyncio.run(send(method, headers, **options))
        else:
            base = "http://127.0.0.1:8787"
            with httpx.Client(transport=transport, base_url=base, **options) as client:
                client.request(method, POLL, headers=headers)
        return clock.now - began

    return call


def test_a_late_answer_passes_virtual_time_only(seconds: Send) -> None:
    assert seconds("latency=600", timeout=None) == pytest.approx(600, abs=1e-3)


def test_a_client_waits_for_a_late_answer_until_its_read_timeout(seconds: Send) -> None:
    assert seconds("latency=4", timeout=5) == pytest.approx(4, abs=1e-3)
    assert seconds("latency=9", timeout=5, error=httpx.ReadTimeout) == pytest.approx(5)


def test_a_held_call_lasts_as_long_as_the_client_waits(seconds: Send) -> None:
    assert seconds("hold", timeout=600, error=httpx.ReadTimeout) == pytest.approx(600)


def test_a_held_call_of_a_client_without_timeout_is_given_up_at_once(seconds: Send) -> None:
    assert seconds("hold", timeout=None, error=httpx.ReadTimeout) == 0


def test_an_answer_in_drops_takes_the_time_of_all_its_bytes(seconds: Send) -> None:
    whole = seconds("drip=10", timeout=5)
    assert 30 < whole < 120
    assert seconds("drip=20", timeout=5) == pytest.approx(whole / 2, rel=0.01)
    assert seconds("drip=0.1", timeout=5, error=httpx.ReadTimeout) == pytest.approx(5)


@pytest.mark.parametrize(
    ("fault", "error"),
    [("reset", httpx.ReadError), ("close", httpx.RemoteProtocolError),
     ("wrong-length=7", httpx.RemoteProtocolError), ("connect-refused", httpx.ConnectError)],
)  # fmt: skip
def test_a_broken_answer_raises_at_once(seconds: Send, fault: str, error: Any) -> None:
    assert seconds(fault, error=error) == 0


def test_a_delay_follows_the_clock_of_the_tenant() -> None:
    clock = VirtualClock()
    app = create_app(Settings(speed=10.0), real=lambda: clock.now)
    transport = InProcess(app, sleep=clock.sleep)
    with httpx.Client(transport=transport, base_url="http://127.0.0.1", headers=AUTH) as client:
        client.get(POLL, headers={"X-Mock-Scenario": "latency=9"})
    assert clock.now - EPOCH == pytest.approx(0.9, abs=1e-3)


def test_a_delay_follows_the_new_clock_of_a_tenant_that_is_reset_meanwhile() -> None:
    clock = VirtualClock()
    app = create_app(Settings(time="fast"), real=lambda: clock.now)

    def reset(seconds: float) -> None:
        clock.sleep(seconds)
        if clock.now == EPOCH + seconds:
            http.post("/__mock__/reset").raise_for_status()

    transport = InProcess(app, sleep=reset)
    with httpx.Client(transport=transport, base_url="http://127.0.0.1", headers=AUTH) as http:
        http.get(POLL, headers={"X-Mock-Scenario": "latency=9"})
    assert 0.9 < clock.now - EPOCH < 1


def test_calls_and_changes_in_several_threads_have_different_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = fake()
    client = httpx.Client(transport=InProcess(app), base_url="http://127.0.0.1", headers=AUTH)
    journal = app.engine.recorder.journal
    polling = Thread(target=lambda: (client.get(POLL), client.get("/__mock__/journal")))
    keep = journal._keep

    def keep_meanwhile(*arguments: Any) -> None:
        if not polling.ident:
            polling.start()
            polling.join(timeout=0.05)  # without a lock the poll is recorded in this time
        keep(*arguments)

    monkeypatch.setattr(journal, "_keep", keep_meanwhile)
    client.post("/__mock__/clock", json={"advance": 1})
    polling.join()
    listed = client.get("/__mock__/journal").json()["exchanges"]
    assert [exchange["number"] for exchange in listed] == [1, 2]


def test_an_app_can_have_its_own_sleep_for_other_transports() -> None:
    clock = VirtualClock()
    app = create_app(Settings(time="real"), real=lambda: clock.now, sleep=clock.async_sleep)

    async def poll() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            await client.get(POLL, headers={**AUTH, "X-Mock-Scenario": "latency=60"})

    asyncio.run(poll())
    assert clock.now - EPOCH == pytest.approx(60, abs=1e-3)


def test_a_server_waits_with_the_sleep_of_its_app() -> None:
    clock = VirtualClock()

    async def sleep(seconds: float) -> None:
        clock.now += seconds
        await asyncio.sleep(0)

    settings = Settings(port=0, time="real")
    with running(settings, create_app(settings, real=lambda: clock.now, sleep=sleep)) as url:
        for scenario in ("latency=60", "drip=10"):
            began = clock.now
            httpx.get(url + POLL, headers={**AUTH, "X-Mock-Scenario": scenario}, timeout=30)
            assert clock.now - began > 30


def test_a_coroutine_function_is_refused_as_the_sleep_of_a_sync_client() -> None:
    with pytest.raises(TypeError, match="as async_sleep"):
        InProcess(create_app(), sleep=VirtualClock().async_sleep)


def test_an_app_that_needs_an_event_loop_is_refused() -> None:
    async def waits(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0)

    with (
        httpx.Client(transport=InProcess(waits), base_url="http://fake") as client,
        pytest.raises(RuntimeError, match=r"use httpx\.AsyncClient"),
    ):
        client.get("/")
