"""Where the parts of a document stand as written: behind every $ref, and on which line. Knows JSON
pointers and YAML; nothing of what the document says."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from contracts.files import bounded_yaml
from contracts.spec.document import Node
from contracts.spec.pointers import Part, Where, escaped, parts_of


class Places:
    """One document: `root` as it was read from `path`, with its $refs."""

    def __init__(self, root: Node, path: Path) -> None:
        self.root = root
        self.path = path
        self._targets: dict[str, tuple[Any, str]] = {}

    def under(self, pointer: str) -> Where:
        """Where the parts below stand. Raises LookupError where `pointer` leads nowhere."""
        node, place = self._target(pointer)
        return lambda parts: self._walk(node, place, parts)[1]

    def written(self, pointer: str) -> str:
        """The same place as it is written, where the pointer may go through any $ref."""
        return self._target(pointer)[1]

    def value(self, pointer: str) -> Any:
        """What stands there."""
        return self._target(pointer)[0]

    def line(self, pointer: str) -> int:
        """The line of a place as written, from 1; 0 where the file has no such place any more."""
        node, line = self._composed, 0
        for part in parts_of(pointer):
            node, line = _below(node, part)
            if node is None:
                return 0
        return line

    def _walk(self, node: Any, place: str, parts: Iterable[Part]) -> tuple[Any, str]:
        for part in parts:
            # What stands beside a $ref counts before what it leads to.
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
        """The file as YAML nodes, which know their lines: 40 ms, for who asks for a line."""
        try:
            return bounded_yaml.compose(self.path.read_bytes())
        except (OSError, bounded_yaml.YamlError):
            return None  # it was readable when the spec was loaded


def _below(node: Any, part: str) -> tuple[Any, int]:
    """A child of a YAML node and the line where it begins; of a mapping that of its key."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return value, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode) and part.isdecimal() and int(part) < len(node.value):
        child = node.value[int(part)]
        return child, child.start_mark.line + 1
    return None, 0
