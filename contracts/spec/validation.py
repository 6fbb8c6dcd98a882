"""Which refusal a violated rule of the spec leads to. Reads schemas; knows nothing of HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
from msgspec import Struct

from contracts.spec.keywords import KEYWORDS
from contracts.spec.pointers import Part, Where, nowhere, pointer_of

# What is wrong with the shape is said before what is wrong with a value.
_SHAPE = {"type", "required", "minItems", "maxItems"}


class Violation(Struct, frozen=True):
    """One rule that a call breaks. `outcome` names the answer, `pointer` the place in the body or
    the parameter, `field` the same with dots (`input.image_url`), `reason` what is wrong there.
    `keyword` is the schema keyword that does not hold ("": no schema says it), `schema` the place
    of the rule in the document as written."""

    outcome: str
    pointer: str
    field: str
    reason: str
    keyword: str = ""
    schema: str = ""


def compile_schema(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    """A validator that knows our keywords. The schema must have no $ref left."""
    return jsonschema_rs.Draft202012Validator(schema, keywords=KEYWORDS)


class BodyRules:
    """The schema of a request body with the refusals that its x-refusal and x-missing name.
    `where` says of each way down the schema where it is written."""

    def __init__(self, schema: dict[str, Any], default: str, where: Where = nowhere) -> None:
        self.schema = schema
        self.where = where
        self._default = default
        self._validator = compile_schema(schema)

    def is_valid(self, body: Any) -> bool:
        """Whether nothing is wrong with a body."""
        return self._validator.is_valid(body)

    def violations(self, body: Any) -> Iterator[Violation]:
        """What is wrong with a body: what is checked first, shape before values, then in the order
        of the schema."""
        for error in sorted(self._validator.iter_errors(body), key=self._rank):
            yield self._violation(error)

    def _violation(self, error: jsonschema_rs.ValidationError) -> Violation:
        place = [str(part) for part in error.instance_path]
        missing = _missing_property(error)
        if missing is not None:
            place.append(missing)
        return Violation(
            outcome=self._refusal(list(error.schema_path), missing) or self._default,
            pointer=pointer_of(place),
            field=".".join(place) or "body",
            reason=error.message[:200],
            keyword=str(error.schema_path[-1]),
            schema=self.where(error.schema_path),
        )

    def _refusal(self, path: list[str | int], missing: str | None) -> str | None:
        """The nearest x-refusal on the way down to the rule; x-missing for what is not there."""
        node: Any = self.schema
        found: str | None = node.get("x-refusal")
        for part in path:
            node = node[part]
            if isinstance(node, dict):
                found = node.get("x-refusal", found)
        if missing is None:
            return found
        parent = self._node(path[:-1])
        return parent["properties"].get(missing, {}).get("x-missing") or found

    def _node(self, path: list[str | int]) -> Any:
        node: Any = self.schema
        for part in path:
            node = node[part]
        return node

    def _rank(self, error: jsonschema_rs.ValidationError) -> tuple[bool, bool, list[int]]:
        keyword = error.schema_path[-1] if error.schema_path else ""
        missing = _missing_property(error)
        place = [*error.instance_path, *([missing] if missing else [])]
        return not self._is_first(place), keyword not in _SHAPE, self._order(place)

    def _is_first(self, place: list[str | int]) -> bool:
        """Whether the schema has x-checked-first on the way to a place of the body."""
        node = self.schema
        for part in place:
            node = node.get("properties", {}).get(part, {})
            if node.get("x-checked-first"):
                return True
        return False

    def _order(self, place: list[str | int]) -> list[int]:
        """Where a place of the body stands in the schema, as positions of properties."""
        node, order = self.schema, []
        for part in place:
            names = list(node.get("properties", {}))
            order.append(names.index(part) if part in names else len(names))
            node = node.get("properties", {}).get(part, {})
        return order


def _missing_property(error: jsonschema_rs.ValidationError) -> str | None:
    if error.schema_path and error.schema_path[-1] == "required":
        return str(error.kind.property)  # type: ignore[attr-defined]
    return None


class Parameter(Struct, frozen=True):
    """One parameter of an operation that travels in a header or the query. `header` is its name as
    ASGI and HTTP/2 write it; `allowed` are the texts that its enum or const names; `where` says of
    each way down its object where it is written."""

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
    where: Where = nowhere

    @classmethod
    def of(cls, node: dict[str, Any], where: Where = nowhere) -> Parameter:
        """The parameter that a Parameter Object without $ref describes."""
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
        """The value, or the default when it was not sent, and what is wrong with it."""
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

    def violation(self, reason: str, *rule: Part) -> Violation:
        """That `reason` is wrong with it; `rule` is the way to the rule in the parameter's object,
        empty where its schema does not say it."""
        keyword = str(rule[-1]) if rule else ""
        pointer = f"#{self.location}/{self.name}"
        return Violation(self.refusal, pointer, self.name, reason, keyword, self.where(rule))
