"""A document as a tree of nodes, each with its JSON pointer. A $ref is resolved only
when it is read, so that recursive schemas work."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any, NamedTuple
from urllib.parse import unquote
from weakref import WeakKeyDictionary

from msgspec import UNSET, UnsetType

from contracts.spec.pointers import escaped, parts_of

Names = frozenset[str]
# Lists whose order has no meaning.
UNORDERED = frozenset({"enum", "required", "tags", "terminal", "type", "x-aspect-ratios"})
# Keywords of schemas whose value is data, and those whose names are data: their fields count, also
# with names that are ignored elsewhere.
_VALUES = frozenset({"const", "default", "enum"})
_MAPS = frozenset({
    "$defs", "dependentRequired", "dependentSchemas", "mapping", "patternProperties", "properties",
})  # fmt: skip

Fields = dict[str, "Node"]
Pointers = tuple[str, str]  # of an old and of a new node


class Document:
    """One document.

    unresolved: the $refs read so far that lead to another file or nowhere. The other attributes are
    caches: the fields of nodes by pointer, whether nodes equal those of another document, and
    results of other modules about this document."""

    def __init__(self, root: Any) -> None:
        self.root = Node(self, root, "#")
        self.unresolved: set[str] = set()
        self.fields: dict[str, dict[str, Node]] = {}
        self.equality: WeakKeyDictionary[Document, dict[Pointers, bool]] = WeakKeyDictionary()
        self.cache: dict[object, Any] = {}
        self._targets: dict[str, Node | None] = {}

    def target(self, reference: str) -> Node | None:
        """The target of a $ref; None if it is not in this document."""
        if reference not in self._targets:
            self._targets[reference] = None  # for a $ref whose path goes through itself
            self._targets[reference] = self._find(reference)
            if self._targets[reference] is None:
                self.unresolved.add(reference)
        return self._targets[reference]

    def _find(self, reference: str) -> Node | None:
        if reference != "#" and not reference.startswith("#/"):
            return None
        node = self.root
        for part in parts_of(unquote(reference)):
            node = node.get(part)
        return node if node.exists else None


class Node(NamedTuple):
    """A value and its JSON pointer, which begins with `#`. The value is UNSET if the document has
    none at this pointer."""

    document: Document
    value: Any
    pointer: str

    @property
    def exists(self) -> bool:
        return self.value is not UNSET

    @property
    def name(self) -> str:
        """The last part of the pointer; "" for the whole document."""
        return "".join(parts_of(self.pointer)[-1:])

    def get(self, name: str) -> Node:
        """The child with a name or position, also behind the $refs of this node."""
        if isinstance(self.value, list):
            items = self.items()
            exists = name.isdecimal() and int(name) < len(items)
            return items[int(name)] if exists else self.absent(name)
        return self.fields().get(name) or self.absent(name)

    def absent(self, name: str) -> Node:
        """A child that does not exist, with its pointer."""
        return Node(self.document, UNSET, f"{self.pointer}/{escaped(name)}")

    def items(self) -> list[Node]:
        """The elements of a list; [] for any other value."""
        values = self.value if isinstance(self.value, list) else []
        return [Node(self.document, v, f"{self.pointer}/{i}") for i, v in enumerate(values)]

    def dereferenced(self) -> Node:
        """The target of a node that is only a $ref; any other node is returned unchanged."""
        chain = self.ref_chain()
        resolved = (n for n in chain if not isinstance(n.value, dict) or n.value.keys() != {"$ref"})
        return next(resolved, chain[-1])

    def ref_chain(self) -> list[Node]:
        """This node, the target of its $ref, the target of that node's $ref, and so on."""
        chain = [self]
        node = self._ref_target()
        while node is not None and node.pointer not in [link.pointer for link in chain]:
            chain.append(node)
            node = node._ref_target()
        return chain

    def own_fields(self) -> dict[str, Node]:
        """The fields of this node itself. Its $ref is included only if it cannot be resolved."""
        fields = self.value if isinstance(self.value, dict) else {}
        pointer, is_resolved = self.pointer, self._ref_target() is not None
        return {
            str(name): Node(self.document, value, f"{pointer}/{escaped(str(name))}")
            for name, value in fields.items()
            if not (name == "$ref" and is_resolved)
        }

    def fields(self) -> dict[str, Node]:
        """The fields of this node and of the targets of its $refs. A field beside a $ref wins over
        a field of the target."""
        cache = self.document.fields
        if not self.exists:
            return {}
        if self.pointer not in cache:
            first, *targets = self.ref_chain()
            merged = first.own_fields()
            for node in targets:
                merged = {**node.own_fields(), **merged}
            cache[self.pointer] = merged
        return cache[self.pointer]

    def layers(self) -> list[Fields]:
        """The fields of this node and of the targets of its $refs: together, unless a name has
        several fields. In a schema all of them apply, so none may hide another."""
        if self._ref_target() is None:  # most nodes
            return [fields] if (fields := self.fields()) else []
        found = [fields for node in self.ref_chain() if (fields := node.own_fields())]
        is_plain = len(set().union(*found)) == sum(map(len, found))
        return [self.fields()] if found and is_plain else found

    def _ref_target(self) -> Node | None:
        reference = self.value.get("$ref") if isinstance(self.value, dict) else None
        return self.document.target(reference) if isinstance(reference, str) else None


MISSING = Node(Document(UNSET), UNSET, "#")  # stands for a node that one document does not have


class Pair(NamedTuple):
    """A node of the old document and its counterpart in the new one. Either may not exist."""

    old: Node
    new: Node

    @property
    def in_both(self) -> bool:
        return self.old.exists and self.new.exists

    @property
    def shown(self) -> Node:
        """The node to report: the new one, or the old one if it was removed."""
        return self.new if self.new.exists else self.old

    @property
    def are_objects(self) -> bool:
        """Whether each existing node is an object."""
        return all(isinstance(n.value, dict) for n in self if n.exists)

    @property
    def have_different_types(self) -> bool:
        """Whether the nodes differ in being an object, a list or a scalar. Booleans do not count,
        because `true` and `false` are schemas too."""
        types = {type(node.ref_chain()[-1].value) for node in self} - {UnsetType, bool}
        return len({type_ if type_ in (dict, list) else object for type_ in types}) > 1

    def get(self, name: str) -> Pair:
        return Pair(self.old.get(name), self.new.get(name))

    def names(self) -> list[str]:
        """The names of the fields of both nodes, those of the old node first."""
        return list(dict.fromkeys([*self.old.fields(), *self.new.fields()]))

    def each(self, key: Callable[[str], str] = str) -> Iterator[Pair]:
        """The pair of each field. Two names are the same field if `key` of both is equal."""
        old, new = ({key(n): c for n, c in node.fields().items()} for node in self)
        for name in dict.fromkeys([*old, *new]):
            yield Pair(old.get(name, MISSING), new.get(name, MISSING))

    def is_same(self, ignoring: Names = frozenset()) -> bool:
        """Whether both nodes are equal after all $refs are resolved. ignoring: names of fields that
        may differ."""
        if not self.in_both:
            return self.old.exists == self.new.exists
        cache = self.new.document.equality.setdefault(self.old.document, {})
        known = {} if ignoring else cache
        outer: dict[Pointers, Pointers | None] = {}  # the pair of nodes around each pair
        todo: list[tuple[Pair, Pointers | None]] = [(self, None)]
        while todo:
            pair, around = todo.pop()
            key = (pair.old.pointer, pair.new.pointer)
            if key in outer or known.get(key):
                continue
            outer[key] = around
            children = None if known.get(key) is False else pair._children(ignoring)
            if children is None:
                place: Pointers | None = key
                while place:  # everything around a difference is different too
                    known[place], place = False, outer[place]
                return False
            todo += [(child, key) for child in children]
        known |= dict.fromkeys(outer, True)
        return True

    def _children(self, ignoring: Names) -> list[Pair] | None:
        """The pairs of children left to compare; None if the nodes already differ."""
        ends = Pair(self.old.ref_chain()[-1], self.new.ref_chain()[-1])
        old, new = ends.old.value, ends.new.value
        names = {self.old.name, self.new.name} if ignoring else set()
        if names & _VALUES:
            return [] if canonical_json(old) == canonical_json(new) else None
        was, now = (node.layers() for node in self)
        if was or now:
            beside = [] if ends.are_objects else [ends]  # the fields are beside a $ref to a boolean
            fields = _paired(was, now, frozenset() if names & _MAPS else ignoring)
            return None if fields is None else fields + beside
        if isinstance(old, list) and isinstance(new, list):
            if self.new.name in UNORDERED:
                texts = (sorted(map(canonical_json, values)) for values in (old, new))
                return [] if next(texts) == next(texts) else None
            both = zip(self.old.items(), self.new.items(), strict=False)
            return [Pair(*nodes) for nodes in both] if len(old) == len(new) else None
        is_same = type(old) is type(new) and old == new
        return [] if is_same or canonical_json(old) == canonical_json(new) else None


def _without(names: Names, layers: list[Fields]) -> list[Fields]:
    return [{n: node for n, node in layer.items() if n not in names} for layer in layers]


def _paired(was: list[Fields], now: list[Fields], ignoring: Names) -> list[Pair] | None:
    """The pairs of fields of each layer; None if their names differ."""
    if ignoring:
        was, now = _without(ignoring, was), _without(ignoring, now)
    nothing: Fields = {}
    both = list(zip_longest(was, now, fillvalue=nothing))
    if any(old.keys() != new.keys() for old, new in both):
        return None
    return [Pair(node, new[name]) for old, new in both for name, node in old.items()]


def unequal(
    old: list[Node], new: list[Node], ignoring: Names = frozenset()
) -> tuple[list[Node], list[Node]]:
    """The old and the new nodes that have no equal one on the other side. ignoring: names of fields
    that may differ."""
    return (
        [node for node in old if not any(Pair(node, other).is_same(ignoring) for other in new)],
        [node for node in new if not any(Pair(other, node).is_same(ignoring) for other in old)],
    )


def first_unequal(old: list[Node], new: list[Node]) -> Pair:
    """The first old and the first new node, if possible without an equal one on the other side."""
    lone_old, lone_new = unequal(old, new)
    return Pair(next(iter(lone_old or old), MISSING), next(iter(lone_new or new), MISSING))


def canonical_json(value: Any) -> str:
    """The value as JSON text, equal for equal values: 1 and 1.0 are equal, 1 and true are not, and
    the order of names has no effect."""
    return json.dumps(json_value(value), sort_keys=True)


def json_value(value: Any) -> Any:
    """Convert a YAML value to JSON: dates, infinity and names that are not strings become text."""
    if isinstance(value, dict):
        return {str(name): json_value(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [json_value(inner) for inner in value]
    if isinstance(value, float):
        finite = math.isfinite(value)
        return int(value) if finite and value.is_integer() else value if finite else repr(value)
    return value if isinstance(value, str | bool | int | None) else str(value)
