"""Reads an OpenAPI file as a plain tree and resolves its $refs. Works for any API."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from contracts.files import bounded_yaml
from contracts.files.bounded_yaml import YamlError
from contracts.files.user_file import FileError, bytes_of, deeper_than, text_of
from contracts.files.whole_file import write
from contracts.text.printable import in_line

Node = dict[str, Any]

_BOOLEAN = re.compile("(?:true|True|TRUE|false|False|FALSE)$")  # in YAML 1.2

# These keywords may stand beside a $ref because they add no constraint; others would need an allOf.
_ALLOWED_BESIDE_REF = {"description", "summary", "default", "example"}

# Where an operation lists the parameters that it checks: those that clients send, and headers that
# it refuses. The second list is an extension so that client generators do not offer those headers.
PARAMETER_KEYS = ("parameters", "x-forbidden-headers")


class SpecError(Exception):
    """A spec is invalid, or code disagrees with it. `problems` and the text list every problem."""

    def __init__(self, source: str, problems: list[str]) -> None:
        super().__init__(source, problems)
        self.problems = problems

    def __str__(self) -> str:
        source, problems = self.args
        listed = "\n".join(f"  - {in_line(problem)}" for problem in problems)
        noun = "problem" if len(problems) == 1 else "problems"
        return f"{in_line(source)}: {len(problems)} {noun}\n{listed}"


def default_path() -> Path:
    """The path of openapi.yaml: in the installed package, or at the top of the checkout."""
    package = Path(__file__).parents[1]
    packaged = package / "openapi.yaml"
    return packaged if packaged.exists() else package.parent / "openapi.yaml"


DEEPEST = 200  # levels of a document; the functions that walk it are recursive


def read(path: Path) -> Node:
    """Read a file as a tree. Raises SpecError if it is missing, unreadable or not a mapping."""
    try:
        data = bytes_of(path)
        tree = _cached(data) if path == default_path() else None
        if tree is None:
            tree = _parse(text_of(data))
            if path == default_path():
                _store(data, tree)
    except YamlError as error:
        raise SpecError(str(path), [f"cannot be read: {error}"]) from error
    except FileError as error:
        raise SpecError(str(path), [str(error)]) from error
    if not isinstance(tree, dict):
        raise SpecError(str(path), ["is not a mapping"])
    return tree


def _parse(text: str) -> Any:
    """The tree of a JSON or YAML text. Raises FileError."""
    tree = _json_or_yaml(text)
    if deeper_than(tree, DEEPEST):
        raise FileError("cannot be read: it is nested too deep")
    return tree


def _json_or_yaml(text: str) -> Any:
    if text.lstrip().startswith("{"):
        with suppress(ValueError, RecursionError):  # then YAML reads it, or reports the line
            return json.loads(text, object_pairs_hook=_unique_keys)
    import yaml  # 25 ms, saved at a start with a cached tree

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        """Refuses duplicate keys; PyYAML would silently drop the first value. Reads `on`, `no` and
        `yes` as strings, as YAML 1.2 and OpenAPI do, not as booleans."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Node:
            known: set[str] = set()
            for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
                if not isinstance(key.value, str):
                    raise yaml.MarkedYAMLError(problem="a key is not a string",
                                               problem_mark=key.start_mark)  # fmt: skip
                if key.value in known:
                    raise yaml.MarkedYAMLError(problem=f"duplicate key {key.value!r}",
                                               problem_mark=key.start_mark)  # fmt: skip
                known.add(key.value)
            mapping: Node = super().construct_mapping(node, deep)
            return mapping

    Loader.yaml_implicit_resolvers = {
        first: [(tag, _BOOLEAN if tag.endswith(":bool") else regexp) for tag, regexp in resolvers]
        for first, resolvers in base.yaml_implicit_resolvers.items()
    }
    return bounded_yaml.load(text, Loader)


def _unique_keys(pairs: list[tuple[str, Any]]) -> Node:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("duplicate key")
    return dict(pairs)


# The tree of openapi.yaml as JSON, cached for the next start: to parse the YAML takes a third of
# the start time, to read the JSON a hundredth. The digest identifies the text of the cached tree.
CACHE = Path(__file__).parent / "__pycache__" / "openapi.json"


def _cached(text: bytes) -> Any:
    try:
        cache = msgspec.json.decode(CACHE.read_bytes())
        return cache["tree"] if cache["of"] == _digest(text) else None
    except (OSError, msgspec.DecodeError, LookupError, TypeError):
        return None


def _store(text: bytes, tree: Any) -> None:
    """Write the cache, if the folder is writable and JSON can represent the tree exactly."""
    if sys.dont_write_bytecode:
        return
    with suppress(OSError, TypeError):
        encoded = msgspec.json.encode({"of": _digest(text), "tree": tree})
        if msgspec.json.decode(encoded)["tree"] == tree:
            CACHE.parent.mkdir(exist_ok=True)
            write(CACHE, encoded)


def _digest(text: bytes) -> str:
    return blake2b(text, digest_size=16).hexdigest()


class Resolver:
    """Replaces each {$ref: '#/…'} by its target; every $ref to one target shares one object."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.problems: list[str] = []
        self._targets: dict[str, Any] = {}

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
            if key not in _ALLOWED_BESIDE_REF and not key.startswith("x-"):
                self.problems.append(f"{node['$ref']}: {key!r} beside a $ref is not supported")
        return {**target, **self.resolve(beside)}

    def _target(self, pointer: str) -> Any:
        if pointer not in self._targets:
            self._targets[pointer] = {}  # ends a cycle; the schemas of this spec have none
            self._targets[pointer] = self.resolve(self._find(pointer))
        return self._targets[pointer]

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
    """Every x- key of the tree with its JSON pointer, except inside examples and defaults, which
    are data."""
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
