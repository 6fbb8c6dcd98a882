"""The fields that a schema declares: in which order, behind which keywords."""

from __future__ import annotations

from contracts.spec.fields import choices, field_at, fields

LEAF = {"type": "string"}
NESTED = {
    "properties": {"a": LEAF, "b": {"properties": {"c": LEAF}}, "d": LEAF},
    "allOf": [{"if": {"properties": {"a": True}}, "then": {"properties": {"e": LEAF}}}],
}


def test_outer_fields_come_before_the_fields_in_them_in_the_order_of_the_schema() -> None:
    found = [field.path for field in fields(NESTED)]
    assert found == [("a",), ("b",), ("b", "c"), ("d",), ("e",)]


def test_a_field_that_two_branches_declare_is_found_once_with_its_own_schema() -> None:
    found = {field.path: field.schema for field in fields(NESTED)}
    assert found[("a",)] is LEAF


def test_a_place_in_an_array_has_the_schema_of_the_items() -> None:
    schema = {"properties": {"box": {"items": {"type": "integer"}}}}
    assert field_at(schema, ["box", "3"]) == {"type": "integer"}
    assert field_at(schema, ["other", "3"]) == {}


def test_choices_are_those_of_every_enum_of_the_schema() -> None:
    assert choices({"enum": [1], "allOf": [{"enum": [2]}, {"not": {"enum": [3]}}]}) == [1, 2]
