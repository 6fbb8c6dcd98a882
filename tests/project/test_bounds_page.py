"""docs/bounds.md agrees with the code: each value is that of its constant, and each constant with
the name of a bound is on the page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from contracts.spec.loader import Spec
from tests.helpers.cases import each_case

ROOT = Path(__file__).parents[2]
UNITS = {"KiB": 1 << 10, "MiB": 1 << 20}
ROW = re.compile(
    r"^\| (?P<what>.+?) \| (?P<value>[\d,.]+)(?: (?P<unit>\w+))? \| `(?P<where>[^`]+)`"
)
BOUND = re.compile(r"(?:^|_)(MAX|MOST|LONGEST|LARGEST|DEEPEST|PATIENCE)(?:_|$)")
# Called like a bound, but of what is our own, or of how much of a text is shown.
NO_BOUNDS = {
    "contracts.verify.baseline:LONGEST",
    "contracts.provider.budget:LONGEST_VIDEO",
    "contracts.recordings.drift.report:LONGEST",
    "mock_server.engine.callers:LONGEST_CACHED",
    "mock_server.server.app:LONGEST_OWN",
    "mock_server.server.cors:MAX_AGE",
    "mock_server.journal.curl:LONGEST_ARGUMENT",
    "mock_server.scenarios.keys:LONGEST",
    "mock_server.page.view:LONGEST",
    "mock_server.engine.public_urls:LONGEST_CACHED",
    "contracts.spec.routes:LONGEST_CACHED",
    "mock_server.suggest.typos:LONGEST",
}


class Row(NamedTuple):
    """A row of a table: its title, the value in the unit of the constant, and the place of the
    constant."""

    what: str
    value: float
    where: str


def rows() -> list[Row]:
    lines = (ROOT / "docs/bounds.md").read_text("utf-8").splitlines()
    found = [ROW.match(line) for line in lines if line.startswith("| ")]
    return [
        Row(m["what"], float(m["value"].replace(",", "")) * UNITS.get(m["unit"], 1), m["where"])
        for m in found
        if m
    ]


def value_of(where: str, spec: Spec) -> float:
    """The value of `module:CONSTANT`, or of a limit in openapi.yaml."""
    module, _, name = where.partition(":")
    if module == "openapi.yaml":
        return float(spec.limits[name.removeprefix("x-limits.")])
    return float(reduce(_part, name.split("."), import_module(module)))  # type: ignore[arg-type]


def _part(owner: object, name: str) -> object:
    """An attribute, or the default of a field of a named tuple."""
    return getattr(owner, "_field_defaults", {}).get(name) or getattr(owner, name)


@each_case("row", rows(), ids=lambda row: row.where)
def test_each_bound_on_the_page_has_the_value_of_its_constant(row: Row, spec: Spec) -> None:
    assert value_of(row.where, spec) == row.value, f"docs/bounds.md is wrong about {row.what}"


def test_each_row_of_the_page_names_a_different_constant() -> None:
    lines = (ROOT / "docs/bounds.md").read_text("utf-8").splitlines()
    tables = [line for line in lines if line.startswith("| ") and not line.startswith("| limit |")]
    assert len(tables) == len(rows()) == len({row.where for row in rows()})


def constants() -> Iterator[str]:
    """`module:NAME` of each constant of a module that has the name of a bound."""
    for room in ("contracts", "emo_client", "mock_server"):
        for path in sorted((ROOT / room).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for node in ast.parse(path.read_text("utf-8")).body:
                names = node.targets if isinstance(node, ast.Assign) else []
                for name in (n.id for n in names if isinstance(n, ast.Name)):
                    if BOUND.search(name):
                        yield f"{module.removesuffix('.__init__')}:{name}"


def test_each_constant_with_the_name_of_a_bound_is_on_the_page() -> None:
    found = {name for name in constants() if not name.partition(":")[2].startswith("_")}
    assert found >= NO_BOUNDS, "NO_BOUNDS names constants that are gone"
    missing = found - NO_BOUNDS - {row.where for row in rows()}
    assert not missing, "give each a row in docs/bounds.md"
