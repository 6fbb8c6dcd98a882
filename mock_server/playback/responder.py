"""The engine with a recording in place of the spec's examples. Keys, tenants, clocks, the control
API, the journal: all that is as ever; scenarios, limits and checks of requests have no say."""

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
from contracts.recordings.operations import POLL
from contracts.recordings.scrubber import Scrubber
from contracts.recordings.timing import state_at, state_starts
from contracts.spec.loader import Operation, Spec
from mock_server.engine.operations.results import signed_path
from mock_server.engine.operations.tasks import moment_shown
from mock_server.engine.pipeline import Engine
from mock_server.engine.responses import headers
from mock_server.media import samples
from mock_server.playback.answers import NO_SHIFT, reply_of, shift_of, with_video
from mock_server.playback.matching import Script
from mock_server.simulation.call import Call, Reply
from mock_server.simulation.ids import uuid
from mock_server.simulation.task import Task
from mock_server.stores.memory import MAX_TENANTS
from mock_server.stores.protocol import Tenant
from mock_server.stores.session import Refused, Request

_FATE = {"SUCCEEDED", "FAILED", "CANCELED"}


class Play(Struct):
    """A timeline that runs for a tenant. started: the tenant's epoch s. moments: when each state
    begins, in the same; None where only the order of the states is known, and `polls` counts."""

    timeline: RecordedTimeline
    started: float
    moments: tuple[float, ...] | None
    polls: int = 0

    @classmethod
    def of(cls, timeline: RecordedTimeline, started: float) -> Play:
        """The timeline as it goes from this moment on."""
        after = state_starts(timeline)
        moments = None if after is None else tuple(started + seconds for seconds in after)
        return cls(timeline, started, moments)


class Stage(Struct):
    """What a tenant has made of the recording: how often each exchange answered, which tasks run,
    and by which id it knows the recorded ones."""

    used: dict[int, int] = field(default_factory=dict)
    plays: dict[str, Play] = field(default_factory=dict)
    recorded_id: dict[str, str] = field(default_factory=dict)
    new_id: dict[str, str] = field(default_factory=dict)


class Player(Engine):
    """Answers from one cassette. Further arguments are the engine's."""

    def __init__(self, spec: Spec, cassette: Cassette, **arguments: Any) -> None:
        super().__init__(spec, **arguments)
        self._script = Script(spec, cassette)
        self._stages: OrderedDict[str, Stage] = OrderedDict()

    def forget(self, tenant_id: str) -> None:
        super().forget(tenant_id)
        self._stages.pop(tenant_id, None)

    def _answer(self, request: Request) -> Reply:
        request.key = self.validator.key(request.call.headers)
        request.tenant_id = self._tenant_id(request.key)
        tenant = self.tenants.get(request.tenant_id, request.real)
        stage = self._stage(request.tenant_id)
        self._stamp(request, tenant.clock.now(request.real))
        called = self._script.operations.find(request.call.method, request.call.path)
        if called is not None:
            request.operation, request.path_value = called
            self._look_at(request, called.operation)
            play = self._play(request, stage) if request.operation.id == POLL else None
            if play is not None:
                return self._polled(request, tenant, play)
        cue = self._script.find(_request(request.call), stage.used, stage.recorded_id)
        if cue is None:
            return self._not_recorded(request)
        stage.used[cue.number] = stage.used.get(cue.number, 0) + 1
        timeline = self._script.created.get(cue.number)
        if timeline is not None:
            self._create(request, stage, timeline)
        assert cue.exchange.answer
        return self._reply(request, cue.exchange.answer, stage.new_id)

    def _look_at(self, request: Request, operation: Operation) -> None:
        """What the spec would have said of the body, to be explained: it changes no answer."""
        try:
            request.body = self.validator.json(operation, request.call)
        except Refused as error:
            request.violation = error.violation
            return
        if operation.body is not None:
            request.violation = next(operation.body.violations(request.body), None)

    def _stage(self, tenant_id: str) -> Stage:
        stage = self._stages.setdefault(tenant_id, Stage())
        self._stages.move_to_end(tenant_id)
        if len(self._stages) > MAX_TENANTS:
            self._stages.popitem(last=False)
        return stage

    def _play(self, request: Request, stage: Stage) -> Play | None:
        """The play of the task that is polled. One that was recorded without its creation begins
        with its first poll, and so does one that is asked for by its recorded id."""
        play = stage.plays.get(request.path_value)
        timeline = self._script.tasks.get(request.path_value)
        if play is None and timeline is not None:
            play = self._begin(request, stage, timeline, timeline.task_id)
        return play

    def _create(self, request: Request, stage: Stage, timeline: RecordedTimeline) -> None:
        number = self.store.next_number(request.tenant_id)
        request.task_id = uuid(self._secret_of(request.tenant_id), number, "4")
        for gone in self.store.forget(request.tenant_id, request.now):
            stage.plays.pop(gone.id, None)
            stage.recorded_id.pop(gone.id, None)
        stage.new_id[timeline.task_id] = request.task_id
        stage.recorded_id[request.task_id] = timeline.task_id
        self._begin(request, stage, timeline, request.task_id)

    def _begin(
        self, request: Request, stage: Stage, timeline: RecordedTimeline, task_id: str
    ) -> Play:
        play = stage.plays[task_id] = Play.of(timeline, request.now)
        self.store.put(request.tenant_id, (self._task(request, play, task_id),))
        return play

    def _task(self, request: Request, play: Play, task_id: str) -> Task:
        """The same for the control API, which shows tasks and can jump to their next event."""
        model, last = "emo-v1", play.timeline.states[-1]
        ended = _moment(play, _FATE)
        forgotten = play.started + self.spec.models[model]["task-life-seconds"]
        return Task(
            id=task_id,
            request_id=request.request_id,
            model=model,
            ratio=_ratio(last.answer),
            outcome=last.task_status,
            slot=-1,
            submitted=play.started,
            scheduled=min(_moment(play, {"RUNNING"}), ended),
            ended=ended,
            expires=min(_moment(play, {"UNKNOWN"}), forgotten),
            seconds=_seconds(last.answer),
        )

    def _polled(self, request: Request, tenant: Tenant, play: Play) -> Reply:
        task = self.store.task(request.tenant_id, request.path_value)
        moment = moment_shown(task, tenant.clock.skip, request.now)
        if moment != request.now:
            clock = tenant.clock.at(moment, request.real)
            self.store.save(request.tenant_id, replace(tenant, clock=clock))
            request.now = moment
        state = play.timeline.states[_state(play, request.now)]
        play.polls += 1
        answer = state.answer
        if task is not None:
            answer = with_video(answer, self._clip(request, task))
        shift = shift_of(play.timeline, play.started)
        ids = {play.timeline.task_id: request.path_value}
        return reply_of(answer, ids, shift, request.request_id, request.now)

    def _clip(self, request: Request, task: Task) -> str:
        """The address of a video of the fake's that is like the recorded one."""
        life = self.spec.models[task.model]["result-life-seconds"]
        ended = min(task.ended, request.now)
        task_id, expires = quote(task.id, safe=""), ended + life
        secret = self._secret_of(request.tenant_id)
        path = signed_path(secret, request.tenant_id, task_id, task.ratio, task.seconds, expires)
        return request.call.origin + path

    def _reply(self, request: Request, answer: RecordedAnswer, ids: dict[str, str]) -> Reply:
        return reply_of(answer, ids, NO_SHIFT, request.request_id, request.now)

    def _not_recorded(self, request: Request) -> Reply:
        """What no service would say: the recording has no answer to this."""
        call = request.call
        text = f"{call.method} {call.path[:200]} is not in the recording; it holds "
        text += self._script.holds()
        request.violation = None  # whatever the spec has against it is not why
        value = {"code": "NotRecorded", "message": text, "request_id": request.request_id}
        body = msgspec.json.encode(value)
        return Reply(400, headers(request.request_id, request.now, body), body, "")


def _state(play: Play, now: float) -> int:
    """The number of the state that a poll sees."""
    if play.moments is not None:
        return state_at(play.moments, now)
    seen = 0
    for number, state in enumerate(play.timeline.states):
        seen += state.polls
        if play.polls < seen:
            return number
    return len(play.timeline.states) - 1


def _moment(play: Play, states: set[str]) -> float:
    """When the first of these states begins, by the tenant's time; inf where none does."""
    for number, state in enumerate(play.timeline.states):
        if state.task_status in states and play.moments is not None:
            return play.moments[number] if number else play.started
    return inf


def _ratio(answer: RecordedAnswer) -> str:
    ratio = _usage(answer).get("video_ratio")
    return ratio if ratio in ("1:1", "3:4") else "1:1"


def _seconds(answer: RecordedAnswer) -> float:
    """The length of the recorded video; that of our sample where it cannot be one (EMO-3: 60 s)."""
    seconds = _usage(answer).get("video_duration")
    if isinstance(seconds, int | float) and 0 < seconds <= LONGEST_VIDEO:
        return float(seconds)
    return samples.voice().duration


def _usage(answer: RecordedAnswer) -> dict[str, Any]:
    usage = answer.value.get("usage") if isinstance(answer.value, dict) else None
    return usage if isinstance(usage, dict) else {}


def _request(call: Call) -> RecordedRequest:
    """A call as a cassette holds it: without its secrets, as those were taken out there."""
    named = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in call.headers.items()]
    body = body_of(call.body, dict(named).get("content-encoding", ""))
    return Scrubber().request(call.method, call.path, call.query, named, body)
