"""The table of attacks, and the check of the answers to them.

An attack opens its own connections and ends by itself. It raises AttackSucceeded if a program does
something that no client may cause. A program may close the connection of an attack."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from soak.wire import HANG, Connection

CLOSED_WITHIN = 60.0  # seconds after which no silent or slow client may still be connected
MOST_OF_A_HEAD = 4 << 20  # bytes of request headers that no program may read
STATUS = re.compile(rb"HTTP/1\.1 (\d\d\d) ")
PROGRAMS = ("fake", "recorder", "replay")
# The recorder answers with these while its upstream restarts.
ALLOWED = {"recorder": {"502", "504"}}


class AttackSucceeded(Exception):
    """An attack caused a wrong behaviour; the text describes it."""


@dataclass
class Target:
    """A program to attack. answers: the number of answers by status."""

    name: str
    port: int
    chance: Random
    answers: Counter[str] = field(default_factory=Counter)

    def connect(self, receive_buffer: int | None = None) -> Connection:
        return Connection(self.port, receive_buffer)

    def judge(self, data: bytes, at_least: int = 0, asked_for: bool = False) -> int:
        """Check and count the answers in `data`. asked_for: a scenario requested any status."""
        statuses = [status.decode() for status in STATUS.findall(data)]
        self.answers.update(statuses)
        bad = [s for s in statuses if s.startswith("5") and s not in ALLOWED.get(self.name, ())]
        if bad and not asked_for:
            raise AttackSucceeded(f"an answer {bad[0]}: {data[:300]!r}")
        if len(statuses) < at_least:
            raise AttackSucceeded(f"{len(statuses)} answers in place of {at_least}: {data[:300]!r}")
        return len(statuses)

    async def throw(self, data: bytes, at_least: int = 0, asked_for: bool = False) -> bytes:
        """Send all data on a new connection, and check the answers until it closes."""
        async with self.connect() as line:
            await line.send(data)
            came = await line.read_to_end(HANG)
        self.judge(came, at_least, asked_for)
        return came


Attack = Callable[[Target], Awaitable[None]]


@dataclass(frozen=True)
class AttackKind:
    """One kind of attack. programs: their names. pause: seconds between two attacks of a client."""

    name: str
    run: Attack
    programs: tuple[str, ...]
    pause: float


ATTACKS: list[AttackKind] = []


def attack(*programs: str, pause: float = 0.5) -> Callable[[Attack], Attack]:
    """Add a function to the table of attacks; without names, for all programs."""

    def enter(function: Attack) -> Attack:
        name = function.__name__.replace("_", " ")
        ATTACKS.append(AttackKind(name, function, programs or PROGRAMS, pause))
        return function

    return enter
