"""The schemas that must all hold for one value, as a list of their parts: the keywords of each, of
the targets of its $refs, and of each schema of its allOf.

So schemas that are split differently can still be compared. Nothing is compared here."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from contracts.diff.document import Node, canonical_json
from contracts.diff.meanings import PROSE

JSON_TYPES = frozenset({"null", "boolean", "object", "array", "string", "integer", "fraction"})
# Keywords that restrict null too.
OF_EVERY_TYPE = {"const", "not", "if", "then", "else", "allOf", "anyOf", "oneOf", "$ref"}
# Keywords that do not restrict the values: beside a $ref, they replace those of its target.
ANNOTATIONS = PROSE | {"default", "deprecated", "x-refusal", "x-missing"}


class Schema(NamedTuple):
    """A schema with the x-refusal of the nearest schema around it."""

    node: Node
    refusal: str | None = None


class Part(NamedTuple):
    """The keywords of one schema object. refusal: the outcome if one of them is violated.
    is_inherited: a schema around the whole conjunction names the refusal."""

    node: Node
    fields: dict[str, Node]
    refusal: str | None
    is_inherited: bool

    def schema(self, keyword: str) -> list[Schema]:
        """The schema in a keyword; [] if every value is allowed."""
        node = self.fields.get(keyword)
        is_open = node is None or node.value is True or _is_only_prose(node.value)
        return [] if is_open or node is None else [Schema(node.dereferenced(), self.refusal)]

    def properties(self) -> dict[str, Node]:
        return self.fields["properties"].fields() if "properties" in self.fields else {}

    def property(self, name: str) -> list[Schema]:
        """The schema that applies to a property; [] if every value is allowed."""
        node = self.properties().get(name)
        if node is None:
            return self.schema("additionalProperties")
        return [Schema(node.dereferenced(), self.refusal)]


Schemas = tuple[Schema, ...]
SchemasOf = Callable[[Part], list[Schema]]  # finds the schemas of a value inside, in one part


class Conjunction:
    """Schemas that must all hold. Without schemas, every value is allowed."""

    def __init__(self, schemas: Schemas) -> None:
        self.roots = [schema.node for schema in schemas]
        self.outer_refusals = {schema.refusal for schema in schemas}
        self.parts = list(parts_of(schemas))
        self.keywords = {keyword: None for part in self.parts for keyword in part.fields}

    @property
    def strictness(self) -> int:
        """0 if every value is allowed, 2 if none is, 1 if it depends on the value."""
        allows_nothing = any(part.node.value is False for part in self.parts)
        return 2 if allows_nothing else int(bool(self.keywords.keys() - ANNOTATIONS))

    def nodes(self, keyword: str) -> list[Node]:
        """The nodes of a keyword, from each part that has it."""
        return [part.fields[keyword] for part in self.parts if keyword in part.fields]

    def inner(self, schemas_of: SchemasOf) -> Schemas:
        """The schemas of a value inside, each once."""
        found = [schema for part in self.parts for schema in schemas_of(part)]
        return tuple({(s.node.pointer, s.refusal): s for s in found}.values())

    def properties(self) -> dict[str, list[Node]]:
        """The schemas of each declared property."""
        found: dict[str, list[Node]] = {}
        for part in self.parts:
            for name, node in part.properties().items():
                found.setdefault(name, []).append(node)
        return found

    def required(self) -> dict[str, Node]:
        """The required properties, each with the list that requires it."""
        return {str(n.value): each for each in self.nodes("required") for n in each.items()}

    @cached_property
    def types(self) -> frozenset[str]:
        """The types that `type` allows. Numbers are split into "integer" and "fraction"."""
        return JSON_TYPES.intersection(*(_types(node.value) for node in self.nodes("type")))

    @cached_property
    def values(self) -> dict[str, str] | None:
        """The values of enum and const that `type` allows, as canonical JSON, each with its type.
        None without these keywords."""
        lists = [node.value for node in self.nodes("enum") if isinstance(node.value, list)]
        lists += [[node.value] for node in self.nodes("const")]
        if not lists:
            return None
        first, *others = ({canonical_json(v): type_of(v) for v in values} for values in lists)
        allowed = set(first).intersection(*others)
        return {text: first[text] for text in allowed if first[text] in self.types}

    @property
    def possible_types(self) -> set[str]:
        """The types of the allowed values."""
        return set(self.types) if self.values is None else set(self.values.values())


def parts_of(schemas: Iterable[Schema]) -> Iterator[Part]:
    """The parts of schemas that must all hold, each once: a recursive schema would never end
    otherwise."""
    seen: set[tuple[str, str | None]] = set()
    todo = deque((schema, True) for schema in schemas)
    while todo:
        (node, refusal), is_inherited = todo.popleft()
        own_refusal = node.get("x-refusal").value
        if isinstance(own_refusal, str):
            refusal, is_inherited = own_refusal, False
        replaced: set[str] = set()
        for target in node.ref_chain():
            if (target.pointer, refusal) in seen:
                continue
            seen.add((target.pointer, refusal))
            fields = {k: n for k, n in _keywords(target).items() if k not in replaced}
            replaced |= fields.keys() & ANNOTATIONS
            if "allOf" in fields and isinstance(fields["allOf"].value, list):
                todo += [(Schema(n, refusal), is_inherited) for n in fields.pop("allOf").items()]
            for keyword in ("anyOf", "oneOf"):
                if keyword in fields and (other := _or_null(fields[keyword])) is not None:
                    del fields[keyword]
                    yield Part(target, other, refusal, is_inherited)
            yield Part(target, fields, refusal, is_inherited)


def _or_null(alternatives: Node) -> dict[str, Node] | None:
    """The keywords of the alternatives `{type: null}` and X: those of X, and null is allowed too.
    None for any other alternatives, and if null could count for X too."""
    schemas = [node.dereferenced() for node in alternatives.items()]
    others = [node for node in schemas if node.value != {"type": "null"}]
    if len(schemas) != 2 or len(others) != 1:
        return None
    fields, at = _keywords(others[0]), alternatives
    types = _types(fields["type"].value) if "type" in fields else {"null"}
    if "null" in types or fields.keys() & OF_EVERY_TYPE:
        return None
    for keyword in fields.keys() & {"type", "enum"}:
        found = fields[keyword].value
        allowed = [*(found if isinstance(found, list) else [found])]
        fields[keyword] = at._replace(value=[*allowed, "null" if keyword == "type" else None])
    return fields


def _keywords(node: Node) -> dict[str, Node]:
    """The keywords of a schema, in one form. A value that is not a schema counts as one unknown
    keyword. The exclusiveMinimum of OpenAPI 3.0, which is a boolean, becomes a number. A format
    that does not restrict the values is left out."""
    fields = node.own_fields() if isinstance(node.value, dict | bool) else {"schema": node}
    strict = fields["exclusiveMinimum"].value if "exclusiveMinimum" in fields else None
    if isinstance(strict, bool) and "minimum" in fields:
        limit = fields.pop("minimum" if strict else "exclusiveMinimum")
        fields |= {"exclusiveMinimum": limit} if strict else {}
    name = fields["format"].value if "format" in fields else None
    types = _types(fields["type"].value) if "type" in fields else JSON_TYPES
    is_number = types <= {"integer", "fraction", "null"}
    if name == "password" or (is_number and name in ("int64", "double")):
        del fields["format"]
    return fields


def _is_only_prose(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() <= PROSE


def _types(value: Any) -> set[str]:
    names = {str(name) for name in (value if isinstance(value, list) else [value])}
    return names - {"number"} | {"integer", "fraction"} if "number" in names else names


def type_of(value: Any) -> str:
    """The type of a value, one of JSON_TYPES. 1.0 is an integer."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "fraction"
    names = ((int, "integer"), (list, "array"), (dict, "object"))
    return next((name for type_, name in names if isinstance(value, type_)), "string")
