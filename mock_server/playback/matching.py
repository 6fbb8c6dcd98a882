"""Finds the recorded exchange that answers a call. Pure, without state."""

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
from contracts.redact.secret_names import is_secret_name
from contracts.spec.loader import Spec
from contracts.spec.routes import Route

# Parameters of a signed URL that differ each time it is signed, besides its secrets.
_PER_URL = re.compile(
    r"(?i)expires|x-[a-z]{2,9}-(?:date|expires|signature-version)|q-(?:sign|key)-time|s[et]|e"
)


class RecordedCall(Struct, frozen=True):
    """A recorded exchange, prepared for comparison. number: its place in the cassette."""

    number: int
    exchange: RecordedExchange
    called: Route | None
    query: Any
    body: Any


class Recordings:
    """The exchanges of one cassette. created: timelines by the number of their create call. tasks:
    timelines by their recorded task_id."""

    def __init__(self, spec: Spec, cassette: Cassette) -> None:
        self._router = spec.router
        timelines = [*cassette.timelines, *_never_polled(cassette)]
        self.tasks = {timeline.task_id: timeline for timeline in timelines}
        self.created: dict[int, RecordedTimeline] = {
            timeline.created_by: timeline
            for timeline in timelines
            if timeline.created_by is not None
        }
        exchanges = enumerate(cassette.exchanges)
        self._calls = [
            self._prepared(n, exchange) for n, exchange in exchanges if _can_answer(exchange)
        ]

    def find(
        self, request: RecordedRequest, used: Mapping[int, int], recorded_id: Mapping[str, str]
    ) -> RecordedCall | None:
        """The exchange that answers a call. Candidates are those of the same operation and task.
        The one with the same body and query wins, then the least used one, then the first. used:
        uses by number. recorded_id: the recorded task_id of each new one."""
        called = self._router.find_anywhere(request.method, request.path)
        query, body = _query(request.query), _comparable(request.body)
        fits = partial(_fits, request, called, recorded_id)
        rank = partial(_rank, query, body, used)
        return min(filter(fits, self._calls), key=rank, default=None)

    def contents(self) -> str:
        """A summary for people: `2 detectFace, 1 createVideoTask, polls of 1 task`."""
        names = Counter(_name(recorded) for recorded in self._calls)
        counts = [f"{count} {name}" for name, count in names.items()]
        tasks = len(self.tasks)
        counts += [f"polls of {tasks} task{'s'[: tasks != 1]}"] if tasks else []
        return ", ".join(counts) or "nothing"

    def _prepared(self, number: int, exchange: RecordedExchange) -> RecordedCall:
        request = exchange.request
        called = self._router.find_anywhere(request.method, request.path)
        return RecordedCall(
            number, exchange, called, _query(request.query), _comparable(request.body)
        )


def _never_polled(cassette: Cassette) -> Iterator[RecordedTimeline]:
    """Timelines of tasks that were created but never polled: they stay in their first state."""
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
    """Whether the exchange has an answer that was kept completely."""
    answer = exchange.answer
    return answer is not None and (answer.body is None or answer.body.size is UNSET)


def _name(recorded: RecordedCall) -> str:
    request = recorded.exchange.request
    return recorded.called.operation.id if recorded.called else f"{request.method} {request.path}"


def _fits(
    request: RecordedRequest,
    called: Route | None,
    recorded_id: Mapping[str, str],
    recorded: RecordedCall,
) -> bool:
    if called is None or recorded.called is None:
        same = recorded.exchange.request
        return called is recorded.called and (same.method, same.path) == (
            request.method,
            request.path,
        )
    value = recorded_id.get(called.value, called.value)
    return (called.operation.id, value) == (recorded.called.operation.id, recorded.called.value)


def _rank(
    query: Any, body: Any, used: Mapping[int, int], recorded: RecordedCall
) -> tuple[bool, bool, int, int]:
    uses = used.get(recorded.number, 0)
    return recorded.body != body, recorded.query != query, uses, recorded.number


def _query(query: str) -> list[tuple[str, str]]:
    return sorted(_kept(query))


def _comparable(body: RecordedBody | None) -> Any:
    if body is None or body.size is not UNSET:
        return None
    return body.text if isinstance(body.text, str) else _unsigned(body.json)


def _unsigned(value: Any) -> Any:
    """The value without the parts of its URLs that differ each time they are signed."""
    if isinstance(value, dict):
        return {name: _unsigned(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_unsigned(item) for item in value]
    if isinstance(value, str) and "://" in value and "?" in value:
        bare, _, query = value.partition("?")
        return bare, sorted(_kept(query))
    return value


def _kept(query: str) -> list[tuple[str, str]]:
    pairs = parse_qsl(query, keep_blank_values=True)
    return [(n, v) for n, v in pairs if not is_secret_name(n) and not _PER_URL.fullmatch(n)]
