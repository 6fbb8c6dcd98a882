"""The fake as somebody to ask: the answer it has to a recorded call. Its time stands still, and no
question changes the answer to another."""

from __future__ import annotations

import json
from collections.abc import Callable

from contracts.recordings.bodies import body_of, bytes_of
from contracts.recordings.model import Answer, Request
from contracts.recordings.operations import Operations
from contracts.spec.loader import Spec
from mock_server.engine.pipeline import Engine
from mock_server.scenarios.names import HEADER
from mock_server.settings import Settings
from mock_server.simulation.call import Call

CREATED, ASKED = 1_757_572_418.0, 1_757_572_463.0  # epoch s: while the second task is at work
FATES = (b"FAILED.InvalidURL", b"CANCELED", b"SUCCEEDED", b"SUCCEEDED", b"SUCCEEDED")
KEY, KEY_OF_LISTS = "sk-asked", "sk-asked-for-lists"  # of the one no task is kept
_OWN = b"x-mock-"
# In place of those of a creation whose headers were not saved.
_SENT = {b"content-type": b"application/json", b"x-dashscope-async": b"enable"}


def asking(spec: Spec) -> Callable[[Request, str], Answer | None]:
    """Ask a fake of its own a recorded call, for an outcome by its name."""
    find, prefix = Operations(spec).find, spec.prefixes[0]
    engine = _engine(spec, prefix)
    tenant = engine.tenant_of_headers({b"authorization": f"Bearer {KEY}".encode()})

    def ask(request: Request, outcome: str) -> Answer | None:
        called = find(request.method, request.path)
        if called is None:
            return None
        # A list is asked for whole: its filters are about tasks that are not here.
        is_list = called.operation.id == "listTasks"
        key, query = (KEY_OF_LISTS, "") if is_list else (KEY, request.query)
        path = prefix + called.operation.template.replace("{task_id}", called.value)
        headers = {n.encode(): v.encode("latin-1", "replace") for n, v in request.headers.items()}
        headers = {n: v for n, v in headers.items() if not n.startswith(_OWN)}
        if not headers and called.operation.id == "createVideoTask":
            headers = dict(_SENT)
        headers[HEADER] = outcome.encode()
        # Programs take the key out of what they save: it was there where the call was not refused.
        if b"authorization" in headers or called.operation.outcomes[outcome].status != 401:
            headers[b"authorization"] = f"Bearer {key}".encode()
        reply = engine.handle(Call(request.method, path, query, headers, bytes_of(request.body)))
        engine.forget(tenant)
        told = {n.decode("latin-1"): v.decode("latin-1") for n, v in reply.headers}
        return Answer(reply.status, told, body_of(reply.body))

    return ask


def _engine(spec: Spec, prefix: str) -> Engine:
    """A fake with a task in every state."""
    moment = CREATED
    engine = Engine(spec, settings=Settings(time="real"), real=lambda: moment)
    operation = spec.operations["createVideoTask"]
    body = json.dumps(next(iter(operation.requests.values()))).encode()
    for fate in FATES:
        key = f"Bearer {KEY_OF_LISTS}".encode()
        headers = {b"authorization": key, b"x-dashscope-async": b"enable", HEADER: fate}
        engine.handle(Call("POST", prefix + operation.template, "", headers, body))
    moment = ASKED
    return engine
