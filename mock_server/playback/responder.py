"""A responder that answers from a recording in place of the spec's examples. Keys, tenants, clocks,
the control API and the journal work as usual. Scenarios, limits and validation do not apply."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from math import inf
from typing import Any
from urllib.parse import quote

from msgspec import Struct, field
from msgspec.structs import replace

from contracts.provider.budget import LONGEST_VIDEO
from contracts.recordings.bodies import body_of
from contracts.recordings.model import Cassette, RecordedRequest, RecordedTimeline
from contracts.recordings.scrubber import Scrubber
from contracts.recordings.timing import state_at, state_starts
from contracts.spec.loader import Operation, Spec
from contracts.spec.models import URL, named_model
from contracts.spec.operation import POLL
from contracts.spec.validation import Violation
from mock_server.engine.api import ApiResponder
from mock_server.engine.callers import Callers
from mock_server.engine.operations.results import signed_path
from mock_server.engine.operations.tasks import time_of_poll
from mock_server.engine.pipeline import Engine
from mock_server.engine.responses import own
from mock_server.media import samples
from mock_server.playback.answers import NO_SHIFT, reply_of, shift_of, with_video
from mock_server.playback.matching import Recordings
from mock_server.scenarios.keys import NO_SCENARIO
from mock_server.scenarios.names import NO_DIRECTIVE, Directive
from mock_server.simulation.call import Call, Reply
from mock_server.simulation.ids import uuid
from mock_server.simulation.task import Task
from mock_server.stages import Answer, Caller, Refused, Request
from mock_server.stores.memory import MAX_TENANTS
from mock_server.stores.session import Session

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


class TenantPlayback(Struct):
    """The playback of one tenant. used: how often each exchange answered. tasks: by task_id.
    recorded_id, new_id: the recorded task_id by the new one, and the reverse."""

    used: dict[int, int] = field(default_factory=dict)
    tasks: dict[str, TaskPlayback] = field(default_factory=dict)
    recorded_id: dict[str, str] = field(default_factory=dict)
    new_id: dict[str, str] = field(default_factory=dict)


def playback_engine(spec: Spec, cassette: Cassette, **arguments: Any) -> Engine:
    """An engine that answers from one cassette. arguments: of Engine."""
    recordings = Recordings(spec, cassette)

    def responder(api: ApiResponder, callers: Callers) -> PlaybackResponder:
        return PlaybackResponder(spec, recordings, api, callers)

    return Engine(spec, responder=responder, **arguments)


class PlaybackResponder:
    """The stages of a call that a recording answers."""

    def __init__(
        self, spec: Spec, recordings: Recordings, api: ApiResponder, callers: Callers
    ) -> None:
        self._spec = spec
        self._recordings = recordings
        self._api = api
        self._callers = callers
        self._playbacks: OrderedDict[str, TenantPlayback] = OrderedDict()

    def forget(self, tenant_id: str) -> None:
        self._playbacks.pop(tenant_id, None)

    def caller(self, call: Call) -> Caller:
        """Who calls. The suffix of a key selects nothing here, so it is a part of the key."""
        return replace(self._callers.of(call.headers), by_key=NO_SCENARIO)

    def validate(self, call: Call, caller: Caller, session: Session, real: float) -> Request:
        """Only the key is checked: the recording has the answer to any other mistake."""
        if caller.refusal is None:
            self._api.set_up(session, real)
        found = self._spec.router.find_anywhere(call.method, call.path)
        operation, path_value = found if found and caller.refusal is None else (None, "")
        return Request(
            call, real, session.record.clock.now(real), self._callers.request_id(session), caller,
            operation=operation, path_value=path_value, body=self._body(operation, call),
            violation=caller.refusal, is_refused=caller.refusal is not None,
        )  # fmt: skip

    def decide(self, request: Request, session: Session) -> Directive:
        """Scenarios do not apply."""
        return NO_DIRECTIVE

    def operate(self, request: Request, directive: Directive, session: Session) -> Answer:
        if request.violation is not None:
            return self._api.operate(request, directive, session)
        tenant, operation = self._tenant(session.tenant_id), request.operation
        violation = self._violation(request, operation) if operation else None
        if operation is not None and operation.id == POLL:
            playback = self._playback(request, session, tenant)
            if playback is not None:
                return replace(self._polled(request, session, playback), violation=violation)
        call = _request(request.call)
        recorded = self._recordings.find(call, tenant.used, tenant.recorded_id)
        if recorded is None:
            return self._not_recorded(request)
        tenant.used[recorded.number] = tenant.used.get(recorded.number, 0) + 1
        timeline, task_id = self._recordings.created.get(recorded.number), ""
        if timeline is not None:
            task_id = self._create(request, session, tenant, timeline)
        assert recorded.exchange.answer
        facts = {"answer": recorded.exchange.answer, "ids": tenant.new_id, "shift": NO_SHIFT}
        return Answer(None, facts, request.now, task_id, violation=violation)

    def render(
        self, request: Request, directive: Directive, answer: Answer, session: Session
    ) -> Reply:
        if answer.outcome is not None:
            return self._api.responses.render(request, answer)
        return reply_of(**answer.facts, request_id=request.request_id, now=answer.now)

    def _body(self, operation: Operation | None, call: Call) -> Any:
        """The JSON value of the body; None if there is none, or it is not valid."""
        with suppress(Refused):
            return self._api.validator.json(operation, call) if operation else None

    def _violation(self, request: Request, operation: Operation) -> Violation | None:
        """The violation of the body, for an explanation. It does not change the answer."""
        try:
            body = self._api.validator.json(operation, request.call)
        except Refused as refused:
            return refused.violation
        schema = operation.body_for(named_model(body))
        return next(schema.violations(body), None) if schema else None

    def _tenant(self, tenant_id: str) -> TenantPlayback:
        tenant = self._playbacks.setdefault(tenant_id, TenantPlayback())
        self._playbacks.move_to_end(tenant_id)
        if len(self._playbacks) > MAX_TENANTS:
            self._playbacks.popitem(last=False)
        return tenant

    def _playback(
        self, request: Request, session: Session, tenant: TenantPlayback
    ) -> TaskPlayback | None:
        """The playback of the polled task. A task recorded without its creation starts with its
        first poll, as does one that is polled with its recorded id."""
        playback = tenant.tasks.get(request.path_value)
        timeline = self._recordings.tasks.get(request.path_value)
        if playback is None and timeline is not None:
            playback = self._begin(request, session, tenant, timeline, timeline.task_id)
        return playback

    def _create(
        self, request: Request, session: Session, tenant: TenantPlayback,
        timeline: RecordedTimeline,
    ) -> str:  # fmt: skip
        """Start the recorded timeline again for the tenant. Returns the new task_id."""
        secret = self._callers.secret_of(session.tenant_id)
        task_id = uuid(secret, session.next_number(), "4")
        for gone in session.forget(request.now):
            tenant.tasks.pop(gone.id, None)
            tenant.recorded_id.pop(gone.id, None)
        tenant.new_id[timeline.task_id] = task_id
        tenant.recorded_id[task_id] = timeline.task_id
        self._begin(request, session, tenant, timeline, task_id)
        return task_id

    def _begin(
        self, request: Request, session: Session, tenant: TenantPlayback,
        timeline: RecordedTimeline, task_id: str,
    ) -> TaskPlayback:  # fmt: skip
        playback = tenant.tasks[task_id] = TaskPlayback.of(timeline, request.now)
        session.put(self._task(request, playback, task_id))
        return playback

    def _task(self, request: Request, playback: TaskPlayback, task_id: str) -> Task:
        """The task for the control API, which shows tasks and can jump to their next event."""
        models, last = self._spec.video_models, playback.timeline.states[-1]
        name = next(name for name in (named_model(request.body), *models) if name in models)
        model = models[name]
        tier, seconds = model.billed(last.answer.value)
        ended = _moment(playback, _TERMINAL)
        forgotten = playback.started + model.task_life_seconds
        return Task(
            id=task_id,
            request_id=request.request_id,
            model=name,
            tier=tier if tier in model.tiers else model.tiers[0],
            outcome=last.task_status,
            slot=-1,
            submitted=playback.started,
            scheduled=min(_moment(playback, {*model.working_states}), ended),
            ended=ended,
            expires=min(_moment(playback, {"UNKNOWN"}), forgotten),
            seconds=_valid_seconds(seconds),
        )

    def _polled(self, request: Request, session: Session, playback: TaskPlayback) -> Answer:
        task = session.task(request.path_value)
        now = time_of_poll(session, task, request.real, request.now)
        state = playback.timeline.states[_state(playback, now)]
        playback.polls += 1
        answer = state.answer
        if task is not None:
            place = self._spec.video_models[task.model].places(URL)[0]
            answer = with_video(answer, place, self._clip(request, task, now))
        shift = shift_of(playback.timeline, playback.started)
        ids = {playback.timeline.task_id: request.path_value}
        return Answer(None, {"answer": answer, "ids": ids, "shift": shift}, now)

    def _clip(self, request: Request, task: Task, now: float) -> str:
        """The URL of a video of the fake with the ratio and the length of the recorded one."""
        tenant_id = request.caller.tenant_id
        life = self._spec.video_models[task.model].result_life_seconds
        task_id, expires = quote(task.id, safe=""), min(task.ended, now) + life
        secret = self._callers.secret_of(tenant_id)
        path = signed_path(secret, tenant_id, task_id, task.tier, task.seconds, expires)
        return request.call.origin + path

    def _not_recorded(self, request: Request) -> Answer:
        """Answer a call that is not in the recording. No service answers so."""
        call = request.call
        text = f"{call.method} {call.path[:200]} is not in the recording, which contains "
        text += self._recordings.contents()
        return Answer(own(400), {"code": "NotRecorded", "message": text}, request.now)


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


def _valid_seconds(seconds: Any) -> float:
    """The length of the recorded video; that of our sample if the recorded one is not valid."""
    if isinstance(seconds, int | float) and 0 < seconds <= LONGEST_VIDEO:
        return float(seconds)
    return samples.voice().duration


def _request(call: Call) -> RecordedRequest:
    """The call in the form of a cassette: without its secrets."""
    named = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in call.headers.items()]
    body = body_of(call.body, dict(named).get("content-encoding", ""))
    return Scrubber().request(call.method, call.path, call.query, named, body)
