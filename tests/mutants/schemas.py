"""Mutations of a JSON Schema and of our own keywords in it: each keyword has its ways to be wrong.
Descriptions and titles are not changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from contracts.spec.document import Node
from tests.mutants.mutation import GONE, Mutation

Found = Iterator[Mutation]
OTHER_TYPES = {
    "string": ("integer",),
    "integer": ("string", "number"),
    "number": ("string", "integer"),
    "boolean": ("string",),
    "array": ("string",),
    "object": ("string",),
}
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength", "minItems",
          "maxItems", "x-aspect-tolerance")  # fmt: skip
# Two outcomes that each operation has, so that the change is not seen by their absence.
REFUSAL, OTHER_REFUSAL = "InvalidParameter", "InvalidParameter-url-error"


def of_schema(schema: Node, at: str) -> Found:
    """All mutations of a schema and of its subschemas."""
    for keyword, value in schema.items():
        if keyword in WAYS:
            yield from WAYS[keyword](value, f"{at}/{keyword}")
    if isinstance(schema.get("required"), list):
        for index, _ in enumerate(schema["required"]):
            yield Mutation("required-dropped", f"{at}/required/{index}")
    for name, inner in schema.get("properties", {}).items():
        yield from of_property(name, inner, f"{at}/properties/{name}")
    for keyword in ("items", "if", "then", "else", "not"):
        if keyword in schema:
            yield Mutation(f"{keyword}-removed", f"{at}/{keyword}")
            yield from of_schema(schema[keyword], f"{at}/{keyword}")
    for index, inner in enumerate(schema.get("allOf", ())):
        yield Mutation("all-of-dropped", f"{at}/allOf/{index}")
        yield from of_schema(inner, f"{at}/allOf/{index}")


def of_property(name: str, inner: Any, at: str) -> Found:
    """Mutations that remove, rename or change a property. `true` only permits a property that
    nothing else forbids, so it has none."""
    if inner is True:
        return
    yield Mutation("property-removed", at)
    yield Mutation("property-renamed", at, name=f"{name}_2")
    if isinstance(inner, bool):
        yield Mutation("property-allowed", at, value={})
    else:
        yield from of_schema(inner, at)


def type_of(value: str, at: str) -> Found:
    for other in OTHER_TYPES[value]:
        yield Mutation("type-changed", at, value=other)


def enum_of(value: list[Any], at: str) -> Found:
    for index, _ in enumerate(value):
        yield Mutation("enum-value-dropped", f"{at}/{index}")
    yield Mutation("enum-value-added", at, value=[*value, "another"])


def const_of(value: Any, at: str) -> Found:
    yield Mutation("const-changed", at, value=not value if value in (True, False) else "another")


def bound_of(value: float, at: str) -> Found:
    yield Mutation("bound-raised", at, value=value + 1)
    yield Mutation("bound-lowered", at, value=value - 1)


def pattern_of(value: str, at: str) -> Found:
    yield Mutation("pattern-any", at, value="")
    for open_end in (value.removeprefix("^"), value.removesuffix("$")):
        if open_end != value:
            yield Mutation("pattern-open", at, value=open_end)


def refusal_of(value: str, at: str) -> Found:
    other = REFUSAL if value != REFUSAL else OTHER_REFUSAL
    yield Mutation("refusal-changed", at, value=other)


def missing_of(value: str, at: str) -> Found:
    yield Mutation("missing-changed", at, value=REFUSAL)
    yield Mutation("missing-removed", at)


def reference_of(value: str, at: str) -> Found:
    """A schema of another type, as a replacement."""
    if value.startswith("#/components/schemas/"):
        other = "ErrorAnswer" if not value.endswith("/ErrorAnswer") else "CancelAnswer"
        yield Mutation("reference-changed", at, value=f"#/components/schemas/{other}")


def flag_of(value: bool, at: str) -> Found:
    yield Mutation("flag-flipped", at, value=not value)


def box_of(value: bool, at: str) -> Found:
    """The keyword is removed; its value is not changed."""
    yield Mutation("box-removed", at)


def default_of(value: Any, at: str) -> Found:
    yield Mutation("default-removed", at)
    yield Mutation("default-changed", at, value=value + 1 if isinstance(value, int) else "another")


def ratios_of(value: list[str], at: str) -> Found:
    for index, _ in enumerate(value):
        yield Mutation("ratio-dropped", f"{at}/{index}")
    yield Mutation("ratio-added", at, value=[*value, "9:16"])
    yield Mutation("ratios-removed", at, value=GONE)


WAYS: dict[str, Callable[[Any, str], Found]] = {
    "type": type_of,
    "enum": enum_of,
    "const": const_of,
    "pattern": pattern_of,
    "$ref": reference_of,
    "x-refusal": refusal_of,
    "x-missing": missing_of,
    "x-box": box_of,
    "x-aspect-ratios": ratios_of,
    "additionalProperties": flag_of,
    "default": default_of,
    **dict.fromkeys(BOUNDS, bound_of),
}
