"""Which operation a path and a method mean: both spellings of each path, under each prefix of the
spec's servers. Knows paths only."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote

from contracts.spec import Operation, Spec


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
        self._fixed: dict[str, list[Operation]] = {}
        self._open: list[Operation] = []
        for operation in spec.operations.values():
            if None in operation.path:
                self._open.append(operation)
            else:
                self._fixed.setdefault(operation.template[1:], []).append(operation)

    def find(self, method: str, path: str) -> Route | str | None:
        for prefix in self._prefixes:
            if path.startswith(prefix):
                break
        else:
            return None
        rest = path[len(prefix) :].removesuffix("/")
        routes = [Route(operation, "") for operation in self._fixed.get(rest, ())]
        routes = routes or self._with_value(rest.split("/"))
        for route in routes:
            if route.operation.method == method:
                return route
        return method if routes else None

    def _with_value(self, parts: list[str]) -> list[Route]:
        values = ((operation, _match(operation.path, parts)) for operation in self._open)
        return [Route(operation, value) for operation, value in values if value]


def _match(segments: tuple[str | None, ...], parts: list[str]) -> str:
    """The value of the path parameter; "" where the path is another."""
    if len(segments) != len(parts):
        return ""
    value = ""
    for segment, part in zip(segments, parts, strict=True):
        if segment is None:
            value = unquote(part) if "%" in part else part
        elif segment != part:
            return ""
    return value
