"""The corrected call as a curl line: path, method, headers, query, body. It sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from contracts.provider.curl import BEARER, as_curl
from contracts.spec.loader import Operation
from contracts.spec.validation import Parameter
from mock_server.explain.case import Case
from mock_server.explain.corrected_body import right_body
from mock_server.explain.nearest_path import Address
from mock_server.journal.curl import LONGEST_ARGUMENT
from mock_server.scenarios.keys import scenario_of
from mock_server.scenarios.names import HEADER, input_urls
from mock_server.suggest.close_names import close_names
from mock_server.suggest.typos import MOST_NAMES, intended_name

OF_THE_FAKE = "Bearer sk-local"
ENABLED = "enable"  # value of the headers that switch something on (UP)


def corrected(case: Case, *, scenario: str = "", value: str | None = None) -> str:
    """The corrected call as curl, without a scenario or with this one. value: replaces the path
    parameter. Returns "" if no path is like the one that was sent."""
    if case.address is None:
        return ""
    address = case.address if value is None else case.address._replace(value=value)
    headers = {HEADER.decode().title(): scenario} if scenario else {}
    return _curl(case, address, headers)


def listing(case: Case) -> str:
    """A curl line that lists the tasks of this key."""
    prefix = case.address.prefix if case.address else case.spec.prefixes[0]
    address = Address(case.spec.operations["listTasks"], "", prefix)
    url = case.entry.origin + address.path
    return as_curl("GET", url, {"Authorization": authorization(case)})


def authorization(case: Case) -> str:
    """The key of the user's shell; a plain one if the shell's key may be the mistake."""
    sent, violation = case.header("Authorization") or "", case.entry.violation
    is_wrong = violation is not None and violation.pointer == "#header/Authorization"
    asks = scenario_of(case.spec, sent).name != ""
    return OF_THE_FAKE if asks or (sent and is_wrong) else BEARER


def _curl(case: Case, address: Address, asked: dict[str, str]) -> str:
    operation, entry = address.operation, case.entry
    body = right_body(operation, case.body if len(entry.body) < LONGEST_ARGUMENT else None)
    headers = {"Authorization": authorization(case)}
    if body is not None:
        headers["Content-Type"] = "application/json"
    headers |= dict(_headers(operation, case, body)) | asked
    query = urlencode(list(_query(operation, case)))
    url = entry.origin + address.path + ("?" + query if query else "")
    return as_curl(operation.method, url, headers, body)


def _headers(operation: Operation, case: Case, body: Any) -> Iterator[tuple[str, str]]:
    schemes = {url.partition("://")[0].lower() for url in input_urls(body)}
    for parameter in operation.headers:
        sent = case.header(parameter.name)
        if parameter.required_by_scheme in schemes:
            yield parameter.name, ENABLED
        elif sent is not None and parameter.parse(sent)[1] is None:
            yield parameter.name, sent
        elif parameter.required:
            yield parameter.name, str(parameter.schema.get("const", ENABLED))


def _query(operation: Operation, case: Case) -> Iterator[tuple[str, str]]:
    """The parameters under their right names. An invalid value is replaced by a similar one, or
    left out."""
    known = {parameter.name: parameter for parameter in operation.query}
    free = [name for name in known if name not in case.query]
    unknown = islice((name for name in case.query if name not in known), MOST_NAMES)
    meant = {name: intended_name(name, free) for name in unknown}
    for name, value in case.query.items():
        parameter = known.get(meant.get(name, name))
        if parameter is not None:
            right = _value(parameter, value, case)
            if right is not None:
                yield parameter.name, right


def _value(parameter: Parameter, value: str, case: Case) -> str | None:
    violation = case.entry.violation
    if parameter.parse(value)[1] is not None:
        found = close_names(value, [str(c) for c in parameter.schema.get("enum", ())])
        return found[0] if found else None
    # Valid by its schema, but refused in combination with the others.
    is_refused = violation and violation.pointer == f"#query/{parameter.name}"
    return None if is_refused else value
