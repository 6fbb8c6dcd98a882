"""The property names that the schemas of a value declare, and the schemas of the values inside it.
Alternatives and conditions are included. Nothing is compared here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from contracts.diff.changes.document import Node
from contracts.diff.schemas.flat_schema import Subschema, flatten

Nodes = tuple[Node, ...]


def declared_names(schemas: Nodes) -> frozenset[str]:
    """The property names that one of the schemas of an object declares or requires."""
    found: set[str] = set()
    for subschema in _all_subschemas(schemas):
        found |= subschema.get("properties").fields().keys()
        required = subschema.value("required")
        found |= set(map(str, required)) if isinstance(required, list) else set()
    return frozenset(found)


def inner_schemas(schemas: Nodes, name: str | None) -> Nodes:
    """The schemas of the property `name`, from all schemas of its object; if name is None, the
    schemas of all elements and undeclared properties."""
    found: dict[str, Node] = {}
    for subschema in _all_subschemas(schemas):
        properties = subschema.get("properties").fields()
        inner = [properties[name]] if name in properties else _undeclared(subschema)
        inner += _elements(subschema) if name is None else []
        found.update((node.dereferenced().pointer, node.dereferenced()) for node in inner)
    return tuple(found[pointer] for pointer in sorted(found))


def _undeclared(subschema: Subschema) -> list[Node]:
    """The schemas of properties that `properties` does not list."""
    rest = subschema.get("additionalProperties")
    return [*subschema.get("patternProperties").fields().values(), *([rest] if rest.exists else [])]


def _elements(subschema: Subschema) -> list[Node]:
    prefix = subschema.get("prefixItems").items()
    found = [subschema.get("items"), subschema.get("contains"), *prefix]
    return [node for node in found if node.exists]


def _all_subschemas(schemas: Nodes) -> list[Subschema]:
    """The subschemas of schemas and of all their branches, except `if` and `not`, which declare
    nothing. Cached in the document."""
    if not schemas:
        return []
    cache, key = schemas[0].document.cache, ("subschemas", *(node.pointer for node in schemas))
    if key not in cache:
        cache[key] = list(_walk(schemas, set()))
    found: list[Subschema] = cache[key]
    return found


def _walk(schemas: Iterable[Node], seen: set[str]) -> Iterator[Subschema]:
    for node in (node.dereferenced() for node in schemas):
        if node.pointer not in seen:
            seen.add(node.pointer)
            for subschema in flatten(node).subschemas:
                yield subschema
                yield from _walk(_branches(subschema), seen)


def _branches(subschema: Subschema) -> Iterator[Node]:
    for keyword in ("anyOf", "oneOf"):
        yield from subschema.get(keyword).items()
    yield from subschema.get("dependentSchemas").fields().values()
    yield from (node for k in ("then", "else") if (node := subschema.get(k)).exists)
