"""Which operation a path and a method mean: both spellings of each path, under each prefix of the
spec's servers. Knows paths only."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from contracts.spec.loader import Operation, Spec

LONGEST_REMEMBERED = 128  # a path of the spec with a task_id has half of it


class Route(NamedTuple):
    """The operation and the value of its path parameter ("": it has none)."""

    operation: Operation
    value: str


class Router:
    """Compiled once from the spec. `find` answers a Route, or None for no such path; a path that is
    there, but not with this method, answers the method's name."""

    def __init__(self, spec: Spec) -> None:
        # The longest first: a prefix may begin like another.
        self._prefixes = sorted((p + "/" for p in spec.prefixes), key=len, reverse=True)
        # Without a parameter the whole path is the key; with one, what stands before and behind it.
        self._fixed: dict[str, dict[str, Operation]] = {}
        self._open: dict[tuple[str, str], dict[str, Operation]] = {}
        self._remembered = lru_cache(maxsize=4096)(self._find)  # a task is asked for many times
        for operation in spec.operations.values():
            before, brace, rest = operation.template[1:].partition("{")
            if brace:
                key = (before, rest.partition("}")[2])
                self._open.setdefault(key, {})[operation.method] = operation
            else:
                self._fixed.setdefault(before, {})[operation.method] = operation

    def find(self, method: str, path: str) -> Route | str | None:
        find = self._remembered if len(path) <= LONGEST_REMEMBERED else self._find
        return find(method, path)

    def _find(self, method: str, path: str) -> Route | str | None:
        for prefix in self._prefixes:
            if path.startswith(prefix):
                break
        else:
            return None
        rest = path[len(prefix) :].removesuffix("/")
        value, methods = "", self._fixed.get(rest)
        if methods is None:
            value, methods = self._parameter(rest)
        if methods is None:
            return None
        operation = methods.get(method)
        return Route(operation, value) if operation else method

    def _parameter(self, rest: str) -> tuple[str, dict[str, Operation] | None]:
        """The one value in the path, and the operations by method of the path around it."""
        for (before, behind), methods in self._open.items():
            if rest.startswith(before) and rest.endswith(behind):
                value = rest[len(before) : len(rest) - len(behind)]
                if value and "/" not in value:
                    return (unquote(value) if "%" in value else value), methods
        return "", None
