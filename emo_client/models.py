"""Models of the requests and answers of the EMO API.

Generated from openapi.yaml by scripts/generate_models.py: do not edit. Boxes are `[x1, y1, x2, y2]`
in px. A field that is None is not sent. Keys in parentheses (EMO-3, CNB) are sources, listed in the
info of openapi.yaml.
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
    """The URL of the picture. Other keys are accepted and ignored.

    image_url: JPG, JPEG, PNG, BMP or WEBP; sides of 400 to 7000 px (DET-2).
    """

    image_url: str


class DetectParameters(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """In DET-2 it is both required and has a default; there are clients that omit it.

    ratio: The aspect ratio of `ext_bbox`, `1:1` (head) or `3:4` (half body).
    """

    ratio: str | None = None


class CreateInput(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The URLs of the files, and the boxes of a detection. Other keys, also null, are accepted and
    ignored; the official SDK sends some.

    image_url: JPG, JPEG, PNG, BMP or WEBP; sides of 400 to 7000 px; it must have passed
        detection (EMO-1, EMO-3).
    audio_url: WAV or MP3 with a clear voice, at most 15 MB and 60 s (EMO-3).
    face_bbox: The face in px, from the detection.
    ext_bbox: The moving area in px, from the detection. Its aspect ratio decides the size of
        the video: 512x512 for 1:1, 512x704 for 3:4 (EMO-1, USE). Real boxes differ by a pixel
        (546x545 in a sample).
    """

    image_url: str
    audio_url: str
    face_bbox: list[int]
    ext_bbox: list[int]


class CreateParameters(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """style_level: The amount of head movement: `normal`, `calm` or `active` (EMO-3)."""

    style_level: str | None = None


class ErrorAnswer(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """code: The error code.
    message: The error message. It may end with " For details, see: URL".
    """

    code: str | None = None
    message: str | None = None
    request_id: str | None = None


class DetectionOutput(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """check_pass: Whether the image can be used.
    face_bbox: The face, if the image passed.
    ext_bbox: The area with the requested ratio, if the image passed.
    humanoid: Listed by DET-3 only.
    code: The error code, if the image did not pass; empty in DET-2, a code in DET-0 and EMOJI.
    message: The error message.
    """

    check_pass: bool | None = None
    face_bbox: list[int] | None = None
    ext_bbox: list[int] | None = None
    humanoid: bool | None = None
    code: str | None = None
    message: str | None = None


class DetectionUsage(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """image_count: The number of charged images."""

    image_count: int | None = None


class TaskCreatedOutput(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """task_id: A UUIDv4 in every capture (CNB)."""

    task_id: str
    task_status: str | None = None


class VideoResults(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """video_url: The signed URL of the MP4 (H.264, 15 fps), valid for 24 h (EMO-3)."""

    video_url: str | None = None


class VideoUsage(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """video_duration: The length of the video in seconds, the same as of the audio; two decimals
    in the sample.
    """

    video_duration: float | None = None
    video_ratio: str | None = None


class CancelAnswer(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The answer of cancelTask."""

    request_id: str | None = None


class TaskListItem(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One task of the list. Times are epoch milliseconds; `request_id` is from the create call.

    api_key_id: The number of the API key.
    caller_parent_id: The number of the main account; missing in one old sample (TASK).
    caller_uid: The number of the calling account.
    end_time: The time when the task ended.
    gmt_create: The time when the task was created.
    model_name: The model of the task.
    region: The region of the task.
    start_time: The time when the task started to run.
    task_id: The id of the task.
    user_api_unique_key: A text apikey:v1:GROUP:TASK:FUNCTION:MODEL.
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
    """The answer of detectFace."""

    output: DetectionOutput
    usage: DetectionUsage | None = None
    request_id: str | None = None


class TaskCreated(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The answer of createVideoTask."""

    output: TaskCreatedOutput
    request_id: str | None = None


class TaskOutput(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """task_id: The id in the path.
    submit_time: The time when the task was created.
    scheduled_time: The time when the task started to run.
    end_time: The time when the task ended.
    code: The error code of a failed task.
    message: The error message.
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
    """The answer of listTasks.

    total: The number of all tasks.
    total_page: The number of pages.
    page_no: The number of this page, from 1.
    page_size: The number of tasks per page.
    """

    total: int
    data: list[TaskListItem]
    total_page: int
    page_no: int
    page_size: int
    request_id: str | None = None


class TaskAnswer(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The answer of getTask."""

    output: TaskOutput
    request_id: str | None = None
    usage: VideoUsage | None = None
