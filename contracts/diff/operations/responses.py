"""What changes in which answers an operation may give do. Knows statuses; nothing of what is in an
answer."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.diff.changes.changes import Found
from contracts.diff.changes.document import Known, Node, Pair
from contracts.diff.changes.effects import Effect, Side
from contracts.diff.operations.payloads import Payloads
from contracts.diff.schemas.judges import noted
from contracts.diff.schemas.tables import WORDS, Rule, by_table, called, leaf, lone, text, unknown


def responses(payloads: Payloads, pair: Pair, known: Known) -> Iterator[Found]:
    """The answers by status. A status is covered by its range (`4XX`) and by `default`; one that is
    not is as a value of an enum: a client may not know it. known: which places are the same."""
    table: dict[str, Rule] = {
        "headers": payloads.headers,
        "content": payloads.content,
        "links": _links,
    }
    for response in pair.each(str.upper):
        status = response.shown.name
        if status.startswith("x-"):
            yield from unknown(response, "answer")
            continue
        both = _covered(response, pair, status.upper())
        found = [] if response.in_both else [_lone(response, both.in_both)]
        if both.in_both and not both.is_same(known=known):
            found += by_table(both, table, "answer")
        yield from (one.of(status) for one in found)


def _covered(response: Pair, pair: Pair, status: str) -> Pair:
    """The two answers that this status has; where a document does not name it, what covers it."""
    ranges = [f"{status[0]}XX", "DEFAULT"]
    old, new = (
        node if node.is_there else _first({n.upper(): c for n, c in all_.fields().items()}, ranges)
        for node, all_ in zip(response, pair, strict=True)
    )
    return Pair(old or response.old, new or response.new)


def _first(named: dict[str, Node], names: list[str]) -> Node | None:
    return next((named[name] for name in names if name in named), None)


def _lone(response: Pair, is_covered: bool) -> Found:
    """A status that is new or gone: as a value of an enum. For a success that is gone clients look
    in vain."""
    how = "added" if response.new.is_there else "removed"
    said = f"{response.shown.name} is {'new' if response.new.is_there else 'gone'}"
    if is_covered:
        effect = Effect.NOTED
    else:
        effect = Effect.WIDENED if response.new.is_there else Effect.NARROWED
        if response.shown.name.startswith("2"):
            effect |= Effect.OFFERED if response.new.is_there else Effect.WITHDRAWN
    return Found(response, "response", effect, "answer", said, how=how)


def _links(pair: Pair, side: Side) -> Iterator[Found]:
    """Links show the way from one call to the next; they promise no answer."""
    for link in pair.each():
        if not link.in_both:
            yield lone(link, "link", side)
        elif link.is_same(WORDS):
            yield from called("link", text(link, side))
        else:
            yield from called("link", leaf(noted)(link, side))
