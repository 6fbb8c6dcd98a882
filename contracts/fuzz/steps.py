"""The steps of a run: each one sends calls and compares the answers with the model. It raises
ModelMismatch for an answer that the model does not allow. stateful.py chooses the steps."""

from __future__ import annotations

import json
from math import floor
from typing import Any

from contracts.fuzz.call_log import CallLog, Expected, ModelMismatch, SameAs, TaskTime, value_of
from contracts.fuzz.model import KnownTask, planned_times, state
from contracts.fuzz.shorten import FailedRun, FuzzStep, step
from contracts.fuzz.target import CLOCK, CREATE, FREEZE, FuzzTarget
from contracts.provider.exchange import Exchange, answer_at
from contracts.provider.http import API
from contracts.spec.pointers import MISSING

RESET = "/__mock__/reset"
USERS, STRANGER = ("one", "two"), "stranger"
TICK = 1 / 1024  # s: all times are whole ticks, so that their sums are exact
CLOSE = 1e-5  # s: rounding error of a start or an end, which is a sum of floats
TIMES = ("submit_time", "scheduled_time", "end_time")
LISTED = ("gmt_create", "start_time", "end_time")  # the same times in a list
Names = tuple[str, str, str]


class TaskSteps:
    """Two users, each a tenant with its own queue. The clock of each user is stopped, and only
    steps move it. done: the steps so far. known: the tasks by number, each with its user."""

    def __init__(self, target: FuzzTarget) -> None:
        self.target = target
        self.calls = CallLog()
        self.done: list[FuzzStep] = []
        self.prefix = target.next_prefix()
        self.known: dict[int, tuple[str, KnownTask]] = {}
        self.unknown_ids = ["1111"]  # ids of no task
        self.plans: dict[str, dict[str, tuple[float, float]]] = {}
        self.now = {user: self.freeze(user) for user in (*USERS, STRANGER)}

    def tasks(self, user: str) -> list[KnownTask]:
        """The tasks of a user, the oldest first."""
        return [task for key, task in self.known.values() if key == user]

    def send(self, user: str, method: str, path: str, body: str = "") -> Exchange:
        key = f"{self.prefix}-{user}"
        return self.calls.send(self.target.provider, key, method, path, body)

    def expect(
        self, exchange: Exchange, pointer: str, expected: Expected, *, must_match: bool = True
    ) -> None:
        """As CallLog.expect; a mismatch is also recorded in the target."""
        try:
            self.calls.expect(exchange, pointer, expected, must_match=must_match)
        except ModelMismatch as mismatch:
            self.target.failed_run = mismatch, self.done
            raise

    def freeze(self, user: str) -> float:
        """Stop the clock of a user and return its time, epoch s."""
        stopped = self.send(user, "POST", CLOCK, FREEZE)
        self.expect(stopped, "#status", {200})
        now = float(answer_at(stopped, "/now"))
        self.calls.frozen_at[user] = now
        return now

    def poll(self, user: str, task_id: str) -> Exchange:
        return self.send(user, "GET", f"{API}/tasks/{task_id}")

    def advance_clock(self, user: str, seconds: float) -> None:
        if seconds > 0:
            moved = self.send(user, "POST", CLOCK, json.dumps({"advance": seconds}))
            self.expect(moved, "#status", {200})
            self.now[user] = answer_at(moved, "/now")

    def plan(self, user: str) -> dict[str, tuple[float, float]]:
        """The planned start and end of each task of a user."""
        if user not in self.plans:
            self.plans[user] = planned_times(self.tasks(user), self.target.timings)
        return self.plans[user]

    def states(self, user: str, task: KnownTask) -> set[str]:
        """The states that a task may have now: two if it starts or ends at this moment."""
        timings, now = self.target.timings, self.now[user]
        span, expiry = self.plan(user)[task.id], task.created + timings.lifetime
        around = (now - CLOSE, now, now + CLOSE)
        moments = (now,) if now >= expiry else tuple(m for m in around if m < expiry)
        return {state(task, span, moment, timings) for moment in moments}

    def allowed(self, user: str, task: KnownTask) -> set[Any]:
        """The states that an answer may show: a task never goes back to an earlier state."""
        return self.states(user, task) & self.target.spec.lifecycle.reachable(task.last_state)

    # Steps

    @step
    def create(self, number: int, user: str, ending: str, ratio: str) -> None:
        """Create a task with this ending."""
        target, key = self.target, f"{self.prefix}-{user}"
        headers = {} if ending == "SUCCEEDED" else {"X-Mock-Scenario": ending}
        exchange = self.calls.create(target.provider, key, CREATE, target.body(ratio), **headers)
        self.expect(exchange, "#status", {200})
        self.expect(exchange, "/output/task_status", {"PENDING"})
        known = {task.id for _, task in self.known.values()}
        self.expect(exchange, "/output/task_id", known, must_match=False)
        task_id = str(answer_at(exchange, "/output/task_id"))
        work = target.work_seconds(ending, ratio)
        self.known[number] = user, KnownTask(task_id, ending, self.now[user], work, ratio)
        self.plans.pop(user, None)

    @step
    def poll_twice(self, number: int) -> None:
        """Poll a task twice. The answers must be equal: a poll changes nothing."""
        if number in self.known:
            user, task = self.known[number]
            first = self.poll(user, task.id)
            self.compare_task(user, task, first)
            again = self.poll(user, task.id)
            self.compare_task(user, task, again)
            self.expect(again, "/output", SameAs(first, "/output"))
            self.expect(again, "/usage", SameAs(first, "/usage"))

    def compare_task(self, user: str, task: KnownTask, exchange: Exchange) -> None:
        self.expect(exchange, "#status", {200})
        self.expect(exchange, "/output/task_id", {task.id})
        self.expect(exchange, "/output/task_status", self.allowed(user, task))
        task.last_state = str(answer_at(exchange, "/output/task_status"))
        self.compare_times(exchange, "/output", TIMES, self.times(user, task))
        if task.last_state == "FAILED":
            outcome = self.target.spec.task_outcomes[task.ending].value["output"]
            self.expect(exchange, "/output/code", {outcome["code"]})
            self.expect(exchange, "/output/message", {outcome["message"]})
        if task.last_state == "SUCCEEDED":
            self.expect(exchange, "/usage/video_ratio", {task.ratio})
            self.expect(exchange, "/usage/video_duration", {self.target.video_seconds[task.ratio]})
            self.expect(exchange, "/usage/#names", {"video_duration, video_ratio"})

    def compare_times(
        self, exchange: Exchange, entry: str, names: Names, moments: list[TaskTime | None]
    ) -> None:
        for name, moment in zip(names, moments, strict=True):
            self.expect(exchange, f"{entry}/{name}", moment or {MISSING})

    def times(self, user: str, task: KnownTask) -> list[TaskTime | None]:
        """The times of submission, start and end that an answer shows in the task's last state;
        None for a time that it must not show."""
        start, end = self.plan(user)[task.id]
        if task.last_state == "CANCELED":
            end = task.created if task.ending == "CANCELED" else task.canceled
        worked = task.last_state in ("RUNNING", "SUCCEEDED", "FAILED")
        ended = task.last_state in ("SUCCEEDED", "FAILED", "CANCELED")
        times = (task.last_state != "UNKNOWN", task.created), (worked, start), (ended, end)
        return [TaskTime(user, moment) if is_shown else None for is_shown, moment in times]

    @step
    def cancel(self, number: int) -> None:
        if number not in self.known:
            return
        user, task = self.known[number]
        before = self.states(user, task)
        exchange = self.send(user, "POST", f"{API}/tasks/{task.id}/cancel")
        may_pass, must_pass = "PENDING" in before, before == {"PENDING"}
        self.expect(exchange, "#status", {200} if must_pass else {200, 400} if may_pass else {400})
        if exchange.status == 200:
            self.expect(exchange, "/#names", {"request_id"})
            task.canceled = self.now[user]
            self.plans.pop(user, None)
        else:
            self.expect(exchange, "/code", {"UnsupportedOperation"})

    @step
    def advance(self, user: str, pause: int) -> None:
        self.advance_clock(user, pause * TICK)

    @step
    def advance_to(self, number: int, end: bool, late: bool) -> None:
        """Move the clock to the last tick before a task starts or ends (late: the first after)."""
        if number in self.known:
            user, task = self.known[number]
            moment = self.plan(user)[task.id][end]
            if moment < task.created + self.target.timings.lifetime:
                ticks = floor((moment - self.now[user]) / TICK) + late
                self.advance_clock(user, ticks * TICK)

    @step
    def advance_to_expiry(self, number: int, late: bool) -> None:
        """Move the clock to the last tick before a task expires (late: the first tick after)."""
        if number in self.known:
            user, task = self.known[number]
            end = task.created + self.target.timings.lifetime - TICK * (not late)
            self.advance_clock(user, end - self.now[user])

    @step
    def reset(self, user: str) -> None:
        """Delete all data of a user. The fake may use the same task ids again."""
        self.send(user, "POST", RESET, "{}")
        self.now[user] = self.freeze(user)
        self.unknown_ids += [task.id for task in self.tasks(user)]
        self.known = {n: (key, task) for n, (key, task) in self.known.items() if key != user}
        self.plans.pop(user, None)

    @step
    def poll_foreign_tasks(self, user: str) -> None:
        """Poll and cancel tasks that the user does not have."""
        own = {task.id for task in self.tasks(user)}
        others = [task.id for _, task in self.known.values()]
        for task_id in [i for i in (*self.unknown_ids, *others) if i not in own][-2:]:
            polled = self.poll(user, task_id)
            self.expect(polled, "/output/task_status", {"UNKNOWN"})
            self.expect(polled, "/output/#names", {"task_id, task_status"})
            canceled = self.send(user, "POST", f"{API}/tasks/{task_id}/cancel")
            self.expect(canceled, "#status", {400})
        if user == STRANGER:
            exchange = self.listed(user)
            self.expect(exchange, "/total", {0})
            self.expect(exchange, "/data/0", {MISSING})

    @step
    def list_one_state(self, user: str, listed_state: str) -> None:
        """List the tasks of a user in one state, and compare their number."""
        states = [self.states(user, task) for task in self.tasks(user)]
        least, most = (
            sum(s == {listed_state} for s in states),
            sum(listed_state in s for s in states),
        )
        exchange = self.listed(user, f"&status={listed_state}")
        self.expect(exchange, "/total", set(range(least, most + 1)))

    # Compared after each step

    def listed(self, user: str, more: str = "") -> Exchange:
        return self.send(user, "GET", f"{API}/tasks?page_no=1&page_size=1000{more}")

    def compare_lists(self) -> None:
        """List all tasks: the newest first, and not more of them RUNNING than allowed."""
        for user in filter(self.tasks, USERS):
            alive = [t for t in self.tasks(user) if self.states(user, t) != {"UNKNOWN"}]
            exchange = self.listed(user)
            value = exchange.value
            self.expect(exchange, "/total", {len(alive)})
            self.expect(exchange, f"/data/{len(alive)}", {MISSING})
            places = self.target.timings.concurrency
            for number, task in enumerate(reversed(alive)):
                entry = f"/data/{number}"
                self.expect(exchange, f"{entry}/task_id", {task.id})
                allowed = self.allowed(user, task) - ({"RUNNING"} if places == 0 else set())
                self.expect(exchange, f"{entry}/status", allowed)
                task.last_state = str(value_of(exchange, f"{entry}/status", value))
                places -= task.last_state == "RUNNING"
                self.compare_times(exchange, entry, LISTED, self.times(user, task))


def rerun(target: FuzzTarget, steps: list[FuzzStep]) -> FailedRun | None:
    """Run these steps from a new start. Returns the failed run, or None if no step fails."""
    try:
        fresh = TaskSteps(target)
        for name, arguments in steps:
            getattr(fresh, name)(*arguments)
            fresh.compare_lists()
    except ModelMismatch:
        return target.failed_run
    return None
