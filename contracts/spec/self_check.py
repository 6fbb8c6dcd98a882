"""Checks of openapi.yaml against itself: evidence, refusals, and the forms of its extensions.

Returns problems as text or data; the loader reports them all at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from contracts.spec.document import PARAMETER_KEYS
from contracts.spec.models import Size


class Limits(Struct, rename="kebab", forbid_unknown_fields=True):
    """The form of x-limits: the maximum size of a request, in bytes."""

    body_bytes: Size
    header_bytes: Size


def form_problems(place: str, value: Any, form: Any) -> Iterator[str]:
    """The first problem of a value that should have a form: a missing, misspelled or unknown
    field."""
    try:
        msgspec.convert(value, form)
    except msgspec.ValidationError as error:
        yield f"{place}: {error}"


def evidence(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The pointer and the x-evidence of every example in a tree. Examples that are only a $ref are
    left out: the example behind the $ref has the evidence."""
    items = enumerate(node) if isinstance(node, list) else node.items()
    for key, value in items:
        if key in ("examples", "x-undocumented"):
            written = {name: e for name, e in value.items() if "$ref" not in e}
            yield from ((f"{path}/{name}", e.get("x-evidence")) for name, e in written.items())
        elif isinstance(value, dict | list) and key not in ("value", "example", "default"):
            yield from evidence(value, f"{path}/{key}")


def refusals(node: dict[str, Any]) -> Iterator[str]:
    """The outcome in each x-refusal and x-missing of an Operation Object."""
    for key in (*PARAMETER_KEYS, "requestBody"):
        yield from _refusals_below(node.get(key))


def _refusals_below(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _refusals_below(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("x-refusal", "x-missing"):
                yield value
            else:
                yield from _refusals_below(value)
