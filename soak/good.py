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
from soak.found import Found
from soak.wire import Answer, Connection, request

Turn = Callable[[], Coroutine[None, None, None]]
OF_A_DAY = (
    200  # tasks of one key; a list has those of 24 hours, which pass quickly with --time skip
)
PAUSE = 0.02  # seconds between the calls of one client, so that they do not fill a core
REFUSALS = ("detectFace", "createVideoTask")
IMAGE, AUDIO = "https://example.com/portrait.png", "https://example.com/voice.wav"


class Wrong(Exception):
    """An answer that a good client does not accept; the text says what it was."""


class World:
    """What the good clients share: ports by program, the restarts, and what was found.

    `lives` is odd while a restart goes on; a call that meets one may be lost, never answered
    wrongly."""

    def __init__(self, spec: Spec, ports: dict[str, int], folder: Path, found: Found) -> None:
        self.spec, self.ports, self.folder, self.found = spec, ports, folder, found
        self.lives = 0
        self.task_ids: set[str] = set()
        self.run = uuid.uuid4().hex[:12]  # so that no key occurs anywhere by chance

    def key(self, name: str) -> str:
        """A key of this run, for one client."""
        return f"sk-soak-{self.run}-{name.replace(' ', '-')}"

    def excuses(self, life: int) -> bool:
        """Whether a restart explains that a call was lost which began in that life."""
        return bool(life % 2) or life != self.lives

    async def forever(self, name: str, turn: Turn) -> None:
        """Repeat a client's turn; keep what goes wrong, unless a restart explains it."""
        while True:
            life = self.lives
            try:
                await turn()
            except Exception as error:  # noqa: BLE001 (whatever goes wrong is a finding)
                if self.excuses(life):
                    self.found.excused[name] += 1
                else:
                    self.found.fail(name, f"{type(error).__name__}: {error}")
                await asyncio.sleep(0.1)
            await asyncio.sleep(PAUSE)


_Client = Callable[[World, str, str], Coroutine[None, None, None]]


async def talk(world: World, name: str, program: str) -> None:
    """Creates, polls, lists and refusals on one connection, until the fake is restarted."""
    key, spec = world.key(f"{name}-{uuid.uuid4().hex[:8]}"), world.spec
    create = calls.create(spec)
    made, life = 0, world.lives
    async with Connection(world.ports[program]) as line:

        async def ask(data: bytes, status: int) -> Answer:
            answer = await line.ask(data)
            world.found.answered(answer.seconds)
            _expect(answer.status, status, answer.body)
            world.found.good[name] += 1
            await asyncio.sleep(PAUSE)
            return answer

        while life == world.lives and made < OF_A_DAY:
            task = (await ask(_with_key(create, key), 200)).json()["output"]["task_id"]
            made += 1
            if task in world.task_ids:
                raise Wrong(f"the task id {task} was given twice")
            world.task_ids.add(task)
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


async def live(world: World, name: str, program: str) -> None:
    """A whole life of a task with emo_client: detect, create, wait, list, download."""
    base_url = f"http://127.0.0.1:{world.ports[program]}/api/v1"
    path = world.folder / f"{name}.mp4"
    async with AsyncClient(
        api_key=world.key(f"{name}-{uuid.uuid4().hex[:8]}"),
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
    world.found.good[name] += 5


async def meet_refusals(world: World, name: str, program: str) -> None:
    """Documented answers that a scenario asks for, one after the other in any order."""
    outcomes = [
        (world.spec.operations[operation], outcome)
        for operation in REFUSALS
        for outcome in world.spec.operations[operation].every_outcome.values()
    ]
    random.shuffle(outcomes)
    async with Connection(world.ports[program]) as line:
        for operation, outcome in outcomes:
            call = (
                calls.detect(world.spec)
                if operation.id == REFUSALS[0]
                else calls.create(world.spec)
            )
            scenario = {**call.headers, "X-Mock-Scenario": f"{operation.id}:{outcome.name}"}
            answer = await line.ask(_with_key(call, world.key(name), scenario))
            _expect((outcome.name, answer.status), (outcome.name, outcome.status), answer.body)
            if answer.status != 200:
                _expect(answer.json()["code"], outcome.code, answer.body)
            world.found.good[name] += 1
            await asyncio.sleep(PAUSE)


async def stay(world: World, name: str, program: str) -> None:
    """One connection for all of the soak: whoever is connected is answered to the end."""
    poll = request("GET", f"/api/v1/tasks/{uuid.uuid4()}", key=world.key(name))
    async with Connection(world.ports[program]) as line:
        while True:
            answer = await line.ask(poll)
            _expect(answer.status, 200, answer.body)
            world.found.good[name] += 1
            await asyncio.sleep(PAUSE)


async def replayed(world: World, name: str, program: str) -> None:
    """Calls that the recording holds, and one that it does not hold."""
    key = world.key(name)
    async with Connection(world.ports[program]) as line:
        for call in (calls.detect(world.spec), calls.create(world.spec)):
            answer = await line.ask(_with_key(call, key))
            if answer.status >= 500:
                raise Wrong(f"{call.name} was answered {answer.status}: {answer.body[:200]!r}")
            world.found.good[name] += 1
        answer = await line.ask(request("GET", "/__mock__/health"))
        _expect(answer.status, 200, answer.body)
        await asyncio.sleep(PAUSE)


def _with_key(call: calls.MeasuredCall, key: str, headers: dict[str, str] | None = None) -> bytes:
    named = call.headers if headers is None else headers
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return request(call.operation.method, call.path, call.body, key=key, headers=lines)


def _expect(found: object, expected: object, where: object) -> None:
    if found != expected:
        raise Wrong(f"expected {expected!r} but got {found!r} in {str(where)[:300]}")


def clients(world: World) -> list[tuple[str, Turn]]:
    """The good clients of the programs that run: their names, and a turn of each."""
    plan: list[tuple[str, _Client, str]] = [
        ("talker 1", talk, "fake"),
        ("talker 2", talk, "fake"),
        ("client", live, "fake"),
        ("client behind the recorder", live, "recorder"),
        ("scenarios", meet_refusals, "fake"),
        ("client of the replay", replayed, "replay"),
        ("client of the narrow fake", stay, "narrow"),
    ]
    return [
        (name, _turn(world, turn, name, program))
        for name, turn, program in plan
        if program in world.ports
    ]


def _turn(world: World, turn: _Client, name: str, program: str) -> Turn:
    return lambda: turn(world, name, program)
