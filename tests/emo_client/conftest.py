"""Both clients as one: `emo.detect(…)` calls Client or awaits AsyncClient. Time is simulated."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from emo_client.async_client import AsyncClient
from emo_client.client import Client
from tests.helpers.object_store import URL

KEY = "sk-0123456789abcdef"
BASE = "https://emo.test/api/v1"


@dataclass
class Time:
    """A simulated clock that only sleeping moves."""

    present: float = 1000.0
    sleeps: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.present

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.present += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)


class Sync:
    def __init__(self, **options: Any) -> None:
        self.time = Time()
        self.options = {"api_key": KEY, "base_url": BASE, "random": lambda: 0.0, **options}
        self.options |= {"clock": self.time.clock, "now": self.time.clock}

    def client(self) -> Client:
        return Client(**self.options, sleep=self.time.sleep)

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **named: Any) -> Any:
            with self.client() as client:
                return getattr(client, name)(*args, **named)

        return call


class Async(Sync):
    def client(self) -> AsyncClient:
        return AsyncClient(**self.options, sleep=self.time.sleep_async)

    def __getattr__(self, name: str) -> Any:
        async def call(*args: Any, **named: Any) -> Any:
            async with self.client() as client:
                return await getattr(client, name)(*args, **named)

        return lambda *args, **named: asyncio.run(call(*args, **named))


@pytest.fixture(params=[Sync, Async], ids=["Client", "AsyncClient"])
def emo_with(request: pytest.FixtureRequest) -> Any:
    """A class of clients: `emo_with(timeout=5.0).get("t")`."""
    return request.param


@pytest.fixture
def client_alone() -> Any:
    """The class of synchronous clients, for tests of flows and not of their drivers."""
    return Sync


@pytest.fixture
def emo(emo_with: Any) -> Any:
    return emo_with()


@pytest.fixture
def service() -> Iterator[respx.MockRouter]:
    """Receives every request of httpx; a request without a route fails the test."""
    with respx.mock(assert_all_called=False) as router:
        yield router


@pytest.fixture
def on(service: respx.MockRouter) -> Any:
    """`on("GET", "/tasks/t", answer…)`: the answers of a path; the last one repeats.

    Replaces earlier answers of that path, and counts its calls from 0.
    """

    def answer(method: str, path: str, *answers: Any) -> respx.Route:
        left = list(answers)

        def next_one(request: httpx.Request) -> httpx.Response:
            one = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(one, Exception):
                raise one
            if isinstance(one, dict):
                return httpx.Response(200, json=one)
            return httpx.Response(one.status_code, headers=one.headers, content=one.content)

        route = service.route(method=method, url=path if "://" in path else BASE + path)
        route.reset()
        return route.mock(side_effect=next_one)

    return answer


@pytest.fixture
def refuse() -> Any:
    """A refusal of the service: `refuse(400, "InvalidParameter", "…")`."""

    def answer(status: int, code: str = "C", message: str = "m.", **headers: str) -> httpx.Response:
        body = {"code": code, "message": message, "request_id": "r-refused"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.Response(status, json=body, headers=named)

    return answer


@pytest.fixture
def task() -> Any:
    """An answer about a task: `task("RUNNING")`; a succeeded one has a video."""

    def answer(status: str, **more: Any) -> dict[str, Any]:
        output = {"task_id": "t", "task_status": status}
        if status == "SUCCEEDED":
            output["results"] = {"video_url": "http://oss.test/v.mp4?Signature=s3cretsignature"}
        return {"request_id": "r-task", "output": output | more}

    return answer


@pytest.fixture
def fetch(emo_with: Any, tmp_path: Path) -> Any:
    """Download from a store or handler to tmp_path/video.mp4."""

    def download(handler: Any, source: Any = URL, path: Any = None) -> Path:
        emo = emo_with(transport=httpx.MockTransport(handler))
        return emo.download(source, tmp_path / "video.mp4" if path is None else path)

    return download


@pytest.fixture
def serve_bytes() -> Iterator[Any]:
    """`serve_bytes(b"HTTP/1.1 …")`: the base URL of a server that sends this and closes."""
    listeners = []

    def serve(content: bytes) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def answer() -> None:
            with suppress(OSError):  # the client left, or the test is over
                while True:
                    line, _ = listener.accept()
                    with line:
                        line.recv(65536)
                        line.sendall(content)

        threading.Thread(target=answer, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"

    yield serve
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
