"""docs/bounds.md says what the code does: each value is read from the constant that it names."""

from __future__ import annotations

import re
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

from contracts.spec import Spec

ROOT = Path(__file__).parent.parent
UNITS = {"KiB": 1 << 10, "MiB": 1 << 20}
ROW = re.compile(
    r"^\| (?P<what>.+?) \| (?P<value>[\d,.]+)(?: (?P<unit>\w+))? \| `(?P<where>[^`]+)`"
)


class Row(NamedTuple):
    """A line of a table: the value in the unit of the constant, and where that is."""

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


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.where)
def test_a_bound_on_the_page_is_that_of_the_code(row: Row, spec: Spec) -> None:
    assert value_of(row.where, spec) == row.value, f"docs/bounds.md is wrong about {row.what}"


def test_each_line_of_the_tables_is_a_bound_with_its_place() -> None:
    lines = (ROOT / "docs/bounds.md").read_text("utf-8").splitlines()
    tables = [line for line in lines if line.startswith("| ") and not line.startswith("| what")]
    assert len(tables) == len(rows()) == len({row.where for row in rows()})
