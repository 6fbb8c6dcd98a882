"""Two documents, operation by operation. Knows where things stand in OpenAPI; what they mean is
known by the rules that it calls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from contracts.diff.access import Security, schemes, servers
from contracts.diff.agreements import AGREEMENTS, RATE
from contracts.diff.effects import Effect, Side
from contracts.diff.findings import Found
from contracts.diff.judges import noted, other
from contracts.diff.parameters import parameters
from contracts.diff.payloads import Payloads
from contracts.diff.responses import responses
from contracts.diff.schemas import Schemas
from contracts.diff.tables import Rule, by_table, called, leaf, lone, silent, text, unknown
from contracts.diff.tree import Document, Known, Node, Pair

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_ITEM: dict[str, Rule] = dict.fromkeys((*METHODS, "parameters", "servers"), silent)


class Call(NamedTuple):
    """An operation with the path item that it stands in."""

    item: Pair
    own: Pair

    @property
    def label(self) -> str:
        """Its operationId; without one method and path."""
        return _id(self.own.shown) or _written(self.item.shown, self.own.shown)

    @property
    def servers(self) -> tuple[Node | None, Node | None] | None:
        """Those of the operation or of its path, which count in place of the document's."""
        old, new = (
            next((n for n in (own.get("servers"), item.get("servers")) if n.is_there), None)
            for item, own in zip(self.item, self.own, strict=True)
        )
        return (old, new) if old or new else None


def differences(old: Document, new: Document) -> Iterator[Found]:
    """All differences of two documents."""
    root = Pair(old.root, new.root)
    operations = Operations(root)
    table: dict[str, Rule] = {
        **AGREEMENTS,
        "openapi": text,
        "info": _info,
        "servers": servers,
        "security": silent,
        "paths": operations.paths,
        "components": lambda _, side: schemes(root, side),
    }
    yield from by_table(root, table, "request")


def _info(pair: Pair, side: Side) -> Iterator[Found]:
    for field in pair.each():
        yield from called("info", text(field, side))


class Operations:
    """Compares the operations of two documents."""

    def __init__(self, root: Pair) -> None:
        self._root = root
        self.security = Security(root)
        self._known: Known = {}
        self._payloads = payloads = Payloads(Schemas(self._known))
        self._table: dict[str, Rule] = {
            "operationId": leaf(other, UNSET, "what is made from the document goes by it"),
            "deprecated": leaf(noted, False),
            "parameters": silent,
            "requestBody": payloads.body,
            "responses": lambda pair, _: responses(payloads, pair, self._known),
            "security": silent,
            "servers": silent,
            "x-rate": RATE,
        }

    def paths(self, pair: Pair, side: Side) -> Iterator[Found]:
        """The rule of the paths; how a part of one is named does not make it another."""
        calls: list[Call] = []
        for item in pair.each(_shape):
            if item.shown.name.startswith("x-"):
                yield from unknown(item, side)
                continue
            if item.in_both:
                yield from by_table(item, _ITEM, side)
            calls += [Call(item, item.get(method)) for method in METHODS]
        for call in _joined([call for call in calls if call.own.shown.is_there]):
            yield from (one.of(call.label) for one in self._call(call, side))

    def _call(self, call: Call, side: Side) -> Iterator[Found]:
        if not call.own.in_both:
            said = f"operation {call.label} is {'new' if call.own.new.is_there else 'gone'}"
            yield replace(lone(call.own, "operation", side), text=said)
            return
        was, now = (_written(*nodes) for nodes in zip(call.item, call.own, strict=True))
        if _shape(was) != _shape(now):
            said = f"{was} is {now} now"
            yield Found(call.own, "operation", Effect.CHANGED, side, said, how="moved")
        if not call.own.is_same(known=self._known):
            yield from by_table(call.own, self._table, side)
        yield from parameters(self._payloads, call.item, call.own)
        yield from self.security.differences(call.own.get("security"), side)
        nearer = call.servers
        if nearer:
            common = self._root.get("servers")
            yield from servers(Pair(nearer[0] or common.old, nearer[1] or common.new), side)


def _shape(template: str) -> str:
    return re.sub(r"{[^{}]*}", "{}", template)


def _written(item: Node, operation: Node) -> str:
    return f"{operation.name.upper()} {item.name}"


def _joined(calls: list[Call]) -> list[Call]:
    """The calls, where two with one operationId, of which one is gone and one is new, are one that
    moved."""
    gone = {_id(call.own.old): call for call in calls if not call.own.new.is_there}
    came = {_id(call.own.new): call for call in calls if not call.own.old.is_there}
    moved = {name: (gone[name], came[name]) for name in gone if name and name in came}
    alone = [call for pair in moved.values() for call in pair]
    return [call for call in calls if call not in alone] + [
        Call(Pair(old.item.old, new.item.new), Pair(old.own.old, new.own.new))
        for old, new in moved.values()
    ]


def _id(operation: Node) -> str:
    given = operation.get("operationId").value
    return given if isinstance(given, str) else ""
