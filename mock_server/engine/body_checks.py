"""Checks of a body by variants: refuse every model, create a task that will fail in place of a
refusal, refuse URLs that the service could not fetch."""

from __future__ import annotations

from contracts.spec.loader import Operation, Spec
from contracts.spec.pointers import pointer_of
from contracts.spec.validation import Violation
from mock_server.engine.public_urls import UNREACHABLE, why_unreachable
from mock_server.scenarios.names import Directive
from mock_server.stores.session import Refused, Request

MODEL = "/model"


def check_body(spec: Spec, request: Request, operation: Operation) -> Directive | None:
    """Validate the body. Returns the ending of the task if a variant creates it in spite of an
    invalid body, else None. Raises Refused; a wrong model is refused before any other mistake."""
    if operation.body is None:
        return None
    if operation.body.is_valid(request.body):
        _check_retired(request)
        return None
    violations = operation.body.violations(request.body)
    first = next(violations)
    if first.pointer not in ("", MODEL):  # the model exists
        _check_retired(request)
    endings = request.effects.endings if spec.creates_tasks(operation.id) else {}
    for violation in (first, *violations):
        if violation.outcome not in endings:
            raise Refused(violation)
    request.detail, request.violation = first.field, first
    return _ending(spec, request, endings[first.outcome])


def check_reachable(
    spec: Spec, request: Request, operation: Operation, urls: list[str]
) -> Directive | None:
    """Note the first input URL that the service could not fetch. With a variant for it: raises
    Refused, or returns the ending of the created task."""
    for url in urls:
        why = why_unreachable(url)
        field = _field(request, operation, url) if why else ""
        if field and operation.body:
            pointer, way = (
                pointer_of(("input", field)),
                ("properties", "input", "properties", field),
            )
            place = operation.body.where(way)
            request.near_miss = Violation("", pointer, f"input.{field}", why, UNREACHABLE, place)
            return _by_variant(spec, request, operation, request.near_miss)
    return None


def _check_retired(request: Request) -> None:
    """Refuse every model if a variant retires them."""
    if request.effects.refuse:
        request.source = f"variant {request.effects.names[request.effects.refuse]}"
        raise Refused(Violation(request.effects.refuse, MODEL, "model", "is retired"))


def _by_variant(
    spec: Spec, request: Request, operation: Operation, near_miss: Violation
) -> Directive | None:
    name = request.effects.unreachable.get(operation.id)
    if name is None:
        return None
    if name in spec.task_outcomes:
        return _ending(spec, request, name)
    request.source = f"variant {request.effects.names[name]}"
    raise Refused(Violation(name, near_miss.pointer, near_miss.field, near_miss.reason))


def _field(request: Request, operation: Operation, url: str) -> str:
    """The input field of the spec that contains a URL; "" if none does."""
    known = operation.body.schema["properties"]["input"]["properties"] if operation.body else {}
    return next((name for name in known if request.body["input"].get(name) == url), "")


def _ending(spec: Spec, request: Request, name: str) -> Directive:
    source = f"variant {request.effects.names[name]}"
    return Directive(ending=spec.outcomes[name], name=name, source=source)
