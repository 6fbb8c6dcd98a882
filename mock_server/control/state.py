"""Shows, moves and resets a tenant's clock and tasks."""

from __future__ import annotations

from itertools import islice
from typing import Any

from mock_server.control.request import ControlError, ControlRequest, number
from mock_server.simulation.clock import Clock
from mock_server.simulation.task import Task, next_event, status_at
from mock_server.simulation.timestamps import format_time
from mock_server.stores.session import Session

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
    with request.session() as session:
        return _clock(session, request.real)


def _clock(session: Session, real: float) -> dict[str, Any]:
    shown = session.record.clock
    now = shown.now(real)
    return {"now": now, "time": format_time(now), "speed": shown.rate, "skip": shown.skip}


def state(request: ControlRequest) -> dict[str, Any]:
    """Shows the key's clock and its tasks, newest first, and the store of all keys."""
    with request.session() as session:
        shown, count = _clock(session, request.real), session.task_count()
        newest = islice(session.newest_first(), SHOWN_TASKS)
        tasks = [_task(task, shown["now"]) for task in newest]
    store = request.engine.store
    return {
        "tenant": request.tenant_id,
        "clock": shown,
        "tasks": tasks,
        "tasks_not_shown": count - len(tasks),
        "store": {
            "kind": store.kind,
            "tenants": store.counts()[0],
            "limit": store.max_tenants,
            "evicted": store.evicted,
        },
    }


def _task(task: Task, now: float) -> dict[str, Any]:
    event = next_event(task, now)
    return {
        "task_id": task.id,
        "task_status": status_at(task, now),
        "outcome": task.outcome,
        "submit_time": format_time(task.submitted),
        "next_event_in": None if event is None else round(event - now, 3),
    }


def set_clock(request: ControlRequest) -> dict[str, Any]:
    """Moves the key's clock: advance, freeze, run at a speed, or jump to the next event."""
    with request.session() as session:
        try:
            session.change(clock=_moved(request.arguments, session, request.real))
        except ControlError:
            raise
        except ValueError as error:
            raise ControlError(str(error)) from None
        return _clock(session, request.real)


def _moved(arguments: dict[str, Any], session: Session, real: float) -> Clock:
    if len(arguments) != 1:
        raise ControlError(CLOCK_HELP)
    ((action, value),) = arguments.items()
    clock = session.record.clock
    if action == "advance":
        return clock.advance(number(action, value), real)
    if action == "speed":
        return clock.at_rate(number(action, value), real)
    if action == "freeze" and value is True:
        return clock.at_rate(0.0, real)
    if action == "next_event" and value is True:
        return clock.at(_next_event(session, clock.now(real)), real)
    raise ControlError(CLOCK_HELP)


def _next_event(session: Session, now: float) -> float:
    """The earliest start or end of any task of the tenant; `now` if no task has one."""
    events = (next_event(task, now) for task in session.newest_first())
    return min((event for event in events if event is not None), default=now)


def reset(request: ControlRequest) -> dict[str, Any]:
    """Deletes everything of the key: tasks, clock, scenarios, account, journal."""
    with request.session() as session:
        dropped = session.task_count()
    request.engine.forget(request.tenant_id)
    return {"dropped_tasks": dropped}
