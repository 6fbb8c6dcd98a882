"""Which operation a path means, also one that is not quite right, and what is wrong with it. Knows
paths only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, unquote

from contracts.spec.loader import Operation, Spec
from contracts.spec.pointers import pointer_of
from mock_server.engine.routing import Route, Router

ALIKE = 0.75  # two paths, part by part, on the average
RELATED = 0.4  # two parts of such paths, at least
MISSPELLED = 0.7  # each part, of a path that may be of another service
SAME = 0.8  # a last part that stands for a whole path


class Address(NamedTuple):
    """An operation, the value of its path parameter, and the path that stands before both."""

    operation: Operation
    value: str
    prefix: str

    @property
    def path(self) -> str:
        """The path as it should be sent."""
        before, brace, rest = self.operation.template.partition("{")
        value = quote(self.value, safe="") if brace else ""
        return self.prefix + before + value + rest.partition("}")[2]


def exact(spec: Spec, method: str, path: str) -> Address | None:
    """What the path means as it is; None when that is nothing, or has no such method."""
    found = Router(spec).find(method, path)
    if not isinstance(found, Route):
        return None
    prefix = next(p for p in _longest_first(spec) if path.startswith(p + "/"))
    return Address(found.operation, found.value, prefix)


def nearest(spec: Spec, method: str, path: str) -> Address | None:
    """What the path means in all likelihood: the most alike, then the longest, then the one that
    has the method. None when it is like none."""
    parts = [unquote(part) for part in path.split("/") if part]
    found = [
        (score, len(_parts(operation)), operation.method == method, operation)
        for operation in spec.operations.values()
        if (score := _score(operation, parts)) > 0
    ]
    if not found:
        return None
    operation = max(found, key=lambda row: row[:3])[3]
    return Address(operation, _value(operation, parts), _prefix(spec, parts))


def base_of(address: Address, path: str) -> str:
    """What was sent before the operation's own part, as a path. An own part may be too short, and
    is never taken for too long."""
    parts = [part for part in path.split("/") if part]
    own, prefix = len(_parts(address.operation)), address.prefix[1:].split("/")
    if parts[: len(prefix)] == prefix and len(parts) <= len(prefix) + own:
        return address.prefix
    return "".join(f"/{part}" for part in parts[:-own])


def place_of(address: Address) -> str:
    """Where the operation is written in the spec."""
    operation = address.operation
    return "#" + pointer_of(("paths", operation.template, operation.method.lower()))


def is_like(spec: Spec, path: str) -> bool:
    """Whether a path of a service is one of ours, misspelled or with a part left out."""
    parts = [unquote(part) for part in path.split("/") if part]
    ours = [_parts(operation) for operation in spec.operations.values()]
    shorter = len(parts) < max(map(len, ours)) and nearest(spec, "", path) is not None
    likenesses = [_least(operation, parts) for operation in spec.operations.values()]
    return shorter or max(likenesses) >= MISSPELLED


def _least(operation: Operation, parts: list[str]) -> float:
    """How alike the least alike part is of the end of a path; 0 where that is too short."""
    wanted = _parts(operation)
    return min(_fixed(wanted, parts[-len(wanted) :])) if len(parts) >= len(wanted) else 0.0


def methods_of(spec: Spec, template: str) -> list[str]:
    return [o.method for o in spec.operations.values() if o.template == template]


def _longest_first(spec: Spec) -> list[str]:
    return sorted(spec.prefixes, key=len, reverse=True)


def _parts(operation: Operation) -> list[str]:
    return operation.template[1:].split("/")


def _score(operation: Operation, parts: list[str]) -> float:
    """How alike the end of a path is, from 0 (not at all) to 1."""
    wanted = _parts(operation)
    likenesses = list(_fixed(wanted, parts[-len(wanted) :])) if len(parts) >= len(wanted) else [0.0]
    mean = sum(likenesses) / len(likenesses)
    if min(likenesses) >= RELATED and mean >= ALIKE:
        return mean
    # `…/face-detect` alone says which one is meant, where no value is needed.
    last = _alike(wanted[-1], parts[-1]) if parts and "{" not in operation.template else 0.0
    return ALIKE * last if last >= SAME else 0.0


def _fixed(wanted: list[str], parts: list[str]) -> Iterator[float]:
    for part, sent in zip(wanted, parts, strict=False):
        if not part.startswith("{"):
            yield _alike(part, sent)


def _alike(one: str, other: str) -> float:
    from difflib import SequenceMatcher  # 15 ms that only a wrong path costs

    return SequenceMatcher(None, one, other.lower()).ratio()


def _value(operation: Operation, parts: list[str]) -> str:
    wanted = _parts(operation)
    sent = zip(wanted, parts[-len(wanted) :], strict=False)
    return next((value for part, value in sent if part.startswith("{")), "")


def _prefix(spec: Spec, parts: list[str]) -> str:
    """The spec's prefix that a path begins like; its first where it is like none."""

    def common(prefix: str) -> int:
        pairs = zip(prefix[1:].split("/"), parts, strict=False)
        return next((n for n, (one, other) in enumerate(pairs) if one != other.lower()), 9)

    return max(spec.prefixes, key=common)
