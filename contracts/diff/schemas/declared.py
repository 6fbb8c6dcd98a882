"""Which names the schemas of one value declare, and which schemas the values inside it have, in
whatever branch they stand. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from contracts.diff.changes.document import Node
from contracts.diff.schemas.conjuncts import Part, whole

Nodes = tuple[Node, ...]


def names(nodes: Nodes) -> frozenset[str]:
    """The names of an object that its schemas declare."""
    found: set[str] = set()
    for part in _every(nodes):
        found |= part.get("properties").fields().keys()
        listed = part.value("required")
        found |= set(map(str, listed)) if isinstance(listed, list) else set()
    return frozenset(found)


def inside(nodes: Nodes, name: str | None) -> Nodes:
    """The schemas of the value under a name of an object, by all schemas of that object; of no
    name: of the elements, whichever."""
    found: dict[str, Node] = {}
    for part in _every(nodes):
        declared = part.get("properties").fields()
        held = [declared[name]] if name in declared else _unnamed(part)
        held += _elements(part) if name is None else []
        found.update((node.settled().place, node.settled()) for node in held)
    return tuple(found[place] for place in sorted(found))


def _unnamed(part: Part) -> list[Node]:
    rest = part.get("additionalProperties")
    return [*part.get("patternProperties").fields().values(), *([rest] if rest.is_there else [])]


def _elements(part: Part) -> list[Node]:
    found = [part.get("items"), part.get("contains"), *part.get("prefixItems").items()]
    return [node for node in found if node.is_there]


def _every(nodes: Nodes) -> list[Part]:
    """The parts of schemas and of all their branches, but for what only asks."""
    if not nodes:
        return []
    memo, key = nodes[0].document.memo, ("every", *(node.place for node in nodes))
    if key not in memo:
        memo[key] = list(_each(nodes, set()))
    found: list[Part] = memo[key]
    return found


def _each(nodes: Iterable[Node], seen: set[str]) -> Iterator[Part]:
    for node in (node.settled() for node in nodes):
        if node.place not in seen:
            seen.add(node.place)
            for part in whole(node).parts:
                yield part
                yield from _each(_branches(part), seen)


def _branches(part: Part) -> Iterator[Node]:
    for keyword in ("anyOf", "oneOf"):
        yield from part.get(keyword).items()
    yield from part.get("dependentSchemas").fields().values()
    yield from (part.fields[keyword] for keyword in ("then", "else") if keyword in part.fields)
