"""The life of tasks against a model of it that shares no code with the fake: what the documentation
says of time, queue, cancellation and expiry, worked out again from the records at each question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import floor, inf
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from support import EPOCH, Service, request

from contracts.spec import Spec
from mock_server import media

SPEC = Spec.load()
EMO = SPEC.models["emo-v1"]
QUEUE, DAY = EMO["queue-seconds"], 86400.0
KEYS, STRANGER = ("sk-one", "sk-two"), "sk-stranger"
TICK = 1 / 1024  # times of a machine are whole ticks: sums of them are exact
CLOSE = 1e-5  # a start or an end is a sum that floats round
SQUARE = request(SPEC, "createVideoTask")
TALL = request(SPEC, "createVideoTask")
TALL["input"]["ext_bbox"] = [0, 0, 600, 800]
FAILURES = sorted(name for name in SPEC.task_outcomes if name.startswith("FAILED"))
fates = st.one_of(
    st.just("SUCCEEDED"),  # works long: what comes behind it has to wait
    st.sampled_from(["SUCCEEDED", "RUNNING", "PENDING", "CANCELED", "UNKNOWN"]),
    st.sampled_from(FAILURES),
)
wishes = st.lists(st.tuples(fates, st.sampled_from(["1:1", "3:4"])), min_size=1, max_size=4)
pauses = st.sampled_from([0, 1024, 14 * 1024, 15 * 1024, 26 * 1024, 60 * 1024])  # in ticks


@dataclass
class Task:
    """What a client knows of a task that it created: when, with what in mind, when it canceled."""

    id: str
    fate: str
    ratio: str
    created: float
    canceled: float = inf
    seen: str = "PENDING"

    @property
    def waits_in_line(self) -> bool:
        """A task that is to be PENDING, CANCELED or UNKNOWN for ever stands in nobody's way."""
        return self.fate not in ("PENDING", "CANCELED", "UNKNOWN")

    @property
    def work(self) -> float:
        if self.fate == "RUNNING":
            return inf
        known = SPEC.task_outcomes[self.fate].runs_for
        return 8.5 * media.clip(self.ratio).duration if known is None else known


def timeline(tasks: list[Task], places: int) -> dict[str, tuple[float, float]]:
    """When each task starts and ends: in order of creation, QUEUE s after it at the earliest,
    on the place that is free first, not before the one ahead, nor before one ahead had left."""
    free, ahead, plan = [0.0] * places, 0.0, {}
    for task in tasks:
        if not task.waits_in_line:
            plan[task.id] = inf, inf
        elif task.canceled < inf:
            plan[task.id] = inf, inf
            ahead = max(ahead, task.canceled)
        else:
            free.sort()
            start = ahead = max(task.created + QUEUE, free[0], ahead)
            free[0] = max(start, min(start + task.work, task.created + DAY))
            plan[task.id] = start, start + task.work
    return plan


def state(task: Task, start: float, end: float, now: float) -> str:
    if now >= task.created + DAY or task.fate == "UNKNOWN":
        return "UNKNOWN"
    if task.canceled <= now or task.fate == "CANCELED":
        return "CANCELED"
    return "PENDING" if now < start else "RUNNING" if now < end else task.fate.partition(".")[0]


def epoch(text: str) -> float:
    """Epoch seconds of a time in an answer, which is UTC+8 without saying so."""
    local = datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
    return (local - timedelta(hours=8)).timestamp()


def same(shown: float, meant: float) -> bool:
    """Times are cut to the millisecond."""
    return -CLOSE <= meant - shown < 0.001 + CLOSE


class Tasks(RuleBasedStateMachine):
    """Two keys with a queue each, on a machine whose time the rules move."""

    @initialize(places=st.integers(1, 3), wishes=wishes)
    def start(self, places: int, wishes: list[tuple[str, str]]) -> None:
        self.service = Service(SPEC, concurrency=places)
        self.service.real = float(int(EPOCH))
        self.places = places
        self.tasks: dict[str, list[Task]] = {key: [] for key in KEYS}
        self.gone = ["1111"]  # ids of no task: malformed, or dropped by a reset
        self.create(KEYS[0], wishes)

    @property
    def now(self) -> float:
        return self.service.real

    def states(self, key: str, task: Task) -> set[str]:
        """What it may be now: both, where it starts or ends at this very moment."""
        span = timeline(self.tasks[key], self.places)[task.id]
        expired = self.now >= task.created + DAY
        moments = (self.now,) if expired else (self.now - CLOSE, self.now, self.now + CLOSE)
        early = {state(task, *span, moment) for moment in moments[:2]}
        return early | {state(task, *span, m) for m in moments[2:] if m < task.created + DAY}

    def pick(self, key: str, which: int) -> Task | None:
        """One of the key's tasks, the newest first."""
        return self.tasks[key][-1 - which % len(self.tasks[key])] if self.tasks[key] else None

    @rule(key=st.sampled_from(KEYS), wishes=wishes, pause=pauses)
    def create(self, key: str, wishes: list[tuple[str, str]], pause: int = 0) -> None:
        self.service.real += pause * TICK
        for fate, ratio in wishes:
            body = SQUARE if ratio == "1:1" else TALL
            answer = self.service.create(body, key=key, x_mock_scenario=fate)
            assert answer.status == 200
            assert answer.body["output"]["task_status"] == "PENDING"
            task = Task(answer.body["output"]["task_id"], fate, ratio, self.now)
            assert task.id not in [known.id for known in self.tasks[key]]
            self.tasks[key].append(task)

    @rule(key=st.sampled_from(KEYS), which=st.integers(0, 9))
    def poll(self, key: str, which: int) -> None:
        task = self.pick(key, which)
        if task is not None:
            said = self.service.get(task.id, key=key)
            again = self.service.get(task.id, key=key).body
            assert said.status == 200
            assert {**again, "request_id": ""} == {**said.body, "request_id": ""}
            assert said.body["output"]["task_id"] == task.id
            self.check(key, task, said.body["output"], said.body.get("usage"))

    def check(self, key: str, task: Task, output: dict[str, Any], usage: Any) -> None:
        seen = output["task_status"]
        assert seen in self.states(key, task)
        assert seen in SPEC.lifecycle.reachable(task.seen)
        task.seen = seen
        start, end = timeline(self.tasks[key], self.places)[task.id]
        if seen == "CANCELED":
            end = task.created if task.fate == "CANCELED" else task.canceled
        times = {
            "submit_time": task.created if seen != "UNKNOWN" else inf,
            "scheduled_time": start if seen in ("RUNNING", "SUCCEEDED", "FAILED") else inf,
            "end_time": end if seen in SPEC.lifecycle.terminal - {"UNKNOWN"} else inf,
        }
        assert times.keys() & output.keys() == {name for name, t in times.items() if t < inf}
        shown = [epoch(output[name]) for name in times if name in output]
        assert shown == sorted(shown)
        assert all(same(epoch(output[name]), t) for name, t in times.items() if t < inf)
        if seen == "FAILED":
            said = SPEC.task_outcomes[task.fate].value["output"]
            assert (output["code"], output["message"]) == (said["code"], said["message"])
        if seen == "SUCCEEDED":
            duration = media.clip(task.ratio).duration
            assert usage == {"video_duration": duration, "video_ratio": task.ratio}

    @rule(key=st.sampled_from(KEYS), which=st.integers(0, 9), pause=pauses, fit=st.booleans())
    def cancel(self, key: str, which: int, pause: int, fit: bool) -> None:
        """Any task, or one of those that can be canceled."""
        self.service.real += pause * TICK
        fits = [t for t in self.tasks[key] if not fit or "PENDING" in self.states(key, t)]
        if not fits:
            return
        task = fits[which % len(fits)]
        before = self.states(key, task)
        answer = self.service.cancel(task.id, key=key)
        if answer.status == 200:
            assert "PENDING" in before
            assert list(answer.body) == ["request_id"]
            task.canceled = self.now
        else:
            assert (answer.status, answer.body["code"]) == (400, "UnsupportedOperation")
            assert before != {"PENDING"}

    @rule(key=st.sampled_from(KEYS), which=st.integers(0, 9), end=st.booleans(), late=st.booleans())
    def wait_for(self, key: str, which: int, end: bool, late: bool) -> None:
        """The last tick before a task starts or ends, or the first one after it."""
        task = self.pick(key, which)
        if task is not None:
            moment = timeline(self.tasks[key], self.places)[task.id][end]
            if moment < task.created + DAY:
                self.service.real = max(self.now, (floor(moment / TICK) + late) * TICK)

    @rule(key=st.sampled_from(KEYS), which=st.integers(0, 9), late=st.booleans())
    def wait_till_it_expires(self, key: str, which: int, late: bool) -> None:
        """The last tick of its 24 hours, or the first one behind them."""
        task = self.pick(key, which)
        if task is not None:
            self.service.real = max(self.now, task.created + DAY - TICK * (not late))

    @rule(key=st.sampled_from(KEYS), really=st.sampled_from([False, False, False, True]))
    def reset(self, key: str, really: bool) -> None:
        """What POST /__mock__/reset does; the same ids may be given out again."""
        if not really:
            return
        tenant = self.service.engine.tenant_of_headers({b"authorization": f"Bearer {key}".encode()})
        self.service.engine.store.reset(tenant)
        self.gone += [task.id for task in self.tasks[key]]
        self.tasks[key] = []

    @rule(key=st.sampled_from((*KEYS, STRANGER)))
    def ask_for_what_is_not_ones_own(self, key: str) -> None:
        mine = {task.id for task in self.tasks.get(key, ())}
        others = {task.id for tasks in self.tasks.values() for task in tasks}
        for task_id in sorted({*self.gone, *others} - mine):
            output = self.service.get(task_id, key=key).body["output"]
            assert output == {"task_id": task_id, "task_status": "UNKNOWN"}
            assert self.service.cancel(task_id, key=key).status == 400
        if key == STRANGER:
            listed = self.service.list(key=key).body
            assert (listed["total"], listed["data"]) == (0, [])

    @invariant()
    def lists_show_what_the_model_knows(self) -> None:
        for key in KEYS:
            listed = self.service.list("page_size=1000", key=key).body
            alive = [t for t in self.tasks[key] if self.states(key, t) != {"UNKNOWN"}]
            assert listed["total"] == len(listed["data"]) == len(alive)
            shown = list(zip(listed["data"], reversed(alive), strict=True))
            assert [item["task_id"] for item, _ in shown] == [task.id for _, task in shown]
            for item, task in shown:
                assert item["status"] in self.states(key, task)
                assert item["status"] in SPEC.lifecycle.reachable(task.seen)
                assert same(item["gmt_create"] / 1000, task.created)
                task.seen = item["status"]

    @invariant()
    def as_many_run_as_may_and_in_order(self) -> None:
        for key in KEYS:
            running = self.service.list("status=RUNNING&page_size=1000", key=key).body["data"]
            assert len(running) <= self.places
            in_line = self.service.list("page_size=1000", key=key).body["data"][::-1]
            starts = [item["start_time"] for item in in_line if "start_time" in item]
            assert starts == sorted(starts)


Tasks.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=30,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # add Phase.shrink to have the shortest way to a failure, in minutes
    report_multiple_bugs=False,
)
TestTasks = Tasks.TestCase


def test_a_stuck_task_that_is_canceled_takes_no_other_back(service: Service) -> None:
    stuck, other = service.task_id(x_mock_scenario="PENDING"), service.task_id()
    service.real += 60
    before = service.get(other).body["output"]
    assert before["task_status"] == "SUCCEEDED"
    assert service.cancel(stuck).status == 200
    assert service.get(other).body["output"] == before


def test_a_task_that_is_unknown_from_the_start_takes_no_place(service: Service) -> None:
    service.task_id(x_mock_scenario="UNKNOWN")
    task = service.task_id()
    service.real += QUEUE + 1
    assert service.status(task) == "RUNNING"


def test_a_task_that_never_ends_holds_its_place_until_it_is_forgotten(service: Service) -> None:
    stuck = service.task_id(x_mock_scenario="RUNNING")
    service.real += DAY - 1
    late = service.task_id()
    service.real += 0.5
    assert [service.status(task) for task in (stuck, late)] == ["RUNNING", "PENDING"]
    service.real += QUEUE
    assert [service.status(task) for task in (stuck, late)] == ["UNKNOWN", "RUNNING"]
