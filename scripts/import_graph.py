"""Print the import graph of the packages: their rooms, the arrows between them and their floors.

    python scripts/import_graph.py [--root FOLDER] [--arrows]

A room is a folder of modules, or a module directly in a package. An arrow leads from a room to a
room that it imports, also inside a function or for type checking only. A room is one floor above
the highest room that it imports; rooms that import each other in a circle are on one floor. The
script reads the source, so --root can be a checkout of any commit. tests/test_architecture.py has
the table of arrows.
"""

from __future__ import annotations

import argparse
import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("contracts", "emo_client", "mock_server", "emo_kit")
ROOT = Path(__file__).resolve().parent.parent
Arrows = dict[str, set[str]]


def modules(root: Path) -> dict[str, Path]:
    """The file of each module, by its dotted name; a package has that of its `__init__.py`."""
    found = (path for package in PACKAGES for path in (root / package).rglob("*.py"))
    return {name_of(path.relative_to(root)): path for path in sorted(found)}


def name_of(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path, names: dict[str, Path]) -> Iterator[str]:
    """The modules of the project that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            wanted = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            wanted = [alias.name for alias in node.names]
        else:
            continue
        for name in wanted:
            while name and name not in names:
                name = name.rpartition(".")[0]
            if name:
                yield name


def room_of(name: str, names: dict[str, Path]) -> str:
    """The folder of a module; the module itself if that folder is one of PACKAGES."""
    if names[name].name == "__init__.py":
        return name
    folder = name.rpartition(".")[0]
    return name if folder in PACKAGES else folder


def arrows(root: Path = ROOT) -> Arrows:
    """The rooms that each room imports, without the `__init__.py` files of PACKAGES."""
    names, found = modules(root), Arrows()
    for name, path in names.items():
        room = room_of(name, names)
        if room in PACKAGES:
            continue
        used = {room_of(other, names) for other in imported(path, names)}
        found.setdefault(room, set()).update(used - {room, *PACKAGES})
    return found


def circles(graph: Arrows) -> list[set[str]]:
    """The sets of rooms that import each other, directly or through other rooms."""
    reach = {room: _reached(graph, room) for room in graph}
    found: list[set[str]] = []
    for room in graph:
        circle = {other for other in reach[room] if room in reach.get(other, ())}
        if circle and circle not in found:
            found.append(circle)
    return found


def floors(graph: Arrows) -> dict[str, int]:
    """The floor of each room, from 1."""
    circle_of = {room: circle for circle in circles(graph) for room in circle}
    found: dict[str, int] = {}

    def floor(room: str) -> int:
        if room not in found:
            together = circle_of.get(room, {room})
            below = {other for one in together for other in graph.get(one, ())} - together
            height = 1 + max((floor(other) for other in below), default=0)
            found.update(dict.fromkeys(together, height))
        return found[room]

    for room in graph:
        floor(room)
    return found


def _reached(graph: Arrows, room: str) -> set[str]:
    found: set[str] = set()
    todo = list(graph[room])
    while todo:
        other = todo.pop()
        if other not in found:
            found.add(other)
            todo += graph.get(other, ())
    return found


def lines(graph: Arrows, *, show_arrows: bool = False) -> Iterator[str]:
    """The report: each package, then its rooms by floor."""
    by_package: dict[str, Arrows] = defaultdict(dict)
    for room, used in graph.items():
        package = room.partition(".")[0]
        by_package[package][room] = {other for other in used if other.startswith(f"{package}.")}
    for package, inner in by_package.items():
        height, rounds = floors(inner), circles(inner)
        count = sum(map(len, inner.values()))
        yield (
            f"{package}: {len(inner)} rooms, {max(height.values())} floors, {count} arrows, "
            f"{len(rounds)} circles"
        )
        yield from (f"  circle: {', '.join(sorted(circle))}" for circle in rounds)
        if show_arrows:
            for room in sorted(inner, key=lambda name: (height[name], name)):
                others = ", ".join(sorted(name.partition(".")[2] for name in inner[room]))
                yield f"  {height[room]:2} {room.partition('.')[2]:24} {others}".rstrip()


def main() -> None:
    parser = argparse.ArgumentParser(description="Print the import graph of the packages.")
    parser.add_argument("--root", type=Path, default=ROOT, help="checkout to look at")
    parser.add_argument("--arrows", action="store_true", help="list each room with its imports")
    options = parser.parse_args()
    print("\n".join(lines(arrows(options.root.resolve()), show_arrows=options.arrows)))


if __name__ == "__main__":
    main()
