"""Adapts a recorded answer to the present call: new ids, shifted times, present headers. The rest
stays as recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from contracts.recordings.bodies import bytes_of
from contracts.recordings.model import RecordedAnswer, RecordedBody, RecordedTimeline
from contracts.recordings.timing import parsed
from contracts.spec.models import replaced
from contracts.spec.pointers import MISSING, parts_of, value_at
from contracts.text.printable import in_line
from mock_server.engine.responses import headers
from mock_server.simulation.call import Reply
from mock_server.simulation.timestamps import format_time

# Headers of the recorded time or connection. Present ones replace them.
_MOMENT = {"content-length", "date", "req-arrive-time", "resp-start-time", "x-request-id"}
_DROPPED = {"content-encoding", "connection", "keep-alive", "transfer-encoding"}
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # of a header (RFC 9110, 5.6.2)
NO_SHIFT = timedelta()


def reply_of(
    answer: RecordedAnswer, ids: Mapping[str, str], shift: timedelta, request_id: str, now: float
) -> Reply:
    """Render the answer. ids: the new id of each recorded one. shift: added to its times. A header
    with an invalid name is left out, and a line end in a value is escaped, so that a file cannot
    add headers."""
    body = _body(answer.body, ids, shift, request_id)
    fresh = [(n, v) for n, v in headers(request_id, now, body) if n.decode() in _MOMENT]
    always = {b"content-length"}
    sent = [(n, v) for n, v in fresh if n in always or n.decode() in answer.headers]
    sent += [
        (name.encode(), in_line(value).encode("latin-1", "replace"))
        for name, value in answer.headers.items()
        if _NAME.fullmatch(name)
        and name not in _MOMENT | _DROPPED
        and not name.startswith("x-mock-")
    ]
    return Reply(answer.status, sent, body, "")


def shift_of(timeline: RecordedTimeline, started: float) -> timedelta:
    """The time from the recorded creation of the task to its new one; zero if its answers have no
    time. started: epoch s."""
    for state in timeline.states:
        recorded, now = parsed(state.answer.output.get("submit_time")), parsed(format_time(started))
        if recorded is not None and now is not None:
            return now - recorded
    return NO_SHIFT


def with_video(answer: RecordedAnswer, place: str, url: str) -> RecordedAnswer:
    """The answer with a new URL of its video, if it has one at this pointer. The recorded URL no
    longer works, since its signature was removed."""
    if value_at(answer.value, parts_of(place)) is MISSING:
        return answer
    return replace(answer, body=RecordedBody(json=replaced(answer.value, place, url)))


def _body(
    body: RecordedBody | None, ids: Mapping[str, str], shift: timedelta, request_id: str
) -> bytes:
    if body is None or body.json is UNSET:
        return bytes_of(body)
    value = _moved(body.json, ids, shift)
    if isinstance(value, dict) and "request_id" in value:
        value["request_id"] = request_id
    return bytes_of(RecordedBody(json=value))


def _moved(value: Any, ids: Mapping[str, str], shift: timedelta) -> Any:
    if isinstance(value, dict):
        return {name: _moved(item, ids, shift) for name, item in value.items()}
    if isinstance(value, list):
        return [_moved(item, ids, shift) for item in value]
    if not isinstance(value, str):
        return value
    moment = parsed(value)
    if moment is not None:
        return _later(value, shift)
    for recorded, new in ids.items():
        value = value.replace(recorded, new)
    return value


def _later(text: str, shift: timedelta) -> str:
    moment = parsed(text)
    assert moment is not None
    try:
        return (moment + shift).isoformat(sep=" ", timespec="milliseconds")
    except OverflowError:  # the tenant's clock may be in the year 9996
        return text
