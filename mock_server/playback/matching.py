"""A recording as a script: which of its exchanges answers a call. Pure; it keeps nothing of what
was answered before and knows no time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from msgspec import UNSET, Struct

from contracts.recordings.model import (
    Cassette,
    RecordedBody,
    RecordedExchange,
    RecordedRequest,
    RecordedState,
    RecordedTimeline,
)
from contracts.recordings.operations import FoundOperation, OperationFinder
from contracts.redact.secret_names import is_secret_name
from contracts.spec.loader import Spec

# Parts of a signed URL that are others each time, besides its secrets.
_PASSING = re.compile(
    r"(?i)expires|x-[a-z]{2,9}-(?:date|expires|signature-version)|q-(?:sign|key)-time|s[et]|e"
)


class Cue(Struct, frozen=True):
    """A recorded exchange, prepared to be compared. number: in the cassette."""

    number: int
    exchange: RecordedExchange
    called: FoundOperation | None
    query: Any
    body: Any


class Script:
    """One cassette. `created` are the timelines by the number of the exchange that began them, and
    `tasks` by the task_id as recorded."""

    def __init__(self, spec: Spec, cassette: Cassette) -> None:
        self.operations = OperationFinder(spec)
        timelines = [*cassette.timelines, *_never_polled(cassette)]
        self.tasks = {timeline.task_id: timeline for timeline in timelines}
        self.created: dict[int, RecordedTimeline] = {
            timeline.created_by: timeline
            for timeline in timelines
            if timeline.created_by is not None
        }
        exchanges = enumerate(cassette.exchanges)
        self._cues = [self._cue(n, exchange) for n, exchange in exchanges if _can_answer(exchange)]

    def find(
        self, request: RecordedRequest, used: Mapping[int, int], recorded_id: Mapping[str, str]
    ) -> Cue | None:
        """The exchange that answers a call: of those of the same operation (and task) the one with
        the same body and query, of these the one that was used least, of these the first. used:
        how often each number was. recorded_id: of the ids that were made up since."""
        called = self.operations.find(request.method, request.path)
        query, body = _query(request.query), _comparable(request.body)
        fits = partial(_fits, request, called, recorded_id)
        rank = partial(_rank, query, body, used)
        return min(filter(fits, self._cues), key=rank, default=None)

    def holds(self) -> str:
        """What there is, for people: `2 detectFace, 1 createVideoTask, polls of 1 task`."""
        names = Counter(_name(cue) for cue in self._cues)
        held = [f"{count} {name}" for name, count in names.items()]
        tasks = len(self.tasks)
        held += [f"polls of {tasks} task{'s'[: tasks != 1]}"] if tasks else []
        return ", ".join(held) or "nothing"

    def _cue(self, number: int, exchange: RecordedExchange) -> Cue:
        request = exchange.request
        called = self.operations.find(request.method, request.path)
        return Cue(number, exchange, called, _query(request.query), _comparable(request.body))


def _never_polled(cassette: Cassette) -> Iterator[RecordedTimeline]:
    """Tasks of which there is the creation alone: they stay as they were then."""
    known = {timeline.task_id for timeline in cassette.timelines}
    for number, exchange in enumerate(cassette.exchanges):
        output = exchange.answer.output if exchange.answer else {}
        task_id, status = output.get("task_id"), output.get("task_status")
        if exchange.answer is None or exchange.request.method != "POST":
            continue
        if isinstance(status, str) and isinstance(task_id, str) and task_id not in known:
            states = (RecordedState(status, exchange.answer),)
            yield RecordedTimeline(task_id, exchange.request, states, created_by=number)


def _can_answer(exchange: RecordedExchange) -> bool:
    """A call that nobody answered cannot, nor one whose answer was too long to be kept."""
    answer = exchange.answer
    return answer is not None and (answer.body is None or answer.body.size is UNSET)


def _name(cue: Cue) -> str:
    request = cue.exchange.request
    return cue.called.operation.id if cue.called else f"{request.method} {request.path}"


def _fits(
    request: RecordedRequest,
    called: FoundOperation | None,
    recorded_id: Mapping[str, str],
    cue: Cue,
) -> bool:
    if called is None or cue.called is None:
        same = cue.exchange.request
        return called is cue.called and (same.method, same.path) == (request.method, request.path)
    value = recorded_id.get(called.value, called.value)
    return (called.operation.id, value) == (cue.called.operation.id, cue.called.value)


def _rank(query: Any, body: Any, used: Mapping[int, int], cue: Cue) -> tuple[bool, bool, int, int]:
    return cue.body != body, cue.query != query, used.get(cue.number, 0), cue.number


def _query(query: str) -> list[tuple[str, str]]:
    return sorted(_kept(query))


def _comparable(body: RecordedBody | None) -> Any:
    if body is None or body.size is not UNSET:
        return None
    return body.text if isinstance(body.text, str) else _steady(body.json)


def _steady(value: Any) -> Any:
    """A value whose URLs have lost what is another each time they are signed."""
    if isinstance(value, dict):
        return {name: _steady(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_steady(item) for item in value]
    if isinstance(value, str) and "://" in value and "?" in value:
        bare, _, query = value.partition("?")
        return bare, sorted(_kept(query))
    return value


def _kept(query: str) -> list[tuple[str, str]]:
    pairs = parse_qsl(query, keep_blank_values=True)
    return [(n, v) for n, v in pairs if not is_secret_name(n) and not _PASSING.fullmatch(n)]
