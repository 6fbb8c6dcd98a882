"""Whether what people write has the shape of scenarios.schema.json. Knows nothing of the spec and
reads no file but the schema."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import msgspec

from contracts.spec.pointers import pointer_of
from mock_server.suggest.close_names import did_you_mean

SCHEMA = Path(__file__).with_name("scenarios.schema.json")
DEEPEST = 32
BEYOND = 2**63  # numbers from here on are not read
MOST_RULES = 1000  # and entries of each list and mapping in one
MOST_PROBLEMS = 20  # that are named; a stranger can make as many as there are letters

Way = tuple[str | int, ...]


class RuleProblem(NamedTuple):
    """What is wrong, and where in what was written (a JSON pointer)."""

    pointer: str
    text: str


def unlike(value: Any) -> Iterator[RuleProblem]:
    """Where it has another shape; of what is not even JSON, only that, and not without end."""
    for look in (_foreign, _too_many, _errors):
        found = list(islice(look(value, ()), MOST_PROBLEMS))
        if found:
            yield from found
            return


def _too_many(value: Any, way: Way) -> Iterator[RuleProblem]:
    """Before the schema is asked: it writes out each value that does not fit."""
    if not isinstance(value, dict | list):
        return
    if len(value) > MOST_RULES:
        kind = "rules" if way == ("scenarios",) else "entries"
        yield RuleProblem(pointer_of(way), f"has {len(value)} {kind}; at most {MOST_RULES} can be")
        return
    for key, below in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _too_many(below, (*way, key))


def _foreign(value: Any, way: Way) -> Iterator[RuleProblem]:
    """What YAML and Python have and JSON has not: dates, infinity, keys that are no text."""
    if len(way) > DEEPEST:
        yield RuleProblem(pointer_of(way), f"is nested more than {DEEPEST} deep")
    elif isinstance(value, dict):
        for key, below in value.items():
            yield from _foreign(below, (*way, key)) if _is_text(key) else _no_json(key, way)
    elif isinstance(value, list | tuple):
        for number, below in enumerate(value):
            yield from _foreign(below, (*way, number))
    elif not (value is None or _is_text(value) or _is_number(value)):
        yield from _no_json(value, way)


def _no_json(value: Any, way: Way) -> Iterator[RuleProblem]:
    is_large = isinstance(value, int | float) and BEYOND <= abs(value) < inf
    odd = "is beyond the numbers that are read" if is_large else "is not JSON"
    yield RuleProblem(pointer_of(way), f"{value!a:.80} {odd}; is it a text?")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.encode("utf-8", "replace").decode() == value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < BEYOND


class _Shape:
    """A schema, and what it has against a value."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._validator = jsonschema_rs.Draft202012Validator(schema)

    def errors(self, value: Any, way: Way) -> Iterator[RuleProblem]:
        for error in self._validator.iter_errors(value):
            parent: Any = self._schema
            for part in error.schema_path[:-1]:
                parent = parent[part]
            yield RuleProblem(pointer_of((*way, *error.instance_path)), _said(error, parent))


@cache
def _shapes() -> tuple[_Shape, _Shape]:
    """Of all but the rules, and of one rule."""
    schema: dict[str, Any] = msgspec.json.decode(SCHEMA.read_bytes())
    rules = schema["properties"]["scenarios"]
    rule = schema["$defs"][rules.pop("items")["$ref"].rpartition("/")[2]]
    return _Shape(schema), _Shape({**rule, "$defs": schema["$defs"]})


def _errors(value: Any, way: Way) -> Iterator[RuleProblem]:
    """Rule by rule: the validator looks for every error before it gives the first one, and 50,000
    of them take it ten seconds."""
    whole, one = _shapes()
    yield from whole.errors(value, way)
    rules = value.get("scenarios") if isinstance(value, dict) else None
    for number, rule in enumerate(rules if isinstance(rules, list) else ()):
        yield from one.errors(rule, (*way, "scenarios", number))


def _said(error: jsonschema_rs.ValidationError, parent: dict[str, Any]) -> str:
    """What the schema says where its words are better; a did-you-mean for an unknown key."""
    keyword, text = error.schema_path[-1], error.message[:300]
    if keyword in ("anyOf", "oneOf"):
        text = f"{error.instance!r:.80} does not fit: {parent['description']}"
    if keyword == "additionalProperties" and isinstance(error.instance, dict):
        known = parent["properties"]
        unknown = next(key for key in error.instance if key not in known)
        text += f"; known are {', '.join(known)}.{did_you_mean(unknown, known)}"
    return text
