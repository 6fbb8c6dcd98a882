"""Validates a call against the spec: path, headers, body, query, input URLs. Each check returns the
parsed value or raises Refused. It has no state."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from contracts.spec.loader import Operation, Spec
from contracts.spec.models import named_model
from contracts.spec.pointers import pointer_of, value_at
from contracts.spec.routes import Route
from contracts.spec.validation import Violation
from mock_server.engine.public_urls import UNREACHABLE, why_unreachable
from mock_server.scenarios.names import Directive
from mock_server.scenarios.variants import Effects
from mock_server.simulation import json_body
from mock_server.simulation.call import Call
from mock_server.stages import Refused

MODEL = "/model"


class Validator:
    """The checks of one spec, compiled once."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._schemes = {
            operation.id: [(p, f"{p.required_by_scheme}://") for p in operation.headers
                           if p.required_by_scheme]
            for operation in spec.operations.values()
        }  # fmt: skip

    def route(self, call: Call) -> Route:
        """The operation, and the value of its path parameter. The size of the head comes first."""
        if call.head_bytes > self.spec.limits["header-bytes"]:
            raise self.refused("header-size", "#header", f"{call.head_bytes} bytes")
        found = self.spec.router.find(call.method, call.path)
        if found is None:
            raise self.refused("path", "#path", f"{call.path[:200]} is not a path of the spec")
        if isinstance(found, str):
            raise self.refused("method", "#method", f"the path has no {call.method[:20]}")
        return found

    def headers(self, operation: Operation, call: Call) -> None:
        for parameter in operation.headers:
            sent = call.headers.get(parameter.header)
            if sent is None and not parameter.required:
                continue
            _, violation = parameter.parse(sent.decode("latin-1") if sent is not None else None)
            if violation:
                raise Refused(violation)

    def json(self, operation: Operation, call: Call) -> Any:
        """The JSON value of the body; None if the operation takes no body."""
        if len(call.body) > self.spec.limits["body-bytes"]:
            raise self.refused("body-size", "#body", "is too large")
        if operation.body is None:
            return None
        try:
            return json_body.decode(call.body)
        except ValueError as error:
            raise Refused(Violation(operation.body_refusal, "", "body", str(error))) from None

    def body(
        self, operation: Operation, body: Any, effects: Effects
    ) -> tuple[Directive | None, Violation | None]:
        """Validate the body. If a variant creates the task in spite of a violation, returns the
        ending of the task and the violation. Raises Refused; a wrong model is refused before any
        other mistake."""
        schema = operation.body_for(named_model(body)) if operation.bodies else None
        if schema is None:
            return None, None
        retired = effects.refuse and Refused(
            Violation(effects.refuse, MODEL, "model", "is retired"), effects.source(effects.refuse)
        )
        if schema.is_valid(body):
            if retired:
                raise retired
            return None, None
        violations = schema.violations(body)
        first = next(violations)
        if retired and first.pointer not in ("", MODEL):  # the model exists
            raise retired
        endings = effects.endings if self.spec.creates_tasks(operation.id) else {}
        for violation in (first, *violations):
            if violation.outcome not in endings:
                raise Refused(violation)
        return _ending(self.spec, effects, endings[first.outcome]), first

    def urls(
        self, operation: Operation, call: Call, body: Any, urls: list[str], effects: Effects
    ) -> tuple[Directive | None, Violation | None]:
        """Check the input URLs. Returns the first that the service could not fetch, as a near miss,
        and the ending of the created task by a variant for it.

        Raises Refused for a URL with the scheme oss:// without the header that makes the service
        resolve it, or by another variant."""
        for parameter, prefix in self._schemes[operation.id]:
            if call.headers.get(parameter.header) != b"enable":
                for url in urls:
                    if url[: len(prefix)].lower() == prefix:
                        raise Refused(parameter.violation(f"must be enable for {url[:200]}"))
        for url in urls:
            why = why_unreachable(url)
            near_miss = _unreachable(operation, body, url, why) if why else None
            if near_miss:
                return _by_variant(self.spec, operation, effects, near_miss), near_miss
        return None, None

    def query(self, operation: Operation, query: str) -> dict[str, Any]:
        """The values of the query parameters, with defaults."""
        sent = parse_query(query)
        values = {}
        for parameter in operation.query:
            values[parameter.name], violation = parameter.parse(sent.get(parameter.name))
            if violation:
                raise Refused(violation)
        return values

    def refused(self, use: str, pointer: str, reason: str) -> Refused:
        """A refusal that no JSON Schema covers, by its name in the spec's x-refusals."""
        return Refused(Violation(self.spec.refusals[use], pointer, "", reason))


def parse_query(query: str) -> dict[str, str]:
    """The parameters of a query string. If one is given twice, the last one counts."""
    return dict(parse_qsl(query, keep_blank_values=True))


def _unreachable(operation: Operation, body: Any, url: str, why: str) -> Violation | None:
    """The near miss of an input URL that cannot be fetched; None if the spec has no field for
    it."""
    schema = operation.body_for(named_model(body))
    for path in schema.fields if schema else ():
        if schema and path[0] == "input" and value_at(body, path) == url:
            name, place = ".".join(path), schema.place_of(path)
            return Violation("", pointer_of(path), name, why, UNREACHABLE, place)
    return None


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


def _ending(spec: Spec, effects: Effects, name: str) -> Directive:
    return Directive(ending=spec.outcomes[name], name=name, source=effects.source(name))
