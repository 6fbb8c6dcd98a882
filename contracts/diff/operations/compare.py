"""Compares two OpenAPI documents operation by operation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from contracts.diff.changes.change import Differences, SpecDifference
from contracts.diff.changes.document import Document, EqualityCache, Node, Pair
from contracts.diff.changes.effects import Effect, Side
from contracts.diff.operations.extensions import RATE, ROOT_EXTENSIONS
from contracts.diff.operations.parameters import parameters
from contracts.diff.operations.payloads import Payloads
from contracts.diff.operations.responses import responses
from contracts.diff.operations.security import SecurityRequirements, security_schemes
from contracts.diff.operations.servers import servers
from contracts.diff.schemas.compare import SchemaComparison
from contracts.diff.schemas.fields import (
    FieldComparer,
    added_or_removed,
    compare_fields,
    ignore,
    prose,
    unknown_field,
    value_comparer,
    with_subject,
)
from contracts.diff.schemas.value_effects import always_changed, always_noted
from contracts.spec.document import PARAMETER_KEYS

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_PATH_ITEM: dict[str, FieldComparer] = dict.fromkeys((*METHODS, "parameters", "servers"), ignore)


class OperationPair(NamedTuple):
    """An operation in both documents. item: the path items, own: the Operation Objects."""

    item: Pair
    own: Pair

    @property
    def label(self) -> str:
        """The operationId; without one, the method and path."""
        return _id(self.own.shown) or _method_and_path(self.item.shown, self.own.shown)

    @property
    def servers(self) -> tuple[Node | None, Node | None] | None:
        """The `servers` of the operation, or else of its path. They replace those of the document.
        None if neither document has them."""
        old, new = (
            next((n for n in (own.get("servers"), item.get("servers")) if n.exists), None)
            for item, own in zip(self.item, self.own, strict=True)
        )
        return (old, new) if old or new else None


def differences(old: Document, new: Document) -> Differences:
    """All differences of two documents."""
    root = Pair(old.root, new.root)
    operations = OperationComparison(root)
    table: dict[str, FieldComparer] = {
        **ROOT_EXTENSIONS,
        "openapi": prose,
        "info": _info,
        "servers": servers,
        "security": ignore,
        "paths": operations.paths,
        "components": lambda _, side: security_schemes(root, side),
    }
    yield from compare_fields(root, table, "request")


def _info(pair: Pair, side: Side) -> Differences:
    for field in pair.each():
        yield from with_subject("info", prose(field, side))


class OperationComparison:
    """Compares the operations of two documents."""

    def __init__(self, root: Pair) -> None:
        self._root = root
        self._security = SecurityRequirements(root)
        self._cache: EqualityCache = {}
        self._payloads = payloads = Payloads(SchemaComparison(self._cache))
        self._table: dict[str, FieldComparer] = {
            "operationId": value_comparer(always_changed, UNSET, "generated code uses the name"),
            "deprecated": value_comparer(always_noted, False),
            **dict.fromkeys(PARAMETER_KEYS, ignore),
            "requestBody": payloads.body,
            "responses": lambda pair, _: responses(payloads, pair, self._cache),
            "security": ignore,
            "servers": ignore,
            "x-rate": RATE,
        }

    def paths(self, pair: Pair, side: Side) -> Differences:
        """Compare `paths`. Paths that differ only in the names of their parameters are equal."""
        operations: list[OperationPair] = []
        for shape in dict.fromkeys(_shape(name) for name in pair.names()):
            if shape.startswith("x-"):
                yield from unknown_field(pair.get(shape), side)
                continue
            items = _path_items(pair, shape)
            for item in (item for item in items if item.in_both):
                yield from compare_fields(item, _PATH_ITEM, side)
            operations += _operations(items)
        for operation in _with_moves(operations):
            found = self._operation(operation, side)
            yield from (difference.in_use(operation.label) for difference in found)

    def _operation(self, operation: OperationPair, side: Side) -> Differences:
        item, own = operation
        if not own.in_both:
            text = f"operation {operation.label} was {'added' if own.new.exists else 'removed'}"
            yield replace(added_or_removed(own, "operation", side), text=text)
            return
        was, now = (_method_and_path(*nodes) for nodes in zip(item, own, strict=True))
        if _shape(was) != _shape(now):
            text = f"{was} moved to {now}"
            yield SpecDifference(own, "operation", Effect.CHANGED, side, text, verb="moved")
        if not own.is_same(cache=self._cache):
            yield from compare_fields(own, self._table, side)
        yield from parameters(self._payloads, item, own)
        yield from self._security.differences(own.get("security"), side)
        own_servers = operation.servers
        if own_servers:
            old, new = own_servers
            common = self._root.get("servers")
            yield from servers(Pair(old or common.old, new or common.new), side)


def duplicate_operations(root: Node) -> Iterator[str]:
    """A problem for each operation that a document has under two paths of the same shape."""
    known: dict[tuple[str, str], str] = {}
    for name, item in root.get("paths").fields().items():
        for method in (method for method in METHODS if item.get(method).exists):
            first = known.setdefault((_shape(name), method), name)
            if first != name:
                yield f"{first} and {name} are one path, and both have {method.upper()}"


def _shape(template: str) -> str:
    """A path without the names of its parameters."""
    return re.sub(r"{[^{}]*}", "{}", template)


def _path_items(pair: Pair, shape: str) -> list[Pair]:
    """The path items of one shape: first those with equal names, the others by their order. OpenAPI
    forbids two of one shape in a document, but some documents have one for each method."""
    old, new = ([n for n in side.fields() if _shape(n) == shape] for side in pair)
    same = [name for name in old if name in new]
    rest = zip_longest((n for n in old if n not in same), (n for n in new if n not in same))
    return [pair.get(name) for name in same] + [
        Pair(pair.old.get(was or str(now)), pair.new.get(now or str(was))) for was, now in rest
    ]


def _operations(items: list[Pair]) -> Iterator[OperationPair]:
    """The operations of path items of one shape, paired by method."""
    for method in METHODS:
        olds = (item for item in items if item.old.get(method).exists)
        news = (item for item in items if item.new.get(method).exists)
        old, new = next(olds, None), next(news, None)
        if old or new:
            item = Pair((old or new or items[0]).old, (new or old or items[0]).new)
            yield OperationPair(item, item.get(method))


def _method_and_path(item: Node, operation: Node) -> str:
    return f"{operation.name.upper()} {item.name}"


def _with_moves(operations: list[OperationPair]) -> list[OperationPair]:
    """The operations, with each removed and added one of the same operationId joined to a pair."""
    removed = {_id(each.own.old): each for each in operations if not each.own.new.exists}
    added = {_id(each.own.new): each for each in operations if not each.own.old.exists}
    moved = {name: (removed[name], added[name]) for name in removed if name and name in added}
    lone = [each for pair in moved.values() for each in pair]
    return [each for each in operations if each not in lone] + [
        OperationPair(Pair(old.item.old, new.item.new), Pair(old.own.old, new.own.new))
        for old, new in moved.values()
    ]


def _id(operation: Node) -> str:
    value = operation.get("operationId").value
    return value if isinstance(value, str) else ""
