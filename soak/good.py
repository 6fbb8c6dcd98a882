"""Good clients: each call has one correct answer, and every other answer is a failure."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable, Coroutine
from pathlib import Path

from benchmarks import calls
from contracts.spec.loader import Spec
from emo_client import AsyncClient
from soak.found import Findings
from soak.wire import Answer, Connection, request

Turn = Callable[[], Coroutine[None, None, None]]
TASKS = 200  # of one key: with --time skip, 24 h pass soon, and older tasks leave the list
PAUSE = 0.02  # seconds between the calls of one client, so that they do not fill a core
REFUSALS = ("detectFace", "createVideoTask")
IMAGE, AUDIO = "https://example.com/portrait.png", "https://example.com/voice.wav"


class WrongAnswer(Exception):
    """A wrong answer to a good client; the text describes it."""


class GoodClients:
    """The shared state of the good clients: ports by program, restarts, and results.

    epoch: is incremented at the start and at the end of a restart, so it is odd during one. A call
    during a restart may fail, but must not get a wrong answer."""

    def __init__(self, spec: Spec, ports: dict[str, int], folder: Path, found: Findings) -> None:
        self.spec, self.ports, self.folder, self.found = spec, ports, folder, found
        self.epoch = 0
        self.task_ids: set[str] = set()
        self.run = uuid.uuid4().hex[:12]  # so that a key found in an output is from this run

    def key(self, name: str) -> str:
        """A key of this run, for one client."""
        return f"sk-soak-{self.run}-{name.replace(' ', '-')}"

    def excuses(self, epoch: int) -> bool:
        """Whether a restart explains the failure of a call that began in this epoch."""
        return bool(epoch % 2) or epoch != self.epoch

    async def forever(self, name: str, turn: Turn) -> None:
        """Repeat a client's turn, and record its failures unless a restart explains them."""
        while True:
            epoch = self.epoch
            try:
                await turn()
            except Exception as error:  # noqa: BLE001 (any exception is a finding)
                if self.excuses(epoch):
                    self.found.excused[name] += 1
                else:
                    self.found.fail(name, f"{type(error).__name__}: {error}")
                await asyncio.sleep(0.1)
            await asyncio.sleep(PAUSE)


_Client = Callable[[GoodClients, str, str], Coroutine[None, None, None]]


async def create_and_poll(shared: GoodClients, name: str, program: str) -> None:
    """Send creates, polls, lists and invalid calls on one connection, until the fake restarts."""
    key, spec = shared.key(f"{name}-{uuid.uuid4().hex[:8]}"), shared.spec
    create = calls.create(spec)
    made, epoch = 0, shared.epoch
    async with Connection(shared.ports[program]) as line:

        async def ask(data: bytes, status: int) -> Answer:
            answer = await line.ask(data)
            shared.found.answered(answer.seconds)
            _expect(answer.status, status, answer.body)
            shared.found.good[name] += 1
            await asyncio.sleep(PAUSE)
            return answer

        while epoch == shared.epoch and made < TASKS:
            task = (await ask(_with_key(create, key), 200)).json()["output"]["task_id"]
            made += 1
            if task in shared.task_ids:
                raise WrongAnswer(f"the task id {task} was given twice")
            shared.task_ids.add(task)
            for _ in range(3):
                polled = (await ask(request("GET", f"/api/v1/tasks/{task}", key=key), 200)).json()
                _expect(polled["output"]["task_id"], task, polled)
            listed = (await ask(request("GET", "/api/v1/tasks", key=key), 200)).json()
            _expect(listed["total"], made, listed)
            await ask(_with_key(calls.create_invalid(spec), key), 400)
            await ask(request("GET", f"/api/v1/tasks/{task}"), 401)
            foreign = (
                await ask(request("GET", f"/api/v1/tasks/{task}", key=key + "x"), 200)
            ).json()
            _expect(foreign["output"]["task_status"], "UNKNOWN", foreign)


async def run_lifecycle(shared: GoodClients, name: str, program: str) -> None:
    """Run the lifecycle of a task with emo_client: detect, create, wait, list, download."""
    base_url = f"http://127.0.0.1:{shared.ports[program]}/api/v1"
    path = shared.folder / f"{name}.mp4"
    async with AsyncClient(
        api_key=shared.key(f"{name}-{uuid.uuid4().hex[:8]}"),
        base_url=base_url,
        sleep=lambda _: asyncio.sleep(PAUSE),
    ) as client:
        done = await client.generate(IMAGE, AUDIO, timeout=60)
        _expect(done.output.task_status, "SUCCEEDED", done)
        listed = await client.list()
        _expect(listed.total, 1, listed)
        path.unlink(missing_ok=True)
        await client.download(done, str(path))
    _expect(path.read_bytes()[4:8], b"ftyp", "the video")
    shared.found.good[name] += 5


async def check_refusals(shared: GoodClients, name: str, program: str) -> None:
    """Request every documented answer by a scenario, in random order."""
    outcomes = [
        (shared.spec.operations[operation], outcome)
        for operation in REFUSALS
        for outcome in shared.spec.operations[operation].every_outcome.values()
    ]
    random.shuffle(outcomes)
    async with Connection(shared.ports[program]) as line:
        for operation, outcome in outcomes:
            call = (
                calls.detect(shared.spec)
                if operation.id == REFUSALS[0]
                else calls.create(shared.spec)
            )
            scenario = {**call.headers, "X-Mock-Scenario": f"{operation.id}:{outcome.name}"}
            answer = await line.ask(_with_key(call, shared.key(name), scenario))
            _expect((outcome.name, answer.status), (outcome.name, outcome.status), answer.body)
            if answer.status != 200:
                _expect(answer.json()["code"], outcome.code, answer.body)
            shared.found.good[name] += 1
            await asyncio.sleep(PAUSE)


async def keep_connection(shared: GoodClients, name: str, program: str) -> None:
    """Poll on one connection for the whole soak: an open connection must stay usable."""
    poll = request("GET", f"/api/v1/tasks/{uuid.uuid4()}", key=shared.key(name))
    async with Connection(shared.ports[program]) as line:
        while True:
            answer = await line.ask(poll)
            _expect(answer.status, 200, answer.body)
            shared.found.good[name] += 1
            await asyncio.sleep(PAUSE)


async def call_replay(shared: GoodClients, name: str, program: str) -> None:
    """Send two calls that are in the recording, and one that is not."""
    key = shared.key(name)
    async with Connection(shared.ports[program]) as line:
        for call in (calls.detect(shared.spec), calls.create(shared.spec)):
            answer = await line.ask(_with_key(call, key))
            if answer.status >= 500:
                raise WrongAnswer(
                    f"{call.name} was answered {answer.status}: {answer.body[:200]!r}"
                )
            shared.found.good[name] += 1
        answer = await line.ask(request("GET", "/__mock__/health"))
        _expect(answer.status, 200, answer.body)
        await asyncio.sleep(PAUSE)


def _with_key(call: calls.MeasuredCall, key: str, headers: dict[str, str] | None = None) -> bytes:
    named = call.headers if headers is None else headers
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return request(call.operation.method, call.path, call.body, key=key, headers=lines)


def _expect(found: object, expected: object, where: object) -> None:
    if found != expected:
        raise WrongAnswer(f"expected {expected!r} but got {found!r} in {str(where)[:300]}")


def clients(shared: GoodClients) -> list[tuple[str, Turn]]:
    """The good clients of the running programs: the name and the turn of each."""
    plan: list[tuple[str, _Client, str]] = [
        ("talker 1", create_and_poll, "fake"),
        ("talker 2", create_and_poll, "fake"),
        ("client", run_lifecycle, "fake"),
        ("client behind the recorder", run_lifecycle, "recorder"),
        ("scenarios", check_refusals, "fake"),
        ("client of the replay", call_replay, "replay"),
        ("client of the narrow fake", keep_connection, "narrow"),
    ]
    return [
        (name, _turn(shared, turn, name, program))
        for name, turn, program in plan
        if program in shared.ports
    ]


def _turn(shared: GoodClients, turn: _Client, name: str, program: str) -> Turn:
    return lambda: turn(shared, name, program)
