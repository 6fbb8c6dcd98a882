"""Measures memory under load and under attack, of the fake and of a bare Starlette app:

    python -m soak.memory [--quick]

Each measurement starts its own server. Writes docs/maintainers/memory.md."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks import machine
from mock_server.server.run import UVICORN
from soak import memory_of_clients
from soak.floods import FLOODS, Flood
from soak.programs import EMO, Program

PAGE = Path(__file__).parent.parent / "docs" / "maintainers" / "memory.md"
SETTLE = 1.0  # seconds between the end of the clients and the last measurement
# The routes of the bare app: any path, for each method.
ROUTES = json.dumps([[method, "/{path:path}", 200, [], "{}"] for method in ("GET", "POST")])
SERVE = [EMO, "serve", "--time", "skip", "--log", "off", "--port", "{port}"]
BARE = [sys.executable, "-m", "benchmarks.bare", "{port}", json.dumps(UVICORN), ROUTES]


@dataclass(frozen=True)
class Row:
    """Memory of a program in MB: at rest, at its peak, and after the clients have left. None: not
    measured."""

    name: str
    rest: float
    peak: float
    after: float | None = None
    bare: float | None = None

    def cells(self) -> Iterator[str]:
        yield self.name
        for value in (self.rest, self.peak, self.after, self.bare):
            yield "" if value is None else f"{value:,.0f}"


async def measure(flood: Flood, quick: bool, folder: Path) -> Row:
    """Measure the fake under a flood, then the bare app if the flood suits it."""
    rest, peak, after = await _under(SERVE, flood, quick, folder)
    bare = None
    if flood.bare:
        bare = (await _under(BARE, flood, quick, folder))[1]
    name = f"{flood.name} (--quick: fewer)" if quick else flood.name
    return Row(name, rest, peak, after, bare)


async def _under(
    command: list[str], flood: Flood, quick: bool, folder: Path
) -> tuple[float, float, float]:
    program = Program("server", command, folder)
    await program.start()
    try:
        rest = program.usage().memory
        with suppress(OSError, EOFError):  # most floods are cut off by the server
            await flood.run(program.port, quick)
        await asyncio.sleep(SETTLE)
        used = program.usage()
    finally:
        program.kill()
    return rest / 1e6, used.peak / 1e6, used.memory / 1e6


async def rows(quick: bool, print_line: Callable[[Row], None]) -> list[Row]:
    """All rows of the table, in order."""
    found = []
    with tempfile.TemporaryDirectory(prefix="emo-memory-") as folder:
        works: list[Awaitable[Row]] = [measure(flood, quick, Path(folder)) for flood in FLOODS]
        works += [
            asyncio.to_thread(_of_client, attack, Path(folder))
            for attack in memory_of_clients.ATTACKS
        ]
        for work in works:
            found.append(await work)
            print_line(found[-1])
    return found


def _of_client(attack: memory_of_clients.Attack, folder: Path) -> Row:
    rest, peak = memory_of_clients.measure(attack, folder)
    return Row(attack.name, rest / 1e6, peak / 1e6)


def page(found: list[Row]) -> str:
    """The page as Markdown: the machine, and the table."""
    cores, *versions = machine.describe()
    lines = ["| load | at rest | maximum | after | bare, maximum |", "|---|--:|--:|--:|--:|"]
    lines += [f"| {' | '.join(row.cells())} |" for row in found]
    return "\n".join(
        [
            "# Memory",
            "",
            "Resident memory in MB (10^6 bytes) of `emo serve` or of a client, each row in a new"
            " process: at rest, the maximum, and one second after the last client has disconnected."
            " `bare` is a Starlette app on uvicorn that reads the body and answers `{}`, under the"
            " same load. Written by `python -m soak.memory`.",
            "",
            *[f"- {line}" for line in (cores.partition(";")[0], *versions)],
            "",
            *lines,
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m soak.memory", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="a hundredth of the calls; writes no page"
    )
    quick = parser.parse_args().quick
    found = asyncio.run(rows(quick, lambda row: print(" | ".join(row.cells()), flush=True)))
    if not quick:
        PAGE.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
