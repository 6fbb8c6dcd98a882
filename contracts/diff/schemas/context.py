"""The position inside two schemas that are compared: request or answer, the polarity, the declared
properties, and the refusals of outer schemas. Compares nothing itself."""

from __future__ import annotations

from typing import Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

from contracts.diff.changes.change import SpecDifference
from contracts.diff.changes.document import Pair
from contracts.diff.changes.effects import Effect, Side, mirrored, undecided
from contracts.diff.schemas.flat_schema import Refusals
from contracts.diff.schemas.property_names import Nodes, declared_names, inner_schemas

# The effect on the outer schema if the inner schema allows more. as-is: more, as in `properties`.
# mirrored: less, as in `not`. undecided: unknown, as in an `if` with both `then` and `else`.
Polarity = Literal["as-is", "mirrored", "undecided"]


class SchemaContext(Struct, frozen=True):
    """The position inside two schemas.

    schemas: all old and all new schemas of the current value; None inside a condition, which
    declares no properties. refusals: the old and new x-refusal of the nearest outer schema."""

    side: Side
    schemas: tuple[Nodes, Nodes] | None
    polarity: Polarity = "as-is"
    refusals: Refusals = (None, None)

    @property
    def key(self) -> tuple[object, ...]:
        """A cache key: in contexts with equal keys two schemas have the same differences."""
        pointers = self.schemas and tuple(tuple(n.pointer for n in each) for each in self.schemas)
        return (self.side, self.polarity, self.refusals, pointers)

    def declares(self, name: str, *, old: bool) -> bool:
        """Whether the old (or else the new) document declares a property of the current value, in
        any of its schemas."""
        return self.schemas is None or name in declared_names(self.schemas[0 if old else 1])

    def outer_effect(self, effect: Effect) -> Effect:
        """The effect on the outer schema of an effect on the inner one."""
        if self.polarity == "as-is":
            return effect
        return mirrored(effect) if self.polarity == "mirrored" else undecided(effect)

    def difference(
        self, pair: Pair, subject: str, effect: Effect, text: str = "", *, verb: str = ""
    ) -> SpecDifference:
        """A difference at this position. effect: on the inner schema."""
        return self.outer(SpecDifference(pair, subject, effect, self.side, text, verb=verb))

    def outer(self, difference: SpecDifference) -> SpecDifference:
        """A difference of the inner schema with its effect on the outer schema."""
        effect = self.outer_effect(difference.effect)
        text = difference.text
        if self.polarity == "undecided" and effect != difference.effect:
            text = f"{difference.summary}; its effect on the whole schema cannot be decided"
        return replace(difference, effect=effect, text=text)

    def with_polarity(self, polarity: Polarity) -> SchemaContext:
        """The context below a keyword of this polarity."""
        if polarity == "as-is":
            return self
        if "undecided" in (self.polarity, polarity):
            return replace(self, polarity="undecided")
        return replace(self, polarity="as-is" if self.polarity == "mirrored" else "mirrored")

    def as_condition(self, polarity: Polarity) -> SchemaContext:
        """The context of a schema that is only a condition: `if` or `not`."""
        return replace(self.with_polarity(polarity), schemas=None)

    def with_refusals(self, refusals: Refusals) -> SchemaContext:
        """The context of another schema for the same value."""
        return replace(self, refusals=refusals)

    def descend(self, refusals: Refusals, name: str | None = None) -> SchemaContext:
        """The context of the property `name`, or of an element if name is None."""
        if self.schemas is None:
            return self.with_refusals(refusals)
        old, new = self.schemas
        inner = (inner_schemas(old, name), inner_schemas(new, name))
        return replace(self.with_refusals(refusals), schemas=inner)


class SchemaWalker(Protocol):
    """Compares the schemas inside a keyword; the comparers of keywords call it. A schema that does
    not exist allows every value."""

    def compare(self, pair: Pair, context: SchemaContext) -> tuple[SpecDifference, ...]:
        """The differences of two schemas for the same value."""

    def compare_nested(
        self, pair: Pair, context: SchemaContext, refusals: Refusals, name: str | None = None
    ) -> tuple[SpecDifference, ...]:
        """The differences of two schemas for the property `name`, or for an element if name is
        None."""
