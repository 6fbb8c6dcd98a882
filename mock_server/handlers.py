"""What each operation does, by operationId: from a checked call to an outcome and the facts that
fill it. Everything else (order of refusal, scenarios, bytes) is the engine's."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from urllib.parse import quote

from contracts.keywords import ratio_of
from contracts.spec import Outcome
from mock_server import media
from mock_server.context import Answer, Context, Facts
from mock_server.detector import detect
from mock_server.ids import uuid
from mock_server.listing import list_tasks
from mock_server.results import signed_path
from mock_server.scenarios import without_scenario
from mock_server.schedule import plan, without
from mock_server.stores import Tenant
from mock_server.tasks import Task, cancel, next_event, status_at
from mock_server.wire import wire_time

# Fates that never come to work, and so take no place in the queue.
PLACELESS = ("PENDING", "CANCELED", "UNKNOWN")
# The times of a task on the wire, in the order of its life.
TIMES = ("submit_time", "scheduled_time", "end_time")


def detect_face(c: Context) -> Answer:
    outcome = c.choice.answer or c.operation.outcomes["pass"]
    default = c.spec.schemas["DetectParameters"]["properties"]["ratio"]["default"]
    ratio = c.body.get("parameters", {}).get("ratio", default)
    url = without_scenario(c.body["input"]["image_url"])
    face = detect(c.operation, c.seed, url, ratio)
    return outcome, face._asdict()


def create_video_task(c: Context) -> Answer:
    task = _new_task(c)
    c.store.forget(c.tenant_id, c.now)
    c.store.put(c.tenant_id, (task,))
    return c.choice.answer or c.operation.outcomes["accepted"], {"task_id": task.id}


def _new_task(c: Context) -> Task:
    """The whole life of the task, decided now. A fate that is no end keeps it there for ever."""
    name = c.body["model"]
    model = c.spec.models[name]
    ratio = _ratio(c)
    fate = c.choice.fate or c.spec.task_outcomes["SUCCEEDED"]
    expires = c.now + model["task-life-seconds"]
    slot, start, end = -1, inf, inf
    if fate.name not in PLACELESS:
        work = _work(model, fate, media.clip(ratio).duration)
        slot, start, end = _take_place(c, c.now + model["queue-seconds"], work, expires)
    return Task(
        id=uuid(c.seed, c.tenant_id, c.store.next_number(c.tenant_id), "4"),
        request_id=c.request_id,
        model=name,
        ratio=ratio,
        outcome=fate.name,
        slot=slot,
        submitted=c.now,
        scheduled=start,
        ended=end,
        expires=c.now if fate.name == "UNKNOWN" else expires,
        canceled=c.now if fate.name == "CANCELED" else None,
    )


def _ratio(c: Context) -> str:
    """The aspect of the area that moves; it decides the video's."""
    schema = c.spec.schemas["CreateInput"]["properties"]["ext_bbox"]
    box, known = c.body["input"]["ext_bbox"], schema["x-aspect-ratios"]
    ratio = ratio_of(box, known, schema["x-aspect-tolerance"])
    assert ratio is not None  # the schema's keyword refused any other
    return ratio


def _work(model: dict[str, float], fate: Outcome, video: float) -> float:
    """Seconds of work on so many seconds of video."""
    if fate.name == "RUNNING":
        return inf
    if fate.runs_for is not None:
        return fate.runs_for
    return model["work-seconds-per-video-second"] * video


def _take_place(c: Context, ready: float, work: float, until: float) -> tuple[int, float, float]:
    """Place, start and end behind the tasks before it."""
    slot, start, end, queue = plan(c.tenant.queue, ready, work, until)
    c.store.save(c.tenant_id, Tenant(c.tenant.clock, queue))
    return slot, start, end


def get_task(c: Context) -> Answer:
    task = c.store.task(c.tenant_id, c.path_value)
    if task and c.tenant.clock.skip and not c.choice.answer:
        moment = next_event(task, c.now)
        if moment is not None:
            c.move_to(moment)
    status = status_at(task, c.now) if task else "UNKNOWN"
    name = task.outcome if task and status == task.outcome.partition(".")[0] else status
    outcome = c.choice.answer or c.operation.outcomes[name]
    facts: Facts = {"task_id": c.path_value}
    for field, moment in zip(TIMES, _moments(task, c.now), strict=True):
        if field in outcome.value["output"]:
            facts[field] = wire_time(moment)
    if outcome.name == "SUCCEEDED":
        facts |= _video(c, task)
    return outcome, facts


def _moments(task: Task | None, now: float) -> tuple[float, float, float]:
    """What is told of the times: now, where one is asked for before it has come."""
    if task is None:
        return now, now, now
    ended = task.ended if task.canceled is None else task.canceled
    return task.submitted, min(task.scheduled, now), min(ended, now)


def _video(c: Context, task: Task | None) -> Facts:
    """The clip of the task's ratio and the URL that serves it until a day after the end."""
    if task is None:  # this poll alone was asked to show a video
        task_id, ratio, model, ended = quote(c.path_value, safe=""), "1:1", "emo-v1", c.now
    else:
        task_id, ratio, model, ended = task.id, task.ratio, task.model, min(task.ended, c.now)
    expires = ended + c.spec.models[model]["result-life-seconds"]
    path = signed_path(c.seed, c.tenant_id, task_id, ratio, expires)
    return {
        "video_url": c.origin + path,
        "video_duration": media.clip(ratio).duration,
        "video_ratio": ratio,
    }


def cancel_task(c: Context) -> Answer:
    if c.choice.answer:
        return c.choice.answer, {}
    task = c.store.task(c.tenant_id, c.path_value)
    canceled = cancel(task, c.now) if task else None
    if task is None or canceled is None:
        return c.operation.outcomes["UnsupportedOperation"], {}
    c.store.put(c.tenant_id, (canceled,))
    if task.slot >= 0:
        _move_up(c, task)
    return c.operation.outcomes["canceled"], {}


def _move_up(c: Context, task: Task) -> None:
    """Plan again the tasks behind one that was canceled and gives its place away."""
    places, wait = len(c.tenant.queue.free), c.spec.models[task.model]["queue-seconds"]
    moved, queue = without(task, c.store.newest_first(c.tenant_id), places, wait, c.now)
    c.store.put(c.tenant_id, moved)
    c.store.save(c.tenant_id, Tenant(c.tenant.clock, queue))


HANDLERS: dict[str, Callable[[Context], Answer]] = {
    "detectFace": detect_face,
    "createVideoTask": create_video_task,
    "getTask": get_task,
    "cancelTask": cancel_task,
    "listTasks": list_tasks,
}
