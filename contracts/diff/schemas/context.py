"""What is known on the way down a schema that is compared: the side, whether more inside means more
outside, which names are declared, which refusal is nearest. Decides nothing."""

from __future__ import annotations

from typing import Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

from contracts.diff.changes.changes import Found
from contracts.diff.changes.document import Node, Pair
from contracts.diff.changes.effects import Effect, Side, mirrored, undecided
from contracts.diff.schemas.conjuncts import Refusals
from contracts.diff.schemas.declared import inside, names

# as-is: as in `properties`. mirrored: as in `not`. undecided: as in an `if` with then and else.
Turn = Literal["as-is", "mirrored", "undecided"]


class Context(Struct, frozen=True):
    """here: all schemas, old and new, of the value that is looked at; None where it is only asked
    about, as a condition declares nothing. refusals: the nearest above, old and new."""

    side: Side
    here: tuple[tuple[Node, ...], tuple[Node, ...]] | None
    turn: Turn = "as-is"
    refusals: Refusals = (None, None)

    @property
    def key(self) -> tuple[object, ...]:
        """The same for contexts in which the same is found."""
        here = self.here and tuple(tuple(n.place for n in nodes) for nodes in self.here)
        return (self.side, self.turn, self.refusals, here)

    def declares(self, name: str, *, old: bool) -> bool:
        """Whether the old, else the new document declares a name of this value in any place."""
        return self.here is None or name in names(self.here[0 if old else 1])

    def turned(self, effect: Effect) -> Effect:
        """What an effect inside does outside."""
        if self.turn == "as-is":
            return effect
        return mirrored(effect) if self.turn == "mirrored" else undecided(effect)

    def found(
        self, pair: Pair, subject: str, effect: Effect, text: str = "", *, how: str = ""
    ) -> Found:
        """A difference that has this effect inside."""
        return self.outside(Found(pair, subject, effect, self.side, text, how=how))

    def outside(self, found: Found) -> Found:
        """A difference inside as it is seen from outside."""
        effect = self.turned(found.effect)
        text = found.text
        if self.turn == "undecided" and effect != found.effect:
            text = f"{found.said}; what the whole allows then is not decided"
        return replace(found, effect=effect, text=text)

    def under(self, turn: Turn) -> Context:
        """For a schema of the same value under a keyword that turns effects so."""
        if turn == "as-is":
            return self
        if "undecided" in (self.turn, turn):
            return replace(self, turn="undecided")
        return replace(self, turn="as-is" if self.turn == "mirrored" else "mirrored")

    def condition(self, turn: Turn) -> Context:
        """The same for a schema that only asks."""
        return replace(self.under(turn), here=None)

    def beside(self, refusals: Refusals) -> Context:
        """For a schema of the same value."""
        return replace(self, refusals=refusals)

    def into(self, refusals: Refusals, name: str | None = None) -> Context:
        """For the schema of a value inside this one: that under a name, else an element."""
        if self.here is None:
            return self.beside(refusals)
        old, new = self.here
        return replace(self.beside(refusals), here=(inside(old, name), inside(new, name)))


class Walk(Protocol):
    """What goes down schemas; the judges of keywords call it for the schemas inside theirs. A
    schema that is not there allows everything."""

    def compare(self, pair: Pair, context: Context) -> tuple[Found, ...]:
        """The differences of two schemas for the same value."""

    def inside(
        self, pair: Pair, context: Context, refusals: Refusals, name: str | None = None
    ) -> tuple[Found, ...]:
        """The differences of two schemas for the value under a name, else for an element."""
