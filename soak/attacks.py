"""What the hostile clients share: the table of attacks, and how an answer to one is judged.

An attack opens connections of its own, ends by itself, and raises Broken for what no client may be
able to bring about. Losing its connection is what it deserves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from soak.wire import HANG, Connection

CLOSED_WITHIN = 60.0  # seconds after which no silent or slow client may still be connected
MOST_OF_A_HEAD = 4 << 20  # bytes of a head that no program may read on and on
STATUS = re.compile(rb"HTTP/1\.1 (\d\d\d) ")
PROGRAMS = ("fake", "recorder", "replay")
# The recorder answers so for an upstream that is being restarted.
ALLOWED = {"recorder": {"502", "504"}}


class Broken(Exception):
    """What an attack was able to bring about."""


@dataclass
class Target:
    """A program to attack. `answers` counts the answers by status."""

    name: str
    port: int
    chance: Random
    answers: Counter[str] = field(default_factory=Counter)

    def connect(self, receive_buffer: int | None = None) -> Connection:
        return Connection(self.port, receive_buffer)

    def judge(self, data: bytes, at_least: int = 0, asked_for: bool = False) -> int:
        """Count the answers in what came. asked_for: a scenario asked for any status."""
        statuses = [status.decode() for status in STATUS.findall(data)]
        self.answers.update(statuses)
        bad = [s for s in statuses if s.startswith("5") and s not in ALLOWED.get(self.name, ())]
        if bad and not asked_for:
            raise Broken(f"an answer {bad[0]}: {data[:300]!r}")
        if len(statuses) < at_least:
            raise Broken(f"{len(statuses)} answers in place of {at_least}: {data[:300]!r}")
        return len(statuses)

    async def throw(self, data: bytes, at_least: int = 0, asked_for: bool = False) -> bytes:
        """Send everything at once on a new connection, and judge what comes until it closes."""
        async with self.connect() as line:
            await line.send(data)
            came = await line.read_to_end(HANG)
        self.judge(came, at_least, asked_for)
        return came


Attack = Callable[[Target], Awaitable[None]]


@dataclass(frozen=True)
class Kind:
    """One kind of attack: on which programs, and the seconds between two of one client."""

    name: str
    run: Attack
    programs: tuple[str, ...]
    pause: float


ATTACKS: list[Kind] = []


def attack(*programs: str, pause: float = 0.5) -> Callable[[Attack], Attack]:
    """Enter a function into the table of attacks; without names it is for all programs."""

    def enter(function: Attack) -> Attack:
        name = function.__name__.replace("_", " ")
        ATTACKS.append(Kind(name, function, programs or PROGRAMS, pause))
        return function

    return enter
