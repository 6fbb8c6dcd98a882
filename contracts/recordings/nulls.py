"""Removes nulls: some programs write null for an unknown field, others omit the field."""

from __future__ import annotations

from typing import Any


def without_nulls(value: Any) -> Any:
    """The value without fields and list items that are null."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value if item is not None]
    return value
