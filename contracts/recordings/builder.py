"""Builds a recording from exchanges in the order in which they happened. The polls of a task become
its timeline, all other exchanges stay exchanges. Sends nothing and reads no clock."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from contracts.recordings.memory_limit import MemoryLimit
from contracts.recordings.model import (
    FORMAT,
    Cassette,
    RecordedAnswer,
    RecordedExchange,
    RecordedRequest,
    RecordedState,
    RecordedTimeline,
)
from contracts.recordings.scrubber import Scrubber
from contracts.spec.loader import Spec
from contracts.spec.operation import POLL

# Fields that differ between two polls of an unchanged task.
VOLATILE_FIELDS = {"request_id"}


class _Task(Struct):
    """A growing timeline. head: without its states. contents: hashes of the answers of each state.
    key: the key that polled it. cached: the finished timeline, None after a change."""

    head: RecordedTimeline
    states: list[RecordedState]
    contents: list[bytes]
    key: str
    cached: RecordedTimeline | None = None

    def timeline(self) -> RecordedTimeline:
        if self.cached is None:
            self.cached = replace(self.head, states=tuple(self.states))
        return self.cached

    def become(self, timeline: RecordedTimeline) -> None:
        """Continue from a redacted copy of the timeline."""
        self.head, self.states = replace(timeline, states=()), list(timeline.states)
        self.cached = timeline


Kept = TypeVar("Kept", RecordedExchange, RecordedRequest, RecordedAnswer)


class RecordingBuilder:
    """Builds one recording from redacted exchanges. limit: bounds the bodies that a growing
    recording keeps in memory; None for one that is read from a file, which has its own limit."""

    def __init__(
        self, spec: Spec, *, upstream: str = "", began: str = "", limit: MemoryLimit | None = None
    ) -> None:
        self._router = spec.router
        self._head = Cassette(FORMAT, upstream=upstream, began=began, spec=spec.version)
        self._exchanges: list[RecordedExchange] = []
        # By task: the number of the exchange that created it, and the key that was sent.
        self._created: dict[str, tuple[int, str]] = {}
        self._tasks: dict[str, _Task] = {}
        self._limit = limit

    def take(self, exchange: RecordedExchange, key: str = "") -> None:
        """Add an exchange. key: the key that was sent, "" if unknown. The polls of another key get
        UNKNOWN, so they are not a part of the task's timeline."""
        answer, request = exchange.answer, exchange.request
        task_id = self._polled(request)
        if (
            answer is not None
            and task_id is not None
            and _status_of(answer)
            and self._is_owner(task_id, key)
        ):
            self._poll(task_id, exchange, answer, key)
            return
        if answer is not None and answer.status == 200 and request.method != "GET":
            created = answer.output.get("task_id")
            if isinstance(created, str):
                self._created.setdefault(created, (len(self._exchanges), key))
        self._exchanges.append(self._limit.put(exchange) if self._limit else exchange)

    def rewrite(self, scrubber: Scrubber, limit: MemoryLimit) -> None:
        """Redact the parts that are in memory again, for keys that later calls contained. Polls
        have no notes, so the loss of a poll's body is noted for the whole recording."""
        limit.begin_pass()
        self._exchanges = [_redacted_part(one, scrubber, limit) for one in self._exchanges]
        for task in self._tasks.values():
            before = task.timeline()
            request = _redacted_part(before.request, scrubber, limit)
            answers = [_redacted_part(state.answer, scrubber, limit) for state in before.states]
            if request is not before.request or any(
                new is not state.answer for new, state in zip(answers, before.states, strict=True)
            ):
                pairs = zip(before.states, answers, strict=True)
                states = tuple(replace(state, answer=answer) for state, answer in pairs)
                task.become(replace(before, request=request, states=states))
        limit.forget_others()

    def note(self, text: str) -> None:
        """Add a note to the recording."""
        self._head = replace(self._head, notes=(*self._head.notes, text))

    def cassette(self) -> Cassette:
        """The recording so far."""
        timelines = tuple(task.timeline() for task in self._tasks.values())
        return replace(self._head, exchanges=tuple(self._exchanges), timelines=timelines)

    def _polled(self, request: RecordedRequest) -> str | None:
        """The task_id of a poll; None for any other call."""
        called = self._router.find_anywhere(request.method, request.path)
        return called.value if called and called.operation.id == POLL else None

    def _is_owner(self, task_id: str, key: str) -> bool:
        task = self._tasks.get(task_id)
        owner = self._created.get(task_id, (0, ""))[1] if task is None else task.key
        return not key or owner in ("", key)

    def _poll(
        self, task_id: str, exchange: RecordedExchange, answer: RecordedAnswer, key: str
    ) -> None:
        content = _content(answer)
        task = self._tasks.get(task_id)
        if task is None:
            task = self._tasks[task_id] = _Task(self._head_of(task_id, exchange), [], [], key)
        task.cached = None
        since = _since(task.head, exchange)
        number = _number_of_same(task, content, since)
        if number is None:
            position = _position(task.states, since)
            status = _status_of(answer)
            kept = self._limit.put(answer) if self._limit else answer
            task.states.insert(position, RecordedState(status, kept, since, since))
            task.contents.insert(position, content)
        else:
            task.states[number] = _seen_again(task.states[number], since)

    def _head_of(self, task_id: str, exchange: RecordedExchange) -> RecordedTimeline:
        """The timeline of a task, without states. exchange: its first poll."""
        number, _ = self._created.get(task_id, (None, ""))
        first = exchange if number is None else self._exchanges[number]
        request = self._limit.put(exchange.request) if self._limit else exchange.request
        return RecordedTimeline(task_id, request, (), first.at, number)


def _redacted_part(one: Kept, scrubber: Scrubber, limit: MemoryLimit) -> Kept:
    """A part without the secrets of the scrubber. If redacting would exceed the work of this pass,
    the part loses its bodies first."""
    if not limit.may_hold(one, scrubber):
        return one
    return limit.replace(one, _redacted(limit.affordable(one), scrubber))


def _redacted(one: Kept, scrubber: Scrubber) -> Kept:
    """The redacted part. If there is no secret, it is the same object, which need not be encoded
    again."""
    if not scrubber.may_be_in(msgspec.json.encode(one)):
        return one
    before = msgspec.to_builtins(one)
    after = scrubber.value(before)
    return one if after == before else msgspec.convert(after, type(one))


def _status_of(answer: RecordedAnswer) -> str:
    """The status of a task in an answer; "" if the answer has none."""
    found = answer.output.get("task_status") if answer.status == 200 else None
    return found if isinstance(found, str) else ""


def _content(answer: RecordedAnswer) -> bytes:
    """A hash of an answer without the fields that vary."""
    text = msgspec.json.encode(_steady(answer.value), order="deterministic")
    return sha256(text).digest()


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {n: _steady(item) for n, item in value.items() if n not in VOLATILE_FIELDS}
    if isinstance(value, list):
        return [_steady(item) for item in value]
    # URLs of results may have a new signature in each poll.
    return value.partition("?")[0] if isinstance(value, str) and "://" in value else value


def _since(timeline: RecordedTimeline, exchange: RecordedExchange) -> float | None:
    if exchange.at is None or timeline.created is None:
        return None
    return round(max(0.0, exchange.at - timeline.created), 3)


def _number_of_same(task: _Task, content: bytes, since: float | None) -> int | None:
    """The number of the state that a poll shows again: the last one, or an earlier one if the
    answers of two polls arrived in the wrong order."""
    last = len(task.states) - 1
    if last < 0:
        return None
    if task.contents[last] == content:
        return last
    latest = task.states[last].since
    if since is not None and latest is not None and since <= latest and content in task.contents:
        return task.contents.index(content)
    return None


def _position(states: list[RecordedState], since: float | None) -> int:
    """The index at which to insert a new state: after those that were seen before it."""
    if since is None:
        return len(states)
    return sum(state.since is None or state.since <= since for state in states)


def _seen_again(state: RecordedState, since: float | None) -> RecordedState:
    if since is None or state.since is None or state.until is None:
        return replace(state, polls=state.polls + 1)
    first, last = min(state.since, since), max(state.until, since)
    return replace(state, polls=state.polls + 1, since=first, until=last)
