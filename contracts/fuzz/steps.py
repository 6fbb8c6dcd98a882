"""What can be done with tasks, and what the model of their life says to it: each step sends its
calls, and raises Broken for an answer that the model does not allow. Chooses nothing."""

from __future__ import annotations

import json
from math import floor
from typing import Any

from contracts.fuzz.call_log import Broken, Expected, Moment, Same, Sequence, look
from contracts.fuzz.model import Made, state, timeline
from contracts.fuzz.shorten import Step, Way, step
from contracts.fuzz.world import CLOCK, CREATE, FREEZE, World
from contracts.provider.exchange import Exchange, at
from contracts.provider.http import API
from contracts.spec.pointers import MISSING

RESET = "/__mock__/reset"
KEYS, STRANGER = ("one", "two"), "stranger"
TICK = 1 / 1024  # s; times are whole ticks, so that sums of them are exact
CLOSE = 1e-5  # s by which a start or an end may be off: it is a sum that floats round
TIMES = ("submit_time", "scheduled_time", "end_time")
LISTED = ("gmt_create", "start_time", "end_time")  # the same in a list
Names = tuple[str, str, str]


class Steps:
    """Two keys with a queue each, and time that stands still but where a step moves it. done: the
    steps so far; made: the tasks that there are, by numbers that they keep, each with its key."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.calls = Sequence()
        self.done: list[Step] = []
        self.prefix = world.next_prefix()
        self.made: dict[int, tuple[str, Made]] = {}
        self.gone = ["1111"]  # ids of no task
        self.plans: dict[str, dict[str, tuple[float, float]]] = {}
        self.now = {who: self.freeze(who) for who in (*KEYS, STRANGER)}

    def tasks(self, who: str) -> list[Made]:
        """The tasks of a key, the oldest first."""
        return [task for key, task in self.made.values() if key == who]

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
            self.world.way = broken, self.done
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

    def plan(self, who: str) -> dict[str, tuple[float, float]]:
        """When the key's tasks start and end."""
        if who not in self.plans:
            self.plans[who] = timeline(self.tasks(who), self.world.rules)
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

    # Steps

    @step
    def make(self, number: int, who: str, fate: str, ratio: str) -> None:
        """Create a task that is to go so."""
        world, key = self.world, f"{self.prefix}-{who}"
        wish = {} if fate == "SUCCEEDED" else {"X-Mock-Scenario": fate}
        exchange = self.calls.create(world.provider, key, CREATE, world.body(ratio), **wish)
        self.expect(exchange, "#status", {200})
        self.expect(exchange, "/output/task_status", {"PENDING"})
        known = {task.id for _, task in self.made.values()}
        self.expect(exchange, "/output/task_id", known, inside=False)
        task_id, work = str(at(exchange, "/output/task_id")), world.work(fate, ratio)
        self.made[number] = who, Made(task_id, fate, self.now[who], work, ratio)
        self.plans.pop(who, None)

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

    @step
    def advance(self, who: str, pause: int) -> None:
        self.pass_time(who, pause * TICK)

    @step
    def wait_for(self, number: int, end: bool, late: bool) -> None:
        """The last tick before a task starts or ends, or the first one after it."""
        if number in self.made:
            who, task = self.made[number]
            moment = self.plan(who)[task.id][end]
            if moment < task.created + self.world.rules.life:
                ticks = floor((moment - self.now[who]) / TICK) + late
                self.pass_time(who, ticks * TICK)

    @step
    def wait_till_it_expires(self, number: int, late: bool) -> None:
        """The last tick of its life, or the first one behind that."""
        if number in self.made:
            who, task = self.made[number]
            end = task.created + self.world.rules.life - TICK * (not late)
            self.pass_time(who, end - self.now[who])

    @step
    def reset(self, who: str) -> None:
        """All of a key is dropped; the same ids may be given out again."""
        self.send(who, "POST", RESET, "{}")
        self.now[who] = self.freeze(who)
        self.gone += [task.id for task in self.tasks(who)]
        self.made = {n: (key, task) for n, (key, task) in self.made.items() if key != who}
        self.plans.pop(who, None)

    @step
    def ask_for_what_is_not_ones_own(self, who: str) -> None:
        mine = {task.id for task in self.tasks(who)}
        others = [task.id for _, task in self.made.values()]
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

    @step
    def filter(self, who: str, wanted: str) -> None:
        """What is in a state, or may be."""
        states = [self.states(who, task) for task in self.tasks(who)]
        least, most = sum(s == {wanted} for s in states), sum(wanted in s for s in states)
        exchange = self.listed(who, f"&status={wanted}")
        self.expect(exchange, "/total", set(range(least, most + 1)))

    # What always holds

    def listed(self, who: str, more: str = "") -> Exchange:
        return self.send(who, "GET", f"{API}/tasks?page_no=1&page_size=1000{more}")

    def lists_show_what_the_model_knows(self) -> None:
        """The newest first, and no more at work than may be."""
        for who in filter(self.tasks, KEYS):
            alive = [t for t in self.tasks(who) if self.states(who, t) != {"UNKNOWN"}]
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


def replayed(world: World, steps: list[Step]) -> Way | None:
    """Do these steps; gives those up to where something goes wrong, None where nothing does."""
    try:
        fresh = Steps(world)
        for name, given in steps:
            getattr(fresh, name)(*given)
            fresh.lists_show_what_the_model_knows()
    except Broken:
        return world.way
    return None
