"""Compares the answers of an operation by status."""

from __future__ import annotations

from contracts.diff.changes.change import Differences, SpecDifference
from contracts.diff.changes.document import EqualityCache, Node, Pair
from contracts.diff.changes.effects import Effect, Side
from contracts.diff.operations.payloads import Payloads
from contracts.diff.schemas.fields import (
    PROSE,
    FieldComparer,
    added_or_removed,
    compare_fields,
    prose,
    unknown_field,
    value_comparer,
    with_subject,
)
from contracts.diff.schemas.value_effects import always_noted


def responses(payloads: Payloads, pair: Pair, cache: EqualityCache) -> Differences:
    """Compare `responses`. A status that one document does not list is compared with its range
    (`4XX`) or with `default`. If there is none, the status is like a new value of an enum: a client
    may not know it. cache: known results of Pair.is_same()."""
    table: dict[str, FieldComparer] = {
        "headers": payloads.headers,
        "content": payloads.content,
        "links": _links,
    }
    for response in pair.each(str.upper):
        status = response.shown.name
        if status.startswith("x-"):
            yield from unknown_field(response, "answer")
            continue
        both = _covering(response, pair, status.upper())
        found = [] if response.in_both else [_lone_status(response, both.in_both)]
        if both.in_both and not both.is_same(cache=cache):
            found += compare_fields(both, table, "answer")
        yield from (difference.in_use(status) for difference in found)


def _covering(response: Pair, pair: Pair, status: str) -> Pair:
    """The answers for a status in both documents: its own entry, else its range, else default."""
    ranges = [f"{status[0]}XX", "DEFAULT"]
    old, new = (
        node if node.exists else _first({n.upper(): c for n, c in every.fields().items()}, ranges)
        for node, every in zip(response, pair, strict=True)
    )
    return Pair(old or response.old, new or response.new)


def _first(nodes: dict[str, Node], names: list[str]) -> Node | None:
    return next((nodes[name] for name in names if name in nodes), None)


def _lone_status(response: Pair, is_covered: bool) -> SpecDifference:
    """The difference for an added or removed status. A removed success (2XX) also takes an answer
    away that clients need. is_covered: a range or default of the other document includes it."""
    verb = "added" if response.new.exists else "removed"
    text = f"{response.shown.name} was {verb}"
    if is_covered:
        effect = Effect.NOTED
    else:
        effect = Effect.WIDENED if response.new.exists else Effect.NARROWED
        if response.shown.name.startswith("2"):
            effect |= Effect.OFFERED if response.new.exists else Effect.WITHDRAWN
    return SpecDifference(response, "response", effect, "answer", text, verb=verb)


def _links(pair: Pair, side: Side) -> Differences:
    """Compare links. They describe possible next calls and do not restrict answers."""
    for link in pair.each():
        if not link.in_both:
            yield added_or_removed(link, "link", side)
        elif link.is_same(PROSE):
            yield from with_subject("link", prose(link, side))
        else:
            yield from with_subject("link", value_comparer(always_noted)(link, side))
