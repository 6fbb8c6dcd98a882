"""Shapes of values, and the fields that a schema does not name."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from contracts.drift.fields import unknown_fields
from contracts.drift.shapes import parts, type_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(value=VALUES)
def test_a_value_has_the_shape_of_itself(value: Any) -> None:
    assert list(parts(value, json.loads(json.dumps(value)))) == []


@given(recorded=VALUES, expected=VALUES)
def test_parts_of_shapes_are_where_they_are_said_to_be(recorded: Any, expected: Any) -> None:
    for part in parts(recorded, expected):
        node = recorded
        for step in part.pointer.split("/")[1:]:
            if part.recorded is not UNSET:
                node = node[int(step) if isinstance(node, list) else step]
        if part.kind == "type":
            assert type_of(node) != type_of(part.expected)
        elif part.kind == "field new":
            assert node == part.recorded


def test_the_fields_of_a_schema_are_those_of_all_that_it_is_made_of() -> None:
    made_of = {"allOf": [{"properties": {"a": {}}}], "then": {"properties": {"b": {}}}}
    schema = {"items": {"properties": {"c": {}}, "oneOf": [made_of]}}
    value = [{"a": {"free": 1}, "b": 1, "c": 1, "d/e": 1}]
    assert list(unknown_fields([schema], value)) == [("/0/d~1e", 1)]
