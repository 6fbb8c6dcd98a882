"""The OpenAPI file as a plain tree: read, with every $ref resolved. Knows nothing of EMO."""

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
from contracts.files.text_file import EncodingError, bytes_of, utf8_of
from contracts.files.whole_file import write
from contracts.text.printable import in_line

Node = dict[str, Any]

_BOOLEAN = re.compile("(?:true|True|TRUE|false|False|FALSE)$")  # in YAML 1.2

# Beside a $ref these only add to what it says; anything else would need an allOf.
_MAY_STAND_BESIDE_REF = {"description", "summary", "default", "example"}


class SpecError(Exception):
    """The spec, or code that claims to follow it, is wrong. Lists every problem, not the first."""

    def __init__(self, source: str, problems: list[str]) -> None:
        super().__init__(source, problems)
        self.problems = problems

    def __str__(self) -> str:
        source, problems = self.args
        listed = "\n".join(f"  - {in_line(problem)}" for problem in problems)
        return f"{in_line(source)}: {len(problems)} problems\n{listed}"


def default_path() -> Path:
    """openapi.yaml: inside the installed package, or at the top of the checkout."""
    package = Path(__file__).parents[1]
    packaged = package / "openapi.yaml"
    return packaged if packaged.exists() else package.parent / "openapi.yaml"


DEEPEST = 200  # levels of a document; functions that go down it call themselves


def read(path: Path) -> Node:
    """The file as a tree. Raises SpecError when it is not there or no YAML mapping."""
    try:
        text = bytes_of(path)
    except OSError as error:
        raise SpecError(str(path), [f"cannot be read: {error}"]) from error
    except EncodingError as error:
        raise SpecError(str(path), [str(error)]) from None
    tree = _remembered(text) if path == default_path() else None
    if tree is None:
        tree = _parse(path, _in_utf8(path, text))
        if deeper_than(tree, DEEPEST):
            raise SpecError(str(path), ["cannot be read: it is nested too deep"])
        if path == default_path():
            _remember(text, tree)
    if not isinstance(tree, dict):
        raise SpecError(str(path), ["is not a mapping"])
    return tree


def deeper_than(value: Any, levels: int) -> bool:
    """Whether a value of JSON has more levels of objects and arrays that hold something. Does not
    call itself: at which depth that fails differs between versions of Python."""
    level = [value]
    for _ in range(levels + 1):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: Any) -> list[Any]:
    return list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []


def _in_utf8(path: Path, data: bytes) -> bytes:
    try:
        return utf8_of(data)
    except EncodingError as error:
        raise SpecError(str(path), [str(error)]) from None


def _parse(path: Path, text: bytes) -> Any:
    if text.lstrip().startswith(b"{"):
        with suppress(ValueError, RecursionError):  # YAML says where, or that it is no JSON at all
            return json.loads(text, object_pairs_hook=_without_twins)
    import yaml  # 25 ms that a start does without when the tree is remembered

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        """Refuses a key that stands twice: the first of the two would be lost without a word.
        `on`, `no` and `yes` are texts, as OpenAPI's YAML 1.2 has them, not true and false."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Node:
            known: set[str] = set()
            for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
                if not isinstance(key.value, str):
                    raise yaml.MarkedYAMLError(problem="a key is no text",
                                               problem_mark=key.start_mark)  # fmt: skip
                if key.value in known:
                    raise yaml.MarkedYAMLError(problem=f"the key {key.value!r} is there twice",
                                               problem_mark=key.start_mark)  # fmt: skip
                known.add(key.value)
            mapping: Node = super().construct_mapping(node, deep)
            return mapping

    Loader.yaml_implicit_resolvers = {
        first: [(tag, _BOOLEAN if tag.endswith(":bool") else said) for tag, said in known]
        for first, known in base.yaml_implicit_resolvers.items()
    }
    try:
        return bounded_yaml.load(text, Loader)
    except bounded_yaml.YamlError as error:
        raise SpecError(str(path), [f"cannot be read: {error}"]) from error


def _without_twins(pairs: list[tuple[str, Any]]) -> Node:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key is there twice")
    return dict(pairs)


# The tree of the project's own file as JSON, for the next start: YAML is a third of a start's time,
# JSON a hundredth. Where Python keeps what it compiled; the digest says of which text it is.
MEMORY = Path(__file__).parent / "__pycache__" / "openapi.json"


def _remembered(text: bytes) -> Any:
    try:
        memory = msgspec.json.decode(MEMORY.read_bytes())
        return memory["tree"] if memory["of"] == _digest(text) else None
    except (OSError, msgspec.DecodeError, LookupError, TypeError):
        return None


def _remember(text: bytes, tree: Any) -> None:
    """Where the folder can be written to, and JSON holds the tree as it is."""
    if sys.dont_write_bytecode:
        return
    with suppress(OSError, TypeError):
        encoded = msgspec.json.encode({"of": _digest(text), "tree": tree})
        if msgspec.json.decode(encoded)["tree"] == tree:
            MEMORY.parent.mkdir(exist_ok=True)
            write(MEMORY, encoded)


def _digest(text: bytes) -> str:
    return blake2b(text, digest_size=16).hexdigest()


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
