"""Gets the answers of a fake to recorded calls, for `emo contract drift`. The clock of the fake
stands still, and no call changes the answer to another call."""

from __future__ import annotations

import json
from collections.abc import Callable

from contracts.recordings.bodies import body_of, bytes_of
from contracts.recordings.model import RecordedAnswer, RecordedRequest
from contracts.spec.loader import Spec
from mock_server.engine.pipeline import Engine
from mock_server.scenarios.names import HEADER
from mock_server.settings import Settings
from mock_server.simulation.call import Call

# Epoch s of the tasks' creation and of the calls, when the second task is RUNNING.
CREATED, CALLED = 1_757_572_418.0, 1_757_572_463.0
ENDINGS = (b"FAILED.InvalidURL", b"CANCELED", b"SUCCEEDED", b"SUCCEEDED", b"SUCCEEDED")
KEY, KEY_OF_LISTS = "sk-asked", "sk-asked-for-lists"  # the first one keeps no tasks
_OWN = b"x-mock-"
# The headers of a creation if the recording has none.
_SENT = {b"content-type": b"application/json", b"x-dashscope-async": b"enable"}


def fake_answers(spec: Spec) -> Callable[[RecordedRequest, str], RecordedAnswer | None]:
    """A function from a recorded call and the name of an outcome to the fake's answer, None for a
    call that is not of the API."""
    find, prefix = spec.router.find_anywhere, spec.prefixes[0]
    engine = _engine(spec, prefix)
    tenant = engine.tenant_of_headers({b"authorization": f"Bearer {KEY}".encode()})

    def answer(request: RecordedRequest, outcome: str) -> RecordedAnswer | None:
        called = find(request.method, request.path)
        if called is None:
            return None
        # A list is requested without its filters: they name tasks that the fake does not have.
        is_list = called.operation.id == "listTasks"
        key, query = (KEY_OF_LISTS, "") if is_list else (KEY, request.query)
        path = prefix + called.operation.path(called.value)
        headers = {n.encode(): v.encode("latin-1", "replace") for n, v in request.headers.items()}
        headers = {n: v for n, v in headers.items() if not n.startswith(_OWN)}
        if not headers and spec.creates_tasks(called.operation.id):
            headers = dict(_SENT)
        headers[HEADER] = outcome.encode()
        # Programs remove the key from recordings. A call that was not refused with 401 had one.
        if b"authorization" in headers or called.operation.outcomes[outcome].status != 401:
            headers[b"authorization"] = f"Bearer {key}".encode()
        reply = engine.handle(Call(request.method, path, query, headers, bytes_of(request.body)))
        engine.forget(tenant)
        reply_headers = {n.decode("latin-1"): v.decode("latin-1") for n, v in reply.headers}
        return RecordedAnswer(reply.status, reply_headers, body_of(reply.body))

    return answer


def _engine(spec: Spec, prefix: str) -> Engine:
    """A fake with a task in every state."""
    moment = CREATED
    engine = Engine(spec, settings=Settings(time="real"), real=lambda: moment)
    operation = next(o for o in spec.operations.values() if spec.creates_tasks(o.id))
    body = json.dumps(next(iter(operation.requests.values()))).encode()
    for ending in ENDINGS:
        key = f"Bearer {KEY_OF_LISTS}".encode()
        headers = {b"authorization": key, b"x-dashscope-async": b"enable", HEADER: ending}
        engine.handle(Call("POST", prefix + operation.template, "", headers, body))
    moment = CALLED
    return engine
