"""A User of a run: its calls with a key of its own, and the comparison of its tasks with the model.
machine.py chooses the calls."""

from __future__ import annotations

import json
from math import inf
from typing import Any

from contracts.fuzz.call_log import CallLog, SameAs, TaskTime, value_of
from contracts.fuzz.model import KnownTask, planned_times, state
from contracts.fuzz.target import CLOCK, FREEZE, FuzzTarget
from contracts.provider.exchange import Exchange, answer_at
from contracts.provider.http import API
from contracts.spec.models import SECONDS
from contracts.spec.pointers import MISSING

RESET = "/__mock__/reset"
CLOSE = 1e-5  # s: rounding error of a start or an end, which is a sum of floats
TIMES = ("submit_time", "scheduled_time", "end_time")
LISTED = ("gmt_create", "start_time", "end_time")  # the same times in a list


class User:
    """A tenant. Its clock is stopped, and only advance() moves it. key: PREFIX-NAME. now: the time
    of its clock, epoch s. tasks: its tasks, the oldest first."""

    def __init__(self, target: FuzzTarget, log: CallLog, key: str) -> None:
        self.target = target
        self.log = log
        self.name = key.rpartition("-")[2]
        self._key = key
        self.remember([])
        self.freeze()

    def freeze(self) -> None:
        """Stop the clock at its time."""
        stopped = self.send("POST", CLOCK, FREEZE)
        self.log.expect(stopped, "#status", {200})
        self.now = self.log.frozen_at[self.name] = float(answer_at(stopped, "/now"))

    def advance(self, seconds: float) -> None:
        """Move the clock. It does not go back."""
        if seconds > 0:
            moved = self.send("POST", CLOCK, json.dumps({"advance": seconds}))
            self.log.expect(moved, "#status", {200})
            self.now = answer_at(moved, "/now")

    def send(self, method: str, path: str, body: str = "") -> Exchange:
        return self.log.send(self.target.provider, self._key, method, path, body)

    def poll(self, task_id: str) -> Exchange:
        return self.send("GET", f"{API}/tasks/{task_id}")

    def cancel(self, task_id: str) -> Exchange:
        return self.send("POST", f"{API}/tasks/{task_id}/cancel")

    def list_tasks(self, more: str = "") -> Exchange:
        return self.send("GET", f"{API}/tasks?page_no=1&page_size=1000{more}")

    def remember(self, tasks: list[KnownTask]) -> None:
        """Set the tasks that the user has, and plan the start and end of each."""
        self.tasks = tasks
        self.plan = planned_times(tasks, self.target.timings)

    def moments(self, task: KnownTask) -> dict[str, float]:
        """When a task starts, ends and expires; infinite if it never does."""
        (start, end), expiry = self.plan[task.id], task.created + self.target.timings.lifetime
        start, end = (moment if moment < expiry else inf for moment in (start, end))
        return {"start": start, "end": end, "expiry": expiry}

    def states(self, task: KnownTask) -> set[str]:
        """The states that a task may have now: two if it starts or ends at this moment."""
        timings, now = self.target.timings, self.now
        span, expiry = self.plan[task.id], task.created + timings.lifetime
        around = (now - CLOSE, now, now + CLOSE)
        moments = (now,) if now >= expiry else tuple(m for m in around if m < expiry)
        return {state(task, span, moment, timings) for moment in moments}

    def allowed(self, task: KnownTask) -> set[Any]:
        """The states that an answer may show: a task never goes back to an earlier state."""
        return self.states(task) & self.target.spec.lifecycle.reachable(task.last_state)

    def times(self, task: KnownTask) -> list[TaskTime | None]:
        """The times of submission, start and end that an answer shows in the task's last state;
        None for a time that it must not show."""
        start, end = self.plan[task.id]
        if task.last_state == "CANCELED":
            end = task.created if task.ending == "CANCELED" else task.canceled
        working = self.target.video.working_states
        worked = task.last_state in (*working, "SUCCEEDED", "FAILED")
        ended = task.last_state in ("SUCCEEDED", "FAILED", "CANCELED")
        times = (task.last_state != "UNKNOWN", task.created), (worked, start), (ended, end)
        return [TaskTime(self.name, moment) if is_shown else None for is_shown, moment in times]

    def create(self, number: int, ending: str, tier: str, known_ids: set[str]) -> None:
        """Create a task with this ending. known_ids: of the tasks of all users."""
        target, expect = self.target, self.log.expect
        exchange = target.create(self.log, self._key, ending, tier)
        expect(exchange, "#status", {200})
        expect(exchange, "/output/task_status", {"PENDING"})
        expect(exchange, "/output/task_id", known_ids, must_match=False)
        task_id = str(answer_at(exchange, "/output/task_id"))
        work = target.work_seconds(ending, tier)
        task = KnownTask(number, task_id, ending, self.now, work, tier)
        self.remember([*self.tasks, task])

    def reset(self) -> None:
        """Delete all data of the user. The fake may use the same task ids again."""
        self.send("POST", RESET, "{}")
        self.freeze()
        self.remember([])

    def compare_poll(self, task: KnownTask) -> Exchange:
        """Poll a task and compare the answer with the model."""
        exchange, expect = self.poll(task.id), self.log.expect
        expect(exchange, "#status", {200})
        expect(exchange, "/output/task_id", {task.id})
        expect(exchange, "/output/task_status", self.allowed(task))
        task.last_state = str(answer_at(exchange, "/output/task_status"))
        self._compare_times(exchange, "/output", TIMES, task)
        if task.last_state == "FAILED":
            outcome = self.target.spec.task_outcomes[task.ending].value["output"]
            expect(exchange, "/output/code", {outcome["code"]})
            expect(exchange, "/output/message", {outcome["message"]})
        if task.last_state == "SUCCEEDED":
            for pointer, expected in self.target.usage(task.tier):
                expect(exchange, pointer, {expected})
            seconds = self.target.video.places(SECONDS)[0]
            expect(exchange, seconds, {self.target.video_seconds[task.tier]})
            expect(exchange, "/usage/#names", {self.target.usage_names})
        return exchange

    def compare_two_polls(self, task: KnownTask) -> None:
        """Poll a task twice. The answers must be equal: a poll changes nothing."""
        first, again = self.compare_poll(task), self.compare_poll(task)
        self.log.expect(again, "/output", SameAs(first, "/output"))
        self.log.expect(again, "/usage", SameAs(first, "/usage"))

    def compare_cancel(self, task: KnownTask) -> None:
        """Cancel a task: only one that is PENDING can be canceled."""
        before, exchange, expect = self.states(task), self.cancel(task.id), self.log.expect
        may_pass, must_pass = "PENDING" in before, before == {"PENDING"}
        expect(exchange, "#status", {200} if must_pass else {200, 400} if may_pass else {400})
        if exchange.status == 200:
            expect(exchange, "/#names", {"request_id"})
            task.canceled = self.now
            self.remember(self.tasks)
        else:
            expect(exchange, "/code", {"UnsupportedOperation"})

    def compare_list(self) -> None:
        """List all tasks: the newest first, and not more of them RUNNING than allowed."""
        alive = [task for task in self.tasks if self.states(task) != {"UNKNOWN"}]
        exchange, expect = self.list_tasks(), self.log.expect
        value = exchange.value
        expect(exchange, "/total", {len(alive)})
        expect(exchange, f"/data/{len(alive)}", {MISSING})
        places, working = self.target.timings.concurrency, {*self.target.video.working_states}
        for number, task in enumerate(reversed(alive)):
            entry = f"/data/{number}"
            expect(exchange, f"{entry}/task_id", {task.id})
            allowed = self.allowed(task) - (working if places == 0 else set())
            expect(exchange, f"{entry}/status", allowed)
            task.last_state = str(value_of(exchange, f"{entry}/status", value))
            places -= task.last_state in working
            self._compare_times(exchange, entry, LISTED, task)

    def compare_number(self, listed_state: str) -> None:
        """List the tasks in one state, and compare their number."""
        states = [self.states(task) for task in self.tasks]
        least = sum(one == {listed_state} for one in states)
        most = sum(listed_state in one for one in states)
        exchange = self.list_tasks(f"&status={listed_state}")
        self.log.expect(exchange, "/total", set(range(least, most + 1)))

    def compare_foreign(self, task_id: str) -> None:
        """Poll and cancel a task that the user does not have."""
        polled = self.poll(task_id)
        self.log.expect(polled, "/output/task_status", {"UNKNOWN"})
        self.log.expect(polled, "/output/#names", {"task_id, task_status"})
        self.log.expect(self.cancel(task_id), "#status", {400})

    def _compare_times(
        self, exchange: Exchange, entry: str, names: tuple[str, ...], task: KnownTask
    ) -> None:
        for name, moment in zip(names, self.times(task), strict=True):
            self.log.expect(exchange, f"{entry}/{name}", moment or {MISSING})
