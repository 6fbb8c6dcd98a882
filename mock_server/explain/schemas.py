"""Explains violations of a JSON Schema: of a body field, a header or a query parameter. It quotes
the schema's description if there is one."""

from __future__ import annotations

from itertools import islice
from typing import Any

from contracts.spec.fields import choices, field_at
from contracts.spec.pointers import MISSING, parts_of, pointer_of, value_at
from contracts.spec.validation import Violation
from mock_server.engine.public_urls import ADVICE, why_not_fetched
from mock_server.explain.case import Case, Finding, short
from mock_server.explain.corrected_call import corrected
from mock_server.suggest.close_names import close_names
from mock_server.suggest.typos import MOST_NAMES, FieldNames, intended_name

# The requirement of each keyword. Those of contracts.spec.keywords have their own messages.
WORDS = {
    "type": "must be of type {}",
    "required": "is required",
    "enum": "must be one of {}",
    "const": "must be {}",
    "not": "must not be {}",
    "pattern": "does not have the expected form",
    "minItems": "must have at least {} items",
    "maxItems": "must have at most {} items",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "minLength": "must have at least {} characters",
    "maxLength": "must have at most {} characters",
}


def field(case: Case, violation: Violation) -> Finding:
    """Explain a violation of a body field."""
    parts = parts_of(violation.pointer)
    sent = value_at(case.body, parts)
    got, meant = _misnamed(case, parts) if sent is MISSING else (sent, _near(case, parts, sent))
    return Finding(
        rule=_sentence(case, violation, violation.field),
        pointer=violation.pointer,
        expected=_expected(case, violation),
        got="" if got is MISSING else short(got),
        did_you_mean=meant,
        place=violation.schema,
        advice=_description(case, violation) + _of_url(violation, sent),
        curl=corrected(case),
    )


def parameter(case: Case, violation: Violation) -> Finding:
    """Explain a violation of a header or a query parameter."""
    location, _, name = violation.pointer[1:].partition("/")
    sent = case.header(name) if location == "header" else case.query.get(name)
    schema = _schema_of(case, name)
    found = close_names(sent or "", [str(choice) for choice in choices(schema)])
    like = header_like(case, name) if location == "header" and sent is None else None
    required = violation.keyword == "required"
    return Finding(
        rule=_sentence(case, violation, name),
        pointer=violation.pointer,
        expected=short(schema) if required else _expected(case, violation),
        got=short(sent or like) if sent or like else "",
        did_you_mean=name if like else "".join(found),
        place=violation.schema,
        advice=_description(case, violation),
        curl=corrected(case),
    )


def header_like(case: Case, name: str) -> str | None:
    """The name of a sent header that is probably a misspelling of this one."""
    wanted = name.lower()
    headers = islice(case.entry.headers, MOST_NAMES)
    sent = (header.decode("latin-1") for header in headers)
    return next((h for h in sent if intended_name(h, [wanted, wanted.removeprefix("x-")])), None)


def _sentence(case: Case, violation: Violation, name: str) -> str:
    """The requirement in words; the violation's own text if the keyword has none here."""
    words, value = WORDS.get(violation.keyword), _rule(case, violation)
    if words is None:
        return f"{name}: {violation.reason}"
    if violation.keyword == "not" and value.keys() == {"const"}:
        value = value["const"]
    return f"{name} {words.format(short(value))}"


def _rule(case: Case, violation: Violation) -> Any:
    """The value of the violated keyword in the spec."""
    return case.spec.source_map.value(violation.schema) if violation.schema else None


def _expected(case: Case, violation: Violation) -> str:
    if not violation.keyword:
        return violation.reason
    return short({violation.keyword: _rule(case, violation)})


def _description(case: Case, violation: Violation) -> str:
    """The description of the field in the spec: the nearest one around the violated keyword."""
    parts = parts_of(violation.schema)[: -1 if violation.keyword else None]
    if violation.keyword == "required" and violation.pointer.startswith("/"):
        parts += ["properties", parts_of(violation.pointer)[-1]]
    while parts:
        node = case.spec.source_map.value("#" + pointer_of(parts))
        if isinstance(node, dict) and "description" in node:
            return " ".join(str(node["description"]).split())
        parts.pop()
    return ""


def _misnamed(case: Case, parts: list[str]) -> tuple[Any, str]:
    """The sent field that is probably a misspelling of the missing one, and the right name."""
    assert case.operation
    for typo in FieldNames(case.operation, case.model).typos(case.body):
        if list(typo.meant[: len(parts)]) == parts:
            return ".".join(typo.written), ".".join(typo.meant)
    return MISSING, ""


def _near(case: Case, parts: list[str], sent: Any) -> str:
    """The allowed value that is most similar to the sent one."""
    body = case.operation.body_for(case.model) if case.operation else None
    assert body
    allowed = [str(c) for c in choices(field_at(body.schema, parts))]
    found = close_names(sent, [c for c in allowed if c != sent]) if isinstance(sent, str) else []
    return found[0] if found else ""


def _of_url(violation: Violation, sent: Any) -> str:
    """For a value that should be a URL: why the service could not fetch it."""
    why = why_not_fetched(sent) if violation.keyword == "pattern" else ""
    return f" This value cannot be fetched: {why}; {ADVICE}" if why else ""


def _schema_of(case: Case, name: str) -> Any:
    operation = case.operation
    parameters = (*operation.headers, *operation.query) if operation else ()
    return next((p.schema for p in parameters if p.name == name), {})
