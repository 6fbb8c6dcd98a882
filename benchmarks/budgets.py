"""Compares the measured figures with the budgets: met, or missed by how much."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isnan

from benchmarks import figures as f
from benchmarks.figures import Figure
from benchmarks.inprocess import FEW
from benchmarks.journal import CEILING
from benchmarks.no_socket import BatchSeconds
from benchmarks.servers import POLLS, Server
from benchmarks.startup import Startup
from benchmarks.throughput import Traffic

MANY_CONNECTIONS = 32
JOURNAL_SHARE = 0.2  # of the time of a poll in the engine
EQUAL_WITHIN = 1.1  # factor by which two runs of the same code differ


@dataclass(frozen=True, slots=True)
class Verdict:
    """One budget and its result. `measured`: the median and the extremes as text."""

    name: str
    budget: str
    measured: str
    share: float  # measured / budget; above 1 the budget is missed

    @property
    def met(self) -> bool:
        return self.share <= 1

    @property
    def text(self) -> str:
        return "met" if self.met else f"**missed by {100 * (self.share - 1):.0f} %**"


def of_traffic(traffic: Traffic, servers: list[Server]) -> list[Verdict]:
    """Verdicts on the traffic. servers: the bare server, the fake, and the peers."""
    limit, fake, *peers = (server.name for server in servers)
    where = f"{MANY_CONNECTIONS} connections"
    verdicts = []
    for row, least in [(f"poll, {state}", 0.8) for state in POLLS] + [("create", 0.65)]:
        rates = traffic.rate[fake, row, MANY_CONNECTIONS]
        share = rates.over(traffic.rate[limit, row, MANY_CONNECTIONS])
        verdict = _at_least(f"{row}, {where}", least, "× bare", share)
        if not isnan(traffic.cpu[fake, row, MANY_CONNECTIONS].median):
            cpu = traffic.share_by_cpu(fake, limit, row, MANY_CONNECTIONS)
            measured = f"{verdict.measured}; by processor time {cpu.text(f.RATIO)}"
            verdict = replace(verdict, measured=measured)
        verdicts.append(verdict)
    creates = traffic.rate[fake, "create", MANY_CONNECTIONS]
    for peer in peers:
        times = creates.over(traffic.rate[peer, "create", MANY_CONNECTIONS])
        verdicts.append(_at_least(f"create, {where}", 1, f"× {peer}", times))
    slowest = traffic.p99[fake, "create", MANY_CONNECTIONS]
    verdict = _at_most(f"p99 of create, {where}", 0.010, slowest, f.MILLISECONDS)
    bare = traffic.p99[limit, "create", MANY_CONNECTIONS].text(f.MILLISECONDS)
    verdicts.append(replace(verdict, measured=f"{verdict.measured}; bare {bare}"))
    rest = Figure([float(traffic.rest[fake])])
    verdicts.append(_at_most("memory at rest", 60e6, rest, f.MEGABYTES))
    return verdicts


def of_no_socket(found: BatchSeconds) -> list[Verdict]:
    """Verdicts on the protocol and the engine without a socket."""
    verdicts = []
    for row, most in (("poll", 15e-6), ("create", 30e-6)):
        emo, bare = (Figure(found[row][server]) for server in ("emo", "bare"))
        verdict = _at_most(f"{row}, no socket", most, emo, f.MICROSECONDS)
        share = f"bare {bare.text(f.MICROSECONDS)}, × bare {bare.over(emo).text(f.RATIO)}"
        verdicts.append(replace(verdict, measured=f"{verdict.measured}; {share}"))
    return verdicts


def of_startup(startup: Startup, fake: str) -> list[Verdict]:
    return [
        _at_most("start to first answer", 0.35, startup.first_answer[fake], f.SECONDS),
        _at_most("`emo --help`", 0.12, startup.help, f.SECONDS),
    ]


def of_tasks(number: int, found: dict[str, list[float]]) -> list[Verdict]:
    few, many = Figure(found["few"]), Figure(found["many"])
    return [
        _at_most(f"memory a task at {number:,}", 1024, Figure(found["bytes"]), f.BYTES),
        _at_most(
            f"a poll among {number:,} tasks, × among {FEW:,}",
            EQUAL_WITHIN,
            many.over(few),
            f.RATIO,
        ),
    ]


def of_journal(number: int, found: dict[str, list[float]]) -> list[Verdict]:
    memory = _at_most(
        f"memory of a journal after {number:,} exchanges",
        CEILING,
        Figure(found["bytes"]),
        f.MEGABYTES,
    )
    kept, dropped = (f.COUNT.write(found[name][0]) for name in ("kept", "dropped"))
    memory = replace(memory, measured=f"{memory.measured}; {kept} kept, {dropped} dropped")
    append = Figure(found["append"])
    share = append.over(Figure(found["handle"]))
    verdict = _at_most("keeping one, × answering a poll in process", JOURNAL_SHARE, share, f.RATIO)
    measured = f"{verdict.measured}; {append.text(f.FINE_MICROSECONDS)}"
    return [memory, replace(verdict, measured=measured)]


def of_lifecycle(found: dict[str, list[float]]) -> list[Verdict]:
    asgi, direct = Figure(found["asgi"]), Figure(found["direct"])
    name = "detect, create, poll to the end in process"
    return [
        _at_most(f"{name}, httpx.ASGITransport", 0.003, asgi, f.MILLISECONDS),
        _at_most(f"{name}, Engine.handle", 0.003, direct, f.MILLISECONDS),
    ]


def _at_least(name: str, least: float, unit: str, got: Figure) -> Verdict:
    return Verdict(name, f"≥ {least:g} {unit}", got.text(f.RATIO), least / got.median)


def _at_most(name: str, most: float, got: Figure, unit: f.Unit) -> Verdict:
    return Verdict(name, f"≤ {unit.write(most)}", got.text(unit), got.median / most)
