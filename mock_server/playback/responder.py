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
from contracts.recordings.model import Answer, Cassette, Request, Timeline
from contracts.recordings.operations import POLL
from contracts.recordings.scrubber import Cleaner
from contracts.recordings.timing import begins, state_at
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
from mock_server.stores.session import Refused, Visit

_FATE = {"SUCCEEDED", "FAILED", "CANCELED"}


class Play(Struct):
    """A timeline that runs for a tenant. started: the tenant's epoch s. moments: when each state
    begins, in the same; None where only the order of the states is known, and `polls` counts."""

    timeline: Timeline
    started: float
    moments: tuple[float, ...] | None
    polls: int = 0

    @classmethod
    def of(cls, timeline: Timeline, started: float) -> Play:
        """The timeline as it goes from this moment on."""
        after = begins(timeline)
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

    def _answer(self, v: Visit) -> Reply:
        v.key = self.admission.key(v.call.headers)
        v.tenant_id = self._tenant_id(v.key)
        tenant, stage = self.tenants.get(v.tenant_id, v.real), self._stage(v.tenant_id)
        self._stamp(v, tenant.clock.now(v.real))
        called = self._script.operations.find(v.call.method, v.call.path)
        if called is not None:
            v.operation, v.path_value = called
            self._look_at(v, called.operation)
            play = self._play(v, stage) if v.operation.id == POLL else None
            if play is not None:
                return self._polled(v, tenant, play)
        cue = self._script.find(_request(v.call), stage.used, stage.recorded_id)
        if cue is None:
            return self._not_recorded(v)
        stage.used[cue.number] = stage.used.get(cue.number, 0) + 1
        timeline = self._script.created.get(cue.number)
        if timeline is not None:
            self._create(v, stage, timeline)
        assert cue.exchange.answer
        return self._reply(v, cue.exchange.answer, stage.new_id)

    def _look_at(self, v: Visit, operation: Operation) -> None:
        """What the spec would have said of the body, to be explained: it changes no answer."""
        try:
            v.body = self.admission.json(operation, v.call)
        except Refused as error:
            v.violation = error.violation
            return
        if operation.body is not None:
            v.violation = next(operation.body.violations(v.body), None)

    def _stage(self, tenant_id: str) -> Stage:
        stage = self._stages.setdefault(tenant_id, Stage())
        self._stages.move_to_end(tenant_id)
        if len(self._stages) > MAX_TENANTS:
            self._stages.popitem(last=False)
        return stage

    def _play(self, v: Visit, stage: Stage) -> Play | None:
        """The play of the task that is polled. One that was recorded without its creation begins
        with its first poll, and so does one that is asked for by its recorded id."""
        play, timeline = stage.plays.get(v.path_value), self._script.tasks.get(v.path_value)
        if play is None and timeline is not None:
            play = self._begin(v, stage, timeline, timeline.task_id)
        return play

    def _create(self, v: Visit, stage: Stage, timeline: Timeline) -> None:
        number = self.store.next_number(v.tenant_id)
        v.task_id = uuid(self._secret_of(v.tenant_id), number, "4")
        for gone in self.store.forget(v.tenant_id, v.now):
            stage.plays.pop(gone.id, None)
            stage.recorded_id.pop(gone.id, None)
        stage.new_id[timeline.task_id] = v.task_id
        stage.recorded_id[v.task_id] = timeline.task_id
        self._begin(v, stage, timeline, v.task_id)

    def _begin(self, v: Visit, stage: Stage, timeline: Timeline, task_id: str) -> Play:
        play = stage.plays[task_id] = Play.of(timeline, v.now)
        self.store.put(v.tenant_id, (self._task(v, play, task_id),))
        return play

    def _task(self, v: Visit, play: Play, task_id: str) -> Task:
        """The same for the control API, which shows tasks and can jump to their next event."""
        model, last = "emo-v1", play.timeline.states[-1]
        ended = _moment(play, _FATE)
        forgotten = play.started + self.spec.models[model]["task-life-seconds"]
        return Task(
            id=task_id,
            request_id=v.request_id,
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

    def _polled(self, v: Visit, tenant: Tenant, play: Play) -> Reply:
        task = self.store.task(v.tenant_id, v.path_value)
        moment = moment_shown(task, tenant.clock.skip, v.now)
        if moment != v.now:
            clock = tenant.clock.at(moment, v.real)
            self.store.save(v.tenant_id, replace(tenant, clock=clock))
            v.now = moment
        state = play.timeline.states[_state(play, v.now)]
        play.polls += 1
        answer = state.answer if task is None else with_video(state.answer, self._clip(v, task))
        shift = shift_of(play.timeline, play.started)
        ids = {play.timeline.task_id: v.path_value}
        return reply_of(answer, ids, shift, v.request_id, v.now)

    def _clip(self, v: Visit, task: Task) -> str:
        """The address of a video of the fake's that is like the recorded one."""
        life = self.spec.models[task.model]["result-life-seconds"]
        ended = min(task.ended, v.now)
        task_id, expires = quote(task.id, safe=""), ended + life
        secret = self._secret_of(v.tenant_id)
        path = signed_path(secret, v.tenant_id, task_id, task.ratio, task.seconds, expires)
        return v.call.origin + path

    def _reply(self, v: Visit, answer: Answer, ids: dict[str, str]) -> Reply:
        return reply_of(answer, ids, NO_SHIFT, v.request_id, v.now)

    def _not_recorded(self, v: Visit) -> Reply:
        """What no service would say: the recording has no answer to this."""
        call = v.call
        text = f"{call.method} {call.path[:200]} is not in the recording; it holds "
        text += self._script.holds()
        v.violation = None  # whatever the spec has against it is not why
        value = {"code": "NotRecorded", "message": text, "request_id": v.request_id}
        body = msgspec.json.encode(value)
        return Reply(400, headers(v.request_id, v.now, body), body, "")


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


def _ratio(answer: Answer) -> str:
    ratio = _usage(answer).get("video_ratio")
    return ratio if ratio in ("1:1", "3:4") else "1:1"


def _seconds(answer: Answer) -> float:
    """The length of the recorded video; that of our sample where it cannot be one (EMO-3: 60 s)."""
    seconds = _usage(answer).get("video_duration")
    if isinstance(seconds, int | float) and 0 < seconds <= LONGEST_VIDEO:
        return float(seconds)
    return samples.voice().duration


def _usage(answer: Answer) -> dict[str, Any]:
    usage = answer.value.get("usage") if isinstance(answer.value, dict) else None
    return usage if isinstance(usage, dict) else {}


def _request(call: Call) -> Request:
    """A call as a cassette holds it: without its secrets, as those were taken out there."""
    named = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in call.headers.items()]
    body = body_of(call.body, dict(named).get("content-encoding", ""))
    return Cleaner().request(call.method, call.path, call.query, named, body)
