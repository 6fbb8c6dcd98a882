"""The operations of the client as generators. A flow makes the decisions; Client and AsyncClient
send its requests, sleep, and give it their clocks."""

from collections.abc import Sequence
from dataclasses import dataclass

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
from emo_client.exchange import Flow, HttpAnswer, Runtime
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

__all__ = [
    "Face",
    "OnUpdate",
    "cancel",
    "create",
    "detect",
    "generate",
    "get",
    "list_tasks",
    "wait",
]

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
    """Find the face. See Client.detect."""
    wanted = None if ratio is None else DetectParameters(ratio=text("ratio", ratio))
    picture = DetectInput(image_url=text("image_url", image_url))
    body = DetectRequest(model=text("model", model), input=picture, parameters=wanted)
    request = request_for("detectFace", body, headers=_resolving(image_url))
    way_on = "it may have been charged; the picture can be checked again"
    answer = yield from send(runtime, request, safe=False, way_on=way_on)
    refused = reason(answer)
    if answer.status == 400 and refused.code.startswith(REJECTIONS):
        raise errors.FaceRejected(*refused, request_id(answer))
    return _face(answer, read(answer, Detection, str(request), runtime), str(request))


def _face(answer: HttpAnswer, detection: Detection, call: str) -> Face:
    """The boxes of an answer. A code without check_pass is a rejection too (DET-0, EMOJI)."""
    found = detection.output
    if found.check_pass is False or (found.check_pass is None and found.code):
        raise errors.FaceRejected(found.code or "", found.message or "", detection.request_id)
    face, ext = tuple(found.face_bbox or ()), tuple(found.ext_bbox or ())
    if len(face) != 4 or len(ext) != 4:
        raise unexpected(answer, call, f"the boxes are missing: {excerpt(answer)!r}")
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
    """Create a task. See Client.create."""
    made_of = CreateInput(
        image_url=text("image_url", image_url),
        audio_url=text("audio_url", audio_url),
        face_bbox=box("face_bbox", face_bbox),
        ext_bbox=box("ext_bbox", ext_bbox),
    )
    wanted = _styled(style_level)
    headers = {"X-DashScope-Async": "enable", **_resolving(image_url, audio_url)}
    body = CreateRequest(model=text("model", model), input=made_of, parameters=wanted)
    request = request_for("createVideoTask", body, headers=headers)
    try:
        answer = yield from send(runtime, request, safe=False, way_on=LOOK)
    except errors.ConnectionFailed as error:
        raise error.of_task(error.task_id, PAID) from None
    return _created(answer, str(request), runtime)


def _created(answer: HttpAnswer, call: str, runtime: Runtime) -> TaskCreated:
    """The new task. If the answer cannot be read, the error has the task id found in it, or advises
    to look for the task with list()."""
    try:
        created = read(answer, TaskCreated, call, runtime)
        if not created.output.task_id:
            raise unexpected(answer, call, "the task_id is empty")
    except errors.EmoError as error:
        task_id = task_id_of(answer)
        if task_id is None and not 300 <= answer.status < 500:
            raise error.with_way_on(LOOK) from None
        raise error.of_task(task_id, PAID) from None
    return created


def get(runtime: Runtime, task_id: str) -> Flow[TaskAnswer]:
    """Get a task. See Client.get."""
    request = request_for("getTask", task_id=task_id)
    answer = yield from send(runtime, request)
    return read_task(answer, task_id, str(request), runtime)


def cancel(runtime: Runtime, task_id: str) -> Flow[CancelAnswer]:
    """Cancel a task. See Client.cancel."""
    request = request_for("cancelTask", task_id=task_id)
    answer = yield from send(
        runtime, request, safe=False, way_on="get() shows the state of the task"
    )
    return read(answer, CancelAnswer, str(request), runtime)


def list_tasks(runtime: Runtime, **filters: str | int | None) -> Flow[TaskList]:
    """List tasks. See Client.list."""
    given = {name: value for name, value in filters.items() if value is not None}
    for name, value in given.items():
        text(name, str(value))
    request = request_for("listTasks", query=given)
    answer = yield from send(runtime, request)
    return read(answer, TaskList, str(request), runtime)


def generate(
    runtime: Runtime,
    image_url: str,
    audio_url: str,
    ratio: str = "1:1",
    style_level: str | None = None,
    timeout: float = 1800.0,
    on_update: OnUpdate | None = None,
) -> Flow[TaskAnswer]:
    """Detect, create and wait. See Client.generate."""
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
