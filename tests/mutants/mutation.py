"""One wrong change of a tree, and how it is applied. It knows JSON pointers and nothing about
OpenAPI."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from contracts.spec.document import Node
from contracts.spec.pointers import parts_of

GONE: Final = "\0gone"  # a value that removes the key or item


class Mutation(Struct, frozen=True):
    """kind: for example `required-dropped`. pointer: to the changed place. value: the new value
    there, GONE to remove it. name: the new key of the place, "" to keep its key."""

    kind: str
    pointer: str
    value: Any = GONE
    name: str = ""

    @property
    def id(self) -> str:
        """Identifies the mutation among all of the same tree."""
        if self.name:
            return f"{self.kind} {self.pointer} to {self.name}"
        is_short = isinstance(self.value, str | int | float) and self.value != GONE
        return f"{self.kind} {self.pointer}" + (f" to {self.value!r}" if is_short else "")

    def of(self, tree: Node) -> Node:
        """A changed tree; the given one is not modified."""
        changed: Node = self._below(tree, parts_of(self.pointer))
        return changed

    def _below(self, node: Any, way: list[str]) -> Any:
        """A copy of the node with the change; unchanged parts are shared."""
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
