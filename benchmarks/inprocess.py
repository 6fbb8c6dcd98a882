"""Measures the fake without a socket: memory of a task, time of a poll and of a whole lifecycle.

    python -m benchmarks.inprocess tasks COUNT | lifecycle ROUNDS

Each measurement runs in its own process, which prints the figures as JSON. Engine.handle creates
the tasks, as in a server."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice
from typing import Any

import httpx

from benchmarks import calls
from benchmarks.machine import SERVER_CORE, on_core, rss_bytes
from contracts.spec.loader import Spec
from mock_server.engine.pipeline import Engine
from mock_server.journal.journal import Journal
from mock_server.journal.recorder import Recorder
from mock_server.server.app import create_app
from mock_server.settings import Settings
from mock_server.simulation.call import Call
from mock_server.stores.memory import MemoryStore

FEW, SAMPLE, POLL_ROUNDS = 1_000, 1_000, 15


def child(*arguments: str) -> dict[str, list[float]]:
    """The figures of one of these measurements."""
    command = [sys.executable, "-m", "benchmarks.inprocess", *arguments]
    with on_core(SERVER_CORE):
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    figures: dict[str, list[float]] = json.loads(done.stdout)
    return figures


def tasks(number: int) -> dict[str, list[float]]:
    """Bytes per task with `number` tasks; processor seconds of a poll with that many tasks and with
    a thousand."""
    spec = Spec.load()
    few, many = _engine(spec, number), _engine(spec, number)
    create = _call(calls.create(spec))
    _fill(few, create, FEW)
    _fill(many, create, FEW)  # so that memory allocated only once does not count
    before = _settled_rss()
    _fill(many, create, number - FEW)
    figures = {"bytes": [(_settled_rss() - before) / (number - FEW)]}
    gc.freeze()
    polls = {"few": (few, _polls(few, spec, FEW)), "many": (many, _polls(many, spec, number))}
    for _ in range(POLL_ROUNDS):
        for name, (engine, sample) in polls.items():
            figures.setdefault(name, []).append(_seconds_each(engine, sample))
    return figures


def lifecycle(rounds: int) -> dict[str, list[float]]:
    """Seconds of detect, create and polls to the end: through the ASGI app, and without HTTP."""
    spec = Spec.load()
    first = calls.detect(spec)
    settings = Settings(time="skip")
    engine = Engine(spec, settings=settings)
    direct = []
    for _ in range(rounds):
        started = time.perf_counter()
        _lifecycle(engine, spec, first)
        direct.append(time.perf_counter() - started)
    return {"direct": direct, "asgi": asyncio.run(_through_asgi(spec, settings, first, rounds))}


def _lifecycle(engine: Engine, spec: Spec, detect: calls.MeasuredCall) -> None:
    assert engine.handle(_call(detect)).status == 200
    made = json.loads(engine.handle(_call(calls.create(spec))).body)
    poll = _call(_poll(spec, made["output"]["task_id"]))
    while json.loads(engine.handle(poll).body)["output"]["task_status"] != "SUCCEEDED":
        pass


async def _through_asgi(
    spec: Spec, settings: Settings, detect: calls.MeasuredCall, rounds: int
) -> list[float]:
    transport = httpx.ASGITransport(app=create_app(settings, spec=spec))
    took = []
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:

        async def answer(call: calls.MeasuredCall) -> Any:
            got = await client.request(
                call.operation.method, call.path, headers=_headers(call), content=call.body
            )
            return got.raise_for_status().json()

        for _ in range(rounds):
            started = time.perf_counter()
            await answer(detect)
            made = await answer(calls.create(spec))
            poll = _poll(spec, made["output"]["task_id"])
            while (await answer(poll))["output"]["task_status"] != "SUCCEEDED":
                pass
            took.append(time.perf_counter() - started)
    return took


def _engine(spec: Spec, number: int) -> Engine:
    """An engine that keeps `number` tasks in their state. Its journal is small: the memory of the
    journal is measured separately."""
    store = MemoryStore(max_tasks=number + 1, max_tasks_of_tenant=number + 1)
    engine = Engine(spec, settings=Settings(time="frozen"), store=store)
    engine.recorder = Recorder(spec, engine.store, Journal(max_entries=FEW))
    return engine


def _fill(engine: Engine, create: Call, number: int) -> None:
    for _ in range(number):
        engine.handle(create)


def _polls(engine: Engine, spec: Spec, number: int) -> list[Call]:
    """Polls of tasks that are evenly spread over all tasks."""
    tenant = engine.seeds.tenant_of(calls.KEY)
    with engine.store.tenant(tenant) as session:
        spread = list(islice(session.newest_first(), 0, None, number // SAMPLE))
    return [_call(_poll(spec, task.id)) for task in spread]


def _seconds_each(engine: Engine, sample: list[Call]) -> float:
    started = time.process_time()
    for call in sample:
        engine.handle(call)
    return (time.process_time() - started) / len(sample)


def _poll(spec: Spec, task_id: str) -> calls.MeasuredCall:
    operation = spec.operations["getTask"]
    path = (spec.prefixes[0] + operation.template).replace("{task_id}", task_id)
    return calls.MeasuredCall("poll", operation, path, 200, {})


def _headers(call: calls.MeasuredCall) -> dict[str, str]:
    return {"Authorization": f"Bearer {call.key}", **call.headers}


def _call(call: calls.MeasuredCall) -> Call:
    headers = {name.lower().encode(): value.encode() for name, value in _headers(call).items()}
    return Call(call.operation.method, call.path, "", headers, call.body)


def _settled_rss() -> int:
    gc.collect()
    return rss_bytes(os.getpid())


MEASUREMENTS: dict[str, Callable[[int], dict[str, list[float]]]] = {
    "tasks": tasks,
    "lifecycle": lifecycle,
}

if __name__ == "__main__":
    print(json.dumps(MEASUREMENTS[sys.argv[1]](int(sys.argv[2]))))
