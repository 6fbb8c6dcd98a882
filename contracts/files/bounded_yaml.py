"""The one reader of YAML: texts of strangers within bounds of size, depth and aliases. Each mistake
is an error with line and column. An alias (`*name`) repeats all that its anchor holds, so 600 bytes
can stand for millions of values; a text whose aliases add too much, or that holds itself, is
refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

MOST_CHARACTERS = 32 << 20  # of a text
MOST_VALUES = 250_000  # that a text has, keys among them
MOST_ADDED = 100_000  # values that the aliases of a text may stand for in all
CHARACTERS = 64  # of a long text count as one value more
DEEPEST = 128  # lists and mappings in each other
LONGEST_NUMBER = 400  # characters; a number of base 60 (1:30:00) takes the square of its length
MOST_ODD_KEYS = 1000  # keys of one mapping that are no texts, whose hashes a stranger can choose
STANDARD = "tag:yaml.org,2002:"
_NO_CONSTRUCTOR = re.compile(
    rf"could not determine a constructor for the tag '(?:{STANDARD})?(.*)'"
)
NUMBERS = {f"{STANDARD}int", f"{STANDARD}float"}
# What PyYAML raises for a value that is not of its type, beside its own errors.
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


class YamlError(ValueError):
    """A text that cannot be read. problem: why. line, column: where, from 1; 0 where no place is
    known."""

    def __init__(self, problem: str, mark: Any = None) -> None:
        self.problem = problem
        self.line: int = mark.line + 1 if mark else 0
        self.column: int = mark.column + 1 if mark else 0
        super().__init__(f"{problem} (line {self.line}, column {self.column})" if mark else problem)


def load(text: str | bytes, loader: Any = None) -> Any:
    """The value of one YAML document, None of an empty one. loader: a class of PyYAML, default its
    safe one. Raises YamlError, and nothing else."""
    node = compose(text, loader)
    return None if node is None else construct(node, loader)


def compose(text: str | bytes, loader: Any = None) -> Any:
    """The nodes of one YAML document, which know their places; None of an empty one. Raises
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
        raise _in_words(error) from None
    if node is not None:
        check(node)
    return node


def construct(node: Any, loader: Any = None) -> Any:
    """The value of nodes that `compose` gave. Raises YamlError."""
    yaml, guarded = _guarded(loader)
    reader = guarded("")
    try:
        return reader.construct_document(node)
    except (yaml.YAMLError, *_UNREADABLE) as error:
        raise _in_words(error, node.start_mark) from None
    finally:
        reader.dispose()


def check(root: Any) -> None:
    """Raises YamlError for the nodes of a document, as PyYAML composes them."""
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


def _aliases(node: Any, what: str) -> YamlError:
    return YamlError(f"its YAML aliases {what}", node.start_mark)


def _in_words(error: Exception, mark: Any = None) -> YamlError:
    """The same error with its place, where one is known."""
    if isinstance(error, YamlError):
        return error
    if isinstance(error, RecursionError):
        return YamlError(f"is nested more than {DEEPEST} deep", mark)
    problem = getattr(error, "problem", None) or " ".join(str(error).split())
    problem = _NO_CONSTRUCTOR.sub(r"the tag '\1' is not read: only plain values are", problem)
    if problem == "but found another document":
        problem = "a second document begins here; leave one of them"
    for name in ("<unicode string>", "<byte string>"):
        problem = problem.replace(f' in "{name}",', "")
    place = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return YamlError(problem, place or mark)


@lru_cache(maxsize=8)
def _guarded(loader: Any) -> tuple[Any, Any]:
    """PyYAML, 25 ms for who has a file of it; and the loader, or the safe one, made to say which
    value it cannot read."""
    import yaml

    base: Any = loader or getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Guarded(base):  # type: ignore[misc]
        def construct_object(self, node: Any, deep: bool = False) -> Any:
            try:
                return super().construct_object(node, deep)
            except yaml.YAMLError:
                raise
            except _UNREADABLE:
                kind = node.tag.removeprefix(STANDARD)
                text = f"{node.value!r:.40} cannot be read as {kind}; put it in quotes"
                raise yaml.MarkedYAMLError(problem=text, problem_mark=node.start_mark) from None

    return yaml, Guarded
