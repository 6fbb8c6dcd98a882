"""Compares the speed of this checkout with an earlier commit, both in one run:

    python -m benchmarks.compare COMMIT [--rounds 9] [--seconds 0.7]

The other commit is checked out into a temporary work tree, and runs with the packages of this
environment. For each call the script prints the median of the ratio (this checkout / other commit)
of answers per second, processor time per answer, and p99; without a socket only of the processor
time. The two sides are measured in turn, burst by burst, so that a slow minute of the machine
affects both."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks import calls, load, no_socket
from benchmarks.figures import RATIO, Figure
from benchmarks.load import exchange
from benchmarks.machine import LOAD_CORE, SERVER_CORE, cpu_seconds, describe, on_core
from benchmarks.servers import Server, TimedRequest, running, the_fake
from contracts.spec.loader import Spec

HERE = Path(__file__).parent.parent
# Both have their place in every checkout, whatever else moves.
IN_PROCESS = Path("benchmarks", "engine_calls.py")
COMMAND_LINE = ("-c", "from emo_kit.command import main; main()")
CONNECTIONS = 32
FIGURES = ("answers a second", "processor time", "p99")
BARE = "a bare route's time by ours"
Ratios = dict[str, dict[str, Figure]]  # by row and figure


def python(folder: Path) -> list[str]:
    """The command for Python with the modules of a checkout. -P ignores the current folder."""
    return ["/usr/bin/env", f"PYTHONPATH={folder}", sys.executable, "-P"]


def server(spec: Spec, folder: Path) -> Server:
    """The fake of a checkout, with two more rows: a list of tasks, and a journal."""
    fake = the_fake(spec)

    def requests(port: int) -> dict[str, TimedRequest]:
        some = replace(calls.create(spec), key=calls.KEY + "-few")
        listed = replace(some, operation=spec.operations["listTasks"], body=b"", headers={})
        listed = replace(listed, path=spec.prefixes[0] + spec.operations["listTasks"].template)
        journal = replace(listed, path="/__mock__/journal")
        for _ in range(20):
            exchange(port, some.request())
        more = {
            "list": TimedRequest(listed.request(), 200),
            "journal": TimedRequest(journal.request(), 200),
        }
        return fake.requests(port) | more

    command = [*python(folder), *COMMAND_LINE, "serve", "--time", "skip", "--port"]
    return replace(
        fake, name=folder.name, command=lambda port: [*command, str(port)], requests=requests
    )


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """A work tree of a commit, deleted at the end of the block."""
    git = ["git", "-C", str(HERE), "worktree"]
    with tempfile.TemporaryDirectory(prefix="emo-compare-") as folder:
        tree = Path(folder) / "other"
        subprocess.run([*git, "add", "--quiet", "--detach", str(tree), commit], check=True)
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


def over_sockets(other: Path, rounds: int, seconds: float) -> Ratios:
    """Measure every row on both servers, round by round. The first side of a round alternates."""
    spec, ratios = Spec.load(), Ratios()
    with ExitStack() as stack, on_core(LOAD_CORE):
        up = []
        for folder in (HERE, other):
            port, pid, _ = stack.enter_context(running(server(spec, folder)))
            up.append((port, pid, server(spec, folder).requests(port)))
        for row in up[0][2]:
            for number in range(-1, rounds):
                order = (0, 1) if number % 2 else (1, 0)
                measured = {side: _burst(*up[side], row, seconds) for side in order}
                if number >= 0:  # the first round only warms up both
                    _add(ratios, row, measured[0], measured[1])
    return ratios


def _burst(
    port: int, pid: int, requests: dict[str, TimedRequest], row: str, seconds: float
) -> tuple[float, ...]:
    asked, before = requests[row], cpu_seconds(pid)
    burst = load.run(port, asked.data, asked.status, connections=CONNECTIONS, seconds=seconds)
    used = max(cpu_seconds(pid) - before, 0.01) / len(burst.latencies)
    return burst.rate, used, burst.quantile(0.99)


def _add(ratios: Ratios, row: str, here: tuple[float, ...], there: tuple[float, ...]) -> None:
    for figure, mine, other in zip(FIGURES, here, there, strict=True):
        ratios.setdefault(row, {}).setdefault(figure, Figure()).values.append(mine / other)


def in_process(other: Path, rounds: int) -> Ratios:
    """Processor time of Engine.handle, with a new process for each side and round."""
    ratios = Ratios()
    for number in range(rounds):
        order = (HERE, other) if number % 2 else (other, HERE)
        took = {folder: _engine_calls(folder) for folder in order}
        for row, mine in took[HERE].items():
            figures = ratios.setdefault(f"{row}, Engine.handle", {})
            figures.setdefault(FIGURES[1], Figure()).values.append(mine / took[other][row])
    return ratios


def without_socket(other: Path, rounds: int) -> Ratios:
    """Processor time of the protocol and the engine without a socket, with a new process for each
    side and round. The script of this checkout measures both sides."""
    ratios = Ratios()
    for number in range(rounds):
        order = (HERE, other) if number % 2 else (other, HERE)
        took = {folder: no_socket.child(*python(folder)) for folder in order}
        for row, servers in took[HERE].items():
            here, there = (min(took[folder][row]["emo"]) for folder in (HERE, other))
            figures = ratios.setdefault(f"{row}, no socket", {})
            for name, ratio in ((FIGURES[1], here / there), (BARE, min(servers["bare"]) / here)):
                figures.setdefault(name, Figure()).values.append(ratio)
    return ratios


def _engine_calls(folder: Path) -> dict[str, float]:
    with on_core(SERVER_CORE):
        command = [*python(folder), str(folder / IN_PROCESS)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    seconds: dict[str, float] = json.loads(done.stdout)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("commit", help="the commit to compare this checkout with")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.7, help="length of one burst")
    options = parser.parse_args()
    print("\n".join(describe()))
    with checked_out(options.commit) as other:
        print_ratios(in_process(other, options.rounds))
        print_ratios(without_socket(other, options.rounds))
        print_ratios(over_sockets(other, options.rounds, options.seconds))


def print_ratios(ratios: Ratios) -> None:
    print("\n".join(lines(ratios)), flush=True)


def lines(ratios: Ratios) -> list[str]:
    """A line for each row: the median, least and greatest ratios."""
    return [
        f"{row:28} "
        + "  ".join(f"{name} × {figure.text(RATIO)}" for name, figure in figures.items())
        for row, figures in ratios.items()
    ]


if __name__ == "__main__":
    main()
