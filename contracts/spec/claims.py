"""What a document says of itself, found wherever it says it: evidence, names of outcomes. Judges
nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# Where an operation lists the parameters that it checks: those that clients send, and headers that
# it refuses, which generated clients would offer.
PARAMETERS = ("parameters", "x-forbidden-headers")


def evidence(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every example of the tree as it was written, by its pointer, with the evidence it gives."""
    items = enumerate(node) if isinstance(node, list) else node.items()
    for key, value in items:
        if key in ("examples", "x-undocumented"):
            written = {name: e for name, e in value.items() if "$ref" not in e}
            yield from ((f"{path}/{name}", e.get("x-evidence")) for name, e in written.items())
        elif isinstance(value, dict | list) and key not in ("value", "example", "default"):
            yield from evidence(value, f"{path}/{key}")


def refusals(node: dict[str, Any]) -> Iterator[str]:
    """Every outcome that a rule of this Operation Object names."""
    for key in (*PARAMETERS, "requestBody"):
        yield from _named(node.get(key))


def _named(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _named(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("x-refusal", "x-missing"):
                yield value
            else:
                yield from _named(value)
