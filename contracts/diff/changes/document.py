"""Documents as trees of nodes: each value with its place as written, each $ref followed when it is
met, so that a schema may hold itself. Knows nothing of what a document says."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

from msgspec import UNSET, UnsetType

from contracts.spec.pointers import escaped, parts_of

Names = frozenset[str]
Known = dict[tuple[str, str], bool]


class Document:
    """One document. `unresolved` are the $refs met so far that lead out of it or to nothing,
    `fields` what was found to stand at a place, `memo` what others found out about it."""

    def __init__(self, root: Any) -> None:
        self.root = Node(self, root, "#")
        self.unresolved: set[str] = set()
        self.fields: dict[str, dict[str, Node]] = {}
        self.memo: dict[object, Any] = {}
        self._targets: dict[str, Node | None] = {}

    def target(self, reference: str) -> Node | None:
        """What a $ref leads to, None where that is not in this document."""
        if reference not in self._targets:
            self._targets[reference] = None  # for a way that goes through itself
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
        return node if node.is_there else None


class Node(NamedTuple):
    """A value at its place, a JSON pointer with `#`; UNSET where nothing stands."""

    document: Document
    value: Any
    place: str

    @property
    def is_there(self) -> bool:
        return self.value is not UNSET

    @property
    def name(self) -> str:
        """The last part of its place; of the document itself nothing."""
        return "".join(parts_of(self.place)[-1:])

    def get(self, name: str) -> Node:
        """What stands under a name or a position, behind the $refs of this node."""
        if isinstance(self.value, list):
            inside = self.items()
            known = name.isdecimal() and int(name) < len(inside)
            return inside[int(name)] if known else self.absent(name)
        return self.fields().get(name) or self.absent(name)

    def absent(self, name: str) -> Node:
        """The empty place under a name."""
        return Node(self.document, UNSET, f"{self.place}/{escaped(name)}")

    def items(self) -> list[Node]:
        """The elements of a list; none where this is no list."""
        values = self.value if isinstance(self.value, list) else []
        return [Node(self.document, v, f"{self.place}/{i}") for i, v in enumerate(values)]

    def settled(self) -> Node:
        """What this node leads to where it is nothing but a $ref, else itself."""
        layers = self.layers()
        said = (n for n in layers if not isinstance(n.value, dict) or n.value.keys() != {"$ref"})
        return next(said, layers[-1])

    def layers(self) -> list[Node]:
        """This node and those that its $refs lead to, one behind the other."""
        found = [self]
        node = self._behind()
        while node is not None and node.place not in [layer.place for layer in found]:
            found.append(node)
            node = node._behind()
        return found

    def own(self) -> dict[str, Node]:
        """What stands in it itself; its $ref only when that could not be followed."""
        said = self.value if isinstance(self.value, dict) else {}
        place, followed = self.place, self._behind() is not None
        return {
            str(name): Node(self.document, value, f"{place}/{escaped(str(name))}")
            for name, value in said.items()
            if not (name == "$ref" and followed)
        }

    def fields(self) -> dict[str, Node]:
        """What stands in it and behind its $refs. What stands beside a $ref counts first."""
        known = self.document.fields
        if not self.is_there:
            return {}
        if self.place not in known:
            merged: dict[str, Node] = {}
            for layer in self.layers():
                merged = {**layer.own(), **merged}
            known[self.place] = merged
        return known[self.place]

    def _behind(self) -> Node | None:
        reference = self.value.get("$ref") if isinstance(self.value, dict) else None
        return self.document.target(reference) if isinstance(reference, str) else None


class Pair(NamedTuple):
    """The same thing in both documents; either may be absent."""

    old: Node
    new: Node

    @property
    def in_both(self) -> bool:
        return self.old.is_there and self.new.is_there

    @property
    def shown(self) -> Node:
        """The new one, the old one where that is gone."""
        return self.new if self.new.is_there else self.old

    @property
    def holds_maps(self) -> bool:
        """Whether each that is there is a mapping."""
        return all(isinstance(n.value, dict) for n in self if n.is_there)

    @property
    def is_mixed(self) -> bool:
        """Whether one is a mapping, a list or a plain value and the other is not; a schema that is
        true or false is as good as a mapping."""
        shapes = {type(node.layers()[-1].value) for node in self} - {UnsetType, bool}
        return len({shape if shape in (dict, list) else object for shape in shapes}) > 1

    def get(self, name: str) -> Pair:
        return Pair(self.old.get(name), self.new.get(name))

    def names(self) -> list[str]:
        """The names in either, those of the old one first."""
        return list(dict.fromkeys([*self.old.fields(), *self.new.fields()]))

    def each(self, key: Callable[[str], str] = str) -> Iterator[Pair]:
        """What stands under each name, where names are the same if their keys are."""
        old, new = ({key(n): c for n, c in node.fields().items()} for node in self)
        for name in dict.fromkeys([*old, *new]):
            yield Pair(
                old.get(name) or self.old.absent(name), new.get(name) or self.new.absent(name)
            )

    def is_same(self, but: Names = frozenset(), known: Known | None = None) -> bool:
        """Whether both say the same to the letter, behind every $ref. but: names that do not
        count. known: what is known of pairs of places, to which is added what is found."""
        if not self.in_both:
            return self.old.is_there == self.new.is_there
        known = {} if known is None else known
        seen: set[tuple[str, str]] = set()
        todo = [self]
        while todo:
            pair = todo.pop()
            key = (pair.old.place, pair.new.place)
            inside = [] if known.get(key) or key in seen else pair._inside(but)
            if inside is None or known.get(key) is False:
                known[self.old.place, self.new.place] = False
                return False
            seen.add(key)
            todo += inside
        known |= dict.fromkeys(seen, True)
        return True

    def _inside(self, but: Names) -> list[Pair] | None:
        """What is left to compare; None where they differ already."""
        old, new = (node.layers()[-1].value for node in self)
        if isinstance(old, dict) and isinstance(new, dict):
            was, now = ({n: c for n, c in s.fields().items() if n not in but} for s in self)
            return [Pair(c, now[n]) for n, c in was.items()] if was.keys() == now.keys() else None
        if isinstance(old, list) and isinstance(new, list):
            both = zip(self.old.items(), self.new.items(), strict=False)
            return [Pair(*nodes) for nodes in both] if len(old) == len(new) else None
        is_same = type(old) is type(new) and old == new
        return [] if is_same or canonical(old) == canonical(new) else None


def canonical(value: Any) -> str:
    """A text that is the same for equal JSON values: 1 and 1.0 are one value, 1 and true are two,
    the order of names does not count."""
    return json.dumps(plain(value), sort_keys=True)


def plain(value: Any) -> Any:
    """The value as JSON has it: YAML also has dates, names that are no text, and infinity."""
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, float):
        finite = math.isfinite(value)
        return int(value) if finite and value.is_integer() else value if finite else repr(value)
    return value if isinstance(value, str | bool | int | None) else str(value)
