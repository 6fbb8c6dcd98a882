"""Any order of calls that a client may come to, against the model of a task's life: hypothesis
tries many, on a provider whose time the control API moves."""

from __future__ import annotations

import json
from math import floor
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from contracts.checks.ask import MISSING, at
from contracts.exchange import Exchange
from contracts.model import Made, state, timeline
from contracts.provider import API
from contracts.sequence import Broken, Expected, Moment, Same, Sequence, look
from contracts.shorten import Step, step
from contracts.world import BOXES, CLOCK, CREATE, FREEZE, World

RESET = "/__mock__/reset"
KEYS, STRANGER = ("one", "two"), "stranger"
TICK = 1 / 1024  # s; times are whole ticks, so that sums of them are exact
CLOSE = 1e-5  # s by which a start or an end may be off: it is a sum that floats round
TIMES = ("submit_time", "scheduled_time", "end_time")
LISTED = ("gmt_create", "start_time", "end_time")  # the same in a list
FITS = ["PENDING", "RUNNING", "SUCCEEDED", ""]
Names = tuple[str, str, str]
SHOWN = {"PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED"}
# "": a task that fails. One that succeeds works long: what comes behind it has to wait.
FATES = ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "RUNNING", "PENDING", "CANCELED", "UNKNOWN", ""]
pauses = st.sampled_from([0, 1024, 14 * 1024, 15 * 1024, 26 * 1024, 60 * 1024])  # ticks
keys, which = st.sampled_from(KEYS), st.integers(0, 9)
seldom = st.sampled_from([False, False, False, True])
wish = st.tuples(st.sampled_from(FATES), which, st.sampled_from(sorted(BOXES)))
wishes = st.lists(wish, min_size=1, max_size=4)


class Tasks(RuleBasedStateMachine):
    """Two keys with a queue each; time stands still but where a rule moves it."""

    world: World

    @initialize(wishes=wishes)
    def start(self, wishes: list[tuple[str, int, str]]) -> None:
        self.calls = Sequence()
        self.steps: list[Step] = []
        self.prefix = self.world.next_prefix()
        self.tasks: dict[str, list[Made]] = {key: [] for key in KEYS}
        self.made: dict[int, tuple[str, Made]] = {}  # by a number that it keeps
        self.gone = ["1111"]  # ids of no task
        self.plans: dict[str, dict[str, tuple[float, float]]] = {}
        self.now = {who: self.freeze(who) for who in (*KEYS, STRANGER)}
        self.make_all(KEYS[0], wishes)

    # What is sent, and what is known then

    def send(self, who: str, method: str, path: str, body: str = "") -> Exchange:
        key = f"{self.prefix}-{who}"
        return self.calls.send(self.world.provider, key, method, path, body)

    def expect(
        self, exchange: Exchange, pointer: str, expected: Expected, *, inside: bool = True
    ) -> None:
        """As Sequence.expect, and the world is told."""
        try:
            self.calls.expect(exchange, pointer, expected, inside=inside)
        except Broken as broken:
            self.world.way = broken, self.steps
            raise

    def freeze(self, who: str) -> float:
        """Stop a key's time; gives it."""
        stopped = self.send(who, "POST", CLOCK, FREEZE)
        self.expect(stopped, "#status", {200})
        now = float(at(stopped, "/now"))
        self.calls.epochs[who] = now
        return now

    def poll(self, who: str, task_id: str) -> Exchange:
        return self.send(who, "GET", f"{API}/tasks/{task_id}")

    def pass_time(self, who: str, seconds: float) -> None:
        if seconds > 0:
            moved = self.send(who, "POST", CLOCK, json.dumps({"advance": seconds}))
            self.expect(moved, "#status", {200})
            self.now[who] = at(moved, "/now")

    def pick(self, who: str, number: int, fit: str = "") -> int:
        """A task of the key, or of another where it has none, the newest first: of those that may
        be in a state, where there are any. 0 where there is no task."""
        who = next((key for key in (who, *KEYS) if self.tasks[key]), who)
        known = [n for n, (key, task) in self.made.items() if key == who]
        fits = [n for n in known if not fit or fit in self.states(*self.made[n])]
        of = fits or known
        return of[-1 - number % len(of)] if of else 0

    def plan(self, who: str) -> dict[str, tuple[float, float]]:
        """When the key's tasks start and end."""
        if who not in self.plans:
            self.plans[who] = timeline(self.tasks[who], self.world.rules)
        return self.plans[who]

    def states(self, who: str, task: Made) -> set[str]:
        """What it may be now: both, where it starts or ends at this very moment."""
        rules, now = self.world.rules, self.now[who]
        span, expiry = self.plan(who)[task.id], task.created + rules.life
        around = (now - CLOSE, now, now + CLOSE)
        moments = (now,) if now >= expiry else tuple(m for m in around if m < expiry)
        return {state(task, span, moment, rules) for moment in moments}

    def allowed(self, who: str, task: Made) -> set[Any]:
        """What it may be seen to be: it never goes back."""
        return self.states(who, task) & self.world.spec.lifecycle.reachable(task.seen)

    # Rules

    @rule(who=keys, wishes=wishes, pause=pauses)
    def create(self, who: str, wishes: list[tuple[str, int, str]], pause: int) -> None:
        self.advance(who, pause)
        self.make_all(who, wishes)

    def make_all(self, who: str, wishes: list[tuple[str, int, str]]) -> None:
        for fate, other, ratio in wishes:
            number = len(self.calls.ids) + 1
            self.make(number, who, fate or self.world.fates[other % len(self.world.fates)], ratio)

    @step
    def make(self, number: int, who: str, fate: str, ratio: str) -> None:
        """Create a task that is to go so."""
        world, key = self.world, f"{self.prefix}-{who}"
        wish = {} if fate == "SUCCEEDED" else {"X-Mock-Scenario": fate}
        exchange = self.calls.create(world.provider, key, CREATE, world.body(ratio), **wish)
        self.expect(exchange, "#status", {200})
        self.expect(exchange, "/output/task_status", {"PENDING"})
        known = {task.id for tasks in self.tasks.values() for task in tasks}
        self.expect(exchange, "/output/task_id", known, inside=False)
        task_id, work = str(at(exchange, "/output/task_id")), world.work(fate, ratio)
        task = Made(task_id, fate, self.now[who], work, ratio)
        self.tasks[who].append(task)
        self.made[number] = who, task
        self.plans.pop(who, None)

    @rule(who=keys, number=which)
    def come_and_ask(self, who: str, number: int) -> None:
        self.ask(self.pick(who, number))

    @step
    def ask(self, number: int) -> None:
        """Twice: to ask changes nothing."""
        if number in self.made:
            who, task = self.made[number]
            first = self.poll(who, task.id)
            self.check(who, task, first)
            again = self.poll(who, task.id)
            self.check(who, task, again)
            self.expect(again, "/output", Same(first, "/output"))
            self.expect(again, "/usage", Same(first, "/usage"))

    def check(self, who: str, task: Made, exchange: Exchange) -> None:
        self.expect(exchange, "#status", {200})
        self.expect(exchange, "/output/task_id", {task.id})
        self.expect(exchange, "/output/task_status", self.allowed(who, task))
        task.seen = str(at(exchange, "/output/task_status"))
        self.check_times(exchange, "/output", TIMES, self.times(who, task))
        if task.seen == "FAILED":
            said = self.world.spec.task_outcomes[task.fate].value["output"]
            self.expect(exchange, "/output/code", {said["code"]})
            self.expect(exchange, "/output/message", {said["message"]})
        if task.seen == "SUCCEEDED":
            self.expect(exchange, "/usage/video_ratio", {task.ratio})
            self.expect(exchange, "/usage/video_duration", {self.world.videos[task.ratio]})
            self.expect(exchange, "/usage/#names", {"video_duration, video_ratio"})

    def check_times(
        self, exchange: Exchange, entry: str, names: Names, moments: list[Moment | None]
    ) -> None:
        for name, moment in zip(names, moments, strict=True):
            self.expect(exchange, f"{entry}/{name}", moment or {MISSING})

    def times(self, who: str, task: Made) -> list[Moment | None]:
        """When it was submitted, started and ended, by what it was seen to be; None for what is
        not shown."""
        start, end = self.plan(who)[task.id]
        if task.seen == "CANCELED":
            end = task.created if task.fate == "CANCELED" else task.canceled
        worked = task.seen in ("RUNNING", "SUCCEEDED", "FAILED")
        ended = task.seen in ("SUCCEEDED", "FAILED", "CANCELED")
        times = (task.seen != "UNKNOWN", task.created), (worked, start), (ended, end)
        return [Moment(who, moment) if is_shown else None for is_shown, moment in times]

    @rule(who=keys, number=which, fit=st.sampled_from(FITS), pause=pauses)
    def come_and_cancel(self, who: str, number: int, fit: str, pause: int) -> None:
        self.advance(who, pause)
        self.cancel(self.pick(who, number, fit))

    @step
    def cancel(self, number: int) -> None:
        if number not in self.made:
            return
        who, task = self.made[number]
        before = self.states(who, task)
        exchange = self.send(who, "POST", f"{API}/tasks/{task.id}/cancel")
        may, must = "PENDING" in before, before == {"PENDING"}
        self.expect(exchange, "#status", {200} if must else {200, 400} if may else {400})
        if exchange.status == 200:
            self.expect(exchange, "/#names", {"request_id"})
            task.canceled = self.now[who]
            self.plans.pop(who, None)
        else:
            self.expect(exchange, "/code", {"UnsupportedOperation"})

    @rule(who=keys, pause=pauses)
    @step
    def advance(self, who: str, pause: int) -> None:
        self.pass_time(who, pause * TICK)

    @rule(who=keys, number=which, end=st.booleans(), late=st.booleans())
    def come_and_wait(self, who: str, number: int, end: bool, late: bool) -> None:
        self.wait_for(self.pick(who, number), end, late)

    @step
    def wait_for(self, number: int, end: bool, late: bool) -> None:
        """The last tick before a task starts or ends, or the first one after it."""
        if number in self.made:
            who, task = self.made[number]
            moment = self.plan(who)[task.id][end]
            if moment < task.created + self.world.rules.life:
                ticks = floor((moment - self.now[who]) / TICK) + late
                self.pass_time(who, ticks * TICK)

    @rule(who=keys, number=which, late=st.booleans(), really=seldom)
    def come_and_wait_longer(self, who: str, number: int, late: bool, really: bool) -> None:
        if really:
            self.wait_till_it_expires(self.pick(who, number), late)

    @step
    def wait_till_it_expires(self, number: int, late: bool) -> None:
        """The last tick of its life, or the first one behind that."""
        if number in self.made:
            who, task = self.made[number]
            end = task.created + self.world.rules.life - TICK * (not late)
            self.pass_time(who, end - self.now[who])

    @rule(who=keys, really=seldom)
    def start_anew(self, who: str, really: bool) -> None:
        if really:
            self.reset(who)

    @step
    def reset(self, who: str) -> None:
        """All of a key is dropped; the same ids may be given out again."""
        self.send(who, "POST", RESET, "{}")
        self.now[who] = self.freeze(who)
        self.gone += [task.id for task in self.tasks[who]]
        self.tasks[who] = []
        self.made = {n: (key, task) for n, (key, task) in self.made.items() if key != who}
        self.plans.pop(who, None)

    @rule(who=st.sampled_from((*KEYS, STRANGER)))
    @step
    def ask_for_what_is_not_ones_own(self, who: str) -> None:
        mine = {task.id for task in self.tasks.get(who, ())}
        others = [task.id for tasks in self.tasks.values() for task in tasks]
        for task_id in [i for i in (*self.gone, *others) if i not in mine][-2:]:
            asked = self.poll(who, task_id)
            self.expect(asked, "/output/task_status", {"UNKNOWN"})
            self.expect(asked, "/output/#names", {"task_id, task_status"})
            canceled = self.send(who, "POST", f"{API}/tasks/{task_id}/cancel")
            self.expect(canceled, "#status", {400})
        if who == STRANGER:
            exchange = self.listed(who)
            self.expect(exchange, "/total", {0})
            self.expect(exchange, "/data/0", {MISSING})

    @rule(who=keys, wanted=st.sampled_from(sorted(SHOWN)))
    @step
    def filter(self, who: str, wanted: str) -> None:
        """What is in a state, or may be."""
        states = [self.states(who, task) for task in self.tasks[who]]
        least, most = sum(s == {wanted} for s in states), sum(wanted in s for s in states)
        exchange = self.listed(who, f"&status={wanted}")
        self.expect(exchange, "/total", set(range(least, most + 1)))

    # What always holds

    def listed(self, who: str, more: str = "") -> Exchange:
        return self.send(who, "GET", f"{API}/tasks?page_no=1&page_size=1000{more}")

    @invariant()
    def lists_show_what_the_model_knows(self) -> None:
        """The newest first, and no more at work than may be."""
        for who in filter(self.tasks.get, KEYS):
            alive = [t for t in self.tasks[who] if self.states(who, t) != {"UNKNOWN"}]
            exchange = self.listed(who)
            value = exchange.value
            self.expect(exchange, "/total", {len(alive)})
            self.expect(exchange, f"/data/{len(alive)}", {MISSING})
            places = self.world.rules.places
            for number, task in enumerate(reversed(alive)):
                entry = f"/data/{number}"
                self.expect(exchange, f"{entry}/task_id", {task.id})
                allowed = self.allowed(who, task) - ({"RUNNING"} if places == 0 else set())
                self.expect(exchange, f"{entry}/status", allowed)
                task.seen = str(look(exchange, f"{entry}/status", value))
                places -= task.seen == "RUNNING"
                self.check_times(exchange, entry, LISTED, self.times(who, task))
