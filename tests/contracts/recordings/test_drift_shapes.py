"""The comparison of JSON values, and fields that a schema does not declare."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from contracts.recordings.drift.shapes import shape_differences, type_of
from contracts.recordings.drift.unknown_fields import unknown_fields

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(value=VALUES)
def test_a_value_does_not_differ_from_its_copy(value: Any) -> None:
    assert list(shape_differences(value, json.loads(json.dumps(value)))) == []


@given(recorded=VALUES, expected=VALUES)
def test_each_difference_of_two_values_is_at_its_pointer(recorded: Any, expected: Any) -> None:
    for part in shape_differences(recorded, expected):
        node = recorded
        for step in part.pointer.split("/")[1:]:
            if part.recorded is not UNSET:
                node = node[int(step) if isinstance(node, list) else step]
        if part.kind == "type":
            assert type_of(node) != type_of(part.expected)
        elif part.kind == "field new":
            assert node == part.recorded


def test_a_field_declared_in_any_part_of_a_schema_is_known() -> None:
    made_of = {"allOf": [{"properties": {"a": {}}}], "then": {"properties": {"b": {}}}}
    schema = {"items": {"properties": {"c": {}}, "oneOf": [made_of]}}
    value = [{"a": {"free": 1}, "b": 1, "c": 1, "d/e": 1}]
    assert list(unknown_fields([schema], value)) == [("/0/d~1e", 1)]
