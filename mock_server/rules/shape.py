"""Whether what people write has the shape of scenarios.schema.json. Knows nothing of the spec and
reads no file but the schema."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import msgspec

from contracts.places import pointer_of
from mock_server.near import did_you_mean

SCHEMA = Path(__file__).with_name("scenarios.schema.json")
DEEPEST = 32
MOST_RULES = 1000
MOST_PROBLEMS = 20  # that are named; a stranger can make as many as there are letters

Way = tuple[str | int, ...]


class Problem(NamedTuple):
    """What is wrong, and where in what was written (a JSON pointer)."""

    pointer: str
    text: str


def unlike(value: Any) -> Iterator[Problem]:
    """Where it has another shape; of what is not even JSON, only that, and not without end."""
    found = list(islice(_foreign(value, ()), MOST_PROBLEMS)) or list(_too_many(value))
    yield from found or islice(_errors(value), MOST_PROBLEMS)


def _too_many(value: Any) -> Iterator[Problem]:
    """Before the schema is asked: it writes out each value that does not fit."""
    written = value.get("scenarios") if isinstance(value, dict) else None
    if isinstance(written, list) and len(written) > MOST_RULES:
        yield Problem("/scenarios", f"has {len(written)} rules; at most {MOST_RULES} can be")


def _foreign(value: Any, way: Way) -> Iterator[Problem]:
    """What YAML and Python have and JSON has not: dates, infinity, keys that are no text."""
    if len(way) > DEEPEST:
        yield Problem(pointer_of(way), f"is nested more than {DEEPEST} deep")
    elif isinstance(value, dict):
        for key, below in value.items():
            yield from _foreign(below, (*way, key)) if _is_text(key) else _no_json(key, way)
    elif isinstance(value, list | tuple):
        for number, below in enumerate(value):
            yield from _foreign(below, (*way, number))
    elif not (value is None or _is_text(value) or _is_number(value)):
        yield from _no_json(value, way)


def _no_json(value: Any, way: Way) -> Iterator[Problem]:
    yield Problem(pointer_of(way), f"{value!a:.80} cannot be said in JSON; is it a text?")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.encode("utf-8", "replace").decode() == value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < 2**63


@cache
def _schema() -> tuple[dict[str, Any], jsonschema_rs.Validator]:
    schema: dict[str, Any] = msgspec.json.decode(SCHEMA.read_bytes())
    return schema, jsonschema_rs.Draft202012Validator(schema)


def _errors(value: Any) -> Iterator[Problem]:
    schema, validator = _schema()
    for error in validator.iter_errors(value):
        parent: Any = schema
        for part in error.schema_path[:-1]:
            parent = parent[part]
        yield Problem(pointer_of(error.instance_path), _said(error, parent))


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
