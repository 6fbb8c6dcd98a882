"""Finds unknown names in accepted calls that look like known fields, misspelled or misplaced.

The service silently ignores unknown names, so the fake suggests the right one. Pure; no call is
refused here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from contracts.spec.fields import FieldPath
from contracts.spec.loader import Operation, Spec
from contracts.spec.models import named_model
from contracts.spec.pointers import pointer_of
from contracts.spec.validation import Violation
from mock_server.suggest.close_names import close_names

_EMPTY: dict[str, Any] = {}
MOST_NAMES = 100  # unknown names of one object that are compared, 0.1 ms each
LONGEST = 64  # a longer name is not a typo of a known one


class Typo(NamedTuple):
    """An unknown name (written) and the field that it probably means, as paths in the body."""

    written: FieldPath
    meant: FieldPath


class FieldNames:
    """The fields of the body of a model, by the object that has them. model: default is the first
    one of the operation."""

    def __init__(self, operation: Operation, model: str = "") -> None:
        body = operation.body_for(model)
        self._fields: dict[FieldPath, list[str]] = {}
        for path in body.fields if body else ():
            self._fields.setdefault(path[:-1], []).append(path[-1])
        requests = operation.requests_for(model).values()
        # Other names in documented requests are known, too: the SDK's `prompt`, `function`, …
        self._known = {
            path: frozenset(names).union(*(part_at(request, path) for request in requests))
            for path, names in self._fields.items()
        }

    def all_known(self, body: dict[str, Any]) -> bool:
        """Whether an accepted body has known names only. Runs for every call: 1 µs."""
        for path, known in self._known.items():
            part = body
            for name in path:
                part = part.get(name, _EMPTY)
            if not known.issuperset(part):
                return False
        return True

    def typos(self, body: Any) -> Iterator[Typo]:
        """The typos in a body. A field is suggested at most once, and only if it was not sent."""
        free = [(*path, n) for path, names in self._fields.items() for n in names]
        free = [path for path in free if path[-1] not in part_at(body, path[:-1])]
        for path, known in self._known.items():
            unknown = (name for name in part_at(body, path) if name not in known)
            for name in islice(unknown, MOST_NAMES):
                meant = _meant(path, name, free)
                if meant is not None:
                    free.remove(meant)
                    yield Typo((*path, name), meant)


class Typos:
    """Finds typos in calls of all operations. Compiled once from the spec."""

    def __init__(self, spec: Spec) -> None:
        self._names = {
            operation.id: {model: FieldNames(operation, model) for model in operation.bodies}
            for operation in spec.operations.values()
        }

    def near_miss(self, operation: Operation, body: Any, query: str) -> Violation | None:
        """The first typo in an accepted call, or None.

        body: the JSON value. query: as sent. The violation's `schema` is the place of the field
        that is probably meant."""
        if operation.body is not None:
            model = named_model(body)
            by_model = self._names[operation.id]
            names = by_model.get(model) or next(iter(by_model.values()))
            if not names.all_known(body):
                for typo in names.typos(body):
                    return _in_body(operation, model, typo)
        elif query and operation.query:
            return _in_query(operation, dict(parse_qsl(query, keep_blank_values=True)))
        return None


def part_at(body: Any, path: Iterable[str]) -> Mapping[str, Any]:
    """The object at a path of a body; {} if there is none."""
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body if isinstance(body, dict) else {}


def intended_name(name: str, known: Iterable[str]) -> str:
    """The known name that `name` probably means: it differs only in case, in one or two letters, or
    has a part of the words. "" if there is none."""
    return _intended_name(name, tuple(known)) if len(name) <= LONGEST else ""


@lru_cache(maxsize=1024)
def _intended_name(name: str, known: tuple[str, ...]) -> str:
    words = _words(name)
    parts = [_words(other) for other in known]
    for alike in (_same, _is_part):
        for other, its_words in zip(known, parts, strict=True):
            if alike(words, its_words):
                return other
    for other in close_names(name, known, most=3, cutoff=0.72):
        if abs(len(other) - len(name)) <= 2:
            return other
    return ""


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)]


def _same(words: list[str], known: list[str]) -> bool:
    return bool(words) and "".join(words) == "".join(known)


def _is_part(words: list[str], known: list[str]) -> bool:
    """`page` matches page_no, `size` page_size, `params` parameters, `aspect_ratio` ratio."""
    count, text = len(words), "".join(words).removesuffix("s")
    return bool(words) and (
        words in (known[:count], known[-count:])
        or words[-len(known) :] == known
        or (len(text) >= 4 and "".join(known).startswith(text))
    )


def _meant(path: FieldPath, name: str, free: list[FieldPath]) -> FieldPath | None:
    """The field that a name probably means; fields of the same object are preferred."""
    ordered = sorted(free, key=lambda field: field[:-1] != path)
    found = intended_name(name, (field[-1] for field in ordered))
    return next((field for field in ordered if field[-1] == found), None)


def _in_body(operation: Operation, model: str, typo: Typo) -> Violation:
    body = operation.body_for(model)
    assert body
    field, meant = ".".join(typo.written), ".".join(typo.meant)
    reason = f"is not known; did you mean {meant}?"
    place = body.place_of(typo.meant)
    return Violation("", pointer_of(typo.written), field[:200], reason, schema=place)


def _in_query(operation: Operation, query: Mapping[str, str]) -> Violation | None:
    free = {p.name: p for p in operation.query if p.name not in query}
    known = {p.name for p in operation.query}
    for name in islice((name for name in query if name not in known), MOST_NAMES):
        meant = intended_name(name, free)
        if meant:
            reason = f"is not known; did you mean {meant}?"
            return Violation("", f"#query/{name}", name, reason, schema=free[meant].where(()))
    return None
