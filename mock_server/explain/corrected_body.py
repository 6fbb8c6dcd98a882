"""Corrects a body: misspelled fields get their names, invalid values are replaced. The rest stays
as it was sent. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from contracts.spec.fields import choices, field_at
from contracts.spec.loader import Operation
from contracts.spec.models import named_model
from contracts.spec.pointers import MISSING, parts_of, value_at
from contracts.spec.validation import BodyValidator, Violation
from mock_server.scenarios.names import without_scenario
from mock_server.suggest.close_names import close_names
from mock_server.suggest.typos import FieldNames, Typo

STEPS = 30  # corrections of one body at most; there are fewer fields


def right_body(operation: Operation, body: Any) -> Any:
    """A valid body that is as similar to this one as possible; None if the operation takes no
    body."""
    if operation.body is None:
        return None
    if not isinstance(body, dict):
        return next(iter(operation.requests.values()))
    renamed = named_right(operation, likely_model(operation, body), body)
    model = likely_model(operation, renamed)
    body, validator = named_right(operation, model, body), operation.body_for(model)
    example = next(iter(operation.requests_for(model).values()))
    assert validator
    for _ in range(STEPS):
        violation = next(validator.violations(body), None)
        if violation is None:
            return without_scenarios(body)
        body = _corrected(validator, body, violation, example)
    return example


def likely_model(operation: Operation, body: Any) -> str:
    """The model of the operation that a body names or misspells; the first one for another
    name."""
    sent = named_model(body)
    known = [sent] if sent in operation.bodies else close_names(sent.strip(), operation.bodies)
    return next(iter([*known, *operation.bodies]), "")


def named_right(operation: Operation, model: str, body: dict[str, Any]) -> Any:
    """The body with each misspelled field under its right name, in its right place."""
    names, changed = FieldNames(operation, model), copied(body)
    for _ in range(STEPS):
        typo = next(names.typos(changed), None)
        if typo is None:
            break
        _move(changed, typo)
    return changed


def without_scenarios(body: Any) -> Any:
    """The body with the scenarios taken out of its URLs."""
    for name, value in body["input"].items():
        if isinstance(value, str) and "://" in value:
            body["input"][name] = without_scenario(value)
    return body


def copied(body: Any) -> Any:
    return json.loads(json.dumps(body))


def _corrected(validator: BodyValidator, body: Any, violation: Violation, example: Any) -> Any:
    """The body with the first valid candidate at that place; the documented example if none is."""
    parts = parts_of(violation.pointer)
    for value in _candidates(validator.schema, body, parts, example):
        changed = _put(body, parts, value)
        if all(other.pointer != violation.pointer for other in validator.violations(changed)):
            return changed
    return copied(example)


def _candidates(schema: Any, body: Any, parts: list[str], example: Any) -> Iterator[Any]:
    """Values to try: similar allowed ones, then the default, then the documented one."""
    field = field_at(schema, parts)
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
    """Rename a field in place, so that a reader finds it where it was."""
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
