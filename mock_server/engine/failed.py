"""The answer to a call for which the code of the fake raised an exception."""

from __future__ import annotations

from contextlib import suppress

from contracts.spec.validation import Violation
from mock_server.engine.operations import object_store
from mock_server.engine.operations.results import PREFIX
from mock_server.engine.pipeline import Engine
from mock_server.simulation.call import Call, Reply
from mock_server.stores.session import Refused, Request

MISTAKE = "mistake"  # the source of such an answer in the journal
BODY = b'{"code":"InternalError"}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]


def failed(engine: Engine, call: Call, error: Exception) -> Reply:
    """Answer 500 as the service does, without details of the exception. The exception is logged and
    counted, the call is recorded. If that fails too, the answer is a bare status and code."""
    request = Request(call, engine.real(), source=MISTAKE)
    try:
        with suppress(Refused):
            request.tenant_id = engine.tenant_of_headers(call.headers)
            request.key = engine.validator.key(call.headers)
        request.violation = Violation(engine.spec.refusals[MISTAKE], "", "", type(error).__name__)
        reply = engine.broken(request, request.violation)
        if call.path.startswith(PREFIX):
            reply = object_store.failed(engine.spec.result, request)
        reply = engine.recorder.record(request, reply)
    except Exception:  # noqa: BLE001 (the same code may fail again here)
        reply = Reply(500, list(HEADERS), BODY, "")
    where = f"{call.method} {call.path} is answered 500, request_id {request.request_id}"
    engine.recorder.mistakes.report(error, where, call.headers, call.query)
    return reply
