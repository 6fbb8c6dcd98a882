"""The answer to a call for which the code of the fake raised an exception."""

from __future__ import annotations

from contracts.spec.validation import Violation
from mock_server.engine.pipeline import Engine
from mock_server.simulation.call import Call, Reply

MISTAKE = "mistake"  # the source of such an answer in the journal
BODY = b'{"code":"InternalError"}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]


def failed(engine: Engine, call: Call, error: Exception) -> Reply:
    """Answer 500 as the service does, without details of the exception. The exception is logged and
    counted, the call is recorded. If that fails too, the answer is a bare status and code."""
    request_id = ""
    try:
        violation = Violation(engine.spec.refusals[MISTAKE], "", "", type(error).__name__)
        request_id, reply = engine.broken(call, violation, MISTAKE)
    except Exception:  # noqa: BLE001 (the same code may fail again here)
        reply = Reply(500, list(HEADERS), BODY, "")
    where = f"{call.method} {call.path} is answered 500, request_id {request_id}"
    engine.recorder.mistakes.report(error, where, call.headers, call.query)
    return reply
