"""Changes that could hide each other, that have no effect at their place, or that have many paths
to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.diff.compare import Document, diff, load
from contracts.files.bounded_yaml import YamlError
from contracts.files.bounded_yaml import load as load_yaml
from contracts.recordings import CassetteError
from contracts.recordings import load as load_cassette
from contracts.spec.document import SpecError
from contracts.spec.loader import Spec
from tests.contracts.diff.test_schemas import NARROWED, WIDENED, differences

OWNER = {"type": "string", "enum": ["person", "robot"], "maxLength": 9}


def test_a_new_null_hides_no_other_change() -> None:
    new = {"type": ["string", "null"], "enum": ["person", None], "maxLength": 8}
    found = {(one.subject, one.effect) for one in differences(OWNER, new) if one.effect}
    assert found == {("type", WIDENED), ("enum", NARROWED), ("maxLength", NARROWED)}


def test_a_removed_null_hides_no_other_change() -> None:
    old, new = {"type": ["null", "integer"], "enum": [1, None]}, {"type": "integer", "enum": [1, 2]}
    found = {(one.subject, one.effect) for one in differences(old, new)}
    assert found == {("type", NARROWED), ("enum", WIDENED)}


@pytest.mark.parametrize("keyword", ["allOf", "if"])
def test_a_schema_with_a_million_paths_to_it_is_compared_once(keyword: str) -> None:
    def doubled(leaf: Any) -> Any:
        schemas = {"s0": leaf}
        for number in range(1, 40):
            again = {"$ref": f"#/schema/$defs/s{number - 1}"}
            two = [again, {"allOf": [again], "title": "again"}]
            schemas[f"s{number}"] = (
                {"if": again, "then": again} if keyword == "if" else {keyword: two}
            )
        return {"$ref": "#/schema/$defs/s39", "$defs": schemas}

    found = differences(doubled({"maxLength": 5}), doubled({"maxLength": 4}))
    assert {one.subject for one in found} == {"maxLength"}
    assert len(found) <= 2  # by two turns of effects at most: of a condition, and as it is


# Paths of one shape


def paths(**items: str) -> Document:
    """A document whose paths have these methods; `__` stands for a slash, `_x_` for `{x}`."""
    named = {
        "/" + name.replace("__", "/").replace("_", "{", 1).replace("_", "}", 1): {
            method: {"responses": {"200": {"description": "d"}}} for method in methods.split()
        }
        for name, methods in items.items()
    }
    return Document({"openapi": "3.0.3", "paths": named})


def kinds(old: Document, new: Document) -> list[tuple[str, str]]:
    return [(change.kind, change.text.split(";")[0]) for change in diff(old, new)]


def test_a_removed_operation_of_two_similar_paths_is_named() -> None:
    old, new = paths(jobs___job_="get", jobs___id_="delete"), paths(jobs___id_="delete")
    assert kinds(old, new) == [("operation-removed", "operation GET /jobs/{job} was removed")]
    assert kinds(new, old) == [("operation-added", "operation GET /jobs/{job} was added")]


@pytest.mark.parametrize(
    "new",
    [
        paths(jobs___id_="get delete"),
        paths(jobs___id_="get", jobs___job_="delete"),
        paths(jobs___x_="delete", jobs___y_="get"),
        paths(jobs___job_="get", jobs___id_="delete"),
    ],
)
def test_paths_that_differ_only_in_parameter_names_are_one_path(new: Document) -> None:
    assert kinds(paths(jobs___job_="get", jobs___id_="delete"), new) == []


def test_one_operation_under_two_similar_paths_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "api.yaml"
    item = "{get: {responses: {}}}"
    file.write_text(f"openapi: 3.0.3\npaths: {{'/a/{{x}}': {item}, '/a/{{y}}': {item}}}\n")
    with pytest.raises(SpecError, match=r"/a/{x} and /a/{y} are one path, and both have GET"):
        load(file)


# Aliases


def bomb(first: str, rung: str, rungs: int = 24) -> str:
    """A short YAML text whose aliases double at each step."""
    lines = [f"x-a0: &a0 {first}"]
    lines += [f"x-a{n}: &a{n} {rung.replace('*', f'*a{n - 1}')}" for n in range(1, rungs)]
    return "openapi: 3.1.0\ninteractions: []\n" + "\n".join(lines) + "\n"


BOMBS = [
    bomb("[1, 2]", "[*, *]"),
    bomb("{k: 1}", "{a: *, b: *}"),
    bomb("{k: 1}", "{<<: [*, *]}"),
    bomb("x" * 60_000, "[*, *]", rungs=10),
    "a: &a [*a]",
    "a: &a {b: {c: [*a]}}",
]


@pytest.mark.parametrize("text", BOMBS)
def test_yaml_aliases_that_expand_too_far_are_refused_by_every_reader(
    tmp_path: Path, text: str
) -> None:
    file = tmp_path / "bomb.yaml"
    file.write_text(text)
    with pytest.raises(YamlError, match=r"its YAML aliases .* \(line \d+, column \d+\)"):
        load_yaml(text)
    with pytest.raises(SpecError, match="its YAML aliases"):
        load(file)
    with pytest.raises(CassetteError, match="its YAML aliases"):
        load_cassette(file, Spec.load())


def test_ordinary_yaml_aliases_are_read() -> None:
    text = bomb("{k: 1}", "{a: *, b: *}", rungs=10)
    assert load_yaml(text)["x-a2"] == {"a": {"a": {"k": 1}, "b": {"k": 1}}} | {
        "b": {"a": {"k": 1}, "b": {"k": 1}}
    }
    assert load_yaml("") is None


def test_a_large_text_without_aliases_is_read() -> None:
    assert len(load_yaml("\n".join(f"- {n}" for n in range(120_000)))) == 120_000
