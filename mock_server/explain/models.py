"""Explains a call whose model is not served where it was sent. Never puts another model in its
place without saying so."""

from __future__ import annotations

from contracts.places import value_at
from contracts.rules import Violation
from mock_server.explain.case import Case, Finding, short
from mock_server.explain.corrected import corrected
from mock_server.near import near

MODEL = "/model"


def model(case: Case, violation: Violation) -> Finding:
    """Which models are served at the operation, and what the one that was sent is."""
    assert case.operation
    served = case.spec.models_of(case.operation.id)
    sent = value_at(case.body, ["model"])
    name = sent.strip() if isinstance(sent, str) else ""
    known = "" if name in served else _known(case, name)
    likely = [] if known else near(name[:80], served)
    here = " or ".join(served)
    return Finding(
        rule=f"model {short(sent)} is not served at this path; this fake serves {here} there",
        pointer=violation.pointer,
        expected=short(served),
        got=short(sent),
        did_you_mean="".join(likely),
        place=violation.schema,
        advice=known or f"model must be {here}, in exactly this spelling",
        curl=corrected(case),
        curl_note="" if likely else f"With {served[0]} in its place, if that is what you want:",
    )


def _known(case: Case, name: str) -> str:
    """What is known of a model that this operation does not serve; "" for nothing."""
    spec = case.spec
    if name in spec.models:
        operation = spec.operations[spec.models[name]["operation"]]
        return f"{name} is called at {operation.method} {operation.template}"
    if name in spec.not_served.models:
        summary = spec.not_served.models[name].summary
        return f"{name} is a model of the service that is not served here: {summary}"
    return ""
