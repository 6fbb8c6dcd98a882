"""Is this checkout slower than an earlier commit? Both in one run, burst by burst in turn:

    python -m benchmarks.compare COMMIT [--rounds 9] [--seconds 0.7]

The other commit is checked out into a temporary work tree, and runs with the packages of this
environment. Prints, for each call, the median over rounds of this checkout's figure divided by the
other's: answers a second, processor time of an answer, and p99. Neighbours in time are compared, so
a slow minute of the machine cancels out."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks import calls, load
from benchmarks.figures import RATIO, Figure
from benchmarks.load import exchange
from benchmarks.machine import LOAD_CORE, SERVER_CORE, cpu_seconds, describe, on_core
from benchmarks.servers import Asked, Server, running, the_fake
from contracts.spec.loader import Spec

HERE = Path(__file__).parent.parent
# Both have their place in every checkout, whatever else moves.
IN_PROCESS = Path("benchmarks", "engine_calls.py")
COMMAND_LINE = ("-c", "from emo_kit.command import main; main()")
CONNECTIONS = 32
FIGURES = ("answers a second", "processor time", "p99")
Ratios = dict[str, dict[str, Figure]]  # by row and figure


def python(folder: Path) -> list[str]:
    """Python with the modules of a checkout: -P keeps those of the current folder out."""
    return ["/usr/bin/env", f"PYTHONPATH={folder}", sys.executable, "-P"]


def server(spec: Spec, folder: Path) -> Server:
    """The fake of a checkout, with two rows more: a list of tasks, and a journal."""
    fake = the_fake(spec)

    def requests(port: int) -> dict[str, Asked]:
        some = replace(calls.create(spec), key=calls.KEY + "-few")
        listed = replace(some, operation=spec.operations["listTasks"], body=b"", headers={})
        listed = replace(listed, path=spec.prefixes[0] + spec.operations["listTasks"].template)
        journal = replace(listed, path="/__mock__/journal")
        for _ in range(20):
            exchange(port, some.request())
        more = {"list": Asked(listed.request(), 200), "journal": Asked(journal.request(), 200)}
        return fake.requests(port) | more

    command = [*python(folder), *COMMAND_LINE, "serve", "--time", "skip", "--port"]
    return replace(
        fake, name=folder.name, command=lambda port: [*command, str(port)], requests=requests
    )


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """A work tree of a commit, as long as the block."""
    git = ["git", "-C", str(HERE), "worktree"]
    with tempfile.TemporaryDirectory(prefix="emo-compare-") as folder:
        tree = Path(folder) / "other"
        subprocess.run([*git, "add", "--quiet", "--detach", str(tree), commit], check=True)
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


def over_sockets(other: Path, rounds: int, seconds: float) -> Ratios:
    """Every row of both servers, round by round; each round the other one begins."""
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
                if number >= 0:  # the first round only warms both
                    _add(ratios, row, measured[0], measured[1])
    return ratios


def _burst(
    port: int, pid: int, requests: dict[str, Asked], row: str, seconds: float
) -> tuple[float, ...]:
    asked, before = requests[row], cpu_seconds(pid)
    burst = load.run(port, asked.data, asked.status, connections=CONNECTIONS, seconds=seconds)
    used = max(cpu_seconds(pid) - before, 0.01) / len(burst.latencies)
    return burst.rate, used, burst.quantile(0.99)


def _add(ratios: Ratios, row: str, here: tuple[float, ...], there: tuple[float, ...]) -> None:
    for figure, mine, other in zip(FIGURES, here, there, strict=True):
        ratios.setdefault(row, {}).setdefault(figure, Figure()).values.append(mine / other)


def in_process(other: Path, rounds: int) -> Ratios:
    """Processor time of Engine.handle, a process for each side and round."""
    ratios = Ratios()
    for number in range(rounds):
        order = (HERE, other) if number % 2 else (other, HERE)
        took = {folder: _engine_calls(folder) for folder in order}
        for row, mine in took[HERE].items():
            figures = ratios.setdefault(f"{row}, Engine.handle", {})
            figures.setdefault(FIGURES[1], Figure()).values.append(mine / took[other][row])
    return ratios


def _engine_calls(folder: Path) -> dict[str, float]:
    with on_core(SERVER_CORE):
        command = [*python(folder), str(folder / IN_PROCESS)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    seconds: dict[str, float] = json.loads(done.stdout)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("commit", help="what to compare this checkout with")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.7, help="of one burst")
    options = parser.parse_args()
    print("\n".join(describe()))
    say: Callable[[Ratios], None] = lambda ratios: print("\n".join(lines(ratios)), flush=True)  # noqa: E731
    with checked_out(options.commit) as other:
        say(in_process(other, options.rounds))
        say(over_sockets(other, options.rounds, options.seconds))


def lines(ratios: Ratios) -> list[str]:
    """A line for each row: its ratios, with the least and the most."""
    return [
        f"{row:28} "
        + "  ".join(f"{name} × {figure.text(RATIO)}" for name, figure in figures.items())
        for row, figures in ratios.items()
    ]


if __name__ == "__main__":
    main()
