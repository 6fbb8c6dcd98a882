"""Finds the operation of a call by its path, with any prefix before it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from contracts.spec.loader import Operation, Spec

POLL = "getTask"


class FoundOperation(NamedTuple):
    """The operation, and the value of its path parameter ("" if it has none)."""

    operation: Operation
    value: str


class OperationFinder:
    """Finds operations of one spec under any prefix, because a recording may come from a reseller
    whose prefix is not in the spec."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        # The longest template first: `/tasks` must not match the end of a longer known path.
        known = sorted(spec.operations.values(), key=lambda o: len(o.template), reverse=True)
        self._patterns = [(_pattern(operation), operation) for operation in known]
        self.find = lru_cache(maxsize=1024)(self._find)

    def _find(self, method: str, path: str) -> FoundOperation | None:
        """The operation of a call; None if the spec does not have it."""
        for pattern, operation in self._patterns:
            found = pattern.search(path) if operation.method == method else None
            if found is not None:
                return FoundOperation(operation, unquote(found[1]) if found.groups() else "")
        return None

    def polled(self, method: str, path: str) -> str | None:
        """The task_id of a poll; None for any other call."""
        called = self.find(method, path)
        return called.value if called and called.operation.id == POLL else None


def _pattern(operation: Operation) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", operation.template)
    return re.compile("([^/]+)".join(map(re.escape, parts)) + "/?$")
