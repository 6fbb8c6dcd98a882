"""Explains a call with a model that is not served at this operation. A corrected call with another
model always has a note."""

from __future__ import annotations

from typing import Any

from contracts.spec.pointers import MISSING, value_at
from contracts.spec.validation import Violation
from mock_server.explain.case import Case, Finding, short
from mock_server.explain.corrected_call import corrected
from mock_server.suggest.close_names import close_names

MODEL = "/model"


def model(case: Case, violation: Violation) -> Finding:
    """Explain the wrong model, with the models that the operation serves."""
    assert case.operation
    served = case.spec.models_of(case.operation.id)
    sent = value_at(case.body, ["model"])
    known = _known(case, sent)
    likely = _likely(case, sent)
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
    )


def other_model(case: Case) -> str:
    """The note above a corrected call with another model; "" if the model is the same, or was only
    misspelled."""
    sent = value_at(case.body, ["model"])
    served = case.spec.models_of(case.operation.id) if case.operation else []
    if sent is MISSING or not served or sent in served or _likely(case, sent):
        return ""
    return f"With {served[0]} in place of {short(sent)}, if that is what you want:"


def _likely(case: Case, sent: Any) -> list[str]:
    """The served model that a misspelled name is similar to; empty if it is another known model."""
    assert case.operation
    if not isinstance(sent, str) or _known(case, sent) != "":
        return []
    return close_names(sent.strip()[:80], case.spec.models_of(case.operation.id))


def _known(case: Case, sent: Any) -> str:
    """Advice about a known model that this operation does not serve; "" if the model is unknown."""
    assert case.operation
    spec, name = case.spec, sent.strip() if isinstance(sent, str) else ""
    if name in spec.models_of(case.operation.id):
        return ""
    if name in spec.models:
        operation = spec.operations[spec.models[name].operation]
        return f"{name} is called at {operation.method} {operation.template}"
    if name in spec.not_served.models:
        summary = spec.not_served.models[name].summary
        return f"{name} is a model of the service that is not served here: {summary}"
    return ""
