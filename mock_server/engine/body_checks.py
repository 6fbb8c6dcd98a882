"""Checks of a body by variants: refuse every model, create a task that will fail in place of a
refusal, refuse URLs that the service could not fetch."""

from __future__ import annotations

from typing import Any

from contracts.spec.loader import Operation, Spec
from contracts.spec.pointers import pointer_of
from contracts.spec.validation import Violation
from mock_server.engine.public_urls import UNREACHABLE, why_unreachable
from mock_server.scenarios.names import Directive
from mock_server.scenarios.variants import Effects
from mock_server.stages import Refused

MODEL = "/model"


def check_body(
    spec: Spec, operation: Operation, body: Any, effects: Effects
) -> tuple[Directive | None, Violation | None]:
    """Validate the body. If a variant creates the task in spite of a violation, returns the ending
    of the task and the violation. Raises Refused; a wrong model is refused before any other
    mistake."""
    if operation.body is None:
        return None, None
    if operation.body.is_valid(body):
        _check_retired(effects)
        return None, None
    violations = operation.body.violations(body)
    first = next(violations)
    if first.pointer not in ("", MODEL):  # the model exists
        _check_retired(effects)
    endings = effects.endings if spec.creates_tasks(operation.id) else {}
    for violation in (first, *violations):
        if violation.outcome not in endings:
            raise Refused(violation)
    return _ending(spec, effects, endings[first.outcome]), first


def check_reachable(
    spec: Spec, operation: Operation, body: Any, urls: list[str], effects: Effects
) -> tuple[Directive | None, Violation | None]:
    """The first input URL that the service could not fetch, as a near miss, and the ending of the
    created task by a variant for it. Raises Refused by another variant."""
    for url in urls:
        why = why_unreachable(url)
        field = _field(operation, body, url) if why else ""
        if field and operation.body:
            pointer, way = (
                pointer_of(("input", field)),
                ("properties", "input", "properties", field),
            )
            place = operation.body.where(way)
            near_miss = Violation("", pointer, f"input.{field}", why, UNREACHABLE, place)
            return _by_variant(spec, operation, effects, near_miss), near_miss
    return None, None


def _check_retired(effects: Effects) -> None:
    """Refuse every model if a variant retires them."""
    if effects.refuse:
        violation = Violation(effects.refuse, MODEL, "model", "is retired")
        raise Refused(violation, effects.source(effects.refuse))


def _by_variant(
    spec: Spec, operation: Operation, effects: Effects, near_miss: Violation
) -> Directive | None:
    name = effects.unreachable.get(operation.id)
    if name is None:
        return None
    if name in spec.task_outcomes:
        return _ending(spec, effects, name)
    violation = Violation(name, near_miss.pointer, near_miss.field, near_miss.reason)
    raise Refused(violation, effects.source(name), near_miss)


def _field(operation: Operation, body: Any, url: str) -> str:
    """The input field of the spec that contains a URL; "" if none does."""
    known = operation.body.schema["properties"]["input"]["properties"] if operation.body else {}
    return next((name for name in known if body["input"].get(name) == url), "")


def _ending(spec: Spec, effects: Effects, name: str) -> Directive:
    return Directive(ending=spec.outcomes[name], name=name, source=effects.source(name))
