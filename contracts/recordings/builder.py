"""From exchanges, as they come, to a cassette: polls of a task become its timeline, all else stays
an exchange. It sends nothing and reads no clock."""

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
from contracts.recordings.operations import OperationFinder
from contracts.recordings.scrubber import Scrubber
from contracts.spec.loader import Spec

# Fields and headers that differ from poll to poll of a task that has not changed.
VOLATILE_FIELDS = {"request_id"}


class _Task(Struct):
    """A timeline as it grows. head: without its states. contents: hashes of what the answers of
    each state say. whole: the timeline, where nothing changed since it was made."""

    head: RecordedTimeline
    states: list[RecordedState]
    contents: list[bytes]
    who: str
    whole: RecordedTimeline | None = None

    def timeline(self) -> RecordedTimeline:
        if self.whole is None:
            self.whole = replace(self.head, states=tuple(self.states))
        return self.whole

    def become(self, timeline: RecordedTimeline) -> None:
        """Go on from a timeline that says the same without secrets."""
        self.head, self.states = replace(timeline, states=()), list(timeline.states)
        self.whole = timeline


Kept = TypeVar("Kept", RecordedExchange, RecordedRequest, RecordedAnswer)


class RecordingBuilder:
    """One recording. Exchanges must be clean already: what is given is kept. shelf: bounds what a
    recording that grows keeps of bodies; None for one of a file, which is bounded itself."""

    def __init__(
        self, spec: Spec, *, upstream: str = "", began: str = "", shelf: MemoryLimit | None = None
    ) -> None:
        self._operations = OperationFinder(spec)
        self._head = Cassette(FORMAT, upstream=upstream, began=began, spec=spec.version)
        self._exchanges: list[RecordedExchange] = []
        self._created: dict[str, tuple[int, str]] = {}  # a task's: the exchange's number, and who
        self._tasks: dict[str, _Task] = {}
        self._shelf = shelf

    def take(self, exchange: RecordedExchange, who: str = "") -> None:
        """Keep an exchange. who: whose key was sent, "" where that is not known; a task of somebody
        else's is UNKNOWN, which is no part of its life."""
        answer, request = exchange.answer, exchange.request
        task_id = self._operations.polled(request.method, request.path)
        if (
            answer is not None
            and task_id is not None
            and _status_of(answer)
            and self._is_owner(task_id, who)
        ):
            self._poll(task_id, exchange, answer, who)
            return
        if answer is not None and answer.status == 200 and request.method != "GET":
            created = answer.output.get("task_id")
            if isinstance(created, str):
                self._created.setdefault(created, (len(self._exchanges), who))
        self._exchanges.append(self._shelf.put(exchange) if self._shelf else exchange)

    def rewrite(self, cleaner: Scrubber, shelf: MemoryLimit) -> None:
        """Clean what the shelf of this recording holds once more, of keys that later calls showed.
        A poll has no note, so one whose body is lost is noted for the whole recording."""
        shelf.begin_look()
        self._exchanges = [_looked_at(one, cleaner, shelf) for one in self._exchanges]
        for task in self._tasks.values():
            before = task.timeline()
            request = _looked_at(before.request, cleaner, shelf)
            answers = [_looked_at(state.answer, cleaner, shelf) for state in before.states]
            if request is not before.request or any(
                new is not state.answer for new, state in zip(answers, before.states, strict=True)
            ):
                pairs = zip(before.states, answers, strict=True)
                states = tuple(replace(state, answer=answer) for state, answer in pairs)
                task.become(replace(before, request=request, states=states))
        shelf.forget_others()

    def note(self, text: str) -> None:
        """Say something to whoever reads the cassette."""
        self._head = replace(self._head, notes=(*self._head.notes, text))

    def cassette(self) -> Cassette:
        """All that was taken until now."""
        timelines = tuple(task.timeline() for task in self._tasks.values())
        return replace(self._head, exchanges=tuple(self._exchanges), timelines=timelines)

    def _is_owner(self, task_id: str, who: str) -> bool:
        task = self._tasks.get(task_id)
        owner = self._created.get(task_id, (0, ""))[1] if task is None else task.who
        return not who or owner in ("", who)

    def _poll(
        self, task_id: str, exchange: RecordedExchange, answer: RecordedAnswer, who: str
    ) -> None:
        content = _content(answer)
        task = self._tasks.get(task_id)
        if task is None:
            task = self._tasks[task_id] = _Task(self._head_of(task_id, exchange), [], [], who)
        task.whole = None
        since = _since(task.head, exchange)
        number = _same(task, content, since)
        if number is None:
            place = _place(task.states, since)
            status = _status_of(answer)
            kept = self._shelf.put(answer) if self._shelf else answer
            task.states.insert(place, RecordedState(status, kept, since, since))
            task.contents.insert(place, content)
        else:
            task.states[number] = _seen_again(task.states[number], since)

    def _head_of(self, task_id: str, exchange: RecordedExchange) -> RecordedTimeline:
        """The timeline of a task, without states. exchange: its first poll."""
        number, _ = self._created.get(task_id, (None, ""))
        first = exchange if number is None else self._exchanges[number]
        request = self._shelf.put(exchange.request) if self._shelf else exchange.request
        return RecordedTimeline(task_id, request, (), first.at, number)


def _looked_at(one: Kept, cleaner: Scrubber, shelf: MemoryLimit) -> Kept:
    """A part without the secrets of the cleaner. Of one for which this look has no work left, the
    body goes before it is cleaned."""
    if not shelf.may_hold(one, cleaner):
        return one
    return shelf.replace(one, _rewritten(shelf.affordable(one), cleaner))


def _rewritten(one: Kept, cleaner: Scrubber) -> Kept:
    """The same object where there was nothing to clean: it need not be encoded again."""
    if not cleaner.may_be_in(msgspec.json.encode(one)):
        return one
    before = msgspec.to_builtins(one)
    after = cleaner.value(before)
    return one if after == before else msgspec.convert(after, type(one))


def _status_of(answer: RecordedAnswer) -> str:
    """The state that an answer says its task is in; "" of a refusal."""
    found = answer.output.get("task_status") if answer.status == 200 else None
    return found if isinstance(found, str) else ""


def _content(answer: RecordedAnswer) -> bytes:
    """A hash of what an answer says, without what differs each time."""
    said = msgspec.json.encode(_steady(answer.value), order="deterministic")
    return sha256(said).digest()


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {n: _steady(item) for n, item in value.items() if n not in VOLATILE_FIELDS}
    if isinstance(value, list):
        return [_steady(item) for item in value]
    # Result URLs may be signed anew for each poll.
    return value.partition("?")[0] if isinstance(value, str) and "://" in value else value


def _since(timeline: RecordedTimeline, exchange: RecordedExchange) -> float | None:
    if exchange.at is None or timeline.created is None:
        return None
    return round(max(0.0, exchange.at - timeline.created), 3)


def _same(task: _Task, content: bytes, since: float | None) -> int | None:
    """The number of the state that a poll saw again: the last, or an earlier one where the answers
    of two polls overtook each other."""
    last = len(task.states) - 1
    if last < 0:
        return None
    if task.contents[last] == content:
        return last
    latest = task.states[last].since
    if since is not None and latest is not None and since <= latest and content in task.contents:
        return task.contents.index(content)
    return None


def _place(states: list[RecordedState], since: float | None) -> int:
    """Where a state that is new belongs: behind those that were seen before it."""
    if since is None:
        return len(states)
    return sum(state.since is None or state.since <= since for state in states)


def _seen_again(state: RecordedState, since: float | None) -> RecordedState:
    if since is None or state.since is None or state.until is None:
        return replace(state, polls=state.polls + 1)
    first, last = min(state.since, since), max(state.until, since)
    return replace(state, polls=state.polls + 1, since=first, until=last)
