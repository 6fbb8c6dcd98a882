"""Validates request bodies and parameters by their schemas. Each violation names the refusal that
answers it. Does not depend on HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs
from msgspec import Struct

from contracts.spec.document import Node
from contracts.spec.fields import FieldPath, fields
from contracts.spec.keywords import KEYWORDS
from contracts.spec.pointers import PointerLookup, PointerPart, no_pointer, pointer_of

# Violations of these keywords are reported before violations of values.
_SHAPE = {"type", "required", "minItems", "maxItems"}


class Violation(Struct, frozen=True):
    """One violation of the spec by a request.

    outcome: the name of the answer. pointer: the invalid field of the body, or the parameter.
    field: the same with dots (`input.image_url`). reason: the problem, as text. keyword: the schema
    keyword that failed, "" if no schema was involved. schema: the resolved pointer of that keyword
    in openapi.yaml."""

    outcome: str
    pointer: str
    field: str
    reason: str
    keyword: str = ""
    schema: str = ""


def compile_schema(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    """A validator of a schema, with the custom KEYWORDS. The schema must have no $ref left."""
    return jsonschema_rs.Draft202012Validator(schema, keywords=KEYWORDS)


class BodyValidator:
    """Validates request bodies by a schema. The x-refusal or x-missing of the violated part of the
    schema names the outcome that answers the request.

    default: the outcome for parts without such a name. where: finds the pointer of a keyword.
    elsewhere: the models of other operations, each with the outcome that refuses it here."""

    def __init__(
        self,
        schema: dict[str, Any],
        default: str,
        where: PointerLookup = no_pointer,
        elsewhere: Mapping[str, str] | None = None,
    ) -> None:
        self.schema = schema
        self.where = where
        self.fields = {field.path: field.schema for field in fields(schema)}
        self._by_pointer = {pointer_of(path): field for path, field in self.fields.items()}
        self._ranks = {path: rank for rank, path in enumerate(self.fields)}
        self._default = default
        self._elsewhere = elsewhere or {}
        self._validator = compile_schema(schema)

    def field(self, pointer: str) -> Node:
        """The schema of the field at a pointer of the body; {} if the schema has no such field."""
        return self._by_pointer.get(pointer, {})

    def place_of(self, path: FieldPath) -> str:
        """The resolved pointer of a field in openapi.yaml."""
        return self.where([part for name in path for part in ("properties", name)])

    def is_valid(self, body: Any) -> bool:
        """Whether a body satisfies the schema."""
        return self._validator.is_valid(body)

    def violations(self, body: Any) -> Iterator[Violation]:
        """The violations of a body, in the order of the service: fields with x-checked-first, then
        shape before values, then in the order of the schema."""
        for error in sorted(self._validator.iter_errors(body), key=self._rank):
            yield self._violation(error)

    def _violation(self, error: jsonschema_rs.ValidationError) -> Violation:
        place = [str(part) for part in error.instance_path]
        missing = _missing_property(error)
        if missing is not None:
            place.append(missing)
        return Violation(
            outcome=self._foreign(error) or self._refusal(error, place) or self._default,
            pointer=pointer_of(place),
            field=".".join(place) or "body",
            reason=error.message[:200],
            keyword=str(error.schema_path[-1]),
            schema=self.where(error.schema_path),
        )

    def _foreign(self, error: jsonschema_rs.ValidationError) -> str:
        """The outcome for a model of another operation; "" for any other violation."""
        is_model = list(error.instance_path) == ["model"]
        return self._elsewhere.get(str(error.instance), "") if is_model else ""

    def _refusal(self, error: jsonschema_rs.ValidationError, place: list[str]) -> str | None:
        """The innermost x-refusal on the path to the keyword; for a missing property, x-missing."""
        node: Any = self.schema
        found: str | None = node.get("x-refusal")
        for part in error.schema_path:
            node = node[part]
            if isinstance(node, dict):
                found = node.get("x-refusal", found)
        if _missing_property(error) is None:
            return found
        return self.fields.get(tuple(place), {}).get("x-missing") or found

    def _rank(self, error: jsonschema_rs.ValidationError) -> tuple[bool, bool, int]:
        keyword = error.schema_path[-1] if error.schema_path else ""
        missing = _missing_property(error)
        place = [str(part) for part in (*error.instance_path, *([missing] if missing else []))]
        on_path = [tuple(place[:length]) for length in range(1, len(place) + 1)]
        declared = [path for path in on_path if path in self.fields]
        is_first = any(self.fields[path].get("x-checked-first") for path in declared)
        rank = self._ranks[declared[-1]] if declared else -1
        return not is_first, keyword not in _SHAPE, rank


def _missing_property(error: jsonschema_rs.ValidationError) -> str | None:
    if error.schema_path and error.schema_path[-1] == "required":
        return str(error.kind.property)  # type: ignore[attr-defined]
    return None


class Parameter(Struct, frozen=True):
    """One header or query parameter of an operation.

    header: its name in lower case, as ASGI and HTTP/2 write it. allowed: the strings in its enum or
    const. where: finds the pointer of a keyword in its Parameter Object."""

    name: str
    header: bytes
    location: str
    required: bool
    schema: dict[str, Any]
    is_integer: bool
    default: Any
    refusal: str
    required_by_scheme: str | None
    validator: jsonschema_rs.Validator
    allowed: frozenset[str] = frozenset()
    where: PointerLookup = no_pointer

    @classmethod
    def of(cls, node: dict[str, Any], where: PointerLookup = no_pointer) -> Parameter:
        """The parameter of a Parameter Object, whose $refs are resolved."""
        schema = node["schema"]
        validator = compile_schema(schema)
        named = [*schema.get("enum", ()), schema.get("const")]
        return cls(
            name=node["name"],
            header=node["name"].lower().encode(),
            location=node["in"],
            required=node.get("required", False),
            schema=schema,
            is_integer=schema.get("type") == "integer",
            default=schema.get("default"),
            refusal=node["x-refusal"],
            required_by_scheme=node.get("x-required-by-scheme"),
            validator=validator,
            allowed=frozenset(v for v in named if isinstance(v, str) and validator.is_valid(v)),
            where=where,
        )

    def parse(self, text: str | None) -> tuple[Any, Violation | None]:
        """The value of a parameter and its violation, if any. text: as sent; None if it was not
        sent, then the value is the default."""
        if text is None:
            missing = self.violation("is missing", "required") if self.required else None
            return self.default, missing
        value: Any = text
        if text in self.allowed:
            return text, None
        if self.is_integer and text.isascii() and text.removeprefix("-").isdigit():
            value = int(text[:20])
        if self.validator.is_valid(value):
            return value, None
        error = next(iter(self.validator.iter_errors(value)))
        return value, self.violation(error.message[:200], "schema", *error.schema_path)

    def violation(self, reason: str, *path: PointerPart) -> Violation:
        """A violation of this parameter. path: the path of the failed keyword in the Parameter
        Object; empty if no schema keyword failed."""
        keyword = str(path[-1]) if path else ""
        pointer = f"#{self.location}/{self.name}"
        return Violation(self.refusal, pointer, self.name, reason, keyword, self.where(path))
