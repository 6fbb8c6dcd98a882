"""A tenant's time and tasks: looked at, moved, dropped."""

from __future__ import annotations

from itertools import islice
from typing import Any

from msgspec.structs import replace

from mock_server.control.request import Asked, ControlError, number
from mock_server.simulation.clock import Clock
from mock_server.simulation.task import next_event, status_at
from mock_server.simulation.timestamps import wire_time

SHOWN_TASKS = 1000
CLOCK_HELP = (
    'give one of {"advance": SECONDS}, {"speed": TIMES}, {"freeze": true}, {"next_event": true}'
)


def health(asked: Asked) -> dict[str, Any]:
    """Says that the fake is up, and which spec it serves. Needs no key and no token."""
    engine = asked.engine
    return {
        "status": "ok",
        "spec": engine.spec.version,
        "operations": list(engine.spec.operations),
        "outcomes": len(engine.spec.outcomes),
        "time": engine.settings.time,
        "limits": engine.settings.limits,
    }


def clock(asked: Asked) -> dict[str, Any]:
    """Shows the key's time and speed."""
    shown = asked.tenant.clock
    now = shown.now(asked.real)
    return {"now": now, "time": wire_time(now), "speed": shown.rate, "skip": shown.skip}


def state(asked: Asked) -> dict[str, Any]:
    """Shows the key's clock and tasks, newest first, and where all keys are kept."""
    shown = clock(asked)
    store, tasks = asked.engine.store, []
    for task in islice(store.newest_first(asked.tenant_id), SHOWN_TASKS):
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
    more = store.task_count(asked.tenant_id) - len(tasks)
    return {
        "tenant": asked.tenant_id,
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


def set_clock(asked: Asked) -> dict[str, Any]:
    """Moves the key's clock: advance, freeze, run at a speed, or jump to the next event."""
    record = asked.tenant
    try:
        moved = _moved(asked, record.clock, asked.real)
    except ControlError:
        raise
    except ValueError as error:
        raise ControlError(str(error)) from None
    asked.save(replace(record, clock=moved))
    return clock(asked)


def _moved(asked: Asked, clock: Clock, real: float) -> Clock:
    if len(asked.arguments) != 1:
        raise ControlError(CLOCK_HELP)
    ((what, value),) = asked.arguments.items()
    if what == "advance":
        return clock.advance(number(what, value), real)
    if what == "speed":
        return clock.at_rate(number(what, value), real)
    if what == "freeze" and value is True:
        return clock.at_rate(0.0, real)
    if what == "next_event" and value is True:
        return clock.at(_next_event(asked, clock.now(real)), real)
    raise ControlError(CLOCK_HELP)


def _next_event(asked: Asked, now: float) -> float:
    """The earliest start or end of any task of the tenant; now, when nothing is to come."""
    tasks = asked.engine.store.newest_first(asked.tenant_id)
    events = (next_event(task, now) for task in tasks)
    return min((event for event in events if event is not None), default=now)


def reset(asked: Asked) -> dict[str, Any]:
    """Drops everything of the key: tasks, clock, scenarios, account, journal."""
    dropped = asked.engine.store.task_count(asked.tenant_id)
    asked.engine.forget(asked.tenant_id)
    return {"dropped_tasks": dropped}
