"""The operations of the client as generators. A flow makes the decisions; Client and AsyncClient
send its requests, sleep, and give it their clocks."""

from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from emo_client import errors
from emo_client.calls import request_for, send
from emo_client.decoding.answers import (
    excerpt,
    read,
    read_task,
    reason,
    request_id,
    task_id_of,
    unexpected,
)
from emo_client.exchange import Flow, Runtime
from emo_client.models import (
    DETECT_MODEL,
    VIDEO_MODEL,
    CancelAnswer,
    CreateInput,
    CreateParameters,
    CreateRequest,
    DetectInput,
    Detection,
    DetectParameters,
    DetectRequest,
    TaskAnswer,
    TaskCreated,
    TaskList,
)
from emo_client.settings import box, seconds, text
from emo_client.waiting import OnUpdate, wait

PAID = "wait for it instead of creating another one"
LOOK = "check list() before you create again: each task is charged"
# Codes of a rejected picture in a 400, which a sibling model sends (S2VT).
REJECTIONS = ("InvalidFile.", "InvalidImage", "InvalidPerson")


@dataclass(frozen=True, slots=True)
class Face:
    """The position of the face in an accepted picture.

    face_bbox: the face. ext_bbox: the area that moves, in the requested ratio. Both are
    `(x1, y1, x2, y2)` in px. Pass them to create() unchanged.
    """

    face_bbox: tuple[int, ...]
    ext_bbox: tuple[int, ...]
    request_id: str | None = None


def detect(
    runtime: Runtime, image_url: str, ratio: str | None = "1:1", *, model: str = DETECT_MODEL
) -> Flow[Face]:
    """Find the face in a picture. Charged even if the picture is rejected (PRICE).

    image_url: http, https or oss; JPG, JPEG, PNG, BMP or WEBP, sides of 400 to 7000 px (DET-2).
    ratio: ratio of ext_bbox: `1:1` (head) or `3:4` (half body).
    Raises FaceRejected for a rejected picture: a 200 without check_pass (DET-2), or a 400 as a
    sibling model sends (S2VT).
    """
    wanted = None if ratio is None else DetectParameters(ratio=text("ratio", ratio))
    picture = DetectInput(image_url=text("image_url", image_url))
    body = DetectRequest(model=text("model", model), input=picture, parameters=wanted)
    request = request_for(runtime, "detectFace", body, headers=_resolving(image_url))
    way_on = "it may have been charged; the picture can be checked again"
    answer = yield from send(runtime, request, safe=False, way_on=way_on)
    refused = reason(answer)
    if answer.status_code == 400 and refused.code.startswith(REJECTIONS):
        raise errors.FaceRejected(*refused, request_id(answer))
    return _face(answer, read(answer, Detection, runtime))


def _face(answer: httpx.Response, detection: Detection) -> Face:
    """The boxes of an answer. A code without check_pass is a rejection too (DET-0, EMOJI)."""
    found = detection.output
    if found.check_pass is False or (found.check_pass is None and found.code):
        raise errors.FaceRejected(found.code or "", found.message or "", detection.request_id)
    face, ext = tuple(found.face_bbox or ()), tuple(found.ext_bbox or ())
    if len(face) != 4 or len(ext) != 4:
        raise unexpected(answer, f"the boxes are missing: {excerpt(answer)!r}")
    return Face(face, ext, detection.request_id)


def create(
    runtime: Runtime,
    image_url: str,
    audio_url: str,
    face_bbox: Sequence[int],
    ext_bbox: Sequence[int],
    style_level: str | None = None,
    *,
    model: str = VIDEO_MODEL,
) -> Flow[TaskCreated]:
    """Create a task that makes a video. The price depends on the seconds of video (PRICE).

    audio_url: WAV or MP3, at most 15 MB and 60 s (EMO-3). face_bbox, ext_bbox: the boxes from
    detect(). style_level: `normal`, `calm` or `active`; None uses the default of the service.
    The request is repeated only if it certainly did not reach the service. After
    ConnectionFailed with may_have_arrived, check list() before you create again. If an
    unusable answer contains the id of the task, the error has it as task_id.
    """
    made_of = CreateInput(
        image_url=text("image_url", image_url),
        audio_url=text("audio_url", audio_url),
        face_bbox=box("face_bbox", face_bbox),
        ext_bbox=box("ext_bbox", ext_bbox),
    )
    wanted = _styled(style_level)
    headers = {"X-DashScope-Async": "enable", **_resolving(image_url, audio_url)}
    body = CreateRequest(model=text("model", model), input=made_of, parameters=wanted)
    request = request_for(runtime, "createVideoTask", body, headers=headers)
    try:
        answer = yield from send(runtime, request, safe=False, way_on=LOOK)
    except errors.ConnectionFailed as error:
        raise error.of_task(error.task_id, PAID) from None
    return _created(answer, runtime)


def _created(answer: httpx.Response, runtime: Runtime) -> TaskCreated:
    """The new task. If the answer cannot be read, the error has the task id found in it, or advises
    to look for the task with list()."""
    try:
        created = read(answer, TaskCreated, runtime)
        if not created.output.task_id:
            raise unexpected(answer, "the task_id is empty")
    except errors.EmoError as error:
        task_id = task_id_of(answer)
        if task_id is None and not 300 <= answer.status_code < 500:
            raise error.with_way_on(LOOK) from None
        raise error.of_task(task_id, PAID) from None
    return created


def get(runtime: Runtime, task_id: str) -> Flow[TaskAnswer]:
    """Return a task in its current state, FAILED and UNKNOWN included (CNB)."""
    request = request_for(runtime, "getTask", task_id=task_id)
    answer = yield from send(runtime, request)
    return read_task(answer, task_id, runtime)


def cancel(runtime: Runtime, task_id: str) -> Flow[CancelAnswer]:
    """Cancel a PENDING task. Raises InvalidRequest for any other state (TASK, CNB)."""
    request = request_for(runtime, "cancelTask", task_id=task_id)
    answer = yield from send(
        runtime, request, safe=False, way_on="get() shows the state of the task"
    )
    return read(answer, CancelAnswer, runtime)


def list_tasks(
    runtime: Runtime,
    task_id: str | None = None,
    start_time: str | None = None,
    end_time: str | None = None,
    model_name: str | None = None,
    status: str | None = None,
    region: str | None = None,
    api_key_id: str | None = None,
    page_no: int = 1,
    page_size: int = 10,
) -> Flow[TaskList]:
    """Return a page of the tasks of the last 24 h, newest first.

    start_time, end_time: `YYYYMMDDhhmmss` in UTC+8, at most 24 h apart (TASK). page_no: from 1.
    """
    filters = {"task_id": task_id, "start_time": start_time, "end_time": end_time}
    filters |= {"model_name": model_name, "status": status, "region": region}
    pages = {"api_key_id": api_key_id, "page_no": page_no, "page_size": page_size}
    given = {name: value for name, value in {**filters, **pages}.items() if value is not None}
    for name, value in given.items():
        text(name, str(value))
    request = request_for(runtime, "listTasks", query=given)
    return read((yield from send(runtime, request)), TaskList, runtime)


def generate(
    runtime: Runtime,
    image_url: str,
    audio_url: str,
    ratio: str = "1:1",
    style_level: str | None = None,
    timeout: float = 1800.0,
    on_update: OnUpdate | None = None,
) -> Flow[TaskAnswer]:
    """Call detect(), create() and wait(). timeout: seconds for the wait."""
    seconds("timeout", timeout)  # before anything is charged
    text("audio_url", audio_url)
    _styled(style_level)
    face = yield from detect(runtime, image_url, ratio)
    boxes = face.face_bbox, face.ext_bbox
    created = yield from create(runtime, image_url, audio_url, *boxes, style_level)
    return (yield from wait(runtime, created.output.task_id, timeout, on_update))


def _styled(style_level: str | None) -> CreateParameters | None:
    if style_level is None:
        return None
    return CreateParameters(style_level=text("style_level", style_level))


def _resolving(*urls: str) -> dict[str, str]:
    """The header that the service needs to resolve an oss:// URL (UP)."""
    if any(url.lower().startswith("oss://") for url in urls):
        return {"X-DashScope-OssResourceResolve": "enable"}
    return {}
