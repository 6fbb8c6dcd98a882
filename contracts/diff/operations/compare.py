"""Two documents, operation by operation. Knows where things stand in OpenAPI; what they mean is
known by the rules that it calls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from contracts.diff.changes.changes import Found
from contracts.diff.changes.document import Document, Known, Node, Pair
from contracts.diff.changes.effects import Effect, Side
from contracts.diff.operations.access import Security, schemes, servers
from contracts.diff.operations.agreements import AGREEMENTS, RATE
from contracts.diff.operations.parameters import parameters
from contracts.diff.operations.payloads import Payloads
from contracts.diff.operations.responses import responses
from contracts.diff.schemas.compare import Schemas
from contracts.diff.schemas.judges import noted, other
from contracts.diff.schemas.tables import Rule, by_table, called, leaf, lone, silent, text, unknown
from contracts.spec.document import PARAMETER_KEYS

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
            **dict.fromkeys(PARAMETER_KEYS, silent),
            "requestBody": payloads.body,
            "responses": lambda pair, _: responses(payloads, pair, self._known),
            "security": silent,
            "servers": silent,
            "x-rate": RATE,
        }

    def paths(self, pair: Pair, side: Side) -> Iterator[Found]:
        """The rule of the paths; how a part of one is named does not make it another."""
        calls: list[Call] = []
        for shape in dict.fromkeys(_shape(name) for name in pair.names()):
            if shape.startswith("x-"):
                yield from unknown(pair.get(shape), side)
                continue
            items = _items(pair, shape)
            for item in (item for item in items if item.in_both):
                yield from by_table(item, _ITEM, side)
            calls += _calls(items)
        for call in _joined(calls):
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


def one_path_twice(root: Node) -> Iterator[str]:
    """The operations that a document has twice: under two paths that differ in names alone."""
    known: dict[tuple[str, str], str] = {}
    for name, item in root.get("paths").fields().items():
        for method in (method for method in METHODS if item.get(method).is_there):
            first = known.setdefault((_shape(name), method), name)
            if first != name:
                yield f"{first} and {name} are one path, and both have {method.upper()}"


def _shape(template: str) -> str:
    return re.sub(r"{[^{}]*}", "{}", template)


def _items(pair: Pair, shape: str) -> list[Pair]:
    """The path items of one shape: those of one name together, then in their order. OpenAPI forbids
    two of one shape in a document, and people write them: for each method one, as a router does."""
    old, new = ([n for n in side.fields() if _shape(n) == shape] for side in pair)
    same = [name for name in old if name in new]
    left = zip_longest((n for n in old if n not in same), (n for n in new if n not in same))
    return [pair.get(name) for name in same] + [
        Pair(pair.old.get(was or str(now)), pair.new.get(now or str(was))) for was, now in left
    ]


def _calls(items: list[Pair]) -> Iterator[Call]:
    """The operations of path items of one shape, whichever of these holds them."""
    for method in METHODS:
        olds = (item for item in items if item.old.get(method).is_there)
        news = (item for item in items if item.new.get(method).is_there)
        old, new = next(olds, None), next(news, None)
        if old or new:
            item = Pair((old or new or items[0]).old, (new or old or items[0]).new)
            yield Call(item, item.get(method))


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
