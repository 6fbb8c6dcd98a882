"""Different styles of OpenAPI generators are compared by their meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.diff.changes.change import effect_of
from contracts.diff.changes.effects import Effect
from contracts.spec import document
from tests.contracts.diff.test_schemas import differences
from tests.helpers.cases import each_case

NARROWED, WIDENED, CHANGED, NONE = Effect.NARROWED, Effect.WIDENED, Effect.CHANGED, Effect.NONE
SCHEMAS = "#/components/schemas/"
TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def told_apart(**mapping: str) -> dict[str, Any]:
    return {"discriminator": {"propertyName": "kind", "mapping": mapping}}


@each_case(
    "old, new, expected",
    [
        (NUMBER, NUMBER | {"format": "int64"}, NONE),
        (NUMBER | {"format": "int32"}, NUMBER | {"format": "int64"}, WIDENED),
        ({"type": "number"}, {"type": "number", "format": "float"}, NARROWED),
        (TEXT, TEXT | {"format": "int64"}, NARROWED),
        (TEXT, TEXT | {"format": "password"}, NONE),
        (TEXT | {"format": "date"}, TEXT | {"format": "uuid"}, CHANGED),
        ({"allOf": [TEXT]}, {"allOf": [TEXT], "nullable": True}, WIDENED),
        (told_apart(A=f"{SCHEMAS}A", b="B"), told_apart(b=f"{SCHEMAS}B"), NONE),
        (told_apart(a="A", b="B"), told_apart(a="B", b="A"), CHANGED),
    ],
)  # fmt: skip
def test_an_idiom_of_a_generator_has_its_effect_and_no_other(
    old: Any, new: Any, expected: Effect
) -> None:
    assert effect_of(differences(old, new)) == expected


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
def test_a_schema_is_compared_with_the_most_similar_alternative(keyword: str) -> None:
    old, new = TEXT | {"maxLength": 9}, {keyword: [NUMBER, TEXT | {"maxLength": 5}]}
    found = {one.kind for one in differences(old, new)}
    assert found == {"maxLength-narrowed", f"{keyword}-widened"}


def test_on_and_no_are_read_as_names(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("{on: 1, no: 2, 1: 3, values: [off, false]}", "utf-8")
    assert document.read(path) == {"on": 1, "no": 2, 1: 3, "values": ["off", False]}
