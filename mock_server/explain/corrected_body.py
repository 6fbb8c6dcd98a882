"""A body put right: misnamed fields get their names, values that cannot be others. What was right
stays as it was sent. Pure; knows the schema and the documented request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from contracts.spec.loader import Operation
from contracts.spec.pointers import MISSING, parts_of, value_at
from contracts.spec.validation import BodyValidator, Violation
from mock_server.scenarios.names import without_scenario
from mock_server.suggest.close_names import close_names
from mock_server.suggest.typos import FieldNames, Typo

STEPS = 30  # more than there are fields


def right_body(operation: Operation, body: Any) -> Any:
    """A body that the operation accepts, as near to this one as can be. None: it reads none."""
    rules = operation.body
    if rules is None:
        return None
    example = next(iter(operation.requests.values()))
    if not isinstance(body, dict):
        return example
    body = named_right(operation, body)
    for _ in range(STEPS):
        violation = next(rules.violations(body), None)
        if violation is None:
            return asking_nothing(body)
        body = _mended(rules, body, violation, example)
    return example


def named_right(operation: Operation, body: dict[str, Any]) -> Any:
    """The body with each slip under the name and in the place that is meant."""
    names, changed = FieldNames(operation), copied(body)
    for _ in range(STEPS):
        typo = next(names.typos(changed), None)
        if typo is None:
            break
        _move(changed, typo)
    return changed


def asking_nothing(body: Any) -> Any:
    """The body with its URLs as they are when they ask for no scenario."""
    for name, value in body["input"].items():
        if isinstance(value, str) and "://" in value:
            body["input"][name] = without_scenario(value)
    return body


def copied(body: Any) -> Any:
    return json.loads(json.dumps(body))


def schema_at(schema: Any, parts: list[str]) -> Any:
    """The schema of a place in the body; an empty one where nothing is said of it."""
    for part in parts:
        schema = schema.get("properties", {}).get(part) or schema.get("items", {})
    return schema


def choices(schema: Any) -> list[Any]:
    """The values that an enum allows, here or in an allOf."""
    parts = [schema, *schema.get("allOf", ())]
    return [value for part in parts for value in part.get("enum", ())]


def _mended(rules: BodyValidator, body: Any, violation: Violation, example: Any) -> Any:
    """The body with another value there, the nearest that holds; the example where none does."""
    parts = parts_of(violation.pointer)
    for value in _candidates(rules.schema, body, parts, example):
        changed = _put(body, parts, value)
        if all(other.pointer != violation.pointer for other in rules.violations(changed)):
            return changed
    return copied(example)


def _candidates(schema: Any, body: Any, parts: list[str], example: Any) -> Iterator[Any]:
    """Values to try, the nearest first: an allowed one, the default, the documented one."""
    field = schema_at(schema, parts)
    yield from close_names(
        str(value_at(body, parts))[:80], [str(c) for c in choices(field)], most=3
    )
    for value in (field.get("default", MISSING), value_at(example, parts)):
        if value is not MISSING:
            yield value


def _put(body: Any, parts: list[str], value: Any) -> Any:
    changed = copied(body)
    if not parts:
        return copied(value)
    holder = value_at(changed, parts[:-1])
    holder[int(parts[-1]) if isinstance(holder, list) else parts[-1]] = copied(value)
    return changed


def _move(body: Any, typo: Typo) -> None:
    """Under the right name where the wrong one stood, so that a reader finds it."""
    *way, name = typo.written
    *other, meant = typo.meant
    holder = value_at(body, way)
    if way == other:
        items = [(meant if key == name else key, value) for key, value in holder.items()]
        holder.clear()
        holder.update(items)
    else:
        target = body
        for part in other:
            if not isinstance(target.get(part), dict):
                target[part] = {}
            target = target[part]
        target[meant] = holder.pop(name)
