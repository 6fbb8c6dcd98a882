"""From exchanges, as they come, to a cassette: polls of a task become its timeline, all else stays
an exchange. It sends nothing and reads no clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from contracts.cassette.cleaner import Cleaner
from contracts.cassette.model import FORMAT, Answer, Cassette, Exchange, Request, State, Timeline
from contracts.cassette.operations import Operations
from contracts.readings import readings
from contracts.spec import Spec

# Fields and headers that differ from poll to poll of a task that has not changed.
VOLATILE_FIELDS = {"request_id"}


class _Task(Struct):
    """A timeline as it grows. head: without its states. contents: what the answers of each state
    say. whole: the timeline, where nothing changed since it was made."""

    head: Timeline
    states: list[State]
    contents: list[Any]
    who: str
    whole: Timeline | None = None

    def timeline(self) -> Timeline:
        if self.whole is None:
            self.whole = replace(self.head, states=tuple(self.states))
        return self.whole

    def become(self, timeline: Timeline) -> None:
        """Go on from a timeline that says the same without secrets."""
        self.head, self.states = replace(timeline, states=()), list(timeline.states)
        self.whole = timeline


Kept = TypeVar("Kept", Exchange, Timeline)
Part = Exchange | Request | Answer


class _Readings:
    """Of each part that is kept, what it reads as: that is found out once, since parts are frozen.
    The part is held, too, so that its id is nobody else's."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Part, bytes | None]] = {}
        self._used: dict[int, tuple[Part, bytes | None]] = {}

    def finder(self, cleaner: Cleaner) -> Callable[[Part], bool]:
        """Says whether there may be something to clean in a part; False is certain."""

        def may_hold(part: Part) -> bool:
            known = self._known.get(id(part)) or (part, readings(msgspec.json.encode(part)))
            self._used[id(part)] = known
            return known[1] is None or cleaner.may_be_in_readings(known[1])

        return may_hold

    def forget_others(self) -> None:
        """Keep those that were asked for since the last call of this."""
        self._known, self._used = self._used, {}


class Assembler:
    """One recording. Exchanges must be clean already: what is given is kept."""

    def __init__(self, spec: Spec, *, upstream: str = "", began: str = "") -> None:
        self._operations = Operations(spec)
        self._head = Cassette(FORMAT, upstream=upstream, began=began, spec=spec.version)
        self._exchanges: list[Exchange] = []
        self._created: dict[str, tuple[int, str]] = {}  # a task's: the exchange's number, and who
        self._tasks: dict[str, _Task] = {}
        self._readings = _Readings()

    def take(self, exchange: Exchange, who: str = "") -> None:
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
        self._exchanges.append(exchange)

    def rewrite(self, cleaner: Cleaner) -> None:
        """Clean what was kept once more, of keys that later calls showed."""
        may_hold = self._readings.finder(cleaner)
        self._exchanges = [
            _rewritten(one, cleaner) if may_hold(one) else one for one in self._exchanges
        ]
        for task in self._tasks.values():
            answers = [may_hold(state.answer) for state in task.states]  # each is asked for
            if may_hold(task.head.request) or any(answers):
                task.become(_rewritten(task.timeline(), cleaner))
        self._readings.forget_others()

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

    def _poll(self, task_id: str, exchange: Exchange, answer: Answer, who: str) -> None:
        content = _content(answer)
        task = self._tasks.get(task_id)
        if task is None:
            task = self._tasks[task_id] = _Task(self._head_of(task_id, exchange), [], [], who)
        task.whole = None
        since = _since(task.head, exchange)
        number = _same(task, content, since)
        if number is None:
            place = _place(task.states, since)
            task.states.insert(place, State(_status_of(answer), answer, since, since))
            task.contents.insert(place, content)
        else:
            task.states[number] = _seen_again(task.states[number], since)

    def _head_of(self, task_id: str, exchange: Exchange) -> Timeline:
        """The timeline of a task, without states. exchange: its first poll."""
        number, _ = self._created.get(task_id, (None, ""))
        first = exchange if number is None else self._exchanges[number]
        return Timeline(task_id, exchange.request, (), first.at, number)


def _rewritten(one: Kept, cleaner: Cleaner) -> Kept:
    """The same object where there was nothing to clean: it need not be encoded again."""
    if not cleaner.may_be_in(msgspec.json.encode(one)):
        return one
    before = msgspec.to_builtins(one)
    after = cleaner.value(before)
    return one if after == before else msgspec.convert(after, type(one))


def _status_of(answer: Answer) -> str:
    """The state that an answer says its task is in; "" of a refusal."""
    found = answer.output.get("task_status") if answer.status == 200 else None
    return found if isinstance(found, str) else ""


def _content(answer: Answer) -> Any:
    """What an answer says, without what differs each time."""
    return _steady(answer.value)


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {n: _steady(item) for n, item in value.items() if n not in VOLATILE_FIELDS}
    if isinstance(value, list):
        return [_steady(item) for item in value]
    # Result URLs may be signed anew for each poll.
    return value.partition("?")[0] if isinstance(value, str) and "://" in value else value


def _since(timeline: Timeline, exchange: Exchange) -> float | None:
    if exchange.at is None or timeline.created is None:
        return None
    return round(max(0.0, exchange.at - timeline.created), 3)


def _same(task: _Task, content: Any, since: float | None) -> int | None:
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


def _place(states: list[State], since: float | None) -> int:
    """Where a state that is new belongs: behind those that were seen before it."""
    if since is None:
        return len(states)
    return sum(state.since is None or state.since <= since for state in states)


def _seen_again(state: State, since: float | None) -> State:
    if since is None or state.since is None or state.until is None:
        return replace(state, polls=state.polls + 1)
    first, last = min(state.since, since), max(state.until, since)
    return replace(state, polls=state.polls + 1, since=first, until=last)
