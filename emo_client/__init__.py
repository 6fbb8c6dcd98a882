"""A client of DashScope's EMO API: a portrait and a voice recording become a talking-head video.

    from emo_client import Client

    with Client() as emo:  # the key is in DASHSCOPE_API_KEY
        task = emo.generate("https://…/portrait.png", "https://…/voice.mp3")
        emo.download(task, "video.mp4")

AsyncClient has the same operations as coroutines. emo_client.errors lists all exceptions. Importing
this package is fast: each name imports its module when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emo_client.async_client import AsyncClient
    from emo_client.client import Client
    from emo_client.errors import (
        APIError,
        AuthenticationError,
        ConfigError,
        ConnectionFailed,
        DownloadFailed,
        EmoError,
        FaceRejected,
        InvalidRequest,
        PermissionDenied,
        ResultExpired,
        ServiceError,
        TaskCanceled,
        TaskError,
        TaskFailed,
        TaskTimeout,
        TaskUnknown,
        Throttled,
        UnexpectedAnswer,
    )
    from emo_client.flows import Face
    from emo_client.models import (
        TASK_STATUSES,
        TERMINAL_STATUSES,
        CancelAnswer,
        TaskAnswer,
        TaskCreated,
        TaskList,
        TaskListItem,
    )

__all__ = [
    "TASK_STATUSES",
    "TERMINAL_STATUSES",
    "APIError",
    "AsyncClient",
    "AuthenticationError",
    "CancelAnswer",
    "Client",
    "ConfigError",
    "ConnectionFailed",
    "DownloadFailed",
    "EmoError",
    "Face",
    "FaceRejected",
    "InvalidRequest",
    "PermissionDenied",
    "ResultExpired",
    "ServiceError",
    "TaskAnswer",
    "TaskCanceled",
    "TaskCreated",
    "TaskError",
    "TaskFailed",
    "TaskList",
    "TaskListItem",
    "TaskTimeout",
    "TaskUnknown",
    "Throttled",
    "UnexpectedAnswer",
]

_MODELS = ("CancelAnswer", "TaskAnswer", "TaskCreated", "TaskList", "TaskListItem")
_HOMES = {
    "AsyncClient": "async_client",
    "Client": "client",
    "Face": "flows",
    **dict.fromkeys(("TASK_STATUSES", "TERMINAL_STATUSES", *_MODELS), "models"),
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)


def __dir__() -> list[str]:
    return __all__
