"""Converts an answer to a model or to an error."""

import re
from html import unescape
from typing import Any, TypeVar

import httpx
import msgspec

from emo_client import errors, limits
from emo_client.decoding.charset import readable, text_of
from emo_client.decoding.envelope import (
    ErrorReason,
    normalized,
    parsed,
    reason_of,
    request_id_of,
    task_id_in,
)
from emo_client.decoding.lenient import convert
from emo_client.exchange import Runtime
from emo_client.models import CancelAnswer, Detection, TaskAnswer, TaskCreated, TaskList
from emo_client.retry import retry_after

T = TypeVar("T", Detection, TaskAnswer, TaskCreated, TaskList, CancelAnswer)

_BY_STATUS = {401: errors.AuthenticationError, 403: errors.PermissionDenied}
_NOT_JSON = (msgspec.DecodeError, RecursionError)
# Texts in the gateway's answer to an unknown path.
_WRONG_PATH = ("url error", "task can not be null")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NOT_SHOWN = re.compile(r"(?is)<(script|style)\b.*?</\1\s*>|<!--.*?-->")
_TAG = re.compile(r"</?[A-Za-z!?][^<>]*>")
_QUERY = re.compile(r"""(?i)(https?:[^\s?"'<>]*)\?[^\s"'<>]*""")
_PAGE = 16384  # characters of an HTML page from which an excerpt is made


def read(answer: httpx.Response, kind: type[T], runtime: Runtime) -> T:
    """The body as a model of this type. Raises APIError or UnexpectedAnswer."""
    if not 200 <= answer.status_code < 300:
        raise refusal(answer, runtime)
    if answer.extensions.get("is_cut"):
        problem = f"its body is larger than {limits.ANSWER >> 20} MiB: {excerpt(answer)!r}"
        raise unexpected(answer, problem, runtime.hint, damaged=True)
    try:
        body = _json(answer)
    except _NOT_JSON:
        problem = f"its body is not JSON: {excerpt(answer)!r}"
        raise unexpected(answer, problem, runtime.hint, damaged=True) from None
    try:
        value = convert(normalized(body), kind)
    except msgspec.ValidationError as error:
        named = ": ".join(filter(None, reason_of(body)))
        problem = f"it is an error, {named}" if named else f"its shape is wrong: {error}"
        raise unexpected(answer, f"{problem}: {excerpt(answer)!r}") from None
    return msgspec.structs.replace(value, request_id=request_id(answer))


def read_task(answer: httpx.Response, task_id: str, runtime: Runtime) -> TaskAnswer:
    """The task in the answer. Raises the errors of read(), and UnexpectedAnswer (damaged) if it is
    another task, because a cache or a proxy mixed up two answers. Ids are compared only if both are
    UUIDs, as those of the service are: a stub may answer each poll with the id "t"."""
    task = read(answer, TaskAnswer, runtime)
    found = task.output.task_id.lower()
    if found != task_id.lower() and _UUID.fullmatch(found) and _UUID.fullmatch(task_id.lower()):
        raise unexpected(answer, f"it is about another task, {found}", damaged=True)
    return task


def refusal(answer: httpx.Response, runtime: Runtime) -> errors.EmoError:
    """The error for an answer with a status other than success."""
    status = answer.status_code
    if status < 400:
        location = answer.headers.get("location", "").partition("?")[0]
        problem = "redirects are not followed" + (f" (to {location})" if location else "")
        return unexpected(answer, problem, runtime.hint)
    code, message = reason(answer)
    message = message or ("" if code else excerpt(answer))
    is_wrong_path = status in (404, 405) or not code or any(text in message for text in _WRONG_PATH)
    call = answer.request.extensions["call"]
    facts: dict[str, Any] = {"call": call, "hint": runtime.hint if is_wrong_path else ""}
    kind = _BY_STATUS.get(status, errors.ServiceError if status >= 500 else errors.InvalidRequest)
    if status == 429:
        kind, facts["retry_after"] = errors.Throttled, retry_after(answer.headers, runtime.now())
    return kind(status, code, message, request_id(answer), **facts)


def reason(answer: httpx.Response) -> ErrorReason:
    """The code and message of the service; both empty if the body is not JSON."""
    try:
        return reason_of(_json(answer))
    except _NOT_JSON:
        return ErrorReason()


def unexpected(
    answer: httpx.Response, problem: str, hint: str = "", *, damaged: bool = False
) -> errors.UnexpectedAnswer:
    """The error for a success with an unusable body."""
    call, named = answer.request.extensions["call"], request_id(answer)
    facts = call, answer.status_code, problem, named
    return errors.UnexpectedAnswer(*facts, hint=hint, damaged=damaged)


def request_id(answer: httpx.Response) -> str | None:
    """The request_id in the body, else in the header. Polls have it in the body only (CNB)."""
    try:
        named = request_id_of(_json(answer))
    except _NOT_JSON:
        named = None
    return named or answer.headers.get("x-request-id")


def task_id_of(answer: httpx.Response) -> str | None:
    """The task id anywhere in the answer to a create call, even an unusable one; None without
    one."""
    text = readable(answer.content, answer.headers.get("content-type", ""))
    return task_id_in(text, in_prose=answer.status_code < 400)


def excerpt(answer: httpx.Response) -> str:
    """The beginning of a body for an error message: HTML as text, URLs without their query."""
    text = readable(answer.content, answer.headers.get("content-type", ""))[:_PAGE]
    if _TAG.match(text.lstrip()):
        shown = unescape(_TAG.sub(" ", _NOT_SHOWN.sub(" ", text)))
        text = shown if shown.strip() else text
    text = _QUERY.sub(r"\1?…", " ".join(text.split()))
    return text if len(text) <= 200 else text[:200] + "…"


def _json(answer: httpx.Response) -> Any:
    """The value of the body. Raises one of _NOT_JSON."""
    text = text_of(answer.content, answer.headers.get("content-type", ""))
    if text is None:
        raise msgspec.DecodeError("its bytes match no charset")
    return parsed(text)
