"""What is sent to the EMO API and what it answers. Nothing here checks or decides anything.

Generated from openapi.yaml by scripts/generate_models.py: do not edit. Boxes are `[x1, y1, x2, y2]`
in px. Fields that are None are left out when sent. Keys in parentheses (EMO-3, CNB) are sources,
listed in the info of openapi.yaml.
"""

from msgspec import Struct

TASK_STATUSES: tuple[str, ...] = (
    "PENDING",
    "RUNNING",
    "SUCCEEDED",
    "FAILED",
    "CANCELED",
    "UNKNOWN",
)
TERMINAL_STATUSES: frozenset[str] = frozenset(["SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"])
OPERATIONS: dict[str, tuple[str, str]] = {
    "detectFace": ("POST", "/services/aigc/image2video/face-detect"),
    "createVideoTask": ("POST", "/services/aigc/image2video/video-synthesis"),
    "listTasks": ("GET", "/tasks"),
    "getTask": ("GET", "/tasks/{task_id}"),
    "cancelTask": ("POST", "/tasks/{task_id}/cancel"),
}
DETECT_MODEL = "emo-detect-v1"
VIDEO_MODEL = "emo-v1"


class DetectInput(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The URL of the picture. Keys that are not listed are accepted.

    image_url: JPG, JPEG, PNG, BMP or WEBP; sides of 400 to 7000 px (DET-2).
    """

    image_url: str


class DetectParameters(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Marked required by DET-2 and given a default in the same row; a client that omits it exists.

    ratio: The aspect of `ext_bbox`, `1:1` (head) or `3:4` (half body).
    """

    ratio: str | None = None


class CreateInput(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The URLs of the files, and the boxes that a detection answered. Keys that are not listed are
    accepted, null too; the official SDK sends some.

    image_url: JPG, JPEG, PNG, BMP or WEBP; sides of 400 to 7000 px; it passed detection (EMO-1,
        EMO-3).
    audio_url: WAV or MP3, not over 15 MB and 60 s (EMO-3), a clear voice.
    face_bbox: The face, in px, as detection answered it.
    ext_bbox: The area that moves, in px, as detection answered it. Its aspect decides the
        output: 1:1 gives 512x512, 3:4 gives 512x704 (EMO-1, USE). Real boxes are off by a px
        (546x545 in a sample).
    """

    image_url: str
    audio_url: str
    face_bbox: list[int]
    ext_bbox: list[int]


class CreateParameters(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """style_level: How much the head moves: `normal`, `calm` or `active` (EMO-3)."""

    style_level: str | None = None


class ErrorAnswer(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """code: What went wrong.
    message: The same for people. The wire may add " For details, see: URL".
    """

    code: str | None = None
    message: str | None = None
    request_id: str | None = None


class DetectionOutput(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """check_pass: Whether the image can be used.
    face_bbox: The face, when the image passed.
    ext_bbox: The area of the asked ratio, when the image passed.
    humanoid: Listed by DET-3 only.
    code: Why not, when it did not pass; empty in DET-2, real in DET-0 and EMOJI.
    message: The same for people.
    """

    check_pass: bool | None = None
    face_bbox: list[int] | None = None
    ext_bbox: list[int] | None = None
    humanoid: bool | None = None
    code: str | None = None
    message: str | None = None


class DetectionUsage(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """image_count: Images charged."""

    image_count: int | None = None


class TaskCreatedOutput(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """task_id: A UUIDv4 in every capture (CNB)."""

    task_id: str
    task_status: str | None = None


class VideoResults(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """video_url: Where the MP4 (H.264, 15 fps) is, signed; 24 h (EMO-3)."""

    video_url: str | None = None


class VideoUsage(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """video_duration: Length of the video in seconds, that of the recording; two decimals in the
    sample.
    """

    video_duration: float | None = None
    video_ratio: str | None = None


class CancelAnswer(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What cancelTask answers."""

    request_id: str | None = None


class TaskListItem(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Times are epoch milliseconds here. `request_id` is that of the create call.

    api_key_id: Number of the key.
    caller_parent_id: Number of the main account; one old sample lacks it (TASK).
    caller_uid: Number of the calling account.
    end_time: When it ended.
    gmt_create: When it was created.
    model_name: Its model.
    region: Its region.
    start_time: When its work began.
    task_id: Its id.
    user_api_unique_key: apikey:v1:GROUP:TASK:FUNCTION:MODEL.
    """

    status: str
    task_id: str
    api_key_id: str | None = None
    caller_parent_id: str | None = None
    caller_uid: str | None = None
    end_time: int | None = None
    gmt_create: int | None = None
    model_name: str | None = None
    region: str | None = None
    request_id: str | None = None
    start_time: int | None = None
    user_api_unique_key: str | None = None


class DetectRequest(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Sent to detectFace.

    model: The name of the model, emo-detect-v1.
    """

    model: str
    input: DetectInput
    parameters: DetectParameters | None = None


class CreateRequest(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Sent to createVideoTask.

    model: The name of the model, emo-v1.
    """

    model: str
    input: CreateInput
    parameters: CreateParameters | None = None


class Detection(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What detectFace answers."""

    output: DetectionOutput
    usage: DetectionUsage | None = None
    request_id: str | None = None


class TaskCreated(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What createVideoTask answers."""

    output: TaskCreatedOutput
    request_id: str | None = None


class TaskOutput(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """task_id: The id that was asked for.
    submit_time: When the task was created.
    scheduled_time: When its work began.
    end_time: When it ended.
    code: Why it failed.
    message: The same for people.
    """

    task_id: str
    task_status: str
    submit_time: str | None = None
    scheduled_time: str | None = None
    end_time: str | None = None
    results: VideoResults | None = None
    code: str | None = None
    message: str | None = None


class TaskList(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What listTasks answers.

    total: Tasks in all.
    total_page: Pages in all.
    page_no: This page, from 1.
    page_size: Tasks on a page.
    """

    total: int
    data: list[TaskListItem]
    total_page: int
    page_no: int
    page_size: int
    request_id: str | None = None


class TaskAnswer(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What getTask answers."""

    output: TaskOutput
    request_id: str | None = None
    usage: VideoUsage | None = None
