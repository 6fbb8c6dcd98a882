"""Names that are surely slips of known ones, misspelled or in the wrong place. The service takes
them without a word; this says what was meant. Pure; never says that a call is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from contracts.spec.loader import Operation, Spec
from contracts.spec.pointers import pointer_of
from contracts.spec.validation import Violation
from mock_server.suggest.close_names import close_names

Way = tuple[str, ...]
NOTHING: dict[str, Any] = {}
MOST_NAMES = 100  # of one object that are compared with known ones, 0.1 ms each
LONGEST = 64  # a longer name is no slip of one of ours


class Typo(NamedTuple):
    """A name that no schema has and the field that it stands for, as ways down the body."""

    written: Way
    meant: Way


class FieldNames:
    """The fields of an operation's body, by the object that has them."""

    def __init__(self, operation: Operation) -> None:
        schema = operation.body.schema if operation.body else {}
        self._fields = dict(_objects(schema))
        # What the documented requests send besides is no slip: the SDK's `prompt`, `function`, …
        self._known = {
            way: frozenset(names).union(*(part_at(r, way) for r in operation.requests.values()))
            for way, names in self._fields.items()
        }

    def all_known(self, body: dict[str, Any]) -> bool:
        """Whether an accepted body has nothing to look at. Asked of every call: 1 µs."""
        for way, known in self._known.items():
            part = body
            for name in way:
                part = part.get(name, NOTHING)
            if not known.issuperset(part):
                return False
        return True

    def typos(self, body: Any) -> Iterator[Typo]:
        """In the order of the schema's objects, then of the body. No field is meant twice, and none
        that was sent."""
        free = [(*way, n) for way, names in self._fields.items() for n in names]
        free = [way for way in free if way[-1] not in part_at(body, way[:-1])]
        for way, known in self._known.items():
            unknown = (name for name in part_at(body, way) if name not in known)
            for name in islice(unknown, MOST_NAMES):
                meant = _meant(way, name, free)
                if meant is not None:
                    free.remove(meant)
                    yield Typo((*way, name), meant)


class Typos:
    """Compiled once from the spec."""

    def __init__(self, spec: Spec) -> None:
        self._names = {name: FieldNames(operation) for name, operation in spec.operations.items()}

    def near_miss(self, operation: Operation, body: Any, query: str) -> Violation | None:
        """The first name of an accepted call that looks like a slip: its body as a value, its query
        as it was sent. `schema` is where the field that is meant is written."""
        if operation.body is not None:
            names = self._names[operation.id]
            if not names.all_known(body):
                for typo in names.typos(body):
                    return _in_body(operation, typo)
        elif query and operation.query:
            return _in_query(operation, dict(parse_qsl(query, keep_blank_values=True)))
        return None


def part_at(body: Any, way: Iterable[str]) -> Mapping[str, Any]:
    """The object at the end of the way; an empty one where there is none."""
    for name in way:
        body = body.get(name) if isinstance(body, dict) else None
    return body if isinstance(body, dict) else {}


def stands_for(name: str, known: Iterable[str]) -> str:
    """The known name that this one stands for: the same but for its case, a part of its words, or a
    letter or two off. "" where none is."""
    return _stands_for(name, tuple(known)) if len(name) <= LONGEST else ""


@lru_cache(maxsize=1024)
def _stands_for(name: str, known: tuple[str, ...]) -> str:
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
    """`page` of page_no, `size` of page_size, `params` of parameters; `aspect_ratio` has ratio."""
    count, text = len(words), "".join(words).removesuffix("s")
    return bool(words) and (
        words in (known[:count], known[-count:])
        or words[-len(known) :] == known
        or (len(text) >= 4 and "".join(known).startswith(text))
    )


def _objects(schema: Mapping[str, Any], way: Way = ()) -> Iterator[tuple[Way, Way]]:
    """Every object that the schema knows, with the names of its fields."""
    fields = schema.get("properties", {})
    if fields:
        yield way, tuple(fields)
    for name, field in fields.items():
        yield from _objects(field, (*way, name))


def _meant(way: Way, name: str, free: list[Way]) -> Way | None:
    """The field that the name stands for; one of the same object before one of another."""
    ordered = sorted(free, key=lambda field: field[:-1] != way)
    found = stands_for(name, (field[-1] for field in ordered))
    return next((field for field in ordered if field[-1] == found), None)


def _in_body(operation: Operation, typo: Typo) -> Violation:
    assert operation.body
    field, meant = ".".join(typo.written), ".".join(typo.meant)
    way = [part for name in typo.meant for part in ("properties", name)]
    reason = f"is not known; did you mean {meant}?"
    place = operation.body.where(way)
    return Violation("", pointer_of(typo.written), field[:200], reason, schema=place)


def _in_query(operation: Operation, query: Mapping[str, str]) -> Violation | None:
    free = {p.name: p for p in operation.query if p.name not in query}
    known = {p.name for p in operation.query}
    for name in islice((name for name in query if name not in known), MOST_NAMES):
        meant = stands_for(name, free)
        if meant:
            reason = f"is not known; did you mean {meant}?"
            return Violation("", f"#query/{name}", name, reason, schema=free[meant].where(()))
    return None
