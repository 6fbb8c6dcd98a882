"""Finds invalid requests and their refusals: it changes one part of a valid documented request and
asks the spec which outcome refuses it. Pure; sends nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from msgspec import UNSET

from contracts.spec.loader import Operation, Spec
from contracts.spec.models import named_model
from contracts.spec.pointers import pointer_of
from contracts.spec.validation import Violation
from mock_server.scenarios.catalogue.triggers import Trigger

NONSENSE = "nonsense"
ENABLE = "enable"  # the usual value of DashScope's own headers
InvalidRequest = tuple[str, Trigger]  # the name of the refusal, and the mistake


def invalid_requests(spec: Spec, operation: Operation) -> Iterator[InvalidRequest]:
    """The refusals of an operation, with one mistake for each place in the request."""
    yield from _by_use(spec, operation)
    yield from _headers(operation)
    yield from _body(spec, operation)
    yield from _schemes(operation)
    yield from _query(operation)
    yield operation.rate.refusal, Trigger("rate", operation.id, value=operation.rate.per_second)


def url_field(operation: Operation, model: str = "") -> str:
    """The JSON pointer of the first URL in the input of a documented request; "" for none. model:
    default is the first one."""
    for name, value in _example(operation, model).get("input", {}).items():
        if isinstance(value, str) and "://" in value:
            return f"/input/{name}"
    return ""


def changed(body: Any, pointer: str, value: Any) -> Any:
    """A copy of the body with another value at the pointer; UNSET removes the field."""
    if not pointer:
        return value
    copy = json.loads(json.dumps(body))
    *path, name = pointer[1:].split("/")
    holder = copy
    for part in path:
        holder = holder.setdefault(part, {})
    if value is UNSET:
        holder.pop(name, None)
    else:
        holder[name] = value
    return copy


# The mistake for each use in x-refusals, which JSON Schema cannot express.
_USES: dict[str, Callable[[Spec, Operation], Trigger]] = {
    "missing": lambda _, o: Trigger("header", o.id, "Authorization", None),
    "invalid": lambda _, o: Trigger("header", o.id, "Authorization", "Bearer nonsense"),
    "path": lambda spec, o: Trigger("path", o.id, value=f"{spec.prefixes[0]}/nowhere"),
    "method": lambda _, o: Trigger("method", o.id, value="DELETE"),
    "body-size": lambda spec, o: Trigger("size", o.id, "body", spec.limits["body-bytes"]),
    "header-size": lambda spec, o: Trigger("size", o.id, "headers", spec.limits["header-bytes"]),
    "http": lambda _, o: Trigger("broken", o.id),
    "arrears": lambda _, o: Trigger("control", o.id, "account", {"balance": 0}),
    "free-tier": lambda spec, o: _free_tier(spec, o),
}


def _by_use(spec: Spec, operation: Operation) -> Iterator[InvalidRequest]:
    for use, outcome in spec.refusals.items():
        if outcome in operation.outcomes and use in _USES:
            yield outcome, _USES[use](spec, operation)


def _free_tier(spec: Spec, operation: Operation) -> Trigger:
    model = spec.models[spec.models_of(operation.id)[0]]
    once = f" once {model.free} {'images' if model.unit == 'image' else 's'} are used"
    return Trigger("control", operation.id, "account", {"free_only": True}, once)


def _headers(operation: Operation) -> Iterator[InvalidRequest]:
    """Required headers that are missing, and headers with a wrong value."""
    for parameter in operation.headers:
        for value in (None, ENABLE, NONSENSE):
            _, violation = parameter.parse(value)
            if violation:
                yield violation.outcome, Trigger("header", operation.id, parameter.name, value)
                break


def _query(operation: Operation) -> Iterator[InvalidRequest]:
    for parameter in operation.query:
        _, violation = parameter.parse(NONSENSE)
        if violation:
            yield violation.outcome, Trigger("query", operation.id, parameter.name, NONSENSE)


def _body(spec: Spec, operation: Operation) -> Iterator[InvalidRequest]:
    """For each model, each field is removed, then nonsense, then another model; each refusal of a
    field is reported once."""
    if operation.body is None:
        return
    yield operation.body_refusal, Trigger("field", operation.id, "")
    for number, (model, validator) in enumerate(operation.bodies.items()):
        of_model = model if number else ""
        for path in validator.fields:
            found: dict[str, Trigger] = {}
            for value in (UNSET, NONSENSE, *spec.models):
                pointer = pointer_of(path)
                body = changed(_example(operation, model), pointer, value)
                for violation in _first_violation(operation, body):
                    trigger = Trigger("field", operation.id, pointer, value, model=of_model)
                    if violation.pointer == pointer:
                        found.setdefault(violation.outcome, trigger)
            yield from found.items()


def _first_violation(operation: Operation, body: Any) -> list[Violation]:
    validator = operation.body_for(named_model(body))
    return list(islice(validator.violations(body), 1)) if validator else []


def _schemes(operation: Operation) -> Iterator[InvalidRequest]:
    """A URL whose scheme needs a header (`oss://`), sent without the header."""
    for parameter in operation.headers:
        scheme = parameter.required_by_scheme
        if scheme and url_field(operation):
            url, note = f"{scheme}://bucket/file", " without its header"
            yield parameter.refusal, Trigger("field", operation.id, url_field(operation), url, note)


def _example(operation: Operation, model: str = "") -> Any:
    return next(iter(operation.requests_for(model).values()), {})
