r"""The exceptions of emo_client. None of them contains an API key or the signature of a URL.

EmoError
├── ConfigError            an invalid key, base URL or argument; nothing was sent
├── ConnectionFailed       no answer; may_have_arrived: whether the service may have the request
├── APIError               an answer with a status other than success
│   ├── AuthenticationError    401
│   ├── PermissionDenied       403
│   ├── Throttled              429; retry_after
│   ├── InvalidRequest         any other 4xx
│   └── ServiceError           5xx
├── UnexpectedAnswer       a success that is not JSON, or whose required fields are missing or wrong
├── FaceRejected           the picture cannot be used
├── TaskError              a task that did not end with a video
│   ├── TaskFailed             FAILED; code and message of the service
│   ├── TaskCanceled           CANCELED
│   ├── TaskUnknown            UNKNOWN
│   └── TaskTimeout            not ended before the timeout; the task goes on
└── DownloadFailed         the video could not be downloaded
    └── ResultExpired          the object store no longer has the video, or its URL has expired

Every error about an answer has its request_id. The text of an error is one line with control
characters escaped (`\x1b`, `\u202e`); the attributes have the unchanged texts of the answer. All
exceptions can be pickled, together with a __cause__ of this module.
"""

from typing import Any, Self

from emo_client.printable import in_line


class EmoError(Exception):
    """The base class of all exceptions of emo_client.

    task_id: the id of the task that the error is about; None without a task or a known id.
    """

    task_id: str | None = None

    def __str__(self) -> str:
        return in_line(super().__str__())

    def of_task(self, task_id: str | None, way_on: str = "") -> Self:
        """This error with the id of a task. way_on: advice about the task, added to the text."""
        self.task_id = self.task_id or task_id
        if task_id and way_on:
            return self.with_way_on(f"task {task_id} was created: {way_on}")
        return self

    def with_way_on(self, way_on: str) -> Self:
        """This error with advice on the next step at the end of its text."""
        self.args = (f"{self}; {way_on}",)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        cause = self.__cause__ if isinstance(self.__cause__, EmoError) else None
        return _restore, (type(self), self.args, self.__dict__.copy(), cause)


def _restore(
    kind: type[EmoError], args: tuple[Any, ...], facts: dict[str, Any], cause: EmoError | None
) -> EmoError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(facts)
    error.__cause__ = cause
    return error


def _named(request_id: str | None) -> str:
    return f"(request_id {request_id})" if request_id else "(without a request_id)"


def _seconds(value: float) -> str:
    """The seconds as text: rounded to 0.1, never as 1e+06."""
    return f"{value:.1f}".removesuffix(".0") + " s"


class ConfigError(EmoError, ValueError):
    """An invalid key, base URL or argument. Nothing was sent."""


class ConnectionFailed(EmoError):
    """There was no answer.

    may_have_arrived: False if no connection was made, so that the service did not get the request;
        True if the service may have got the request and acted on it.
    """

    def __init__(self, call: str, reason: str, *, may_have_arrived: bool, way_on: str = "") -> None:
        self.reason, self.may_have_arrived = reason, may_have_arrived
        arrival = "may have arrived" if may_have_arrived else "did not arrive"
        super().__init__(f"{call} got no answer and {arrival}: {reason}{way_on and '; '}{way_on}")


class APIError(EmoError):
    """An answer with a status other than success.

    status: the HTTP status. code, message: from the service; empty if the body is not from it.
    """

    way_on = ""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        request_id: str | None,
        *,
        call: str = "the service",
        hint: str = "",
    ) -> None:
        self.status, self.code, self.message, self.request_id = status, code, message, request_id
        answer = f"{call} answered {status}" + (f" {code}" if code else "")
        parts = [f"{answer}: {message or 'no message'} {_named(request_id)}", self.way_on, hint]
        super().__init__("; ".join(filter(None, parts)))


class AuthenticationError(APIError):
    """401: the key is missing, wrong or from another region (CNB: one message for all three)."""

    way_on = "check the key; it must be a key of the Beijing region"


class PermissionDenied(APIError):
    """403: the key may not use this model or workspace, or the model is not activated."""


class InvalidRequest(APIError):
    """Any other 4xx: the request, or its picture or audio file, is invalid."""


class Throttled(APIError):
    """429: too many requests, a used-up quota, or an unpaid bill.

    retry_after: the seconds of the Retry-After header; None without one.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        request_id: str | None,
        *,
        retry_after: float | None = None,
        call: str = "the service",
        hint: str = "",
    ) -> None:
        self.retry_after = retry_after
        asked = "" if retry_after is None else f"try again in {_seconds(retry_after)}"
        hint = "; ".join(filter(None, [asked, hint]))
        super().__init__(status, code, message, request_id, call=call, hint=hint)


class ServiceError(APIError):
    """5xx: an error of the service or of a proxy in front of it."""


class UnexpectedAnswer(EmoError):
    """A success that is not JSON, or whose required fields are missing or of the wrong type.

    damaged: True if the body is not JSON, for example cut off or from a proxy.
    """

    def __init__(
        self,
        call: str,
        status: int,
        problem: str,
        request_id: str | None,
        *,
        hint: str = "",
        damaged: bool = False,
    ) -> None:
        self.status, self.request_id, self.damaged = status, request_id, damaged
        text = f"{call} answered {status}, but {problem} {_named(request_id)}"
        super().__init__("; ".join(filter(None, [text, hint])))


class FaceRejected(EmoError):
    """The picture cannot be used. The check is charged nevertheless (PRICE).

    code, message: from the service; both may be empty, as in the documented sample (DET-2).
    """

    def __init__(self, code: str, message: str, request_id: str | None) -> None:
        self.code, self.message, self.request_id = code, message, request_id
        why = ": ".join(filter(None, [code, message])) or "the service gives no reason"
        super().__init__(
            f"the picture was rejected: {why} {_named(request_id)}; it must show one person from "
            "the front with the whole face, with sides of 400 to 7000 px"
        )


class TaskError(EmoError):
    """A task that did not end with a video.

    status: its last known state. request_id: the request_id of the answer with that state.
    """

    def __init__(self, text: str, task_id: str, status: str | None, request_id: str | None) -> None:
        self.task_id, self.status, self.request_id = task_id, status, request_id
        super().__init__(f"task {task_id} {text} {_named(request_id)}")


class TaskFailed(TaskError):
    """FAILED. A failed task is free (PRICE). code, message: from the service."""

    def __init__(self, task_id: str, code: str, message: str, request_id: str | None) -> None:
        self.code, self.message = code, message
        why = ": ".join(filter(None, [code, message])) or "the service gives no reason"
        super().__init__(f"FAILED: {why}", task_id, "FAILED", request_id)


class TaskCanceled(TaskError):
    """CANCELED: this account canceled the task while it was PENDING."""

    def __init__(self, task_id: str, request_id: str | None) -> None:
        super().__init__("was CANCELED", task_id, "CANCELED", request_id)


class TaskUnknown(TaskError):
    """UNKNOWN: the state in the service's 200 answer for an unknown task id (CNB, KR)."""

    def __init__(self, task_id: str, request_id: str | None) -> None:
        text = (
            "is UNKNOWN: it is older than 24 h, its id is mistyped or is a request_id instead of "
            "the task_id, or it belongs to the key of another account or region"
        )
        super().__init__(text, task_id, "UNKNOWN", request_id)


class TaskTimeout(TaskError):
    """The task did not end before the timeout. It goes on; wait for it again with its id.

    status: the last state seen; None if no poll was answered. waited: seconds. asked: the seconds
    of a Retry-After header, if they exceed the remaining time. __cause__: the error of the last
    poll, if it failed.
    """

    def __init__(
        self,
        task_id: str,
        status: str | None,
        waited: float,
        request_id: str | None,
        failure: str,
        asked: float | None = None,
        *,
        is_documented: bool = True,
    ) -> None:
        self.waited, self.asked = waited, asked
        state = f"is still {status}" if status else "has not been seen"
        state += "" if is_documented else " (a state that EMO's documentation does not name)"
        over = f" after {_seconds(waited)}"
        if asked is not None:
            over = f", and the service asks to wait {_seconds(asked)}, longer than is left"
        text = f"{state}{over}; raise timeout=…, or wait for it again"
        super().__init__(
            f"{text}{failure and ' (last error: '}{failure}{failure and ')'}",
            task_id,
            status,
            request_id,
        )


class DownloadFailed(EmoError):
    """The video could not be downloaded. After a broken connection the partial file stays beside
    the target for the next call; a file that is not a video or is too large is deleted.

    status, code, message: from the answer of the object store; None or empty without one.
    """

    def __init__(
        self,
        text: str,
        *,
        status: int | None = None,
        code: str = "",
        message: str = "",
        request_id: str | None = None,
    ) -> None:
        self.status, self.code, self.message, self.request_id = status, code, message, request_id
        super().__init__(f"{text} {_named(request_id)}" if status else text)


class ResultExpired(DownloadFailed):
    """The object store no longer has the video, or its URL has expired: after 24 h (EMO-3)."""
