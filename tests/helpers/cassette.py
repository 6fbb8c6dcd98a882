"""Helpers for tests of recordings: a recorder on a real socket, and small cassettes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from contracts.recordings import (
    Cassette,
    RecordedAnswer,
    RecordedBody,
    RecordedExchange,
    RecordedRequest,
    RecordedTimeline,
    load,
)
from contracts.recordings.leaks import Leak, without_leaks
from contracts.recordings.model import FORMAT, RecordedState
from contracts.recordings.proxy import RecordingProxy, recording_app
from contracts.recordings.recording import Recording
from contracts.recordings.server import server_of
from contracts.recordings.writer import Writer
from contracts.redact.secret_forms import redacted_value
from contracts.spec.loader import Spec
from mock_server.journal.mistakes import Mistakes
from mock_server.server.run import base_url, listen
from mock_server.settings import Settings
from mock_server.simulation.clock import real_time

CASSETTES = Path(__file__).parents[1] / "data" / "cassettes"
KEY = "sk-0123456789abcdef0123456789abcdef"
SERVICE = "/api/v1/services/aigc/image2video"
TASK = "a8532587-fa8c-4ef8-82be-3a1b7c5d9e20"


def leaks(text: str) -> list[Leak]:
    """The places in the text of a file that look like a secret: in JSON values, else in lines."""
    try:
        value = json.loads(text)
    except ValueError:
        value = text.splitlines()
    return without_leaks(value)[1]


@contextmanager
def recording(spec: Spec, upstream: str, path: Path, *, timeout: float = 10.0) -> Iterator[str]:
    """A recorder in a thread, for as long as the block; gives its base URL. The file is whole and
    final behind it."""
    tape = Recording(spec, upstream, clock=real_time)
    mistakes = Mistakes("the recorder")
    writer = Writer(path, tape.cassette, mistakes.report)
    http = httpx.AsyncClient(timeout=timeout, trust_env=False)
    recorder = RecordingProxy(upstream, tape, http, mistakes.report, writer.changed)
    server = server_of(recording_app(recorder, writer))
    ready = threading.Event()
    server.on_started = ready.set
    sock = listen(Settings(port=0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    try:
        assert ready.wait(20)
        yield base_url(sock)
    finally:
        server.should_exit = True
        thread.join()
        sock.close()


def client(base: str, key: str = KEY) -> httpx.Client:
    """A client of a provider, whose address ends before /api/v1."""
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=base, headers=headers, trust_env=False, timeout=20)


def run_through(base: str, spec: Spec, key: str = KEY) -> dict[str, Any]:
    """Detect, create, poll to the end, list, ask for a task that there is not; the last poll."""
    with client(base, key) as http:
        http.post(f"{SERVICE}/face-detect", json=request_of(spec, "detectFace"))
        created = create(http, spec).json()["output"]["task_id"]
        polls = [http.get(f"/api/v1/tasks/{created}").json() for _ in range(5)]
        http.get("/api/v1/tasks")
        http.get("/api/v1/tasks/unknown-to-all")
        return polls[-1]


def create(http: httpx.Client, spec: Spec, **headers: str) -> httpx.Response:
    headers = {"X-DashScope-Async": "enable", **headers}
    body = request_of(spec, "createVideoTask")
    return http.post(f"{SERVICE}/video-synthesis", json=body, headers=headers)


def request_of(spec: Spec, operation: str) -> Any:
    return json.loads(json.dumps(spec.operations[operation].requests["documentation"]))


def answer_of(spec: Spec, operation: str, outcome: str, **changes: Any) -> RecordedAnswer:
    """A documented answer as a recording has it; changes: of its output."""
    documented = spec.operations[operation].outcomes[outcome]
    value = redacted_value(documented.value)
    value.setdefault("output", {}).update(changes) if changes else None
    headers = {"content-type": "application/json", "x-request-id": value["request_id"]}
    return RecordedAnswer(documented.status, headers, RecordedBody(json=value))


def poll_of(task_id: str = TASK) -> RecordedRequest:
    headers = {"authorization": "Bearer sk-REDACTED"}
    return RecordedRequest("GET", f"/api/v1/tasks/{task_id}", headers=headers)


def creation_of(spec: Spec, **headers: str) -> RecordedRequest:
    sent = {"authorization": "Bearer sk-REDACTED", "x-dashscope-async": "enable", **headers}
    body = RecordedBody(json=request_of(spec, "createVideoTask"))
    return RecordedRequest("POST", f"{SERVICE}/video-synthesis", headers=sent, body=body)


def cassette_of(
    *exchanges: RecordedExchange, timelines: tuple[RecordedTimeline, ...] = ()
) -> Cassette:
    return Cassette(FORMAT, exchanges=exchanges, timelines=timelines)


def life_of(spec: Spec, *states: str, since: tuple[float, ...] = (0.0, 14.5, 133.0)) -> Cassette:
    """A task, created and polled: PENDING, RUNNING, SUCCEEDED by the documentation's times."""
    names = states or ("PENDING", "RUNNING", "SUCCEEDED")
    created = RecordedExchange(
        creation_of(spec), 1.0, answer_of(spec, "createVideoTask", "accepted")
    )
    seen = tuple(
        RecordedState(name.partition(".")[0], answer_of(spec, "getTask", name), at, at)
        for name, at in zip(names, since, strict=False)
    )
    timeline = RecordedTimeline(TASK, poll_of(), seen, created=1.0, created_by=0)
    return cassette_of(created, timelines=(timeline,))


def loaded(spec: Spec, path: Path) -> Cassette:
    return load(path, spec)
