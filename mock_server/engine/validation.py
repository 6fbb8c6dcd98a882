"""Validates a call against the spec: the key, the path, the headers, the body, the query. Each
check returns the parsed value or raises Refused. It has no state."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from contracts.spec.loader import Operation, Spec
from contracts.spec.routes import Route
from contracts.spec.validation import Violation
from mock_server.simulation import json_body
from mock_server.simulation.call import Call
from mock_server.stages import Refused

# Common mistakes in an Authorization header. The messages repeat no part of it.
_KEY_MISTAKES = (
    (rb"(?i)bearer\s+bearer\b", "has `Bearer` twice"),
    (rb"(?i)(bearer\s+)?[\"'`]", "has the key in quotes"),
    (rb"(?i)(bearer\s+)?[<$%{]", "has a placeholder where the key belongs"),
    (rb"s[kt]-", "has no `Bearer` before the key"),
    (rb"(?i)(basic|digest|token|apikey|api-key)\b", "has another scheme than `Bearer`"),
    (rb"(?i)bearer[^a-z0-9 ]", "has no space behind `Bearer`"),
    (rb"(?i)bearer\s+s[kt]-$", "has only the beginning of a key"),
    (rb"(?i:bearer)\s+s[kt]-", "has a blank in the key, or a character beyond ASCII"),
    (rb"(?i)bearer\s+s[kt]-", "has the key in capitals, where it begins with sk- or st-"),
)


class Validator:
    """The checks of one spec, compiled once."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._router = spec.router
        self._schemes = {
            operation.id: [(p, f"{p.required_by_scheme}://") for p in operation.headers
                           if p.required_by_scheme]
            for operation in spec.operations.values()
        }  # fmt: skip

    def key(self, authorization: bytes) -> str:
        """The API key in this header. It is checked first: without a key an unknown path is
        answered 401, too."""
        sent = authorization.strip()
        if not sent:
            raise self.refused("missing", "#header/Authorization", "is missing")
        scheme, _, rest = sent.decode("latin-1").partition(" ")
        key = rest.strip()
        if scheme.lower() != "bearer" or not self.spec.key_pattern.match(key):
            raise self.refused("invalid", "#header/Authorization", key_mistake(sent))
        return key

    def size(self, call: Call) -> None:
        if call.head_bytes > self.spec.limits["header-bytes"]:
            raise self.refused("header-size", "#header", f"{call.head_bytes} bytes")

    def route(self, call: Call) -> Route:
        """The operation, and the value of its path parameter."""
        found = self._router.find(call.method, call.path)
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

    def schemes(self, operation: Operation, urls: list[str], call: Call) -> None:
        """Check that a URL with the scheme oss:// comes with the header that makes the service
        resolve it."""
        for parameter, prefix in self._schemes[operation.id]:
            if call.headers.get(parameter.header) != b"enable":
                for url in urls:
                    if url[: len(prefix)].lower() == prefix:
                        raise Refused(parameter.violation(f"must be enable for {url[:200]}"))

    def query(self, operation: Operation, query: str) -> dict[str, Any]:
        """The values of the query parameters, with defaults."""
        if not operation.query:
            return {}
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


def key_mistake(sent: bytes) -> str:
    """The mistake in an Authorization header without an accepted key, without any part of the
    header."""
    found = (why for pattern, why in _KEY_MISTAKES if re.match(pattern, sent))
    return next(found, "is not `Bearer` and a key that starts with sk- or st-")


def parse_query(query: str) -> dict[str, str]:
    """The parameters of a query string. If one is given twice, the last one counts."""
    return dict(parse_qsl(query, keep_blank_values=True))
