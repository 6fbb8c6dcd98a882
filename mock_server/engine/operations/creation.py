"""The operation createVideoTask: plans the whole timeline of the task when it is created."""

from __future__ import annotations

from math import inf

from contracts.spec.keywords import ratio_of
from contracts.spec.loader import Outcome
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
    name, violation = request.body["model"], request.violation
    model = given.spec.models[name]
    ratio = _ratio(given)
    audio_url = without_scenario(request.body["input"].get("audio_url", ""))
    seconds = audio_seconds(given.spec, given.content, audio_url)
    ending = given.directive.ending or given.spec.task_outcomes["SUCCEEDED"]
    expires = now + model["task-life-seconds"]
    slot, start, end = -1, inf, inf
    if ending.name not in NEVER_RUN:
        work = _work(model, ending, seconds)
        wait = model["queue-seconds"] if ending.queued_for is None else ending.queued_for
        until = inf if request.effects.lives_from_end and work < inf else expires
        slot, start, end, queue = plan(session.record.queue, now + wait, work, until)
        session.change(queue=queue)
        expires = expiry(request, model, end, expires)
    return Task(
        id=uuid(given.secret, session.next_number(), "4"),
        request_id=request.request_id,
        model=name,
        ratio=ratio,
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
    )


def expiry(request: Request, model: dict[str, float], end: float, from_creation: float) -> float:
    """When the task becomes UNKNOWN: a time after its creation or, by a variant, after its end."""
    counts_from_end = request.effects.lives_from_end and end < inf
    return end + model["task-life-seconds"] if counts_from_end else from_creation


def _ratio(given: OperationInput) -> str:
    """The ratio of `ext_bbox`, which is the ratio of the video."""
    schema = given.spec.schemas["CreateInput"]["properties"]["ext_bbox"]
    known: list[str] = schema["x-aspect-ratios"]
    box = given.request.body["input"].get("ext_bbox")
    if box is None:  # the task will fail because it is missing
        return known[0]
    ratio = ratio_of(box, known, schema["x-aspect-tolerance"])
    assert ratio is not None  # validation refused every other ratio
    return ratio


def _work(model: dict[str, float], ending: Outcome, video: float) -> float:
    """Seconds that the task runs for so many seconds of video."""
    if ending.name.partition(".")[0] == "RUNNING":
        return inf
    if ending.runs_for is not None:
        return ending.runs_for
    return model["work-seconds-per-video-second"] * video
