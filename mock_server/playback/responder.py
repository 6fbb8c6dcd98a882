"""An engine that answers from a recording in place of the spec's examples. Keys, tenants, clocks,
the control API and the journal work as usual. Scenarios, limits and validation do not apply."""

from __future__ import annotations

from collections import OrderedDict
from math import inf
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from contracts.provider.budget import LONGEST_VIDEO
from contracts.recordings.bodies import body_of
from contracts.recordings.model import Cassette, RecordedAnswer, RecordedRequest, RecordedTimeline
from contracts.recordings.scrubber import Scrubber
from contracts.recordings.timing import state_at, state_starts
from contracts.spec.loader import Operation, Spec
from contracts.spec.operation import POLL
from mock_server.engine.operations.results import signed_path
from mock_server.engine.operations.tasks import moment_shown
from mock_server.engine.pipeline import Engine
from mock_server.engine.responses import headers
from mock_server.media import samples
from mock_server.playback.answers import NO_SHIFT, reply_of, shift_of, with_video
from mock_server.playback.matching import Recordings
from mock_server.simulation.call import Call, Reply
from mock_server.simulation.ids import uuid
from mock_server.simulation.task import Task
from mock_server.stores.memory import MAX_TENANTS
from mock_server.stores.protocol import Tenant
from mock_server.stores.session import Refused, Request

_TERMINAL = {"SUCCEEDED", "FAILED", "CANCELED"}


class TaskPlayback(Struct):
    """A recorded timeline that runs again for a tenant. started: the tenant's time, epoch s.
    moments: the start of each state, the tenant's time; None if only their order is known. polls:
    polls so far, which select the state in that case."""

    timeline: RecordedTimeline
    started: float
    moments: tuple[float, ...] | None
    polls: int = 0

    @classmethod
    def of(cls, timeline: RecordedTimeline, started: float) -> TaskPlayback:
        """Start the timeline at this time."""
        after = state_starts(timeline)
        moments = None if after is None else tuple(started + seconds for seconds in after)
        return cls(timeline, started, moments)


class PlaybackSession(Struct):
    """The playback of one tenant. used: how often each exchange answered. playbacks: by task_id.
    recorded_id, new_id: the recorded task_id by the new one, and the reverse."""

    used: dict[int, int] = field(default_factory=dict)
    playbacks: dict[str, TaskPlayback] = field(default_factory=dict)
    recorded_id: dict[str, str] = field(default_factory=dict)
    new_id: dict[str, str] = field(default_factory=dict)


class PlaybackEngine(Engine):
    """Answers from one cassette. arguments: of Engine."""

    def __init__(self, spec: Spec, cassette: Cassette, **arguments: Any) -> None:
        super().__init__(spec, **arguments)
        self._recordings = Recordings(spec, cassette)
        self._sessions: OrderedDict[str, PlaybackSession] = OrderedDict()

    def forget(self, tenant_id: str) -> None:
        super().forget(tenant_id)
        self._sessions.pop(tenant_id, None)

    def _answer(self, request: Request) -> Reply:
        request.key = self.validator.key(request.call.headers)
        request.tenant_id = self._tenant_id(request.key)
        tenant = self.tenants.get(request.tenant_id, request.real)
        session = self._session(request.tenant_id)
        self._stamp(request, tenant.clock.now(request.real))
        called = self.spec.router.find_anywhere(request.call.method, request.call.path)
        if called is not None:
            request.operation, request.path_value = called
            self._validate(request, called.operation)
            playback = self._playback(request, session) if request.operation.id == POLL else None
            if playback is not None:
                return self._polled(request, tenant, playback)
        recorded = self._recordings.find(_request(request.call), session.used, session.recorded_id)
        if recorded is None:
            return self._not_recorded(request)
        session.used[recorded.number] = session.used.get(recorded.number, 0) + 1
        timeline = self._recordings.created.get(recorded.number)
        if timeline is not None:
            self._create(request, session, timeline)
        assert recorded.exchange.answer
        return self._reply(request, recorded.exchange.answer, session.new_id)

    def _validate(self, request: Request, operation: Operation) -> None:
        """Note the violation of the body for an explanation. It does not change the answer."""
        try:
            request.body = self.validator.json(operation, request.call)
        except Refused as error:
            request.violation = error.violation
            return
        if operation.body is not None:
            request.violation = next(operation.body.violations(request.body), None)

    def _session(self, tenant_id: str) -> PlaybackSession:
        session = self._sessions.setdefault(tenant_id, PlaybackSession())
        self._sessions.move_to_end(tenant_id)
        if len(self._sessions) > MAX_TENANTS:
            self._sessions.popitem(last=False)
        return session

    def _playback(self, request: Request, session: PlaybackSession) -> TaskPlayback | None:
        """The playback of the polled task. A task recorded without its creation starts with its
        first poll, as does one that is polled with its recorded id."""
        playback = session.playbacks.get(request.path_value)
        timeline = self._recordings.tasks.get(request.path_value)
        if playback is None and timeline is not None:
            playback = self._begin(request, session, timeline, timeline.task_id)
        return playback

    def _create(
        self, request: Request, session: PlaybackSession, timeline: RecordedTimeline
    ) -> None:
        number = self.store.next_number(request.tenant_id)
        request.task_id = uuid(self._secret_of(request.tenant_id), number, "4")
        for gone in self.store.forget(request.tenant_id, request.now):
            session.playbacks.pop(gone.id, None)
            session.recorded_id.pop(gone.id, None)
        session.new_id[timeline.task_id] = request.task_id
        session.recorded_id[request.task_id] = timeline.task_id
        self._begin(request, session, timeline, request.task_id)

    def _begin(
        self, request: Request, session: PlaybackSession, timeline: RecordedTimeline, task_id: str
    ) -> TaskPlayback:
        playback = session.playbacks[task_id] = TaskPlayback.of(timeline, request.now)
        self.store.put(request.tenant_id, (self._task(request, playback, task_id),))
        return playback

    def _task(self, request: Request, playback: TaskPlayback, task_id: str) -> Task:
        """The task for the control API, which shows tasks and can jump to their next event."""
        model, last = "emo-v1", playback.timeline.states[-1]
        ended = _moment(playback, _TERMINAL)
        forgotten = playback.started + self.spec.models[model]["task-life-seconds"]
        return Task(
            id=task_id,
            request_id=request.request_id,
            model=model,
            ratio=_ratio(last.answer),
            outcome=last.task_status,
            slot=-1,
            submitted=playback.started,
            scheduled=min(_moment(playback, {"RUNNING"}), ended),
            ended=ended,
            expires=min(_moment(playback, {"UNKNOWN"}), forgotten),
            seconds=_seconds(last.answer),
        )

    def _polled(self, request: Request, tenant: Tenant, playback: TaskPlayback) -> Reply:
        task = self.store.task(request.tenant_id, request.path_value)
        moment = moment_shown(task, tenant.clock.skip, request.now)
        if moment != request.now:
            clock = tenant.clock.at(moment, request.real)
            self.store.save(request.tenant_id, replace(tenant, clock=clock))
            request.now = moment
        state = playback.timeline.states[_state(playback, request.now)]
        playback.polls += 1
        answer = state.answer
        if task is not None:
            answer = with_video(answer, self._clip(request, task))
        shift = shift_of(playback.timeline, playback.started)
        ids = {playback.timeline.task_id: request.path_value}
        return reply_of(answer, ids, shift, request.request_id, request.now)

    def _clip(self, request: Request, task: Task) -> str:
        """The URL of a video of the fake with the ratio and the length of the recorded one."""
        life = self.spec.models[task.model]["result-life-seconds"]
        ended = min(task.ended, request.now)
        task_id, expires = quote(task.id, safe=""), ended + life
        secret = self._secret_of(request.tenant_id)
        path = signed_path(secret, request.tenant_id, task_id, task.ratio, task.seconds, expires)
        return request.call.origin + path

    def _reply(self, request: Request, answer: RecordedAnswer, ids: dict[str, str]) -> Reply:
        return reply_of(answer, ids, NO_SHIFT, request.request_id, request.now)

    def _not_recorded(self, request: Request) -> Reply:
        """Answer a call that is not in the recording. No service answers so."""
        call = request.call
        text = f"{call.method} {call.path[:200]} is not in the recording, which contains "
        text += self._recordings.contents()
        request.violation = None  # a violation is not the reason for this answer
        value = {"code": "NotRecorded", "message": text, "request_id": request.request_id}
        body = msgspec.json.encode(value)
        return Reply(400, headers(request.request_id, request.now, body), body, "")


def _state(playback: TaskPlayback, now: float) -> int:
    """The index of the state that a poll shows."""
    if playback.moments is not None:
        return state_at(playback.moments, now)
    polls = 0
    for number, state in enumerate(playback.timeline.states):
        polls += state.polls
        if playback.polls < polls:
            return number
    return len(playback.timeline.states) - 1


def _moment(playback: TaskPlayback, states: set[str]) -> float:
    """The start of the first of these states, the tenant's time; inf if there is none."""
    for number, state in enumerate(playback.timeline.states):
        if state.task_status in states and playback.moments is not None:
            return playback.moments[number] if number else playback.started
    return inf


def _ratio(answer: RecordedAnswer) -> str:
    ratio = _usage(answer).get("video_ratio")
    return ratio if ratio in ("1:1", "3:4") else "1:1"


def _seconds(answer: RecordedAnswer) -> float:
    """The length of the recorded video; that of our sample if the recorded one is not valid."""
    seconds = _usage(answer).get("video_duration")
    if isinstance(seconds, int | float) and 0 < seconds <= LONGEST_VIDEO:
        return float(seconds)
    return samples.voice().duration


def _usage(answer: RecordedAnswer) -> dict[str, Any]:
    usage = answer.value.get("usage") if isinstance(answer.value, dict) else None
    return usage if isinstance(usage, dict) else {}


def _request(call: Call) -> RecordedRequest:
    """The call in the form of a cassette: without its secrets."""
    named = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in call.headers.items()]
    body = body_of(call.body, dict(named).get("content-encoding", ""))
    return Scrubber().request(call.method, call.path, call.query, named, body)
