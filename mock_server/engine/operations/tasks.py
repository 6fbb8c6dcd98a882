"""The operations getTask and cancelTask."""

from __future__ import annotations

from urllib.parse import quote

from msgspec.structs import replace

from contracts.spec.loader import Outcome
from contracts.spec.models import SECONDS, TIER, URL
from mock_server.engine.operations.creation import expiry
from mock_server.engine.operations.operation_input import OperationInput
from mock_server.engine.operations.results import signed_path
from mock_server.media.audio_length import audio_seconds
from mock_server.simulation.queue import without
from mock_server.simulation.task import Task, cancel, next_event, status_at
from mock_server.simulation.timestamps import format_time
from mock_server.stages import Answer, Facts
from mock_server.stores.session import Session

# The time fields of a task in answers, in the order in which they happen.
TIMES = ("submit_time", "scheduled_time", "end_time")


def moment_shown(task: Task | None, skips: bool, now: float) -> float:
    """The time for which a poll shows the task: now, or in skip mode the task's next event."""
    moment = next_event(task, now) if task and skips else None
    return now if moment is None else moment


def state_shown(session: Session, skips: bool, task_id: str, now: float) -> str:
    """The state that a poll would show."""
    task = session.task(task_id)
    return status_at(task, moment_shown(task, skips, now)) if task else "UNKNOWN"


def time_of_poll(session: Session, task: Task | None, real: float, now: float) -> float:
    """The time for which a poll shows the task. In skip mode the poll moves the clock there."""
    moment = moment_shown(task, session.record.clock.skip, now)
    if moment != now:
        session.change(clock=session.record.clock.at(moment, real))
    return moment


def get_task(given: OperationInput) -> Answer:
    request, directive, session, now = (
        given.request, given.directive, given.session, given.request.now
    )  # fmt: skip
    task = session.task(request.path_value)
    if not directive.answer:
        now = time_of_poll(session, task, request.real, now)
    status = status_at(task, now) if task else "UNKNOWN"
    name = task.outcome if task and status == task.outcome.partition(".")[0] else status
    outcome = directive.answer or given.operation.every_outcome[name]
    facts: Facts = {"task_id": request.path_value}
    for field, moment in zip(TIMES, _moments(task, now), strict=True):
        if field in outcome.value["output"]:
            facts[field] = format_time(moment)
    if outcome.template and task and task.detail:
        facts["message"] = outcome.template.format(field=task.detail)
    if "usage" in outcome.value:
        facts |= _video(given, outcome, task, now)
    for name in outcome.keeps:
        facts.pop(name, None)
    return Answer(outcome, facts, now)


def _moments(task: Task | None, now: float) -> tuple[float, float, float]:
    """The task's submit, scheduled and end time; `now` for one that is still in the future."""
    if task is None:
        return now, now, now
    ended = task.ended if task.canceled is None else task.canceled
    return task.submitted, min(task.scheduled, now), min(ended, now)


def _video(given: OperationInput, outcome: Outcome, task: Task | None, now: float) -> Facts:
    """The task's video: its URL, valid for a day after the task's end, its length and its tier."""
    request, models = given.request, given.spec.video_models
    if task is None:  # a scenario shows a video for an unknown task
        name = next(iter((*outcome.models, *models)))
        task_id, tier, ended = quote(request.path_value, safe=""), models[name].tiers[0], now
        seconds = audio_seconds(given.spec, name, given.content, request.path_value)
    else:
        name, task_id, tier, ended = task.model, task.id, task.tier, min(task.ended, now)
        seconds = task.seconds
    model, tenant_id = models[name], given.session.tenant_id
    expires = ended + (request.effects.result_life or model.result_life_seconds)
    path = signed_path(given.secret, tenant_id, task_id, tier, seconds, expires)
    return model.filled({URL: request.call.origin + path, SECONDS: seconds, TIER: tier})


def cancel_task(given: OperationInput) -> Answer:
    request, session, now = given.request, given.session, given.request.now
    if given.directive.answer:
        return Answer(given.directive.answer, {}, now)
    task = session.task(request.path_value)
    canceled = cancel(task, now) if task else None
    if task is None or canceled is None:
        return Answer(given.operation.outcomes["UnsupportedOperation"], {}, now)
    model = given.spec.video_models[task.model]
    session.put(replace(canceled, expires=expiry(request, model, now, canceled.expires)))
    if task.slot >= 0:
        _move_up(given, task)
    return Answer(given.operation.outcomes["canceled"], {}, now)


def _move_up(given: OperationInput, task: Task) -> None:
    """Plan the tasks behind a canceled one again: they move up."""
    session, request, model = given.session, given.request, given.spec.video_models[task.model]
    queues = session.record.queues
    places, wait = len(queues[task.model].free), model.queue_seconds
    of_model = (other for other in session.newest_first() if other.model == task.model)
    moved, queue = without(task, of_model, places, wait, request.now)
    if request.effects.lives_from_end:
        moved = [replace(t, expires=expiry(request, model, t.ended, t.expires)) for t in moved]
    session.put(*moved)
    session.change(queues={**queues, task.model: queue})
