"""Renders an outcome with the facts of a call to bytes, and validates it against the spec."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from contracts.spec.loader import Operation, Outcome, Spec
from contracts.spec.validation import Violation
from mock_server.scenarios.variants import Effects
from mock_server.simulation.call import Call, Reply
from mock_server.simulation.timestamps import http_date
from mock_server.stores.session import Facts

ALWAYS = [
    (b"content-type", b"application/json"),
    (b"req-cost-time", b"0"),
    (b"server", b"istio-envoy"),
]


class Responses:
    """The outcomes of one spec as templates, each compiled at its first use."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._template = cache(lambda name: template(spec.all_outcomes[name].value))
        self._owners = {name: spec.operations_with(name)[0] for name in spec.outcomes}
        self._encode = msgspec.json.Encoder().encode

    def fill(
        self,
        operation: Operation,
        outcome: Outcome,
        facts: Facts,
        effects: Effects,
        request_id: str,
        now: float,
    ) -> Reply:
        """Render the outcome with the facts of the call. Raises ValidationError if the result
        breaks the spec, which is a mistake of the fake."""
        facts["request_id"] = request_id
        value = self._template(outcome.name)(facts)
        if effects.details and outcome.status >= 400:
            value["message"] += outcome.details or effects.details
        if outcome.documented and not operation.answers[outcome.status].is_valid(value):
            operation.answers[outcome.status].validate(value)
        encoded = self._encode(value)
        return Reply(outcome.status, headers(request_id, now, encoded), encoded, outcome.name)

    def refuse(
        self, violation: Violation, call: Call, effects: Effects, request_id: str, now: float
    ) -> Reply:
        """Render the outcome for a violation, with the field or method in its message."""
        name = effects.answers.get(violation.outcome, violation.outcome)
        outcome = self._spec.outcomes[name]
        facts: Facts = {}
        if outcome.template:
            method = call.method[:20]
            facts["message"] = outcome.template.format(field=violation.field, method=method)
        return self.fill(self._owners[name], outcome, facts, effects, request_id, now)

    def unknown_scenario(self, text: str, request_id: str, now: float) -> Reply:
        """Answer a call that asks for an unknown scenario. No service answers so."""
        return self._own(400, "UnknownScenario", text, request_id, now)

    def timed_out(self, text: str, request_id: str, now: float) -> Reply:
        """Answer a request whose rest did not arrive in time. The service's answer is not known."""
        return self._own(408, "RequestTimeOut", text, request_id, now)

    def _own(self, status: int, code: str, text: str, request_id: str, now: float) -> Reply:
        value = {"code": code, "message": text, "request_id": request_id}
        encoded = self._encode(value)
        return Reply(status, headers(request_id, now, encoded), encoded, "")


def headers(request_id: str, now: float, body: bytes) -> list[tuple[bytes, bytes]]:
    """The headers of every captured answer (CNB, 95 of 95). By the tenant's clock an answer takes
    no time."""
    moment = b"%d" % (now * 1000)
    return [
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", request_id.encode()),
        (b"date", http_date(int(now))),
        (b"req-arrive-time", moment),
        (b"resp-start-time", moment),
        *ALWAYS,
    ]


def template(example: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Compile an example body into a function that fills it in.

    The function takes facts by field name, and returns a copy of the example in which these fields,
    at any depth, have the values of the facts. It is compiled from Python source, as dataclasses
    are: every answer needs it, and a dict display is the fastest way to make a dict."""
    code = f"lambda facts: (lambda fact: {_display(example)})(facts.get)"
    return eval(code)  # type: ignore[no-any-return]  # noqa: S307 (repr of the spec's own JSON)


def _display(example: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{name!r}: {_value(name, v)}" for name, v in example.items()) + "}"


def _value(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return f"facts[{name!r}] if {name!r} in facts else {_display(value)}"
    return f"fact({name!r}, {value!r})"
