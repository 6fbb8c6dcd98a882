"""The handler of each operation: takes a validated call, returns an outcome and the facts to fill
it with. Refusals, scenarios and rendering belong to the pipeline."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from urllib.parse import quote

from msgspec.structs import replace

from contracts.spec.keywords import ratio_of
from contracts.spec.loader import Outcome
from mock_server.engine.operations.detection import detect
from mock_server.engine.operations.listing import list_tasks
from mock_server.engine.operations.results import signed_path
from mock_server.media.audio_length import audio_seconds
from mock_server.scenarios.names import without_scenario
from mock_server.simulation.billing import settle
from mock_server.simulation.ids import uuid
from mock_server.simulation.queue import plan, without
from mock_server.simulation.task import Task, cancel, next_event, status_at
from mock_server.simulation.timestamps import format_time
from mock_server.stores.protocol import Store
from mock_server.stores.session import Answer, Facts, Session

# Endings of tasks that never run, and so take no place in the queue.
NEVER_RUN = ("PENDING", "CANCELED", "UNKNOWN")
# The time fields of a task in answers, in the order in which they happen.
TIMES = ("submit_time", "scheduled_time", "end_time")


def detect_face(session: Session) -> Answer:
    outcome = session.request.directive.answer or session.operation.outcomes["pass"]
    default = session.spec.schemas["DetectParameters"]["properties"]["ratio"]["default"]
    ratio = session.request.body.get("parameters", {}).get("ratio", default)
    url = without_scenario(session.request.body["input"]["image_url"])
    face = detect(session.operation, session.content, url, ratio)
    return outcome, face._asdict()


def create_video_task(session: Session) -> Answer:
    task = _new_task(session)
    session.request.task_id = task.id
    gone = session.store.forget(session.request.tenant_id, session.request.now)
    if gone:
        session.save(account=settle(session.tenant.account, gone, session.request.now))
    session.store.put(session.request.tenant_id, (task,))
    outcome = session.request.directive.answer or session.operation.outcomes["accepted"]
    return outcome, {"task_id": task.id}


def _new_task(session: Session) -> Task:
    """Draw the whole timeline of the task. An ending that is not terminal keeps it in that
    state."""
    name = session.request.body["model"]
    model = session.spec.models[name]
    ratio = _ratio(session)
    seconds = _seconds(session, session.request.body["input"].get("audio_url", ""))
    ending = session.request.directive.ending or session.spec.task_outcomes["SUCCEEDED"]
    expires = session.request.now + model["task-life-seconds"]
    slot, start, end = -1, inf, inf
    if ending.name not in NEVER_RUN:
        work = _work(model, ending, seconds)
        wait = model["queue-seconds"] if ending.queued_for is None else ending.queued_for
        until = inf if session.request.effects.lives_from_end and work < inf else expires
        slot, start, end = _take_place(session, session.request.now + wait, work, until)
        expires = _expiry(session, model, end, expires)
    return Task(
        id=uuid(session.secret, session.store.next_number(session.request.tenant_id), "4"),
        request_id=session.request.request_id,
        model=name,
        ratio=ratio,
        outcome=ending.name,
        slot=slot,
        submitted=session.request.now,
        scheduled=start,
        ended=end,
        expires=session.request.now if ending.name == "UNKNOWN" else expires,
        canceled=session.request.now if ending.name == "CANCELED" else None,
        detail=session.request.detail,
        download=session.request.download,
        seconds=seconds,
    )


def _expiry(session: Session, model: dict[str, float], end: float, from_creation: float) -> float:
    """When the task becomes UNKNOWN: a time after its creation or, by a variant, after its end."""
    counts_from_end = session.request.effects.lives_from_end and end < inf
    return end + model["task-life-seconds"] if counts_from_end else from_creation


def _ratio(session: Session) -> str:
    """The ratio of `ext_bbox`, which is the ratio of the video."""
    schema = session.spec.schemas["CreateInput"]["properties"]["ext_bbox"]
    known: list[str] = schema["x-aspect-ratios"]
    box = session.request.body["input"].get("ext_bbox")
    if box is None:  # the task will fail because it is missing
        return known[0]
    ratio = ratio_of(box, known, schema["x-aspect-tolerance"])
    assert ratio is not None  # validation refused every other ratio
    return ratio


def _seconds(session: Session, audio_url: str) -> float:
    """Seconds of the video that a recording makes."""
    return audio_seconds(session.spec, session.content, without_scenario(audio_url))


def _work(model: dict[str, float], ending: Outcome, video: float) -> float:
    """Seconds that the task runs for so many seconds of video."""
    if ending.name.partition(".")[0] == "RUNNING":
        return inf
    if ending.runs_for is not None:
        return ending.runs_for
    return model["work-seconds-per-video-second"] * video


def _take_place(
    session: Session, ready: float, work: float, until: float
) -> tuple[int, float, float]:
    """Plan the task behind those before it. Returns its slot, start and end."""
    slot, start, end, queue = plan(session.tenant.queue, ready, work, until)
    session.save(queue=queue)
    return slot, start, end


def moment_shown(task: Task | None, skips: bool, now: float) -> float:
    """The time for which a poll shows the task: now, or in skip mode the task's next event."""
    moment = next_event(task, now) if task and skips else None
    return now if moment is None else moment


def state_shown(store: Store, tenant_id: str, skips: bool, task_id: str, now: float) -> str:
    """The state that a poll would show."""
    task = store.task(tenant_id, task_id)
    return status_at(task, moment_shown(task, skips, now)) if task else "UNKNOWN"


def get_task(session: Session) -> Answer:
    task = session.store.task(session.request.tenant_id, session.request.path_value)
    if task and session.tenant.clock.skip and not session.request.directive.answer:
        moment = moment_shown(task, session.tenant.clock.skip, session.request.now)
        if moment != session.request.now:
            session.move_to(moment)
    status = status_at(task, session.request.now) if task else "UNKNOWN"
    name = task.outcome if task and status == task.outcome.partition(".")[0] else status
    outcome = session.request.directive.answer or session.operation.every_outcome[name]
    facts: Facts = {"task_id": session.request.path_value}
    for field, moment in zip(TIMES, _moments(task, session.request.now), strict=True):
        if field in outcome.value["output"]:
            facts[field] = format_time(moment)
    if outcome.template and task and task.detail:
        facts["message"] = outcome.template.format(field=task.detail)
    if "usage" in outcome.value:
        facts |= _video(session, task)
    return outcome, {name: facts[name] for name in facts.keys() - set(outcome.keeps)}


def _moments(task: Task | None, now: float) -> tuple[float, float, float]:
    """The task's submit, scheduled and end time; `now` for one that is still in the future."""
    if task is None:
        return now, now, now
    ended = task.ended if task.canceled is None else task.canceled
    return task.submitted, min(task.scheduled, now), min(ended, now)


def _video(session: Session, task: Task | None) -> Facts:
    """The task's video: its URL, valid for a day after the task's end, its length and its ratio."""
    request = session.request
    if task is None:  # a scenario shows a video for an unknown task
        task_id, ratio, model = quote(request.path_value, safe=""), "1:1", "emo-v1"
        ended, seconds = request.now, _seconds(session, request.path_value)
    else:
        task_id, ratio, model = task.id, task.ratio, task.model
        ended, seconds = min(task.ended, request.now), task.seconds
    life = request.effects.result_life or session.spec.models[model]["result-life-seconds"]
    expires = ended + life
    path = signed_path(session.secret, request.tenant_id, task_id, ratio, seconds, expires)
    return {
        "video_url": request.call.origin + path,
        "video_duration": seconds,
        "video_ratio": ratio,
    }


def cancel_task(session: Session) -> Answer:
    request = session.request
    if request.directive.answer:
        return request.directive.answer, {}
    task = session.store.task(request.tenant_id, request.path_value)
    canceled = cancel(task, request.now) if task else None
    if task is None or canceled is None:
        return session.operation.outcomes["UnsupportedOperation"], {}
    model = session.spec.models[task.model]
    canceled = replace(canceled, expires=_expiry(session, model, request.now, canceled.expires))
    session.store.put(request.tenant_id, (canceled,))
    if task.slot >= 0:
        _move_up(session, task)
    return session.operation.outcomes["canceled"], {}


def _move_up(session: Session, task: Task) -> None:
    """Plan the tasks behind a canceled one again: they move up."""
    places, wait = len(session.tenant.queue.free), session.spec.models[task.model]["queue-seconds"]
    tasks = session.store.newest_first(session.request.tenant_id)
    moved, queue = without(task, tasks, places, wait, session.request.now)
    if session.request.effects.lives_from_end:
        model = session.spec.models[task.model]
        moved = [replace(t, expires=_expiry(session, model, t.ended, t.expires)) for t in moved]
    session.store.put(session.request.tenant_id, moved)
    session.save(queue=queue)


HANDLERS: dict[str, Callable[[Session], Answer]] = {
    "detectFace": detect_face,
    "createVideoTask": create_video_task,
    "getTask": get_task,
    "cancelTask": cancel_task,
    "listTasks": list_tasks,
}
