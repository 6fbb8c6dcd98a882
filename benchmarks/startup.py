"""Measures start-up: a server until its first answer, `emo --help` until it ends."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.figures import SECONDS, Figure
from benchmarks.machine import LOAD_CORE, SERVER_CORE, on_core
from benchmarks.servers import EMO, Server, running


@dataclass(slots=True)
class Startup:
    """Wall seconds. cpu: processor seconds, which other work on the machine affects less."""

    first_answer: dict[str, Figure] = field(default_factory=dict)
    help: Figure = field(default_factory=Figure)
    cpu: dict[str, Figure] = field(default_factory=dict)


def measure(servers: list[Server], rounds: int, print_line: Callable[[str], None]) -> Startup:
    found = Startup()
    with on_core(LOAD_CORE):
        for _ in range(rounds):
            for server in servers:
                before = _children_cpu()
                with running(server) as (_, _, took):
                    pass
                _add(found.first_answer, server.name, took)
                _add(found.cpu, server.name, _children_cpu() - before)
            before, started = _children_cpu(), time.perf_counter()
            with on_core(SERVER_CORE):
                subprocess.run([EMO, "--help"], check=True, stdout=subprocess.DEVNULL)
            found.help.values.append(time.perf_counter() - started)
            _add(found.cpu, "--help", _children_cpu() - before)
    for name, figure in found.first_answer.items():
        cpu = found.cpu[name].text(SECONDS)
        print_line(f"start to first answer, {name}: {figure.text(SECONDS)}, processor {cpu}")
    cpu = found.cpu["--help"].text(SECONDS)
    print_line(f"emo --help: {found.help.text(SECONDS)}, processor {cpu}")
    return found


def _add(figures: dict[str, Figure], name: str, value: float) -> None:
    figures.setdefault(name, Figure()).values.append(value)


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
