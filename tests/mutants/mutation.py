"""One wrong change of a tree: what a mutation is and how it is carried out. Knows JSON pointers;
nothing of OpenAPI."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from contracts.spec.document import Node
from contracts.spec.pointers import parts_of

GONE: Final = "\0gone"  # in place of a value: there is none


class Mutation(Struct, frozen=True):
    """kind: `required-dropped`. pointer: of what is changed. value: what stands there instead, GONE
    for nothing. name: the key under which it stands instead, "" for the one it has."""

    kind: str
    pointer: str
    value: Any = GONE
    name: str = ""

    @property
    def id(self) -> str:
        """Tells it from every other mutation of the same tree."""
        if self.name:
            return f"{self.kind} {self.pointer} to {self.name}"
        told = isinstance(self.value, str | int | float) and self.value != GONE
        return f"{self.kind} {self.pointer}" + (f" to {self.value!r}" if told else "")

    def of(self, tree: Node) -> Node:
        """The tree with the change; the one that is given stays as it is."""
        changed: Node = self._below(tree, parts_of(self.pointer))
        return changed

    def _below(self, node: Any, way: list[str]) -> Any:
        """A copy of the node where something is changed, the node itself where nothing is."""
        part, rest = way[0], way[1:]
        if isinstance(node, list):
            at = int(part)
            inner = self.value if not rest else self._below(node[at], rest)
            return [*node[:at], *([] if inner == GONE else [inner]), *node[at + 1 :]]
        if part not in node:
            return {**node, part: self.value}
        if not rest and self.name:
            return {self.name if key == part else key: value for key, value in node.items()}
        inner = self.value if not rest else self._below(node[part], rest)
        if inner == GONE:
            return {key: value for key, value in node.items() if key != part}
        return {**node, part: inner}
