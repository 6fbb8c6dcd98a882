"""Explains refusals that no JSON Schema covers: key, size, path, method, JSON."""

from __future__ import annotations

from collections.abc import Callable
from json import JSONDecodeError

from msgspec.structs import replace

from contracts.spec.pointers import pointer_of
from contracts.spec.validation import Violation
from mock_server.explain.case import Case, Finding, cut, short
from mock_server.explain.corrected_call import corrected
from mock_server.explain.models import MODEL, model
from mock_server.explain.nearest_path import methods_of, place_of
from mock_server.explain.paths import wrong_path
from mock_server.explain.schemas import field, header_like, parameter
from mock_server.simulation import json_body

BEFORE = 40  # characters shown before the place where reading failed


def refusal(case: Case) -> Finding:
    """Explain the violation of a call that was refused, or that a variant accepted."""
    violation = case.entry.violation
    assert violation
    found = _kind(violation)(case, violation)
    if case.entry.status >= 400:
        return found
    return replace(found, rule=f"{found.rule}; the task was created, and will fail for this reason")


def _kind(violation: Violation) -> Callable[[Case, Violation], Finding]:
    if violation.pointer == MODEL and violation.keyword != "required":
        return model
    if violation.pointer in _OF_THE_CALL:
        return _OF_THE_CALL[violation.pointer]
    if violation.pointer.startswith("#"):
        return parameter
    return field if violation.keyword else _json


def _key(case: Case, violation: Violation) -> Finding:
    sent = case.header("Authorization")
    like = None if sent else header_like(case, "Authorization")
    rule = "every call needs the header Authorization: `Bearer`, a space and an API key"
    return Finding(
        rule=f"{rule}; here it {violation.reason}",
        pointer=violation.pointer,
        expected=short({"x-key-pattern": case.spec.key_pattern.pattern}),
        got=short(sent or like) if sent or like else "",
        did_you_mean="Authorization" if like else "",
        place="#/components/securitySchemes/ApiKey/x-key-pattern",
        advice="any key that starts with sk- or st- is accepted; clients read DASHSCOPE_API_KEY",
        curl=corrected(case),
    )


def _head_size(case: Case, violation: Violation) -> Finding:
    limit = case.spec.limits["header-bytes"]
    line = len(case.entry.path) + len(case.entry.query)
    return Finding(
        rule="the path and the headers together are too large",
        pointer=violation.pointer,
        expected=f"at most {limit} bytes",
        got=violation.reason,
        place="#/x-limits/header-bytes",
        advice="look for cookies or tokens that the client adds to every call",
        curl=corrected(case) if line < limit // 2 else "",
    )


def _body_size(case: Case, violation: Violation) -> Finding:
    limit = case.spec.limits["body-bytes"]
    return Finding(
        rule="the body is too large",
        pointer=violation.pointer,
        expected=f"at most {limit} bytes",
        got=f"more than {limit} bytes",
        place="#/x-limits/body-bytes",
        advice="send the URL of a file, not the file; the line below has the documented request",
        curl=corrected(case),
    )


def _method(case: Case, violation: Violation) -> Finding:
    assert case.address
    operation = case.address.operation
    summary = case.spec.source_map.value(place_of(case.address))["summary"]
    return Finding(
        rule=f"this path has no {case.entry.method[:20]}",
        pointer=violation.pointer,
        expected=short(methods_of(case.spec, operation.template)),
        got=short(case.entry.method),
        did_you_mean=operation.method,
        place="#" + pointer_of(("paths", operation.template)),
        advice=f"{operation.method} is: {summary}",
        curl=corrected(case),
    )


def _json(case: Case, violation: Violation) -> Finding:
    """The body is not JSON, or contains JSON that no client should send."""
    empty = "the call needs a body and has none"
    return Finding(
        rule=f"the body cannot be read: {violation.reason}" if case.entry.body else empty,
        pointer=violation.pointer,
        expected="a JSON object in UTF-8",
        got=_around(case.entry.body),
        place=place_of(case.address) + "/requestBody" if case.address else "",
        advice="the line below has the documented request",
        curl=corrected(case),
    )


def _around(body: bytes) -> str:
    """The text of the body around the place where reading failed."""
    position = 0
    try:
        json_body.decode(body)
    except JSONDecodeError as error:
        position = error.pos
    except UnicodeDecodeError as error:
        position = len(body[: error.start].decode("utf-8", "replace"))
    except ValueError:
        pass  # the mistake has no single place
    return cut(body.decode("utf-8", "replace")[max(0, position - BEFORE) :])


_OF_THE_CALL: dict[str, Callable[[Case, Violation], Finding]] = {
    "#header/Authorization": _key,
    "#header": _head_size,
    "#body": _body_size,
    "#path": wrong_path,
    "#method": _method,
}
