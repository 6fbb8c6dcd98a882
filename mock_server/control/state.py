"""Shows, moves and resets a tenant's clock and tasks."""

from __future__ import annotations

from itertools import islice
from typing import Any

from msgspec.structs import replace

from mock_server.control.request import ControlError, ControlRequest, number
from mock_server.simulation.clock import Clock
from mock_server.simulation.task import next_event, status_at
from mock_server.simulation.timestamps import format_time

SHOWN_TASKS = 1000
CLOCK_HELP = (
    'give one of {"advance": SECONDS}, {"speed": FACTOR}, {"freeze": true}, {"next_event": true}'
)


def health(request: ControlRequest) -> dict[str, Any]:
    """Shows that the fake is up, and which spec it serves. Needs no key and no token."""
    engine = request.engine
    return {
        "status": "ok",
        "spec": engine.spec.version,
        "operations": list(engine.spec.operations),
        "outcomes": len(engine.spec.outcomes),
        "time": engine.settings.time,
        "limits": engine.settings.limits,
    }


def clock(request: ControlRequest) -> dict[str, Any]:
    """Shows the key's time and speed."""
    shown = request.tenant.clock
    now = shown.now(request.real)
    return {"now": now, "time": format_time(now), "speed": shown.rate, "skip": shown.skip}


def state(request: ControlRequest) -> dict[str, Any]:
    """Shows the key's clock and its tasks, newest first, and the store of all keys."""
    shown = clock(request)
    store, tasks = request.engine.store, []
    for task in islice(store.newest_first(request.tenant_id), SHOWN_TASKS):
        event = next_event(task, shown["now"])
        tasks.append(
            {
                "task_id": task.id,
                "task_status": status_at(task, shown["now"]),
                "outcome": task.outcome,
                "submit_time": format_time(task.submitted),
                "next_event_in": None if event is None else round(event - shown["now"], 3),
            }
        )
    more = store.task_count(request.tenant_id) - len(tasks)
    return {
        "tenant": request.tenant_id,
        "clock": shown,
        "tasks": tasks,
        "tasks_not_shown": more,
        "store": {
            "kind": store.kind,
            "tenants": store.counts()[0],
            "limit": store.max_tenants,
            "evicted": store.evicted,
        },
    }


def set_clock(request: ControlRequest) -> dict[str, Any]:
    """Moves the key's clock: advance, freeze, run at a speed, or jump to the next event."""
    record = request.tenant
    try:
        moved = _moved(request, record.clock, request.real)
    except ControlError:
        raise
    except ValueError as error:
        raise ControlError(str(error)) from None
    request.save(replace(record, clock=moved))
    return clock(request)


def _moved(request: ControlRequest, clock: Clock, real: float) -> Clock:
    if len(request.arguments) != 1:
        raise ControlError(CLOCK_HELP)
    ((action, value),) = request.arguments.items()
    if action == "advance":
        return clock.advance(number(action, value), real)
    if action == "speed":
        return clock.at_rate(number(action, value), real)
    if action == "freeze" and value is True:
        return clock.at_rate(0.0, real)
    if action == "next_event" and value is True:
        return clock.at(_next_event(request, clock.now(real)), real)
    raise ControlError(CLOCK_HELP)


def _next_event(request: ControlRequest, now: float) -> float:
    """The earliest start or end of any task of the tenant; `now` if no task has one."""
    tasks = request.engine.store.newest_first(request.tenant_id)
    events = (next_event(task, now) for task in tasks)
    return min((event for event in events if event is not None), default=now)


def reset(request: ControlRequest) -> dict[str, Any]:
    """Deletes everything of the key: tasks, clock, scenarios, account, journal."""
    dropped = request.engine.store.task_count(request.tenant_id)
    request.engine.forget(request.tenant_id)
    return {"dropped_tasks": dropped}
