"""Converts the JSON of an answer to the documented structure. The service puts the fields under
`output`. Sibling services, gateways and resellers put them at the top level, under `data` or
`error`, in a string that contains JSON, or as numbers. Raises no error of the client."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from emo_client.models import TASK_STATUSES

# Names of fields to look for, in lower case and without `_` and `-`.
_CODES = ("code", "errorcode", "errcode", "errorcodes")
_MESSAGES = ("message", "errormessage", "msg", "errormsg", "errmsg", "errordescription", "detail",
             "details", "reason", "failreason", "title", "error", "errors")  # fmt: skip
_REQUEST_IDS = ("requestid", "xrequestid", "traceid")
_HOLDERS = {"output", "error", "errors", "result", "results", "data", "detail", "details", "body"}
NAMES = frozenset((*_CODES, *_MESSAGES, *_REQUEST_IDS, *_HOLDERS, "taskid", "taskstatus"))
# Codes and messages by which a gateway reports success.
_NO_REASONS = {"", "0", "200", "ok", "success", "succeeded", "null", "none", "false", "true", "[]",
               "{}"}  # fmt: skip
_DEEPEST = 6  # levels of an answer to search
# A complete id: a UUID, or an id that is not at the end of the text, where it may be cut off.
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TASK_ID = re.compile(
    rf"""(?i)\btask_?id[\\"'\s]*[:=>][\\"'\s]*({_UUID}\b|[\w-]{{1,128}}(?![\w-]|\Z))"""
)


class ErrorReason(NamedTuple):
    """The code and message of an error in an answer; empty without one."""

    code: str = ""
    message: str = ""


def parsed(text: str) -> Any:
    """The value of a JSON text. Raises msgspec.DecodeError, RecursionError."""
    return msgspec.json.decode(text.lstrip("\ufeff \t\r\n"))


def normalized(body: Any) -> Any:
    """The body with the task under `output`, its state in capitals, the URL of the video in
    `results.video_url`, and the code and message of a failure in `output`. A body other than an
    object is returned unchanged."""
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
    """The code and message of an error, from anywhere in the body, as text.

    home: the object that has `code` and `message` according to the documentation (default: the
    body). Its code and message come first, and are returned unchanged.
    """
    home = body if home is None else home
    code, message = (_documented(home, name) for name in ErrorReason._fields)
    output = _object(body.get("output")) if isinstance(body, dict) else None
    for holder in (*_objects(output), *_objects(body)):
        code = code or _text_in(holder, _CODES)
        message = message or _text_in(holder, _MESSAGES)
    return ErrorReason(code, message)


def _documented(home: Any, name: str) -> str:
    return text_of_value(home.get(name)) if isinstance(home, dict) else ""


def request_id_of(body: Any) -> str | None:
    """The id of the request. Ids inside the tasks of a list are ignored."""
    top = body if isinstance(body, dict) else {}
    for holder in (top, _object(top.get("output")) or {}, _object(top.get("error")) or {}):
        named = [name for name in holder if _plain(name) in _REQUEST_IDS]
        for name in sorted(named, key="request_id".__ne__):  # the documented name first
            if isinstance(holder[name], str | int) and holder[name] != "":
                return str(holder[name])
    return None


def task_id_in(text: str, *, in_prose: bool = True) -> str | None:
    """The task id anywhere in the text of an answer; None without one.

    in_prose: also search text that is not JSON, such as a body that was cut off.
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
    """A code or message as text: "" for null, JSON for an object or list."""
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
    """The `results` with a video URL from another place of the answer. Sibling services put it in
    `output.video_url`."""
    url = _video_url(output) or _first(body, ("videourl",)) or _first(output, ("url",))
    return {"results": {"video_url": url}} if url else {}


def _object(value: Any) -> dict[str, Any] | None:
    """The value as an object, also from a string with JSON or a list of one object; else None."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            value = parsed(value)
        except (msgspec.DecodeError, RecursionError):
            return None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return dict(value) if isinstance(value, dict) else None


def _objects(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The object, then the objects inside it under the names in _HOLDERS."""
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
    for holder in _objects(body):
        for name, value in holder.items():
            if _plain(name) in names and value not in (None, ""):
                return value
    return None


def _text_in(holder: dict[str, Any], names: tuple[str, ...]) -> str:
    """The first meaningful text under these names, in their order. Objects are searched apart."""
    plain = {_plain(name): value for name, value in reversed(holder.items())}
    texts = (_sentence(plain.get(n)) for n in names if not _is_holder(n, plain.get(n)))
    return next((text for text in texts if text.strip().lower() not in _NO_REASONS), "")


def _sentence(value: Any) -> str:
    """A value as text; a list of texts joined with `; `."""
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return "; ".join(value)
    return text_of_value(value)


def _is_holder(name: str, value: Any) -> bool:
    items = value if isinstance(value, list) else [value]
    return name in _HOLDERS and any(_object(item) is not None for item in items)


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
