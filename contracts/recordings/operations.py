"""Which operation of the spec a call means, whatever stands before its path. Knows paths only."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from contracts.spec.loader import Operation, Spec

POLL = "getTask"


class FoundOperation(NamedTuple):
    """The operation and the value of its path parameter ("": it has none)."""

    operation: Operation
    value: str


class OperationFinder:
    """The operations of one spec, to be found under any prefix: a recording may be of a reseller
    whose prefix the spec does not know."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        # The longest first: `/tasks` must not take `/…/tasks` where more of the path is known.
        known = sorted(spec.operations.values(), key=lambda o: len(o.template), reverse=True)
        self._patterns = [(_pattern(operation), operation) for operation in known]
        self.find = lru_cache(maxsize=1024)(self._find)

    def _find(self, method: str, path: str) -> FoundOperation | None:
        """What a call means; None where it is no operation of the spec."""
        for pattern, operation in self._patterns:
            found = pattern.search(path) if operation.method == method else None
            if found is not None:
                return FoundOperation(operation, unquote(found[1]) if found.groups() else "")
        return None

    def polled(self, method: str, path: str) -> str | None:
        """The task_id that a call polls; None where it is no poll."""
        called = self.find(method, path)
        return called.value if called and called.operation.id == POLL else None


def _pattern(operation: Operation) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", operation.template)
    return re.compile("([^/]+)".join(map(re.escape, parts)) + "/?$")
