"""Print the import graph of the packages: their components, and which of them import each other.

    python scripts/import_graph.py [--root FOLDER] [--arrows]

A component is a folder of modules, or a module directly in a package. An arrow leads from a
component to a component that it imports, also inside a function or for type checking only. A
component is one level above the highest component that it imports; components that import each
other in a circle are on one level. The script reads the source, so --root can be a checkout of any
commit. tests/test_architecture.py has the table of arrows.
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


def component_of(name: str, names: dict[str, Path]) -> str:
    """The folder of a module; the module itself if that folder is one of PACKAGES."""
    if names[name].name == "__init__.py":
        return name
    folder = name.rpartition(".")[0]
    return name if folder in PACKAGES else folder


def arrows(root: Path = ROOT) -> Arrows:
    """The components that each component imports, without the `__init__.py` files of PACKAGES."""
    names, found = modules(root), Arrows()
    for name, path in names.items():
        component = component_of(name, names)
        if component in PACKAGES:
            continue
        used = {component_of(other, names) for other in imported(path, names)}
        found.setdefault(component, set()).update(used - {component, *PACKAGES})
    return found


def circles(graph: Arrows) -> list[set[str]]:
    """The sets of components that import each other, directly or through other components."""
    reach = {component: _reached(graph, component) for component in graph}
    found: list[set[str]] = []
    for component in graph:
        circle = {other for other in reach[component] if component in reach.get(other, ())}
        if circle and circle not in found:
            found.append(circle)
    return found


def levels(graph: Arrows) -> dict[str, int]:
    """The level of each component, from 1."""
    circle_of = {component: circle for circle in circles(graph) for component in circle}
    found: dict[str, int] = {}

    def level(component: str) -> int:
        if component not in found:
            together = circle_of.get(component, {component})
            below = {other for one in together for other in graph.get(one, ())} - together
            height = 1 + max((level(other) for other in below), default=0)
            found.update(dict.fromkeys(together, height))
        return found[component]

    for component in graph:
        level(component)
    return found


def _reached(graph: Arrows, component: str) -> set[str]:
    found: set[str] = set()
    todo = list(graph[component])
    while todo:
        other = todo.pop()
        if other not in found:
            found.add(other)
            todo += graph.get(other, ())
    return found


def lines(graph: Arrows, *, show_arrows: bool = False) -> Iterator[str]:
    """The report: each package, then its components by level."""
    by_package: dict[str, Arrows] = defaultdict(dict)
    for component, used in graph.items():
        package = component.partition(".")[0]
        by_package[package][component] = {
            other for other in used if other.startswith(f"{package}.")
        }
    for package, inner in by_package.items():
        height, rounds = levels(inner), circles(inner)
        count = sum(map(len, inner.values()))
        yield (
            f"{package}: {len(inner)} components, {max(height.values())} levels, {count} arrows, "
            f"{len(rounds)} circles"
        )
        yield from (f"  circle: {', '.join(sorted(circle))}" for circle in rounds)
        if show_arrows:
            for component in sorted(inner, key=lambda name: (height[name], name)):
                others = ", ".join(sorted(name.partition(".")[2] for name in inner[component]))
                yield f"  {height[component]:2} {component.partition('.')[2]:24} {others}".rstrip()


def main() -> None:
    parser = argparse.ArgumentParser(description="Print the import graph of the packages.")
    parser.add_argument("--root", type=Path, default=ROOT, help="checkout to look at")
    parser.add_argument(
        "--arrows", action="store_true", help="list each component with its imports"
    )
    options = parser.parse_args()
    print("\n".join(lines(arrows(options.root.resolve()), show_arrows=options.arrows)))


if __name__ == "__main__":
    main()
