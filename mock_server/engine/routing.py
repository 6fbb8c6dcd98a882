"""Finds the operation for a path and a method: with or without a final slash, under each prefix of
the spec's servers."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from contracts.spec.loader import Operation, Spec

LONGEST_CACHED = 128  # characters of a path; one with a task_id has half of it


class Route(NamedTuple):
    """The operation and the value of its path parameter; "" if it has none."""

    operation: Operation
    value: str


class Router:
    """The routes of one spec, compiled once. `find` returns a Route; None for an unknown path; the
    name of the method if the path exists without that method."""

    def __init__(self, spec: Spec) -> None:
        # The longest first, since one prefix may begin with another.
        self._prefixes = sorted((p + "/" for p in spec.prefixes), key=len, reverse=True)
        # The key is the whole path, or for a path with a parameter the parts before and after it.
        self._fixed: dict[str, dict[str, Operation]] = {}
        self._open: dict[tuple[str, str], dict[str, Operation]] = {}
        self._cached = lru_cache(maxsize=4096)(self._find)  # one task is polled many times
        for operation in spec.operations.values():
            before, brace, rest = operation.template[1:].partition("{")
            if brace:
                key = (before, rest.partition("}")[2])
                self._open.setdefault(key, {})[operation.method] = operation
            else:
                self._fixed.setdefault(before, {})[operation.method] = operation

    def find(self, method: str, path: str) -> Route | str | None:
        find = self._cached if len(path) <= LONGEST_CACHED else self._find
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
        """The value of the path parameter, and the operations of that path by method."""
        for (before, behind), methods in self._open.items():
            if rest.startswith(before) and rest.endswith(behind):
                value = rest[len(before) : len(rest) - len(behind)]
                if value and "/" not in value:
                    return (unquote(value) if "%" in value else value), methods
        return "", None
