"""Writes the results as Markdown, without date, path or name of the machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from benchmarks import figures as f
from benchmarks.budgets import Verdict
from benchmarks.no_socket import BatchSeconds
from benchmarks.servers import ROWS, Server
from benchmarks.startup import Startup
from benchmarks.throughput import CONNECTIONS, Traffic, cells

ENOUGH = 10_000  # answers per second of the bare server; with fewer the machine is slow
BUSY = 0.9  # share of its core that a server under load gets; with less, other work is running
HOW = """\
Run it again with `python -m benchmarks` (about six minutes; `--quick` takes two, `--no-peers` needs
no Node). Every figure is the median over rounds, with the least and the greatest. In a round each
server is measured in turn, so a ratio compares bursts at about the same time. Ratios can be
compared between machines, rates cannot. `0.8 × bare` is 80 % of the answers per second of a
Starlette route that sends the same headers and body and does nothing else. If other work disturbs
the machine, processor time is more reliable: its ratio is the time of the bare route for an answer,
divided by the time of the server."""

NO_SOCKET = """\
Processor time from the bytes of a request to the bytes of its answer, on 32 connections in memory.
The kernel's part, which is the same for every server, is left out. Each figure is the median over
batches; the task of the poll is PENDING."""


def markdown(
    machine: Iterable[str],
    verdicts: Sequence[Verdict],
    traffic: Traffic,
    without_socket: BatchSeconds,
    servers: list[Server],
    startup: Startup,
    rounds: str,
) -> str:
    met = sum(verdict.met for verdict in verdicts)
    parts = [
        "# Results",
        "\n".join(f"- {line}" for line in [*machine, rounds, *_conditions(traffic, servers)]),
        HOW,
        f"## Budgets: {met} of {len(verdicts)} met",
        _table(
            ("budget of", "budget", "measured", "verdict"),
            [(v.name, v.budget, v.measured, v.text) for v in verdicts],
        ),
        "## Work of each server for an answer",
        "\n".join(f"- **{server.name}**: {server.does}" for server in servers),
        "## Answers a second",
        *_traffic(traffic, servers),
        "## Without a socket",
        NO_SOCKET,
        _table(
            ("call", "emo", "bare", "× bare"),
            [(row, *_without_socket(found)) for row, found in without_socket.items()],
        ),
        "## Start and memory",
        _startup(traffic, servers, startup),
    ]
    return "\n\n".join(parts) + "\n"


def _conditions(traffic: Traffic, servers: list[Server]) -> Iterable[str]:
    """Lines on whether the load generator or other work limited the results."""
    key = (servers[0].name, ROWS[0], CONNECTIONS[-1])
    rate, cpu = traffic.rate[key], traffic.cpu[key]
    got = median(a * b for a, b in zip(rate.values, cpu.values, strict=True))
    yield f"the load generator used at most {100 * traffic.busy:.0f} % of its core"
    if got < BUSY:
        yield (
            f"the bare server got {100 * got:.0f} % of its core at {CONNECTIONS[-1]} connections "
            f"and gave {rate.median:,.0f} answers/s: OTHER WORK ran on this machine; wall times "
            "and p99 are worse than they should be, processor times less so"
        )
    elif rate.median < ENOUGH:
        yield f"the bare route gave only {rate.median:,.0f} answers/s: a slow machine"


def _traffic(traffic: Traffic, servers: list[Server]) -> Iterable[str]:
    for connections in CONNECTIONS:
        yield f"### {connections} connection{'s' if connections > 1 else ''}"
        table = [
            (row if place == 0 else "", *line)
            for row in ROWS
            for place, line in enumerate(cells(traffic, servers, row, connections))
        ]
        yield _table(
            ("call", "server", "answers/s", "× bare", "processor", "× bare by that", "p50", "p99"),
            table,
        )


def _without_socket(found: dict[str, list[float]]) -> Iterable[str]:
    emo, bare = f.Figure(found["emo"]), f.Figure(found["bare"])
    return emo.text(f.MICROSECONDS), bare.text(f.MICROSECONDS), bare.over(emo).text(f.RATIO)


def _startup(traffic: Traffic, servers: list[Server], startup: Startup) -> str:
    rows = [
        (
            server.name,
            startup.first_answer[server.name].text(f.SECONDS),
            startup.cpu[server.name].text(f.SECONDS),
            f.MEGABYTES.write(traffic.rest[server.name]),
            f.MEGABYTES.write(traffic.after[server.name]),
            f.COUNT.write(traffic.answered[server.name]),
        )
        for server in servers
    ]
    titles = ("server", "start to first answer", "processor time of that", "memory at rest")
    return _table((*titles, "memory after", "number of answers"), rows)


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
