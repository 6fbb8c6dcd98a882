"""Reads untrusted YAML with limits on size, depth and aliases. The only reader of YAML here.
Each error has a line and a column.

An alias (`*name`) repeats the whole value of its anchor, so 600 bytes can expand to millions of
values. A text whose aliases expand too far, or that contains itself, is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from contracts.files.user_file import FileError

MOST_CHARACTERS = 32 << 20  # of a text
MOST_VALUES = 250_000  # in a text, keys included
MOST_ADDED = 100_000  # values that all aliases of a text add together
CHARACTERS = 64  # of a string; each such length counts as one more value
DEEPEST = 128  # levels of nested lists and mappings
LONGEST_NUMBER = 400  # characters; the time to read a base-60 number (1:30:00) grows quadratically
MOST_ODD_KEYS = 1000  # keys of a mapping that are not strings; an attacker can make them collide
STANDARD = "tag:yaml.org,2002:"
_NO_CONSTRUCTOR = re.compile(
    rf"could not determine a constructor for the tag '(?:{STANDARD})?(.*)'"
)
NUMBERS = {f"{STANDARD}int", f"{STANDARD}float"}
# Besides its own errors, PyYAML raises these for values that do not fit their type.
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


class YamlError(FileError):
    """A text cannot be read. problem: the reason. line, column: from 1; 0 if unknown."""

    def __init__(self, problem: str, mark: Any = None) -> None:
        self.problem = problem
        self.line: int = mark.line + 1 if mark else 0
        self.column: int = mark.column + 1 if mark else 0
        super().__init__(f"{problem} (line {self.line}, column {self.column})" if mark else problem)


def load(text: str | bytes, loader: Any = None) -> Any:
    """Read the value of one YAML document; None if it is empty. loader: a PyYAML class, default the
    safe loader. Raises only YamlError."""
    node = compose(text, loader)
    return None if node is None else construct(node, loader)


def compose(text: str | bytes, loader: Any = None) -> Any:
    """Read the nodes of one YAML document, which have line numbers; None if it is empty. Raises
    YamlError."""
    if len(text) > MOST_CHARACTERS:
        raise YamlError(f"has more than {MOST_CHARACTERS >> 20} MiB; split it")
    yaml, guarded = _guarded(loader)
    try:
        if len(text) > MOST_VALUES:
            _count(yaml.parse(text, guarded))
        reader = guarded(text)
        try:
            node = reader.get_single_node()
        finally:
            reader.dispose()
    except (yaml.YAMLError, *_UNREADABLE) as error:
        raise _as_yaml_error(error) from None
    if node is not None:
        check(node)
    return node


def construct(node: Any, loader: Any = None) -> Any:
    """The value of nodes returned by compose(). Raises YamlError."""
    yaml, guarded = _guarded(loader)
    reader = guarded("")
    try:
        return reader.construct_document(node)
    except (yaml.YAMLError, *_UNREADABLE) as error:
        raise _as_yaml_error(error, node.start_mark) from None
    finally:
        reader.dispose()


def child(node: Any, part: str) -> tuple[Any, Any] | None:
    """The nodes of the name and of the value of a child; an item of a list is both. None if there
    is no such child. part: of a JSON pointer, unescaped."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        return next((pair for pair in node.value if pair[0].value == part), None)
    if isinstance(node, yaml.SequenceNode) and part.isdecimal() and int(part) < len(node.value):
        return node.value[int(part)], node.value[int(part)]
    return None


def check(root: Any) -> None:
    """Raise YamlError if the nodes of a document exceed a limit or contain a cycle."""
    sizes: dict[int, int] = {}  # values in each node, after its aliases are expanded
    above: set[int] = set()  # the parents of the current node
    written = 0
    todo = [(root, False)]
    while todo:  # not recursive: PyYAML may have read a text deeper than Python recurses
        node, is_left = todo.pop()
        if is_left:
            above.discard(id(node))
            sizes[id(node)] += sum(sizes[id(child)] for child in _children(node))
            if sizes[id(node)] - written > MOST_ADDED:
                raise _aliases(node, f"stand for more than {MOST_ADDED:,} values")
        elif id(node) in above:
            raise _aliases(node, "make a value hold itself")
        elif id(node) not in sizes:
            _check_node(node, len(above))
            sizes[id(node)] = 1 + _length(node) // CHARACTERS
            written += sizes[id(node)]
            above.add(id(node))
            todo.append((node, True))
            todo += [(child, False) for child in _children(node)]


def _check_node(node: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise YamlError(f"is nested more than {DEEPEST} deep", node.start_mark)
    if node.tag in NUMBERS and _length(node) > LONGEST_NUMBER:
        text = f"a number has more than {LONGEST_NUMBER} characters; put it in quotes"
        raise YamlError(text, node.start_mark)
    many = node.value if _holds(node) and len(node.value) > MOST_ODD_KEYS else ()
    if sum(isinstance(i, tuple) and i[0].tag != f"{STANDARD}str" for i in many) > MOST_ODD_KEYS:
        text = f"a mapping has more than {MOST_ODD_KEYS} keys that are not text; put them in quotes"
        raise YamlError(text, node.start_mark)


def _count(events: Iterator[Any]) -> None:
    for number, event in enumerate(events):
        if number > 2 * MOST_VALUES:  # a list has a beginning and an end
            raise YamlError(f"has more than {MOST_VALUES:,} values; split it", event.start_mark)


def _children(node: Any) -> Iterator[Any]:
    if _holds(node):
        for item in node.value:
            yield from item if isinstance(item, tuple) else (item,)


def _holds(node: Any) -> bool:
    return isinstance(node.value, list)


def _length(node: Any) -> int:
    return len(node.value) if isinstance(node.value, str) else 0


def _aliases(node: Any, problem: str) -> YamlError:
    return YamlError(f"its YAML aliases {problem}", node.start_mark)


def _as_yaml_error(error: Exception, mark: Any = None) -> YamlError:
    """An error of PyYAML or Python as a YamlError, with line and column if known."""
    if isinstance(error, YamlError):
        return error
    if isinstance(error, RecursionError):
        return YamlError(f"is nested more than {DEEPEST} deep", mark)
    problem = getattr(error, "problem", None) or " ".join(str(error).split())
    problem = _NO_CONSTRUCTOR.sub(r"the tag '\1' is not supported; use plain values", problem)
    if problem == "but found another document":
        problem = "a second document begins here; leave one of them"
    for name in ("<unicode string>", "<byte string>"):
        problem = problem.replace(f' in "{name}",', "")
    place = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return YamlError(problem, place or mark)


@lru_cache(maxsize=8)
def _guarded(loader: Any) -> tuple[Any, Any]:
    """The yaml module, and the loader extended to name the value that it cannot read. PyYAML takes
    25 ms to import, so it is imported only when a YAML file is read."""
    import yaml

    base: Any = loader or getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Guarded(base):  # type: ignore[misc]
        def construct_object(self, node: Any, deep: bool = False) -> Any:
            try:
                return super().construct_object(node, deep)
            except yaml.YAMLError:
                raise
            except _UNREADABLE:
                tag = node.tag.removeprefix(STANDARD)
                text = f"{node.value!r:.40} cannot be read as {tag}; put it in quotes"
                raise yaml.MarkedYAMLError(problem=text, problem_mark=node.start_mark) from None

    return yaml, Guarded
