"""Finds the operation that a wrong path was probably meant for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, unquote

from contracts.spec.loader import Operation, Spec
from contracts.spec.pointers import pointer_of
from contracts.spec.routes import Route

ALIKE = 0.75  # mean similarity of the parts of two similar paths
RELATED = 0.4  # least similarity of any part of them
MISSPELLED = 0.7  # least similarity of each part if the path may belong to another service
SAME = 0.8  # similarity of a last part that identifies a path alone


class Address(NamedTuple):
    """An operation, the value of its path parameter, and the prefix before them."""

    operation: Operation
    value: str
    prefix: str

    @property
    def path(self) -> str:
        """The correct path."""
        return self.prefix + self.operation.path(quote(self.value, safe=""))


def exact(spec: Spec, method: str, path: str) -> Address | None:
    """The operation of a correct path; None if the path is unknown or lacks the method."""
    found = spec.router.find(method, path)
    if not isinstance(found, Route):
        return None
    prefix = next(p for p in spec.router.prefixes if path.startswith(p + "/"))
    return Address(found.operation, found.value, prefix)


def nearest(spec: Spec, method: str, path: str) -> Address | None:
    """The most similar operation; of equally similar ones the one with the longest path, then the
    one with this method. None if no path is similar."""
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
    """The part of the sent path before the operation's own path. The own path may have been sent
    with parts missing, but not with parts added."""
    parts = [part for part in path.split("/") if part]
    own, prefix = len(_parts(address.operation)), address.prefix[1:].split("/")
    if parts[: len(prefix)] == prefix and len(parts) <= len(prefix) + own:
        return address.prefix
    return "".join(f"/{part}" for part in parts[:-own])


def place_of(address: Address) -> str:
    """The pointer of the operation in the spec."""
    operation = address.operation
    return "#" + pointer_of(("paths", operation.template, operation.method.lower()))


def is_like(spec: Spec, path: str) -> bool:
    """Whether a path is one of ours, misspelled or with a part missing."""
    parts = [unquote(part) for part in path.split("/") if part]
    ours = [_parts(operation) for operation in spec.operations.values()]
    shorter = len(parts) < max(map(len, ours)) and nearest(spec, "", path) is not None
    likenesses = [_least(operation, parts) for operation in spec.operations.values()]
    return shorter or max(likenesses) >= MISSPELLED


def _least(operation: Operation, parts: list[str]) -> float:
    """The least similarity of any part at the end of a path; 0 if the path is too short."""
    wanted = _parts(operation)
    return min(_fixed(wanted, parts[-len(wanted) :])) if len(parts) >= len(wanted) else 0.0


def methods_of(spec: Spec, template: str) -> list[str]:
    return [o.method for o in spec.operations.values() if o.template == template]


def _parts(operation: Operation) -> list[str]:
    return operation.template[1:].split("/")


def _score(operation: Operation, parts: list[str]) -> float:
    """The similarity of the end of a path, from 0 to 1."""
    wanted = _parts(operation)
    likenesses = list(_fixed(wanted, parts[-len(wanted) :])) if len(parts) >= len(wanted) else [0.0]
    mean = sum(likenesses) / len(likenesses)
    if min(likenesses) >= RELATED and mean >= ALIKE:
        return mean
    # A last part such as `face-detect` identifies an operation that has no path parameter.
    last = _alike(wanted[-1], parts[-1]) if parts and "{" not in operation.template else 0.0
    return ALIKE * last if last >= SAME else 0.0


def _fixed(wanted: list[str], parts: list[str]) -> Iterator[float]:
    for part, sent in zip(wanted, parts, strict=False):
        if not part.startswith("{"):
            yield _alike(part, sent)


def _alike(one: str, other: str) -> float:
    from difflib import SequenceMatcher  # 15 ms, needed only for a wrong path

    return SequenceMatcher(None, one, other.lower()).ratio()


def _value(operation: Operation, parts: list[str]) -> str:
    wanted = _parts(operation)
    sent = zip(wanted, parts[-len(wanted) :], strict=False)
    return next((value for part, value in sent if part.startswith("{")), "")


def _prefix(spec: Spec, parts: list[str]) -> str:
    """The prefix of the spec with the most parts in common with a path; by default the first."""

    def common(prefix: str) -> int:
        pairs = zip(prefix[1:].split("/"), parts, strict=False)
        return next((n for n, (one, other) in enumerate(pairs) if one != other.lower()), 9)

    return max(spec.prefixes, key=common)
