"""Compares the lists of servers of two documents, paths or operations."""

from __future__ import annotations

from msgspec import UNSET

from contracts.diff.changes.change import Differences, SpecDifference
from contracts.diff.changes.document import Pair, canonical_json
from contracts.diff.changes.effects import Effect, Side
from contracts.diff.schemas.fields import added_or_removed, compare_fields, value_comparer
from contracts.diff.schemas.value_effects import allowed_set, always_changed


def servers(pair: Pair, side: Side) -> Differences:
    """Compare `servers`. Their order has no meaning. An added server breaks nobody, because no
    client has to use it; so it is compared like an optional part of an answer."""
    del side
    old, new = ({str(s.get("url").value): s for s in node.items()} for node in pair)
    for url in dict.fromkeys([*old, *new]):
        if url == "/" and not (old and new):
            continue  # without servers, OpenAPI assumes "/"
        server = Pair(old.get(url) or pair.old.absent("-"), new.get(url) or pair.new.absent("-"))
        if server.in_both:
            yield from compare_fields(server, {"variables": _variables}, "answer")
        else:
            yield added_or_removed(server, "server", "answer")


def _variables(pair: Pair, side: Side) -> Differences:
    table = {"enum": _variable_values, "default": value_comparer(always_changed, UNSET)}
    for variable in pair.each():
        yield from compare_fields(variable, table, side)


def _variable_values(pair: Pair, side: Side) -> Differences:
    """Compare the allowed values of a variable in a server's URL."""
    old, new = (
        set(map(canonical_json, n.value)) if isinstance(n.value, list) else None for n in pair
    )
    optional = {Effect.NARROWED: Effect.WITHDRAWN, Effect.WIDENED: Effect.OFFERED}
    effect = Effect.NONE
    for flag in allowed_set(old, new):
        effect |= optional[flag]
    if effect:
        yield SpecDifference(pair, "server-variable", effect, side)
