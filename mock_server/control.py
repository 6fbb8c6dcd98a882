"""The control API under /__mock__/: a tenant's clock and tasks. Not part of the service.

The tenant is that of the API key in `Authorization`, as everywhere. Answers JSON; errors are
`{"error": …}` with a 4xx. Nothing that is sent here is evaluated."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server import body as json_body
from mock_server.context import Refused
from mock_server.engine import Engine
from mock_server.guard import refusal
from mock_server.tasks import next_event, status_at
from mock_server.wire import wire_time

Control = Callable[[Engine, str, dict[str, Any]], dict[str, Any]]
MAX_BODY = 65536
SHOWN_TASKS = 1000
CLOCK_HELP = (
    'give one of {"advance": SECONDS}, {"speed": TIMES}, {"freeze": true}, {"next_event": true}'
)


class ControlError(ValueError):
    """A control call that makes no sense, with the way on."""


def control_app(engine: Engine) -> ASGIApp:
    """The routes behind the guard."""
    router = Router(
        [
            Route("/health", _handler(engine, _health, needs_key=False), methods=["GET"]),
            Route("/state", _handler(engine, _state), methods=["GET"]),
            Route("/clock", _handler(engine, _clock), methods=["GET"]),
            Route("/clock", _handler(engine, _set_clock), methods=["POST"]),
            Route("/reset", _handler(engine, _reset), methods=["POST"]),
        ],
        default=_not_found,
        redirect_slashes=False,
    )

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            client = request.client.host if request.client else None
            why = refusal(engine.settings, client, request.headers)
            if why:
                await _error(403, why)(scope, receive, send)
                return
        await router(scope, receive, send)

    return guarded


def _handler(
    engine: Engine, control: Control, *, needs_key: bool = True
) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        tenant_id = ""
        if needs_key:
            try:
                tenant_id = engine.tenant_of_headers(dict(request.scope["headers"]))
            except Refused:
                return _error(401, "say whose: send the API key as `Authorization: Bearer sk-…`")
        try:
            return JSONResponse(control(engine, tenant_id, await _arguments(request)))
        except ControlError as error:
            return _error(400, str(error))

    return handle


async def _arguments(request: Request) -> dict[str, Any]:
    if request.method != "POST":
        return {}
    raw = b""
    async for part in request.stream():
        raw += part
        if len(raw) > MAX_BODY:
            raise ControlError(f"the body is larger than {MAX_BODY} bytes")
    try:
        value = json_body.decode(raw) if raw.strip() else {}
    except ValueError as error:
        raise ControlError(f"the body is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise ControlError("the body must be a JSON object")
    return value


def _health(engine: Engine, tenant_id: str, arguments: dict[str, Any]) -> dict[str, Any]:
    del tenant_id, arguments
    return {
        "status": "ok",
        "spec": engine.spec.version,
        "operations": list(engine.spec.operations),
        "outcomes": len(engine.spec.outcomes),
        "time": engine.settings.time,
    }


def _clock(engine: Engine, tenant_id: str, arguments: dict[str, Any]) -> dict[str, Any]:
    del arguments
    clock = engine.tenant(tenant_id).clock
    now = clock.now(engine.real())
    return {"now": now, "time": wire_time(now), "speed": clock.rate, "skip": clock.skip}


def _state(engine: Engine, tenant_id: str, arguments: dict[str, Any]) -> dict[str, Any]:
    shown = _clock(engine, tenant_id, arguments)
    tasks: list[dict[str, Any]] = []
    more = 0
    for task in engine.store.newest_first(tenant_id):
        if len(tasks) == SHOWN_TASKS:
            more += 1
            continue
        event = next_event(task, shown["now"])
        tasks.append(
            {
                "task_id": task.id,
                "task_status": status_at(task, shown["now"]),
                "outcome": task.outcome,
                "submit_time": wire_time(task.submitted),
                "next_event_in": None if event is None else round(event - shown["now"], 3),
            }
        )
    return {"tenant": tenant_id, "clock": shown, "tasks": tasks, "tasks_not_shown": more}


def _set_clock(engine: Engine, tenant_id: str, arguments: dict[str, Any]) -> dict[str, Any]:
    if len(arguments) != 1:
        raise ControlError(CLOCK_HELP)
    (what, value), record, real = *arguments.items(), engine.tenant(tenant_id), engine.real()
    try:
        if what == "advance":
            clock = record.clock.advance(_number(what, value), real)
        elif what == "speed":
            clock = record.clock.at_rate(_number(what, value), real)
        elif what == "freeze" and value is True:
            clock = record.clock.at_rate(0.0, real)
        elif what == "next_event" and value is True:
            clock = record.clock.at(_next_event(engine, tenant_id, record.clock.now(real)), real)
        else:
            raise ControlError(CLOCK_HELP)
    except ValueError as error:
        raise ControlError(str(error)) from None
    engine.store.save(tenant_id, replace(record, clock=clock))
    return _clock(engine, tenant_id, {})


def _next_event(engine: Engine, tenant_id: str, now: float) -> float:
    """The earliest start or end of any task of the tenant; now, when nothing is to come."""
    events = (next_event(task, now) for task in engine.store.newest_first(tenant_id))
    return min((event for event in events if event is not None), default=now)


def _number(name: str, value: Any) -> float:
    """A number that is not negative and no more than any use has need of."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ControlError(f"{name} must be a number, not {json.dumps(value)[:80]}")
    if value > 1e9:
        raise ControlError(f"{name} is above 1e9")
    return float(max(value, -1))


def _reset(engine: Engine, tenant_id: str, arguments: dict[str, Any]) -> dict[str, Any]:
    del arguments
    dropped = sum(1 for _ in engine.store.newest_first(tenant_id))
    engine.store.reset(tenant_id)
    return {"dropped_tasks": dropped}


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        known = "GET health, GET state, GET or POST clock, POST reset"
        await _error(404, f"no such control route; there are {known}")(scope, receive, send)


def _error(status: int, text: str) -> JSONResponse:
    return JSONResponse({"error": text}, status)
