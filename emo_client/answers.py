"""From the bytes of an answer to a value or an error. Knows no operation and sends nothing."""

from contextlib import suppress
from typing import Any, TypeVar

import msgspec

from emo_client import errors
from emo_client.models import CancelAnswer, Detection, Error, TaskAnswer, TaskCreated, TaskList
from emo_client.retry import retry_after
from emo_client.steps import Answer, World

T = TypeVar("T", Detection, TaskAnswer, TaskCreated, TaskList, CancelAnswer)

_BY_STATUS = {401: errors.AuthenticationError, 403: errors.PermissionDenied}
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
# What the gateway says of a path that it does not know.
_WRONG_PATH = ("url error", "task can not be null")


def read(answer: Answer, kind: type[T], call: str, world: World) -> T:
    """The body as this type. Raises APIError or UnexpectedAnswer."""
    if not 200 <= answer.status < 300:
        raise refusal(answer, call, world)
    try:
        return _named(msgspec.json.decode(answer.body, type=kind, strict=False), answer)
    except msgspec.ValidationError as error:
        return _forgiving(answer, kind, call, str(error))
    except _NOT_JSON:
        problem = f"its body is not JSON: {excerpt(answer.body)!r}"
        raise unexpected(answer, call, problem, world.hint, damaged=True) from None


def refusal(answer: Answer, call: str, world: World) -> errors.EmoError:
    """The error that an answer without success stands for."""
    status = answer.status
    if status < 400:
        place = answer.headers.get("location", "nowhere").partition("?")[0]
        problem = f"redirects are not followed (it leads to {place})"
        return unexpected(answer, call, problem, world.hint)
    said = error_of(answer)
    message = said.message if said.message is not None else excerpt(answer.body)
    lost = status in (404, 405) or said.code is None or any(t in message for t in _WRONG_PATH)
    facts: dict[str, Any] = {"call": call, "hint": world.hint if lost else ""}
    kind = _BY_STATUS.get(status, errors.ServiceError if status >= 500 else errors.InvalidRequest)
    if status == 429:
        kind, facts["retry_after"] = errors.Throttled, retry_after(answer.headers, world.now())
    return kind(status, said.code or "", message, request_id(answer), **facts)


def error_of(answer: Answer) -> Error:
    """What the service says went wrong; all None when the body is not the service's."""
    try:
        return msgspec.json.decode(answer.body, type=Error)
    except _NOT_JSON:
        return Error()


def unexpected(
    answer: Answer, call: str, problem: str, hint: str = "", *, damaged: bool = False
) -> errors.UnexpectedAnswer:
    """The error for a success that cannot be used."""
    named, status = request_id(answer), answer.status
    return errors.UnexpectedAnswer(call, status, problem, named, hint=hint, damaged=damaged)


def request_id(answer: Answer) -> str | None:
    """Of the body, else of the header; a task query has only the former (CNB)."""
    return error_of(answer).request_id or answer.headers.get("x-request-id")


def excerpt(body: bytes) -> str:
    """The beginning of a body, for people."""
    text = " ".join(body[:2000].decode("utf-8", "replace").split())
    return text if len(text) <= 200 else text[:200] + "…"


def _forgiving(answer: Answer, kind: type[T], call: str, problem: str) -> T:
    """The same without results that are no object, and without usage that cannot be read.

    A failed task of a sibling model was seen with a list of results; usage varies by model. Neither
    is worth losing a video for.
    """
    problem = f"its shape is wrong: {problem}: {excerpt(answer.body)!r}"
    try:
        body = msgspec.json.decode(answer.body)
    except _NOT_JSON:
        raise unexpected(answer, call, problem, damaged=True) from None
    output = _output(body)
    if isinstance(output, dict) and not isinstance(output.get("results"), dict):
        output.pop("results", None)
    for value in (body, _without_usage(body)):
        with suppress(msgspec.ValidationError):
            return _named(msgspec.convert(value, kind, strict=False), answer)
    raise unexpected(answer, call, problem)


def _named(value: T, answer: Answer) -> T:
    """With the request_id of the header when the body has none."""
    if value.request_id:
        return value
    return msgspec.structs.replace(value, request_id=answer.headers.get("x-request-id"))


def _without_usage(body: object) -> object:
    if not isinstance(body, dict):
        return body
    return {key: value for key, value in body.items() if key != "usage"}


def _output(body: object) -> object:
    return body.get("output") if isinstance(body, dict) else None
