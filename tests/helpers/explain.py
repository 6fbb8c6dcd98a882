"""Helpers for tests of explanations: a service that explains its last answer and runs the line
that it advises."""

from __future__ import annotations

import shlex
from typing import Any
from urllib.parse import urlsplit

from contracts.spec.loader import Spec
from mock_server.engine.pipeline import Engine
from mock_server.explain import Explanation
from mock_server.explain.kept import explain_entry
from mock_server.journal.recorder import EXPLAIN
from mock_server.simulation.call import Call, Reply
from mock_server.stages import ANONYMOUS, Refused
from tests.helpers.fake import Result, Service
from tests.mock_server.engine.test_refusals import changed

KEY_OF_THE_SHELL = "${DASHSCOPE_API_KEY:-sk-local}"


class Watched(Engine):
    """An engine that keeps its last exchange."""

    def handle(self, call: Call) -> Reply:
        self.call, self.reply = call, super().handle(call)
        return self.reply

    def why(self) -> Explanation:
        try:
            tenant_id = self.tenant_of_headers(self.call.headers)
        except Refused:
            tenant_id = ANONYMOUS
        request_id = dict(self.reply.headers)[b"x-request-id"].decode()
        found = self.recorder.exchange(tenant_id, request_id)
        assert found is not None
        return explain_entry(self, *found)


class Explained(Service):
    """`service.call(…)`, then `service.why()`."""

    engine: Watched

    def __init__(self, spec: Spec, **settings: Any) -> None:
        super().__init__(spec, **settings)
        plain = self.engine
        self.engine = Watched(spec, settings=plain.settings, real=plain.real)

    def why(self) -> Explanation:
        """The explanation of the last answer, whose header announces it."""
        why = self.engine.why()
        told = dict(self.engine.reply.headers).get(EXPLAIN, b"").decode()
        assert told == ("" if why.kind == "fine" else why.id)
        return why

    def why_of_body(self, **changes: Any) -> Explanation:
        """Of the documented creation with these changes."""
        self.create(changed(self.spec, "createVideoTask", **changes))
        return self.why()

    def run(self, curl: str, key: str = "sk-test") -> Result:
        """The answer to the curl command in a shell that has this key."""
        method, url, headers, body = parsed(curl)
        parts = urlsplit(url)
        bearer = headers.pop("authorization").replace(KEY_OF_THE_SHELL, key)
        names = {name.replace("-", "_"): value for name, value in headers.items()}
        options = {"query": parts.query, "key": None, "authorization": bearer, **names}
        return self.call(method, parts.path, None if body is None else body.encode(), **options)


def parsed(curl: str) -> tuple[str, str, dict[str, str], str | None]:
    """Method, URL, headers and body of a line as as_curl writes it."""
    method, url, headers, body = "GET", "", {}, None
    words = iter(shlex.split(curl.replace(" \\\n", " ")))
    assert next(words) == "curl"
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name.lower()] = value
        elif word == "--data":
            body = next(words)
        elif word != "-sS":
            url = word
    return method, url, headers, body
