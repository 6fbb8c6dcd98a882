"""The operation that creates a task: plans its whole timeline."""

from __future__ import annotations

from math import inf

from contracts.spec.loader import Outcome
from contracts.spec.models import VideoModel, tier_of
from contracts.spec.pointers import field_of
from mock_server.engine.operations.operation_input import OperationInput
from mock_server.media.audio_length import audio_seconds
from mock_server.scenarios.names import without_scenario
from mock_server.simulation.billing import settle
from mock_server.simulation.ids import uuid
from mock_server.simulation.queue import plan
from mock_server.simulation.task import Task
from mock_server.stages import Answer, Request

# Endings of tasks that never run, and so take no place in the queue.
NEVER_RUN = ("PENDING", "CANCELED", "UNKNOWN")


def create_video_task(given: OperationInput) -> Answer:
    """Put the new task into the session, and drop expired ones, whose cost stays in the account."""
    session, now = given.session, given.request.now
    task = _new_task(given)
    gone = session.forget(now)
    if gone:
        session.change(account=settle(session.record.account, gone, now))
    session.put(task)
    outcome = given.directive.answer or given.operation.outcomes["accepted"]
    return Answer(outcome, {"task_id": task.id}, now, task.id)


def _new_task(given: OperationInput) -> Task:
    """The task with its whole timeline. An ending that is not terminal keeps it in that state."""
    request, session, now = given.request, given.session, given.request.now
    name, violation, body = request.body["model"], request.violation, request.body
    model, schema = given.spec.video_models[name], given.operation.body_for(name)
    assert schema
    url = field_of(body, model.media_at)  # a variant may accept a call without it
    media_url = without_scenario(url) if isinstance(url, str) else ""
    seconds = audio_seconds(given.spec, name, given.content, media_url)
    ending = given.directive.ending or given.spec.task_outcomes[model.succeeds]
    expires, stages = now + model.task_life_seconds, stages_of(model, ending, seconds)
    slot, start, end = -1, inf, inf
    if ending.name not in NEVER_RUN:
        work = _work(model, ending, seconds)
        wait = model.queue_seconds if ending.queued_for is None else ending.queued_for
        until = inf if request.effects.lives_from_end and work < inf else expires
        queues = session.record.queues
        slot, start, end, queue = plan(queues[name], now + wait, work, until)
        session.change(queues={**queues, name: queue})
        expires = expiry(request, model, end, expires)
    return Task(
        id=uuid(given.secret, session.next_number(), "4"),
        request_id=request.request_id,
        model=name,
        tier=tier_of(model, schema, body),
        outcome=ending.name,
        slot=slot,
        submitted=now,
        scheduled=start,
        ended=end,
        expires=now if ending.name == "UNKNOWN" else expires,
        canceled=now if ending.name == "CANCELED" else None,
        detail=violation.field if violation else "",
        download=given.directive.download,
        seconds=seconds,
        stages=stages,
    )


def expiry(request: Request, model: VideoModel, end: float, from_creation: float) -> float:
    """When the task becomes UNKNOWN: a time after its creation or, by a variant, after its end."""
    counts_from_end = request.effects.lives_from_end and end < inf
    return end + model.task_life_seconds if counts_from_end else from_creation


def stages_of(model: VideoModel, ending: Outcome, video: float) -> tuple[tuple[str, float], ...]:
    """The states of a task that is worked on, each with the seconds until it begins; () if the
    model has only RUNNING. A task that fails is not finished, so it has none of the last states."""
    if not model.further_seconds:
        return ()
    after = {} if ending.state == "FAILED" else model.after_running
    lasting = {**model.before_running, "RUNNING": _running(model, video), **after}
    stages, begins = [], 0.0
    for state, seconds in lasting.items():
        stages.append((state, begins))
        begins += seconds
        if state == ending.state:
            break
    return tuple(stages)


def _running(model: VideoModel, video: float) -> float:
    return model.work_seconds_per_video_second * video


def _work(model: VideoModel, ending: Outcome, video: float) -> float:
    """Seconds that the task is worked on for so many seconds of video."""
    if ending.state in model.working_states:
        return inf
    if ending.runs_for is not None:
        return ending.runs_for
    return _running(model, video) + model.further_seconds
