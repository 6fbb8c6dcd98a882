"""Brings the JSON of an answer into the one form that is documented. The service puts its parts
under `output`; siblings, gateways and resellers put them at the top, under `data` or `error`, in a
text or as numbers. Nothing here raises an error of the client."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from emo_client.models import TASK_STATUSES

# What is looked for; names without `_` and `-`, in lower case.
_CODES = ("code", "errorcode", "errcode", "errorcodes")
_MESSAGES = ("message", "errormessage", "msg", "errormsg", "errmsg", "errordescription", "detail",
             "details", "reason", "failreason", "title", "error", "errors")  # fmt: skip
_REQUEST_IDS = ("requestid", "xrequestid", "traceid")
_HOLDERS = {"output", "error", "errors", "result", "results", "data", "detail", "details", "body"}
NAMES = frozenset((*_CODES, *_MESSAGES, *_REQUEST_IDS, *_HOLDERS, "taskid", "taskstatus"))
# Codes and messages with which a gateway says that all is well.
_NO_REASONS = {
    "",
    "0",
    "200",
    "ok",
    "success",
    "succeeded",
    "null",
    "none",
    "false",
    "true",
    "[]",
    "{}",
}
_DEEPEST = 6  # levels in which the parts of an answer are looked for
# A whole id: a UUID, or what does not end with the text, which may have been cut off in the id.
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TASK_ID = re.compile(
    rf"""(?i)\btask_?id[\\"'\s]*[:=>][\\"'\s]*({_UUID}\b|[\w-]{{1,128}}(?![\w-]|\Z))"""
)


class ErrorReason(NamedTuple):
    """What an answer says went wrong; empty texts where it does not say."""

    code: str = ""
    message: str = ""


def parsed(text: str) -> Any:
    """The JSON of a text. Raises msgspec.DecodeError, RecursionError."""
    return msgspec.json.decode(text.lstrip("\ufeff \t\r\n"))


def normalized(body: Any) -> Any:
    """The body with its task under `output`, the state in capitals, the URL of a video in
    `results.video_url` and the reason of a failure beside them. A body that is no object is
    returned as it is."""
    if not isinstance(body, dict):
        return body
    output = _object(body.get("output")) or {}
    for name in ("task_id", "task_status"):
        value = output.get(name)
        value = _first(body, (name.replace("_", ""),)) if value is None else value
        output |= {} if value is None else {name: value}
    state = str(output.get("task_status")).strip().upper()
    if state in TASK_STATUSES:
        output["task_status"] = state
    if state == "SUCCEEDED":
        output |= _video_elsewhere(body, output)
    if _may_have_failed(output):
        reason = reason_of(body, output)._asdict()
        output |= {name: text for name, text in reason.items() if text}
    return {**body, "request_id": request_id_of(body), **({"output": output} if output else {})}


def reason_of(body: Any, home: Any = None) -> ErrorReason:
    """Why something failed, wherever in the body that stands, as text whatever its type is.

    home: the object that has `code` and `message` by the documentation; the body if None. What
    stands there is returned as it is.
    """
    home = body if home is None else home
    code, message = (_documented(home, name) for name in ErrorReason._fields)
    output = _object(body.get("output")) if isinstance(body, dict) else None
    for place in (*_objects(output), *_objects(body)):
        code = code or _said(place, _CODES)
        message = message or _said(place, _MESSAGES)
    return ErrorReason(code, message)


def _documented(home: Any, name: str) -> str:
    return text_of_value(home.get(name)) if isinstance(home, dict) else ""


def request_id_of(body: Any) -> str | None:
    """The id of the request, not of one of the tasks in a list."""
    top = body if isinstance(body, dict) else {}
    for place in (top, _object(top.get("output")) or {}, _object(top.get("error")) or {}):
        named = [name for name in place if _plain(name) in _REQUEST_IDS]
        for name in sorted(named, key="request_id".__ne__):  # the documented name first
            if isinstance(place[name], str | int) and place[name] != "":
                return str(place[name])
    return None


def task_id_in(text: str, *, in_prose: bool = True) -> str | None:
    """The id of a task that an answer names, wherever it stands; None where it names none.

    in_prose: look for it also in a text that is not JSON, such as one that was cut off.
    """
    try:
        found = _first(parsed(text), ("taskid",))
    except (msgspec.DecodeError, RecursionError):
        found = None
    if isinstance(found, str | int) and not isinstance(found, bool) and found != "":
        return str(found)
    match = _TASK_ID.search(text) if in_prose else None
    return match[1] if match and match[1].lower() not in _NO_REASONS else None


def text_of_value(value: Any) -> str:
    """A code or message as text: "" for null, JSON for what is neither text nor a number."""
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()


def _may_have_failed(output: dict[str, Any]) -> bool:
    state = output.get("task_status", "FAILED")
    ended_without = state == "SUCCEEDED" and not _video_url(output)
    return ended_without or (state == "FAILED" and not output.get("face_bbox"))


def _video_url(output: dict[str, Any]) -> Any:
    return (_object(output.get("results")) or {}).get("video_url")


def _video_elsewhere(body: Any, output: dict[str, Any]) -> dict[str, Any]:
    """The results with a URL that is not in its place: siblings have `output.video_url`, and a
    video was paid for wherever its URL stands."""
    url = _video_url(output) or _first(body, ("videourl",)) or _first(output, ("url",))
    return {"results": {"video_url": url}} if url else {}


def _object(value: Any) -> dict[str, Any] | None:
    """An object, also one that is written as JSON in a text or that stands alone in a list."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            value = parsed(value)
        except (msgspec.DecodeError, RecursionError):
            return None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return dict(value) if isinstance(value, dict) else None


def _objects(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The object, then those in it under a name that holds parts of an answer."""
    if isinstance(value, list):
        for item in value[:20]:
            yield from _objects(item, depth + 1)
    found = _object(value) if depth < _DEEPEST else None
    if found is None:
        return
    yield found
    for name, item in found.items():
        if _plain(name) in _HOLDERS:
            yield from _objects(item, depth + 1)


def _first(body: Any, names: tuple[str, ...]) -> Any:
    """The first value under one of these names."""
    for place in _objects(body):
        for name, value in place.items():
            if _plain(name) in names and value not in (None, ""):
                return value
    return None


def _said(place: dict[str, Any], names: tuple[str, ...]) -> str:
    """The first of these, in their order, that says something; objects are places of their own."""
    plain = {_plain(name): value for name, value in reversed(place.items())}
    texts = (_sentence(plain.get(n)) for n in names if not _is_place(n, plain.get(n)))
    return next((text for text in texts if text.strip().lower() not in _NO_REASONS), "")


def _sentence(value: Any) -> str:
    """A value as text; of several texts, all of them."""
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return "; ".join(value)
    return text_of_value(value)


def _is_place(name: str, value: Any) -> bool:
    items = value if isinstance(value, list) else [value]
    return name in _HOLDERS and any(_object(item) is not None for item in items)


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
