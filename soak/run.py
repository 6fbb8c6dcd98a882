"""Runs a soak: first the good clients alone, then with the attackers, then without them again."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from contracts.recordings.errors import CassetteError
from contracts.recordings.files import load
from contracts.spec.loader import Spec
from soak.attacks_on_http import DETECT, EXHAUSTING, KEY
from soak.found import Findings
from soak.good import GoodClients, clients
from soak.limits import LIMITS, TASK_BYTES
from soak.programs import EMO, Program, Usage, child
from soak.wire import Connection, request

CASSETTE = Path(__file__).parent.parent / "tests" / "data" / "cassettes" / "fake.json"
# Shares of the time: good clients alone, attack with restarts, until the memory is warm, the rest.
ALONE, RESTARTING, WARMING, HELD = 0.15, 0.35, 0.15, 0.35
BETWEEN_RESTARTS = 30.0  # seconds of attack; less in a short soak
FULL_JOURNAL = 70  # bodies of a megabyte
DESCRIPTORS = 80  # descriptors of the narrow fake, fewer than one kind of attack opens
NO_MORE = b"out of file descriptors"
QUIET = 15.0  # seconds in which the descriptors must be closed again
SDK_FROM = 30.0  # seconds; a shorter soak runs without the SDK, which starts slowly


@dataclass(frozen=True)
class Plan:
    """The plan of a soak. seconds: length without starts and stops. every: seconds between two
    lines of progress. attacks: names of kinds; empty for all. serve: the command of the fake, with
    `{port}`. programs: the names of the programs to run; the fake always runs."""

    seconds: float = 600.0
    every: float = 10.0
    seed: str = "soak"
    attacks: tuple[str, ...] = ()
    programs: tuple[str, ...] = ("fake", "recorder", "replay", "narrow")
    serve: tuple[str, ...] = (EMO, "serve", "--time", "skip", "--log", "off", "--port", "{port}")


class Soak:
    """One soak in its own folder; it adds its results to `found`."""

    def __init__(
        self, plan: Plan, folder: Path, found: Findings, print_line: Callable[[str], None]
    ) -> None:
        self.plan, self.found, self._print_line = plan, found, print_line
        self._folder = folder
        fake = Program("fake", list(plan.serve), folder)
        upstream = f"http://127.0.0.1:{fake.port}"
        self._recording = folder / "cassette.json"
        record = [EMO, "contract", "record", "--base-url", upstream, "--port", "{port}"]
        record += ["--force", "--output", str(self._recording)]
        narrow = ["/bin/sh", "-c", f'ulimit -n {DESCRIPTORS}; exec "$@"', "sh", *plan.serve]
        replay = [EMO, "serve", "--time", "skip", "--log", "off", "--port", "{port}"]
        programs = [
            fake,
            Program("recorder", record, folder),
            Program("replay", [*replay, "--replay", str(CASSETTE)], folder),
            Program("narrow", narrow, folder),
        ]
        self.programs = {p.name: p for p in programs if p.name in plan.programs}
        ports = {name: program.port for name, program in self.programs.items()}
        self.shared = GoodClients(Spec.load(), ports, folder, found)

    async def run(self) -> None:
        """Run the soak. Raises RuntimeError if a program does not start."""
        try:
            for program in self.programs.values():
                await program.start()
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(work) for work in self._work()]
                await self._phases(self.plan.seconds)
                for task in tasks:
                    task.cancel()
            await self._stop_all()
        finally:
            for program in self.programs.values():
                program.kill()

    def _work(self) -> list[Coroutine[None, None, None]]:
        work = [self.shared.forever(name, turn) for name, turn in clients(self.shared)]
        if self.plan.seconds >= SDK_FROM and importlib.util.find_spec("dashscope"):
            work.append(self._sdk())
        return [*work, self._progress()]

    async def _phases(self, seconds: float) -> None:
        await asyncio.sleep(ALONE * seconds)
        self.found.descriptors_before = self._watch("fake").descriptors
        async with self._attackers():
            self.found.phase = "attacked"
            restarts = max(1, int(RESTARTING * seconds / BETWEEN_RESTARTS))
            for _ in range(restarts):
                await asyncio.sleep(RESTARTING * seconds / restarts)
                await self._restart("fake")
            await self._fill_journal()
            await asyncio.sleep(WARMING * seconds)
            warm = await self._memory_without_tasks()
            await asyncio.sleep(HELD * seconds)
        self.found.phase = "quiet"
        await self._calm_down()
        self.found.growth = max(0, await self._memory_without_tasks() - warm)

    async def _restart(self, name: str) -> None:
        self.shared.epoch += 1
        await self._stop(name)
        await self.programs[name].start()
        self.shared.epoch += 1
        self.found.restarts += 1

    async def _stop(self, name: str) -> None:
        self._watch(name)
        stop = await self.programs[name].stop()
        self.found.stops.append(stop)
        if stop.code:
            self.found.fail(name, f"SIGTERM ended it with exit code {stop.code}")
        for line in self.programs[name].complaints():
            self.found.fail(name, f"printed {line!r}")

    def _watch(self, name: str) -> Usage:
        usage = self.programs[name].usage()
        self.found.used(name, usage)
        return usage

    async def _fill_journal(self) -> None:
        """Fill the journal before memory is measured, so that it does not count as growth."""
        large = request("POST", DETECT, b'{"a":"' + b"x" * 1_000_000 + b'"}', key=KEY)
        async with Connection(self.programs["fake"].port) as line:
            for _ in range(FULL_JOURNAL):
                await line.ask(large)

    async def _memory_without_tasks(self) -> float:
        """The memory of the fake in bytes, without the memory that its tasks may take."""
        async with Connection(self.programs["fake"].port) as line:
            answer = await line.ask(request("GET", "/__mock__/metrics"))
        lines = answer.body.decode().splitlines()
        tasks = next(line.split()[1] for line in lines if line.startswith("emo_tasks "))
        return self._watch("fake").memory - TASK_BYTES * float(tasks)

    async def _calm_down(self) -> None:
        """Wait until the connections of the attack are closed, at most QUIET seconds."""
        enough = (self.found.descriptors_before or 0) + LIMITS["descriptors"].most
        for _ in range(int(QUIET / 0.5)):
            self.found.descriptors_after = self._watch("fake").descriptors
            if self.found.descriptors_after <= enough:
                return
            await asyncio.sleep(0.5)

    @asynccontextmanager
    async def _attackers(self) -> AsyncIterator[None]:
        plan = {"seed": self.plan.seed, "ports": self.shared.ports, "attacks": self.plan.attacks}
        command = [sys.executable, "-m", "soak.hostile", json.dumps(plan)]
        async with child(command, {}, self._count_attacks):
            yield

    def _count_attacks(self, line: str) -> None:
        news = json.loads(line)
        self.found.hostile.update(news["done"])
        self.found.answers.update(news["answers"])
        for failure in news["failures"]:
            self.found.fail("attack", failure)

    async def _sdk(self) -> None:
        epoch = self.shared.epoch

        def on_line(line: str) -> None:
            nonlocal epoch
            if line == "ok":
                self.found.good["SDK"] += 1
            elif self.shared.excuses(epoch):
                self.found.excused["SDK"] += 1
            else:
                self.found.fail("SDK", line)
            epoch = self.shared.epoch

        variables = {
            "DASHSCOPE_HTTP_BASE_URL": f"http://127.0.0.1:{self.programs['fake'].port}/api/v1",
            "DASHSCOPE_API_KEY": self.shared.key("sdk"),
        }
        async with child([sys.executable, "-m", "soak.sdk"], variables, on_line):
            await asyncio.Event().wait()

    async def _progress(self) -> None:
        while True:
            await asyncio.sleep(self.plan.every)
            for name in self.programs:
                if not self.shared.epoch % 2:
                    self._watch(name)
            self._print_line(progress(self.found))

    async def _stop_all(self) -> None:
        for name in reversed(self.programs):
            await self._stop(name)
        for name, program in self.programs.items():
            if self.shared.run.encode() in program.printed():
                self.found.fail(name, "a key of a good client is in its output")
        if "recorder" in self.programs:
            self._read_recording()
        if self.found.hostile[EXHAUSTING] and NO_MORE not in self.programs["narrow"].printed():
            self.found.fail("narrow", "did not report on stderr that it is out of descriptors")

    def _read_recording(self) -> None:
        if self.shared.run.encode() in self._recording.read_bytes():
            self.found.fail("recorder", "a key of a good client is in the recording")
        try:
            load(self._recording, self.shared.spec)
        except CassetteError as error:
            self.found.fail("recorder", f"its recording cannot be read: {error}")


def progress(found: Findings) -> str:
    """One line: the phase, the usage of each program, the calls, and the latency so far."""
    used = ", ".join(
        f"{name} {usage.memory / 1e6:.0f} MB {usage.descriptors} fd {usage.threads} threads"
        for name, usage in found.latest.items()
    )
    p50, p99 = found.quantile(found.phase, 0.5) or 0, found.quantile(found.phase, 0.99) or 0
    return (
        f"{found.phase}: {used}; good {found.good.total()}, hostile {found.hostile.total()}, "
        f"failures {found.failures.total()}; p50 {p50:.1f} ms, p99 {p99:.1f} ms"
    )
