"""YAML from strangers. An alias (`*name`) repeats all that its anchor holds, so 600 bytes can stand
for millions of values; a text whose aliases add too much, or that holds itself, is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MOST_ADDED = 100_000  # values that the aliases of a text may stand for in all
CHARACTERS = 64  # of a long text count as one value more


class TooManyAliases(ValueError):
    """The aliases of a text stand for too much. The message names the place of one."""


def load(text: str | bytes, loader: Any = None) -> Any:
    """The value of one YAML document. loader: a class of PyYAML, default its safe one. Raises
    TooManyAliases, YAMLError, RecursionError, and ValueError for a number that Python refuses."""
    import yaml  # 25 ms, for who has a file of it

    reader = (loader or getattr(yaml, "CSafeLoader", yaml.SafeLoader))(text)
    try:
        node = reader.get_single_node()
        if node is None:
            return None
        check(node)
        return reader.construct_document(node)
    finally:
        reader.dispose()


def sentence_of(error: Exception) -> str:
    """What is wrong with a YAML text, as PyYAML's errors say it over several lines, in one."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark is None or problem is None:
        return " ".join(str(error).split())
    text = " ".join(filter(None, [getattr(error, "context", None), problem]))
    return f"{text} (line {mark.line + 1}, column {mark.column + 1})"


def check(root: Any) -> None:
    """Raises TooManyAliases for the nodes of a document, as PyYAML composes them."""
    sizes: dict[int, int] = {}  # of each node, with all that its aliases repeat
    above: set[int] = set()  # the nodes that hold the one that is looked at
    written = 0
    todo = [(root, False)]
    while todo:  # no recursion: a text may be nested as deep as PyYAML reads it
        node, is_left = todo.pop()
        if is_left:
            above.discard(id(node))
            sizes[id(node)] += sum(sizes[id(child)] for child in _children(node))
            if sizes[id(node)] - written > MOST_ADDED:
                raise TooManyAliases(_said(node, f"stand for more than {MOST_ADDED:,} values"))
        elif id(node) in above:
            raise TooManyAliases(_said(node, "make a value hold itself"))
        elif id(node) not in sizes:
            sizes[id(node)] = 1 + _length(node) // CHARACTERS
            written += sizes[id(node)]
            above.add(id(node))
            todo.append((node, True))
            todo += [(child, False) for child in _children(node)]


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node.value, list):
        for item in node.value:
            yield from item if isinstance(item, tuple) else (item,)


def _length(node: Any) -> int:
    return len(node.value) if isinstance(node.value, str) else 0


def _said(node: Any, what: str) -> str:
    mark = node.start_mark
    return f"its YAML aliases {what} (line {mark.line + 1}, column {mark.column + 1})"
