"""The position inside two schemas that are compared: request or answer, the polarity, and the
schemas that declare the properties of the value. Compares nothing itself."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from contracts.diff.changes import Effect, Side, SpecDifference, mirrored
from contracts.diff.conjunction import Part, Schema, SchemasOf, parts_of
from contracts.diff.document import Node, Pair

# The effect on the outer schema if the inner schema allows more. as-is: more, as in `properties`.
# mirrored: less, as in `not`. undecided: unknown, as in an `if` with both `then` and `else`.
Polarity = Literal["as-is", "mirrored", "undecided"]
Nodes = tuple[Node, ...]


class Context(Struct, frozen=True):
    """The position inside two schemas. scope: all old and all new schemas of the current value;
    None inside a condition, which declares no properties."""

    side: Side
    scope: tuple[Nodes, Nodes] | None
    polarity: Polarity = "as-is"

    @property
    def key(self) -> object:
        """In contexts with equal keys two schemas have the same differences."""
        scope = self.scope and tuple(tuple(node.pointer for node in nodes) for nodes in self.scope)
        return (self.side, self.polarity, scope)

    def difference(
        self, pair: Pair, subject: str, effect: Effect, text: str = "", verb: str = ""
    ) -> SpecDifference:
        """A difference at this position. effect: on the inner schema."""
        return self.outer(SpecDifference(pair, subject, effect, self.side, text, verb))

    def outer(self, difference: SpecDifference) -> SpecDifference:
        """A difference of the inner schema with its effect on the outer schema."""
        effect = difference.effect
        if self.polarity == "mirrored":
            return replace(difference, effect=mirrored(effect))
        if self.polarity == "as-is" or not effect & Effect.CHANGED or Effect.CHANGED in effect:
            return difference
        text = f"{difference.summary}; its effect on the whole schema cannot be decided"
        return replace(difference, effect=effect | Effect.CHANGED, text=text)

    def as_condition(self, polarity: Polarity) -> Context:
        """The context of a schema that is only a condition: `if` or `not`."""
        if "undecided" in (self.polarity, polarity):
            return Context(self.side, None, "undecided")
        return Context(self.side, None, "as-is" if self.polarity == polarity else "mirrored")

    def declares(self, name: str, *, old: bool) -> bool:
        """Whether the old (or else the new) document declares or requires a property of the current
        value, in any of its schemas."""
        if self.scope is None:
            return True
        parts = _in_place(self.scope[0 if old else 1])
        return any(name in part.properties() or _requires(part, name) for part in parts)

    def inside(self, schemas_of: SchemasOf) -> Context:
        """The context of a value inside."""
        if self.scope is None:
            return self
        old, new = (
            {
                schema.node.pointer: schema.node
                for part in _in_place(s)
                for schema in schemas_of(part)
            }
            for s in self.scope
        )
        scope = tuple(old[p] for p in sorted(old)), tuple(new[p] for p in sorted(new))
        return Context(self.side, scope, self.polarity)


def _requires(part: Part, name: str) -> bool:
    required = part.fields["required"].value if "required" in part.fields else None
    return isinstance(required, list) and name in required


def _in_place(schemas: Nodes) -> list[Part]:
    """The parts of schemas and of their branches, which all apply to the same value. `if` and `not`
    are left out, because they declare nothing. Cached in the document."""
    if not schemas:
        return []
    cache, key = schemas[0].document.cache, tuple(node.pointer for node in schemas)
    if key not in cache:
        found: dict[str, Part] = {}
        todo = list(schemas)
        while todo:
            parts = parts_of([Schema(todo.pop())])
            unseen = {p.node.pointer: p for p in parts if p.node.pointer not in found}
            found |= unseen
            todo += [branch for part in unseen.values() for branch in _branches(part)]
        cache[key] = list(found.values())
    parts_in_place: list[Part] = cache[key]
    return parts_in_place


def _branches(part: Part) -> list[Node]:
    found = [part.fields[keyword] for keyword in ("then", "else") if keyword in part.fields]
    for keyword in ("anyOf", "oneOf", "dependentSchemas"):  # not judged, but they declare names
        if keyword in part.fields:
            found += [*part.fields[keyword].items(), *part.fields[keyword].fields().values()]
    return found
