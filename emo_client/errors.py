r"""What can go wrong, as exceptions. They carry facts; none of them holds a key or a signed URL.

EmoError
├── ConfigError            a key, base URL or argument that cannot work; nothing was sent
├── ConnectionFailed       no answer came; says whether the request may have arrived
├── APIError               an answer with a status that is not a success
│   ├── AuthenticationError    401
│   ├── PermissionDenied       403
│   ├── Throttled              429; retry_after
│   ├── InvalidRequest         any other 4xx
│   └── ServiceError           5xx
├── UnexpectedAnswer       a success that is not JSON, of a wrong shape or without what it must have
├── FaceRejected           the picture cannot be used
├── TaskError              a task that did not end with a video
│   ├── TaskFailed             FAILED; code and message of the service
│   ├── TaskCanceled           CANCELED
│   ├── TaskUnknown            UNKNOWN
│   └── TaskTimeout            not ended within the time given; the task goes on
└── DownloadFailed         the video could not be fetched
    └── ResultExpired          the object store no longer has it, or no longer gives it

Every error that stems from an answer names the answer's request_id. The text of an error is one
line, in which no character of an answer stays hidden (`\x1b`, `\u202e`); its attributes hold it as
it came. All can be pickled, with their causes as far as those are of this tree.
"""

from typing import Any, Self

from emo_client.printable import in_line


class EmoError(Exception):
    """All of this tree.

    task_id: of the task that it is about, None where there is none or its id is not known.
    """

    task_id: str | None = None

    def __str__(self) -> str:
        return in_line(super().__str__())

    def of_task(self, task_id: str | None, way_on: str = "") -> Self:
        """This error with the id of a task. way_on: what to do with that task, for the text."""
        self.task_id = self.task_id or task_id
        if task_id and way_on:
            return self.with_way_on(f"task {task_id} was created: {way_on}")
        return self

    def with_way_on(self, way_on: str) -> Self:
        """This error with what to do next at the end of its text."""
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
    """For people: to 0.1, and never as 1e+06."""
    return f"{value:.1f}".removesuffix(".0") + " s"


class ConfigError(EmoError, ValueError):
    """A key, base URL or argument that cannot work. Nothing was sent."""


class ConnectionFailed(EmoError):
    """No answer came.

    may_have_arrived: False when the service surely did not get the request (no connection was
        made); True when it may have, and acted on it.
    """

    def __init__(self, call: str, reason: str, *, may_have_arrived: bool, way_on: str = "") -> None:
        self.reason, self.may_have_arrived = reason, may_have_arrived
        fate = "may have arrived" if may_have_arrived else "did not arrive"
        super().__init__(f"{call} got no answer and {fate}: {reason}{way_on and '; '}{way_on}")


class APIError(EmoError):
    """An answer with a status that is not a success.

    status: of HTTP. code, message: the service's, empty when the body is not the service's.
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
        what = f"{call} answered {status}" + (f" {code}" if code else "")
        parts = [f"{what}: {message or 'no message'} {_named(request_id)}", self.way_on, hint]
        super().__init__("; ".join(filter(None, parts)))


class AuthenticationError(APIError):
    """401: the key is missing, wrong or of another region (CNB: one message for all three)."""

    way_on = "check the key; it must be a key of the Beijing region"


class PermissionDenied(APIError):
    """403: the key may not use this model or workspace, or the model is not activated."""


class InvalidRequest(APIError):
    """A 4xx that is none of the others: the request or its media cannot be used as they are."""


class Throttled(APIError):
    """429: too fast, too much, or not paid.

    retry_after: seconds that the service asks to wait, None when it does not say.
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
    """5xx: the service or something before it broke."""


class UnexpectedAnswer(EmoError):
    """A success that is not JSON, of a wrong shape or without what it must have.

    damaged: whether it is not JSON: cut on its way, or not of the service at all.
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
    """The picture cannot be used. Charged all the same (PRICE).

    code, message: the service's; both may be empty, as the documented sample is (DET-2).
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

    status: its last known state. request_id: of the answer that said so.
    """

    def __init__(self, text: str, task_id: str, status: str | None, request_id: str | None) -> None:
        self.task_id, self.status, self.request_id = task_id, status, request_id
        super().__init__(f"task {task_id} {text} {_named(request_id)}")


class TaskFailed(TaskError):
    """FAILED. Failures are free of charge (PRICE); code and message are the service's."""

    def __init__(self, task_id: str, code: str, message: str, request_id: str | None) -> None:
        self.code, self.message = code, message
        why = ": ".join(filter(None, [code, message])) or "the service gives no reason"
        super().__init__(f"FAILED: {why}", task_id, "FAILED", request_id)


class TaskCanceled(TaskError):
    """CANCELED: by this account, while it was PENDING."""

    def __init__(self, task_id: str, request_id: str | None) -> None:
        super().__init__("was CANCELED", task_id, "CANCELED", request_id)


class TaskUnknown(TaskError):
    """UNKNOWN: what the service answers with 200 for an id that it does not know (CNB, KR)."""

    def __init__(self, task_id: str, request_id: str | None) -> None:
        text = (
            "is UNKNOWN: it is older than 24 h, its id is mistyped or is a request_id instead of "
            "the task_id, or it belongs to the key of another account or region"
        )
        super().__init__(text, task_id, "UNKNOWN", request_id)


class TaskTimeout(TaskError):
    """Not ended within the time given. The task goes on; wait for it again by its id.

    status: the last state seen, None when no poll was answered. waited: seconds. asked:
    seconds that the service asks to wait, when that is longer than was left. __cause__: the last
    trouble, when the last poll had one.
    """

    def __init__(
        self,
        task_id: str,
        status: str | None,
        waited: float,
        request_id: str | None,
        trouble: str,
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
            f"{text}{trouble and ' (last trouble: '}{trouble}{trouble and ')'}",
            task_id,
            status,
            request_id,
        )


class DownloadFailed(EmoError):
    """The video could not be fetched. What a broken connection left is kept beside the target for
    the next call; nothing is kept of what is no video or too large.

    status, code, message: of the object store's answer, None or empty when it gave none.
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
    """The object store no longer has the video or no longer gives it; it lives 24 h (EMO-3)."""
