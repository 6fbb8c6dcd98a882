"""Checks scenarios that a user wrote against scenarios.schema.json. Does not use the spec."""

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
BEYOND = 2**63  # numbers from here on are refused
MOST_RULES = 1000  # also the most entries of each list and mapping in a rule
MOST_PROBLEMS = 20  # in one message; a hostile document can have one in each letter

JsonPath = tuple[str | int, ...]


class RuleProblem(NamedTuple):
    """A problem of a scenario document, with the JSON pointer of its place."""

    pointer: str
    text: str


def schema_problems(value: Any) -> Iterator[RuleProblem]:
    """Where a document violates the schema, at most MOST_PROBLEMS.

    The first check that finds problems ends the search: JSON values only, sizes, then the
    schema."""
    for look in (_not_json, _too_many, _errors):
        found = list(islice(look(value, ()), MOST_PROBLEMS))
        if found:
            yield from found
            return


def _too_many(value: Any, path: JsonPath) -> Iterator[RuleProblem]:
    """Lists and mappings with too many entries. Checked before the schema, which would write each
    wrong value into its message."""
    if not isinstance(value, dict | list):
        return
    if len(value) > MOST_RULES:
        kind = "rules" if path == ("scenarios",) else "entries"
        yield RuleProblem(
            pointer_of(path), f"has {len(value)} {kind}; at most {MOST_RULES} are allowed"
        )
        return
    for key, below in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _too_many(below, (*path, key))


def _not_json(value: Any, path: JsonPath) -> Iterator[RuleProblem]:
    """Values that JSON does not have: dates, infinity, keys that are not texts."""
    if len(path) > DEEPEST:
        yield RuleProblem(pointer_of(path), f"is nested more than {DEEPEST} deep")
    elif isinstance(value, dict):
        for key, below in value.items():
            yield from (
                _not_json(below, (*path, key)) if _is_text(key) else _not_json_value(key, path)
            )
    elif isinstance(value, list | tuple):
        for number, below in enumerate(value):
            yield from _not_json(below, (*path, number))
    elif not (value is None or _is_text(value) or _is_number(value)):
        yield from _not_json_value(value, path)


def _not_json_value(value: Any, path: JsonPath) -> Iterator[RuleProblem]:
    is_large = isinstance(value, int | float) and BEYOND <= abs(value) < inf
    problem = "is too large a number" if is_large else "is not JSON"
    yield RuleProblem(pointer_of(path), f"{value!a:.80} {problem}; put texts in quotes")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.encode("utf-8", "replace").decode() == value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < BEYOND


class _Validator:
    """Validates values against one schema."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._validator = jsonschema_rs.Draft202012Validator(schema)

    def errors(self, value: Any, path: JsonPath) -> Iterator[RuleProblem]:
        for error in self._validator.iter_errors(value):
            parent: Any = self._schema
            for part in error.schema_path[:-1]:
                parent = parent[part]
            yield RuleProblem(pointer_of((*path, *error.instance_path)), _message(error, parent))


@cache
def _validators() -> tuple[_Validator, _Validator]:
    """The schema of a document without its rules, and the schema of one rule."""
    schema: dict[str, Any] = msgspec.json.decode(SCHEMA.read_bytes())
    rules = schema["properties"]["scenarios"]
    rule = schema["$defs"][rules.pop("items")["$ref"].rpartition("/")[2]]
    return _Validator(schema), _Validator({**rule, "$defs": schema["$defs"]})


def _errors(value: Any, path: JsonPath) -> Iterator[RuleProblem]:
    """Validate rule by rule: the validator finds all errors before it returns the first one, and
    50,000 of them take ten seconds."""
    whole, one = _validators()
    yield from whole.errors(value, path)
    rules = value.get("scenarios") if isinstance(value, dict) else None
    for number, rule in enumerate(rules if isinstance(rules, list) else ()):
        yield from one.errors(rule, (*path, "scenarios", number))


def _message(error: jsonschema_rs.ValidationError, parent: dict[str, Any]) -> str:
    """The message of a schema error: the schema's own description for alternatives, and a
    suggestion for an unknown key."""
    keyword, text = error.schema_path[-1], error.message[:300]
    if keyword in ("anyOf", "oneOf"):
        text = f"{error.instance!r:.80} does not fit: {parent['description']}"
    if keyword == "additionalProperties" and isinstance(error.instance, dict):
        known = parent["properties"]
        unknown = next(key for key in error.instance if key not in known)
        text += f"; known are {', '.join(known)}.{did_you_mean(unknown, known)}"
    return text
