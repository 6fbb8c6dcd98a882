"""Measures answers per second: all servers run, and each is measured in turn, row by row."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from benchmarks import load
from benchmarks.figures import COUNT, MICROSECONDS, MILLISECONDS, RATIO, Figure
from benchmarks.machine import LOAD_CORE, cpu_seconds, on_core, rss_bytes
from benchmarks.servers import ROWS, Server, running

CONNECTIONS = (1, 32)
WARM_SECONDS = 0.3

Key = tuple[str, str, int]  # server, row, connections


@dataclass(slots=True)
class Traffic:
    """Rates in answers per second, quantiles in seconds, memory in bytes. cpu: the processor time
    of the server per answer, in seconds, which other work on the machine affects less. busy: the
    largest share of its core that the generator used. answered: the answers of each server."""

    rate: dict[Key, Figure] = field(default_factory=dict)
    p50: dict[Key, Figure] = field(default_factory=dict)
    p99: dict[Key, Figure] = field(default_factory=dict)
    cpu: dict[Key, Figure] = field(default_factory=dict)
    rest: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)
    answered: dict[str, int] = field(default_factory=dict)
    busy: float = 0.0

    def add(self, key: Key, burst: load.Load, cpu: float) -> None:
        self.cpu.setdefault(key, Figure()).values.append(max(cpu, 0.01) / len(burst.latencies))
        self.rate.setdefault(key, Figure()).values.append(burst.rate)
        self.p50.setdefault(key, Figure()).values.append(burst.quantile(0.5))
        self.p99.setdefault(key, Figure()).values.append(burst.quantile(0.99))

    def share_by_cpu(self, server: str, limit: str, row: str, connections: int) -> Figure:
        """The ratio of a server to the bare server, by processor time."""
        return self.cpu[limit, row, connections].over(self.cpu[server, row, connections])


def measure(
    servers: list[Server], rounds: int, seconds: float, print_line: Callable[[str], None]
) -> Traffic:
    """Measure all rows. servers: the bare server first; the ratios refer to it."""
    traffic = Traffic()
    with ExitStack() as stack, on_core(LOAD_CORE):
        up: list[tuple[Server, int, int]] = []
        for server in servers:
            port, pid, _ = stack.enter_context(running(server))
            time.sleep(0.5)
            traffic.rest[server.name] = rss_bytes(pid)
            traffic.answered[server.name] = 0
            up.append((server, port, pid))
        for connections in CONNECTIONS:
            for row in ROWS:
                for _ in range(rounds):
                    _round(traffic, up, row, connections, seconds)
                for line in lines(traffic, servers, row, connections):
                    print_line(line)
        for server, _, pid in up:
            traffic.after[server.name] = rss_bytes(pid)
    return traffic


def _round(
    traffic: Traffic, up: list[tuple[Server, int, int]], row: str, connections: int, seconds: float
) -> None:
    for server, port, pid in up:
        asked = server.requests(port).get(row)
        if asked is None:
            continue
        key = (server.name, row, connections)
        if key not in traffic.rate:  # warm up: JIT compilers compile during the first calls
            load.run(port, asked.data, asked.status, connections=connections, seconds=WARM_SECONDS)
        before = cpu_seconds(pid)
        burst = load.run(port, asked.data, asked.status, connections=connections, seconds=seconds)
        traffic.add(key, burst, cpu_seconds(pid) - before)
        traffic.answered[server.name] += len(burst.latencies)
        traffic.busy = max(traffic.busy, burst.busy)


def cells(
    traffic: Traffic, servers: list[Server], row: str, connections: int
) -> Iterator[tuple[str, ...]]:
    """For each server with this row: its name, rate, ratio to the bare server, processor time, the
    ratio by processor time, p50, p99."""
    limit = servers[0].name
    for server in servers:
        key = (server.name, row, connections)
        if key not in traffic.rate:
            continue
        yield (
            server.name,
            traffic.rate[key].text(COUNT),
            traffic.rate[key].over(traffic.rate[limit, row, connections]).text(RATIO),
            traffic.cpu[key].text(MICROSECONDS),
            traffic.share_by_cpu(server.name, limit, row, connections).text(RATIO),
            traffic.p50[key].text(MILLISECONDS),
            traffic.p99[key].text(MILLISECONDS),
        )


def lines(traffic: Traffic, servers: list[Server], row: str, connections: int) -> list[str]:
    """The cells as lines for a terminal."""
    return [
        f"{row}, {connections} connection{'s' if connections > 1 else ''}",
        *(
            f"  {name:14} {rate:>22}/s  x bare {share:17} cpu {cpu:16} x bare {by_cpu:17}"
            f" p50 {p50:21} p99 {p99}"
            for name, rate, share, cpu, by_cpu, p50, p99 in cells(
                traffic, servers, row, connections
            )
        ),
    ]
