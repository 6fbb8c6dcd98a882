"""constraints.txt has the exact version of every package that the tests install."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
PINNED = dict(line.split("==") for line in LINES if not line.startswith("#"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def needed(requirements: list[str], extra: str = "") -> Iterator[Requirement]:
    """The requirements and their own requirements, as far as these are installed here."""
    todo, seen = [(Requirement(line), extra) for line in requirements], set()
    while todo:
        one, of = todo.pop()
        if one.marker and not one.marker.evaluate({"extra": of}):
            continue
        yield one
        for chosen in one.extras or {""}:
            if (key := (canonicalize_name(one.name), chosen)) not in seen:
                seen.add(key)
                try:
                    todo += [(Requirement(line), chosen) for line in requires(one.name) or []]
                except PackageNotFoundError:
                    continue


def test_the_file_holds_exact_versions_and_no_address() -> None:
    assert all(re.fullmatch(r"#.*|[\w.-]+==[\w.+!]+", line) for line in LINES)
    assert "://" not in "\n".join(LINES)


def test_everything_that_the_development_extra_needs_has_an_exact_version() -> None:
    pinned = {canonicalize_name(name) for name in PINNED}
    wanted = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
    names = {canonicalize_name(one.name) for one in needed(wanted)}
    assert len(names) > 50
    assert names - {"dashscope-emo-kit"} <= pinned


def test_the_exact_versions_are_permitted_by_the_project_file() -> None:
    versions = {canonicalize_name(name): version for name, version in PINNED.items()}
    extras = PROJECT["optional-dependencies"].values()
    for line in (*PROJECT["dependencies"], *(line for extra in extras for line in extra)):
        wanted = Requirement(line)
        if wanted.name != "dashscope-emo-kit":
            assert wanted.specifier.contains(versions[canonicalize_name(wanted.name)]), line
