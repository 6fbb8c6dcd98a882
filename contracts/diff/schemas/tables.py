"""How objects of a document are held together: a table says which rule each name has. Knows the
names that mean the same everywhere, and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import UNSET
from msgspec.structs import replace

from contracts.diff.changes.changes import Found
from contracts.diff.changes.document import Pair, canonical
from contracts.diff.changes.effects import Effect, Side, mirrored
from contracts.diff.schemas.judges import Judge, judged, noted, other, rule, switch, words

# The differences of a pair that stands under a name.
Rule = Callable[[Pair, Side], Iterator[Found]]

# Words for people, and where they come from.
WORDS = frozenset({
    "description", "summary", "title", "$comment", "example", "examples", "externalDocs", "tags",
    "x-evidence", "x-source", "x-message", "x-details", "x-enum-varnames",
})  # fmt: skip
UNKNOWN = "{} is another, and what it means is not known here"
UNDECIDED = "{} is another, and which of the two allows more is not decided"


def leaf(judge: Judge, absent: object = None, text: str = "") -> Rule:
    """The rule of a value that is judged as a whole. absent: what counts where it is not there."""

    def apply(pair: Pair, side: Side) -> Iterator[Found]:
        if pair.is_same():
            return
        old, new = (absent if node.value is UNSET else node.value for node in pair)
        effect = Effect.NONE if canonical(old) == canonical(new) else judged(judge, old, new)
        name = pair.shown.name
        undecided = UNDECIDED.format(name) if judge is rule and effect == Effect.CHANGED else ""
        yield Found(pair, name, effect, side, text or undecided)

    return apply


def unknown(pair: Pair, side: Side) -> Iterator[Found]:
    """The rule of a name that no table has. OpenAPI lets who does not know an extension pass over
    it; what any other name means is not decided."""
    name = pair.shown.name
    if name in WORDS:
        yield from text(pair, side)
    else:
        judge = noted if name.startswith("x-") else other
        yield from leaf(judge, UNSET, UNKNOWN.format(name))(pair, side)


def text(pair: Pair, side: Side) -> Iterator[Found]:
    """The rule of words for people; of lists, as tags, the order says nothing."""
    old, new = (sorted(map(canonical, n.value)) if isinstance(n.value, list) else n for n in pair)
    if old != new:
        yield from leaf(words, UNSET)(pair, side)


def required(pair: Pair, side: Side) -> Iterator[Found]:
    """The rule of a flag that says whether something has to be there."""
    how = "added" if pair.new.value is True else "removed"
    for found in leaf(switch, False)(pair, side):
        yield replace(found, how=how) if found.effect else found


def silent(pair: Pair, side: Side) -> Iterator[Found]:
    """The rule of a name that is judged elsewhere."""
    del pair, side
    return iter(())


def by_table(pair: Pair, table: Mapping[str, Rule], side: Side) -> Iterator[Found]:
    """The differences of two objects, each name by its rule."""
    if not pair.holds_maps:
        yield from leaf(other)(pair, side)
    for name in pair.names():
        inner = pair.get(name)
        if name in table and inner.is_mixed:  # one of them is nothing that its rule can read
            yield Found(inner, name, Effect.CHANGED, side)
        else:
            yield from table.get(name, unknown)(inner, side)


def lone(pair: Pair, subject: str, side: Side, more: Effect = Effect.NONE) -> Found:
    """That a named thing is new or gone. more: what its coming does besides."""
    effect = Effect.OFFERED | more
    name = pair.shown.name  # of an element of a list only its position
    called = subject if name in (subject, "-") or name.isdecimal() else f"{subject} {name}"
    if pair.new.is_there:
        return Found(pair, subject, effect, side, f"{called} is new")
    return Found(pair, subject, mirrored(effect), side, f"{called} is gone")


def called(subject: str, found: Iterable[Found]) -> Iterator[Found]:
    """The same differences, named for what they are of."""
    for one in found:
        yield replace(one, subject=subject)
