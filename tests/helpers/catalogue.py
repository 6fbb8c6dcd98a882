"""Helpers for tests of the catalogue: carry out every trigger and return the answer."""

from __future__ import annotations

import itertools
import json
from functools import cache
from typing import Any, NamedTuple

import httpx

from contracts.http1.refused import broken
from contracts.spec.document import Resolver, default_path, read
from contracts.spec.loader import Operation, Spec
from mock_server.scenarios.catalogue.entries import CatalogueEntry
from mock_server.scenarios.catalogue.triggers import Trigger
from mock_server.server.app import FakeApp
from mock_server.server.httpx_transport import InProcess
from mock_server.simulation.billing import Account
from mock_server.simulation.call import Call, Reply
from tests.helpers.fake import Service
from tests.helpers.triggers import altered, key_of

SPEC = Spec.load()
KEYS = itertools.count()
LONGEST = 4 * 3600  # seconds in which any task has come to its end; one takes three hours to fail


class Played(NamedTuple):
    """A call that was made, and its answer. operation: whose answer it is."""

    service: Service
    call: Call
    reply: Reply
    operation: str

    @property
    def body(self) -> Any:
        return json.loads(self.reply.body)

    @property
    def is_in_spec(self) -> bool:
        """Whether the operation documents this status, and the body has its shape."""
        answers = SPEC.operations[self.operation].answers
        return self.reply.status in answers and answers[self.reply.status].is_valid(self.body)

    @property
    def said(self) -> tuple[str, int, str]:
        """Operation, status and code as they came, wherever the answer carries its code."""
        return self.operation, self.reply.status, code_in(self.body)

    def again(self, operation: str, task_id: str = "") -> Played:
        """A plain call of an operation with the same key."""
        call = good_call(SPEC.operations[operation], task_id, key_of(self.call))
        return play(self.service, call, operation)


@cache
def service_of(limits: str = "off", variant: str = "") -> Service:
    """One service for many calls, each with its own key."""
    return Service(SPEC, limits=limits, variants=dict([variant.split("=")] if variant else []))


def good_call(operation: Operation, task_id: str = "", key: str = "", model: str = "") -> Call:
    """The documented call of an operation, with the given key or a new one. model: default is the
    first one of the operation."""
    body = next(iter(operation.requests_for(model).values()), None)
    needed = {p.header: min(p.allowed).encode() for p in operation.headers if p.required}
    return Call(
        method=operation.method,
        path="/api/v1" + operation.path(task_id or "never-was"),
        headers={b"authorization": f"Bearer {key or new_key()}".encode(), **needed},
        body=b"" if body is None else json.dumps(body).encode(),
    )


def carry_out(trigger: Trigger, operation: str = "") -> Played:
    """Make the call of a trigger. operation: the one to call if the trigger applies to any."""
    name = trigger.operation or operation
    call = good_call(SPEC.operations[name], model=trigger.model)
    service = service_of()
    match trigger.way:
        case "serve":
            service = service_of(variant=trigger.value)
        case "rate":
            service = service_of(limits="documented")
            for _ in range(int(trigger.value)):
                service.engine.handle(call)
        case "control":
            if trigger.note:
                service.change(key_of(call), account=used_up())
            put(service, trigger.name, trigger.value, key_of(call))
        case "broken":
            return Played(service, call, service.engine.refused(broken("no HTTP")), name)
        case _:
            call = altered(call, trigger)
    return play(service, call, name)


def ended(created: Played) -> Played:
    """The answer about the task of a creation at a time when any task has ended."""
    assert created.reply.status == 200, created.body
    created.service.real += LONGEST
    return created.again("getTask", created.body["output"]["task_id"])


def outcome_of(entry: CatalogueEntry, trigger: Trigger) -> Played:
    """The answer that an entry describes: of the call, or of the task that it creates."""
    played = carry_out(trigger, entry.operation)
    of_task = entry.name in SPEC.task_outcomes and SPEC.creates_tasks(trigger.operation)
    return ended(played) if of_task else played


def play(service: Service, call: Call, operation: str) -> Played:
    return Played(service, call, service.engine.handle(call), operation)


def put(service: Service, path: str, body: Any, key: str) -> None:
    """A call of the control API."""
    transport, headers = InProcess(FakeApp(service.engine)), {"Authorization": f"Bearer {key}"}
    with httpx.Client(transport=transport, base_url="http://127.0.0.1") as http:
        answer = http.put(f"/__mock__/{path}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


def used_up() -> Account:
    """An account without free quota left."""
    free = {name: model.free for name, model in SPEC.models.items()}
    return Account(images=free, seconds={f"{name} 1:1": most for name, most in free.items()})


def new_key() -> str:
    return f"sk-{next(KEYS)}"


def code_in(body: Any) -> str:
    return str(body.get("code") or body.get("output", {}).get("code") or "")


def document() -> dict[str, Any]:
    """openapi.yaml as a tree with all references resolved, read without the code of the fake."""
    raw = read(default_path())
    tree: dict[str, Any] = Resolver(raw).resolve(raw)
    return tree
