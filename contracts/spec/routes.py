"""Finds the operation for a method and a path. The only code that compares paths with the templates
of the spec. Does not correct misspelled paths."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from contracts.spec.operation import Operation

LONGEST_CACHED = 128  # characters of a path; one with a task_id has half of it
CACHED = 4096  # paths, since one task is polled many times


class Route(NamedTuple):
    """The operation and the value of its path parameter; "" if it has none."""

    operation: Operation
    value: str


class Router:
    """The paths of one spec, compiled once. A path may end with a slash.

    prefixes: the paths of the spec's servers. operations: at most one parameter in each template.
    """

    def __init__(self, prefixes: Iterable[str], operations: Iterable[Operation]) -> None:
        # The longest first, since one prefix may begin with another.
        self.prefixes = sorted(prefixes, key=len, reverse=True)
        self._bases = [f"{prefix}/" for prefix in self.prefixes]
        # The key is the whole path, or for a path with a parameter the parts before and after it.
        self._fixed: dict[str, dict[str, Operation]] = {}
        self._open: dict[tuple[str, str], dict[str, Operation]] = {}
        self._most_segments = 0
        for operation in operations:
            path = operation.template[1:]
            self._most_segments = max(self._most_segments, path.count("/") + 1)
            before, brace, rest = path.partition("{")
            if brace:
                key = (before, rest.partition("}")[2])
                self._open.setdefault(key, {})[operation.method] = operation
            else:
                self._fixed.setdefault(before, {})[operation.method] = operation
        self._cached = lru_cache(CACHED)(self._find)
        self._cached_anywhere = lru_cache(CACHED)(self._find_anywhere)

    def find(self, method: str, path: str) -> Route | str | None:
        """The route of a path below a prefix of the spec; None for an unknown path; the name of the
        method if the path exists without that method."""
        find = self._cached if len(path) <= LONGEST_CACHED else self._find
        return find(method, path)

    def find_anywhere(self, method: str, path: str) -> Route | None:
        """The route of a path below any prefix; None if there is none. A recording may come from a
        reseller whose prefix is not in the spec."""
        find = self._cached_anywhere if len(path) <= LONGEST_CACHED else self._find_anywhere
        return find(method, path)

    def _find(self, method: str, path: str) -> Route | str | None:
        for base in self._bases:
            if path.startswith(base):
                return self._below(method, path[len(base) :].removesuffix("/"))
        return None

    def _find_anywhere(self, method: str, path: str) -> Route | None:
        segments = path.removesuffix("/").rsplit("/", self._most_segments)
        for start in range(1, len(segments)):  # the longest first
            found = self._below(method, "/".join(segments[start:]))
            if isinstance(found, Route):
                return found
        return None

    def _below(self, method: str, rest: str) -> Route | str | None:
        """The same as `find`, for a path without its prefix."""
        value, methods = "", self._fixed.get(rest)
        if methods is None:
            value, methods = self._parameter(rest)
        if methods is None:
            return None
        operation = methods.get(method)
        return Route(operation, value) if operation else method

    def _parameter(self, rest: str) -> tuple[str, dict[str, Operation] | None]:
        """The value of the path parameter, and the operations of that path by method."""
        for (before, behind), methods in self._open.items():
            if rest.startswith(before) and rest.endswith(behind):
                value = rest[len(before) : len(rest) - len(behind)]
                if value and "/" not in value:
                    return (unquote(value) if "%" in value else value), methods
        return "", None
