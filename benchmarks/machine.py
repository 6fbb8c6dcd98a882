"""The machine: assigns processes to cores, reads their memory and time, lists versions."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from math import nan
from pathlib import Path

PACKAGES = ("starlette", "uvicorn", "uvloop", "httptools", "jsonschema_rs", "msgspec", "httpx")


def _cores() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return []


CORES = _cores()
SERVER_CORE, LOAD_CORE = (CORES[0], CORES[-1]) if len(CORES) > 1 else (None, None)


@contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """Run this process, and the children that it starts in the block, on one core; None: on any."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def rss_bytes(pid: int) -> int:
    """The resident memory of a process, in bytes."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024
    done = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True)
    return int(done.stdout) * 1024


def cpu_seconds(pid: int) -> float:
    """The processor time of a process, in seconds, to 10 ms; nan on other systems than Linux."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return nan
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def describe() -> list[str]:
    """Facts for comparing results: no date, no path, no name of the machine."""
    pinned = (
        "servers pinned to one core, the load generator to another"
        if SERVER_CORE is not None
        else "nothing pinned: ONE CORE or no affinity here, servers and load generator share it"
    )
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return [
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}; {pinned}",
        f"Python {platform.python_version()}; {packages}",
        f"load average when the run began: {os.getloadavg()[0]:.1f}",
    ]
