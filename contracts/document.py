"""The OpenAPI file as a plain tree: read, with every $ref resolved. Knows nothing of EMO."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

Node = dict[str, Any]

# Beside a $ref these only add to what it says; anything else would need an allOf.
_MAY_STAND_BESIDE_REF = {"description", "summary", "default", "example"}


class SpecError(Exception):
    """The spec, or code that claims to follow it, is wrong. Lists every problem, not the first."""

    def __init__(self, source: str, problems: list[str]) -> None:
        super().__init__(source, problems)
        self.problems = problems

    def __str__(self) -> str:
        source, problems = self.args
        return f"{source}: {len(problems)} problems\n" + "\n".join(f"  - {p}" for p in problems)


def default_path() -> Path:
    """openapi.yaml: inside the installed package, or at the top of the checkout."""
    room = Path(__file__).parent
    packaged = room / "openapi.yaml"
    return packaged if packaged.exists() else room.parent / "openapi.yaml"


def read(path: Path) -> Node:
    """The file as a tree. Raises SpecError when it is not there or no YAML mapping."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        tree = yaml.load(path.read_text("utf-8"), Loader=loader)  # noqa: S506 (a safe loader)
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise SpecError(str(path), [f"cannot be read: {error}"]) from error
    if not isinstance(tree, dict):
        raise SpecError(str(path), ["is not a mapping"])
    return tree


class Resolver:
    """Replaces each {$ref: '#/…'} by what it points to; one target becomes one shared object."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.problems: list[str] = []
        self._seen: dict[str, Any] = {}

    def resolve(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self.resolve(item) for item in node]
        if not isinstance(node, dict):
            return node
        if isinstance(node.get("$ref"), str):
            return self._reference(node)
        return {key: self.resolve(value) for key, value in node.items()}

    def _reference(self, node: Node) -> Any:
        target = self._target(node["$ref"])
        beside = {key: value for key, value in node.items() if key != "$ref"}
        if not beside:
            return target
        for key in beside:
            if key not in _MAY_STAND_BESIDE_REF and not key.startswith("x-"):
                self.problems.append(f"{node['$ref']}: {key!r} beside a $ref is not supported")
        return {**target, **self.resolve(beside)}

    def _target(self, pointer: str) -> Any:
        if pointer not in self._seen:
            self._seen[pointer] = {}  # ends a cycle; the schemas of this spec have none
            self._seen[pointer] = self.resolve(self._find(pointer))
        return self._seen[pointer]

    def _find(self, pointer: str) -> Any:
        node: Any = self.root
        for part in pointer.removeprefix("#/").split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(node, dict) or key not in node:
                self.problems.append(f"$ref {pointer} points to nothing")
                return {}
            node = node[key]
        return node


def extensions(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every x- key of the tree with its JSON pointer; what stands in values is data, not spec."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from extensions(item, f"{path}/{index}")
    elif isinstance(node, dict):
        for key, value in node.items():
            place = f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}"
            if str(key).startswith("x-"):
                yield str(key), place
            elif key not in ("value", "example", "default"):
                yield from extensions(value, place)
