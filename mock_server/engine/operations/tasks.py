"""What each operation does, by operationId: from a checked call to an outcome and the facts that
fill it. Everything else (order of refusal, scenarios, bytes) is the engine's."""

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
from mock_server.simulation.timestamps import wire_time
from mock_server.stores.protocol import Store
from mock_server.stores.session import Answer, Context, Facts

# Fates that never come to work, and so take no place in the queue.
PLACELESS = ("PENDING", "CANCELED", "UNKNOWN")
# The times of a task on the wire, in the order of its life.
TIMES = ("submit_time", "scheduled_time", "end_time")


def detect_face(c: Context) -> Answer:
    outcome = c.v.choice.answer or c.operation.outcomes["pass"]
    default = c.spec.schemas["DetectParameters"]["properties"]["ratio"]["default"]
    ratio = c.v.body.get("parameters", {}).get("ratio", default)
    url = without_scenario(c.v.body["input"]["image_url"])
    face = detect(c.operation, c.content, url, ratio)
    return outcome, face._asdict()


def create_video_task(c: Context) -> Answer:
    task = _new_task(c)
    c.v.task_id = task.id
    gone = c.store.forget(c.v.tenant_id, c.v.now)
    if gone:
        c.save(account=settle(c.tenant.account, gone, c.v.now))
    c.store.put(c.v.tenant_id, (task,))
    return c.v.choice.answer or c.operation.outcomes["accepted"], {"task_id": task.id}


def _new_task(c: Context) -> Task:
    """The whole life of the task, decided now. A fate that is no end keeps it there for ever."""
    name = c.v.body["model"]
    model = c.spec.models[name]
    ratio, seconds = _ratio(c), _seconds(c, c.v.body["input"].get("audio_url", ""))
    fate = c.v.choice.fate or c.spec.task_outcomes["SUCCEEDED"]
    expires = c.v.now + model["task-life-seconds"]
    slot, start, end = -1, inf, inf
    if fate.name not in PLACELESS:
        work = _work(model, fate, seconds)
        wait = model["queue-seconds"] if fate.queued_for is None else fate.queued_for
        until = inf if c.v.effects.lives_from_end and work < inf else expires
        slot, start, end = _take_place(c, c.v.now + wait, work, until)
        expires = _expiry(c, model, end, expires)
    return Task(
        id=uuid(c.secret, c.store.next_number(c.v.tenant_id), "4"),
        request_id=c.v.request_id,
        model=name,
        ratio=ratio,
        outcome=fate.name,
        slot=slot,
        submitted=c.v.now,
        scheduled=start,
        ended=end,
        expires=c.v.now if fate.name == "UNKNOWN" else expires,
        canceled=c.v.now if fate.name == "CANCELED" else None,
        detail=c.v.detail,
        download=c.v.download,
        seconds=seconds,
    )


def _expiry(c: Context, model: dict[str, float], end: float, from_creation: float) -> float:
    """When nobody knows the task any more: a time after its creation, or after its end."""
    counts_from_end = c.v.effects.lives_from_end and end < inf
    return end + model["task-life-seconds"] if counts_from_end else from_creation


def _ratio(c: Context) -> str:
    """The aspect of the area that moves; it decides the video's."""
    schema = c.spec.schemas["CreateInput"]["properties"]["ext_bbox"]
    known: list[str] = schema["x-aspect-ratios"]
    box = c.v.body["input"].get("ext_bbox")
    if box is None:  # the task is to fail for want of it
        return known[0]
    ratio = ratio_of(box, known, schema["x-aspect-tolerance"])
    assert ratio is not None  # the schema's keyword refused any other
    return ratio


def _seconds(c: Context, audio_url: str) -> float:
    """How long the video of a recording is."""
    return audio_seconds(c.spec, c.content, without_scenario(audio_url))


def _work(model: dict[str, float], fate: Outcome, video: float) -> float:
    """Seconds of work on so many seconds of video."""
    if fate.name.partition(".")[0] == "RUNNING":
        return inf
    if fate.runs_for is not None:
        return fate.runs_for
    return model["work-seconds-per-video-second"] * video


def _take_place(c: Context, ready: float, work: float, until: float) -> tuple[int, float, float]:
    """Place, start and end behind the tasks before it."""
    slot, start, end, queue = plan(c.tenant.queue, ready, work, until)
    c.save(queue=queue)
    return slot, start, end


def moment_shown(task: Task | None, skips: bool, now: float) -> float:
    """The time at which a call sees the task: now, or its next event where a poll skips to it."""
    moment = next_event(task, now) if task and skips else None
    return now if moment is None else moment


def state_shown(store: Store, tenant_id: str, skips: bool, task_id: str, now: float) -> str:
    """The state that a call meets."""
    task = store.task(tenant_id, task_id)
    return status_at(task, moment_shown(task, skips, now)) if task else "UNKNOWN"


def get_task(c: Context) -> Answer:
    task = c.store.task(c.v.tenant_id, c.v.path_value)
    if task and c.tenant.clock.skip and not c.v.choice.answer:
        moment = moment_shown(task, c.tenant.clock.skip, c.v.now)
        if moment != c.v.now:
            c.move_to(moment)
    status = status_at(task, c.v.now) if task else "UNKNOWN"
    name = task.outcome if task and status == task.outcome.partition(".")[0] else status
    outcome = c.v.choice.answer or c.operation.every_outcome[name]
    facts: Facts = {"task_id": c.v.path_value}
    for field, moment in zip(TIMES, _moments(task, c.v.now), strict=True):
        if field in outcome.value["output"]:
            facts[field] = wire_time(moment)
    if outcome.template and task and task.detail:
        facts["message"] = outcome.template.format(field=task.detail)
    if "usage" in outcome.value:
        facts |= _video(c, task)
    return outcome, {name: facts[name] for name in facts.keys() - set(outcome.keeps)}


def _moments(task: Task | None, now: float) -> tuple[float, float, float]:
    """What is told of the times: now, where one is asked for before it has come."""
    if task is None:
        return now, now, now
    ended = task.ended if task.canceled is None else task.canceled
    return task.submitted, min(task.scheduled, now), min(ended, now)


def _video(c: Context, task: Task | None) -> Facts:
    """The task's video and the URL that serves it until a day after the end."""
    if task is None:  # this poll alone was asked to show a video
        task_id, ratio, model, ended = quote(c.v.path_value, safe=""), "1:1", "emo-v1", c.v.now
        seconds = _seconds(c, c.v.path_value)
    else:
        task_id, ratio, model, ended = task.id, task.ratio, task.model, min(task.ended, c.v.now)
        seconds = task.seconds
    expires = ended + (c.v.effects.result_life or c.spec.models[model]["result-life-seconds"])
    path = signed_path(c.secret, c.v.tenant_id, task_id, ratio, seconds, expires)
    return {
        "video_url": c.v.call.origin + path,
        "video_duration": seconds,
        "video_ratio": ratio,
    }


def cancel_task(c: Context) -> Answer:
    if c.v.choice.answer:
        return c.v.choice.answer, {}
    task = c.store.task(c.v.tenant_id, c.v.path_value)
    canceled = cancel(task, c.v.now) if task else None
    if task is None or canceled is None:
        return c.operation.outcomes["UnsupportedOperation"], {}
    model = c.spec.models[task.model]
    canceled = replace(canceled, expires=_expiry(c, model, c.v.now, canceled.expires))
    c.store.put(c.v.tenant_id, (canceled,))
    if task.slot >= 0:
        _move_up(c, task)
    return c.operation.outcomes["canceled"], {}


def _move_up(c: Context, task: Task) -> None:
    """Plan again the tasks behind one that was canceled and gives its place away."""
    places, wait = len(c.tenant.queue.free), c.spec.models[task.model]["queue-seconds"]
    moved, queue = without(task, c.store.newest_first(c.v.tenant_id), places, wait, c.v.now)
    if c.v.effects.lives_from_end:
        model = c.spec.models[task.model]
        moved = [replace(t, expires=_expiry(c, model, t.ended, t.expires)) for t in moved]
    c.store.put(c.v.tenant_id, moved)
    c.save(queue=queue)


HANDLERS: dict[str, Callable[[Context], Answer]] = {
    "detectFace": detect_face,
    "createVideoTask": create_video_task,
    "getTask": get_task,
    "cancelTask": cancel_task,
    "listTasks": list_tasks,
}
