"""Measures the journal: its memory after many exchanges, and the time to store one.

    python -m benchmarks.journal COUNT

The measurement runs in its own process, which prints the figures as JSON. The exchanges have the
headers of the official SDK: a create call and polls until the end, with answers of the fake."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from typing import NamedTuple

from benchmarks import calls
from benchmarks.machine import SERVER_CORE, on_core, rss_bytes
from contracts.spec.loader import Spec
from mock_server.engine.pipeline import Engine
from mock_server.journal.journal import MAX_BYTES, Journal
from mock_server.journal.recorder import Recorder
from mock_server.settings import Settings
from mock_server.simulation.call import Call, Reply

# The allocator and the queue may take 5 % more than the bytes that the journal counts.
CEILING = MAX_BYTES * 1.05
BATCH = 1_000
TENANTS = 4
TIMED = 50  # batches
KEY = "sk-5d41402abc4b2a76b9719d911017c592"
SDK = {
    "Host": "127.0.0.1:8787",
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": "dashscope/2.0.2; python/3.11.7; platform/Linux-6.1-x86_64; processor/x86_64",
    "Connection": "keep-alive",
    "Content-Type": "application/json",
    "Authorization": f"Bearer {KEY}",
}


class JournalledCall(NamedTuple):
    """The arguments of Journal.append for one call."""

    kind: str
    call: Call
    reply: Reply
    request_id: str
    task_id: str


def child(count: int) -> dict[str, list[float]]:
    """The figures: bytes of memory, seconds of a call of `append` and of `Engine.handle`, exchanges
    kept and dropped."""
    command = [sys.executable, "-m", "benchmarks.journal", str(count)]
    with on_core(SERVER_CORE):
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    figures: dict[str, list[float]] = json.loads(done.stdout)
    return figures


def fill(count: int) -> dict[str, list[float]]:
    """Append so many exchanges of some tenants in turn to an empty journal, then some more beside
    an engine that answers such calls."""
    spec = Spec.load()
    calls_of_task = list(_task_calls(spec))
    journal, rest = Journal(), cycle(calls_of_task)
    _append(journal, islice(rest, BATCH))  # memory allocated only once does not count
    for tenant in map(str, range(TENANTS)):
        journal.reset(tenant)
    gc.collect()
    before = rss_bytes(os.getpid())
    for _ in range(count // BATCH):
        _append(journal, islice(rest, BATCH))
    grown = rss_bytes(os.getpid()) - before
    kept, dropped = journal.entry_count, journal.dropped_count
    engine = Engine(spec, settings=Settings(time="skip", seed="emo"))
    engine.recorder = Recorder(spec, engine.store, Journal(max_entries=BATCH))
    _handle(
        engine, calls_of_task[:1]
    )  # the task of the polls: its id depends on seed, key and count
    pairs = [
        (_append(journal, islice(rest, BATCH)), _handle(engine, calls_of_task[1:] * 20))
        for _ in range(TIMED)
    ]
    took, handled = map(list, zip(*pairs, strict=True))
    sizes = {"bytes": [grown], "kept": [kept], "dropped": [dropped]}
    return {**sizes, "append": took, "handle": handled}


def _append(journal: Journal, exchanges: Iterator[JournalledCall]) -> float:
    """Processor seconds to append one exchange, including the loop."""
    appended = [(str(place % TENANTS), KEY, 1.5, 1.5, *e) for place, e in enumerate(exchanges)]
    started = time.process_time()
    for arguments in appended:
        journal.append(*arguments)
    return (time.process_time() - started) / len(appended)


def _handle(engine: Engine, exchanges: list[JournalledCall]) -> float:
    """Processor seconds of the engine for one exchange, including its journal entry."""
    started = time.process_time()
    for exchange in exchanges:
        engine.handle(exchange.call)
    return (time.process_time() - started) / len(exchanges)


def _task_calls(spec: Spec) -> Iterator[JournalledCall]:
    """A create call and every poll until the end."""
    engine = Engine(spec, settings=Settings(time="skip", seed="emo"))
    create = calls.create(spec)
    made = _exchange(engine, spec, "createVideoTask", create.path, create.headers, create.body, "")
    task_id = json.loads(made.reply.body)["output"]["task_id"]
    yield made._replace(task_id=task_id)
    path = spec.prefixes[0] + f"/tasks/{task_id}"
    while True:
        poll = _exchange(engine, spec, "getTask", path, {}, b"", task_id)
        yield from [poll] * 3  # the SDK polls about three times in each state
        if poll.reply.outcome == "SUCCEEDED":
            return


def _exchange(
    engine: Engine, spec: Spec, kind: str, path: str, more: dict[str, str], body: bytes, task: str
) -> JournalledCall:
    length = {"Content-Length": str(len(body))} if body else {}
    sent = {
        name.lower().encode(): text.encode() for name, text in {**SDK, **more, **length}.items()
    }
    call = Call(spec.operations[kind].method, path, "", sent, body)
    reply = engine.handle(call)
    assert reply.status == 200, reply.body
    return JournalledCall(kind, call, reply, json.loads(reply.body)["request_id"], task)


if __name__ == "__main__":
    print(json.dumps(fill(int(sys.argv[1]))))
