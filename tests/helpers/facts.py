"""Helpers for tests of facts: documented values with one change, validated by the spec."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from contracts.spec import document
from contracts.spec.loader import Spec
from contracts.spec.pointers import parts_of

GONE = object()


def resolved() -> dict[str, Any]:
    """openapi.yaml with every reference resolved."""
    raw = document.read(document.default_path())
    tree: dict[str, Any] = document.Resolver(raw).resolve(raw)
    return tree


def changed(value: Any, pointer: str, new: Any) -> Any:
    """A copy with another value at the pointer; GONE removes it."""
    copied = copy.deepcopy(value)
    *way, last = parts_of(pointer)
    holder = copied
    for part in way:
        holder = holder[int(part) if isinstance(holder, list) else part]
    key: Any = int(last) if isinstance(holder, list) else last
    if new is GONE:
        del holder[key]
    else:
        holder[key] = new
    return copied


def is_answer(spec: Spec, operation: str, name: str, pointer: str, new: Any) -> bool:
    """Whether a documented answer is still valid after a change."""
    found = spec.operations[operation]
    outcome = found.outcomes[name]
    return found.answers[outcome.status].is_valid(changed(outcome.value, pointer, new))


def objects(value: Any, at: str = "") -> Iterator[str]:
    """The pointer of each object in a value, itself included."""
    if isinstance(value, dict):
        yield at
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        if isinstance(inner, dict | list):
            yield from objects(inner, f"{at}/{key}")
