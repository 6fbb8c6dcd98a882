"""Maps JSON pointers to the place where a value is written: the pointer behind every $ref, and the
line in the file. Works for any YAML document."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from contracts.files import bounded_yaml
from contracts.files.user_file import FileError, bytes_of, text_of
from contracts.spec.document import Node
from contracts.spec.pointers import PointerLookup, PointerPart, escaped, parts_of


class SourceMap:
    """The places of one document. `root` is its tree as read from `path`, $refs included."""

    def __init__(self, root: Node, path: Path) -> None:
        self.root = root
        self.path = path
        self._targets: dict[str, tuple[Any, str]] = {}

    def below(self, pointer: str) -> PointerLookup:
        """A function that resolves paths relative to `pointer`. Raises LookupError if `pointer`
        leads nowhere."""
        node, place = self._target(pointer)
        return lambda parts: self._walk(node, place, parts)[1]

    def resolve(self, pointer: str) -> str:
        """The pointer of the same value with every $ref on the way resolved."""
        return self._target(pointer)[1]

    def value(self, pointer: str) -> Any:
        """The value at a pointer. Raises LookupError if it leads nowhere."""
        return self._target(pointer)[0]

    def line(self, pointer: str) -> int:
        """The line of a resolved pointer, from 1; 0 if the file no longer has such a value."""
        node, line = self._composed, 0
        for part in parts_of(pointer):
            child = bounded_yaml.child(node, part)
            if child is None:
                return 0
            name, node = child
            line = name.start_mark.line + 1
        return line

    def _walk(self, node: Any, place: str, parts: Iterable[PointerPart]) -> tuple[Any, str]:
        for part in parts:
            # A key beside a $ref wins over the same key of the referenced object.
            while isinstance(node, dict) and "$ref" in node and part not in node:
                node, place = self._target(node["$ref"])
            node = node[int(part) if isinstance(node, list) else part]
            place = f"{place}/{escaped(part)}"
        while isinstance(node, dict) and node.keys() == {"$ref"}:
            node, place = self._target(node["$ref"])
        return node, place

    def _target(self, pointer: str) -> tuple[Any, str]:
        found = self._targets.get(pointer)
        if found is None:
            found = self._targets[pointer] = self._walk(self.root, "#", parts_of(pointer))
        return found

    @cached_property
    def _composed(self) -> Any:
        """The file as YAML nodes, which have line numbers. Takes 40 ms, so only on demand."""
        try:
            return bounded_yaml.compose(text_of(bytes_of(self.path)))
        except FileError:
            return None  # it was readable when the spec was loaded
