"""Calls in any order, compared with the model: first some fixed orders, then random ones that
hypothesis chooses. The provider needs a control API, which moves its clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial, wraps
from math import ceil, inf
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from contracts.fuzz.call_log import CallLog, ModelMismatch
from contracts.fuzz.model import KnownTask
from contracts.fuzz.shorten import FailedRun, FuzzStep, shortened
from contracts.fuzz.target import FuzzTarget
from contracts.fuzz.user import User

ONE, TWO, STRANGER = "one", "two", "stranger"  # the stranger has no task
LENGTHS = (4, 12, 30)  # steps of a run; the short ones first, to report a short failure
TICK = 1 / 1024  # s: all times are whole ticks, so that their sums are exact
# "": any FAILED outcome. Tasks that succeed run for long, so the tasks behind them must wait.
ENDINGS = ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "RUNNING", "PENDING", "CANCELED", "UNKNOWN", ""]


def step(**strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Any]:
    """Make a method a rule of hypothesis, often after a pause, and append each call of it to
    `self.done`."""
    as_rule: Any = rule  # its types do not allow **strategies

    def decorate(method: Callable[..., None]) -> Any:
        @wraps(method)
        def recorded(self: TaskMachine, pause: int = 0, **arguments: Any) -> None:
            if pause:
                self.advance(name=self.name_of(**arguments), ticks=pause)
            self.done.append(partial(recorded, **arguments))
            method(self, **arguments)

        return as_rule(pause=pauses, **strategies)(recorded)

    return decorate


def _ending(machine: TaskMachine, ending: str, number: int) -> str:
    failed = machine.target.failed_endings
    return ending or failed[number % len(failed)]


def _number(machine: TaskMachine, name: str, number: int, state: str) -> int:
    """The number of a task in this state, or of another one if there is none: of the named user if
    it has tasks, counted from the newest. Returns 0 if there is no task."""
    tasks = list(machine.tasks.values())
    own = [(user, task) for user, task in tasks if user.name == name] or tasks
    choices = [(user, task) for user, task in own if state in user.states(task)] or own
    return choices[-1 - number % len(choices)][1].number if choices else 0


tiers = st.builds(
    lambda machine, number: machine.target.video.tiers[number % len(machine.target.video.tiers)],
    st.runner(), st.integers(0, 1),
)  # fmt: skip
names, small = st.sampled_from([ONE, TWO]), st.integers(0, 9)
pauses = st.sampled_from([0, 1024, 14 * 1024, 15 * 1024, 26 * 1024, 60 * 1024])  # ticks
states = st.sampled_from(["PENDING", "RUNNING", "SUCCEEDED", ""])  # "": any
rarely = st.sampled_from([False, False, False, True])
moments = st.sampled_from(["start", "end", "start", "end", "expiry"])
listed_states = st.sampled_from(["CANCELED", "FAILED", "PENDING", "RUNNING", "SUCCEEDED"])
new_numbers = st.builds(lambda machine: len(machine.log.task_ids) + 1, st.runner())
endings = st.builds(_ending, st.runner(), st.sampled_from(ENDINGS), small)
numbers = st.builds(_number, st.runner(), names, small, states)


class TaskMachine(RuleBasedStateMachine):
    """The steps of two users, and of a stranger. Each sends calls, and raises ModelMismatch for an
    answer that the model does not allow. A step with a task that is not there does nothing. done:
    the steps so far. failed: the last run that failed."""

    target: FuzzTarget
    failed: FailedRun | None = None

    def __init__(self) -> None:
        super().__init__()
        self.done: list[FuzzStep] = []
        self.log = CallLog()
        self.prefix = self.target.next_prefix()
        self.users: dict[str, User] = {}
        self.unknown_ids = ["1111"]

    def teardown(self) -> None:
        if self.log.mismatch:
            type(self).failed = self.log.mismatch, self.done

    def user(self, name: str) -> User:
        """The user of this name. Its first use stops its clock."""
        if name not in self.users:
            self.users[name] = User(self.target, self.log, f"{self.prefix}-{name}")
        return self.users[name]

    @property
    def tasks(self) -> dict[int, tuple[User, KnownTask]]:
        """The tasks by number, each with its user."""
        return {task.number: (user, task) for user in self.users.values() for task in user.tasks}

    def name_of(self, name: str = "", number: int = 0, **_: Any) -> str:
        """The user of a step with these arguments."""
        return name or (self.tasks[number][0].name if number in self.tasks else ONE)

    @initialize(new_tasks=st.lists(st.tuples(endings, tiers), min_size=1, max_size=4))
    def start(self, new_tasks: list[tuple[str, str]]) -> None:
        for number, (ending, tier) in enumerate(new_tasks, 1):
            self.create(number=number, name=ONE, ending=ending, tier=tier)

    @step(number=new_numbers, name=names, ending=endings, tier=tiers)
    def create(self, number: int, name: str, ending: str, tier: str) -> None:
        known_ids = {task.id for _, task in self.tasks.values()}
        self.user(name).create(number, ending, tier, known_ids)

    @step(number=numbers)
    def poll_twice(self, number: int) -> None:
        if number in self.tasks:
            user, task = self.tasks[number]
            user.compare_two_polls(task)

    @step(number=numbers)
    def cancel(self, number: int) -> None:
        if number in self.tasks:
            user, task = self.tasks[number]
            user.compare_cancel(task)

    @step(name=names, ticks=pauses)
    def advance(self, name: str, ticks: int) -> None:
        self.user(name).advance(ticks * TICK)

    @step(number=numbers, moment=moments, late=st.booleans())
    def advance_to(self, number: int, moment: str, late: bool) -> None:
        """Move the clock to the last tick before a moment of a task, or (late) the first after."""
        if number in self.tasks:
            user, task = self.tasks[number]
            seconds = user.moments(task)[moment] - user.now
            if seconds < inf:
                user.advance((ceil(seconds / TICK) - (not late)) * TICK)

    @step(name=names, really=rarely)
    def reset(self, name: str, really: bool) -> None:
        if really:
            self.unknown_ids += [task.id for task in self.user(name).tasks]
            self.user(name).reset()

    @step(name=st.sampled_from([ONE, TWO, STRANGER]))
    def poll_foreign_tasks(self, name: str) -> None:
        """Poll and cancel tasks that the user does not have."""
        user = self.user(name)
        own = [task.id for task in user.tasks]
        others = [task.id for _, task in self.tasks.values()]
        for task_id in [one for one in (*self.unknown_ids, *others) if one not in own][-2:]:
            user.compare_foreign(task_id)
        if name == STRANGER:
            user.compare_list()

    @step(name=names, state=listed_states)
    def list_one_state(self, name: str, state: str) -> None:
        self.user(name).compare_number(state)

    @invariant()
    def compare_lists(self) -> None:
        for user in self.users.values():
            if user.tasks:
                user.compare_list()


def run(target: FuzzTarget, *, examples: int, seed: int = 0) -> None:
    """Run the fixed orders of steps, then `examples` random ones, the same number for each length.
    seed: 0 runs the same orders each time. Raises ModelMismatch for the first answer that the model
    does not allow, with the shortest calls that lead to it."""
    tried = (rerun(target, steps) for steps in fixed_orders(target))
    failed = next(filter(None, tried), None) or random_orders(target, examples, seed)
    if failed:
        shortest, _ = shortened(failed, partial(rerun, target))
        raise shortest


def fixed_orders(target: FuzzTarget) -> Iterator[list[FuzzStep]]:
    """Short orders that are always run: a task is canceled, or polled by another user, while it is
    PENDING, RUNNING or SUCCEEDED; a task fails; and two tasks at the same time."""
    first, last = target.video.tiers[0], target.video.tiers[-1]
    create, other, failing = (
        partial(TaskMachine.create, number=number, name=ONE, ending=ending, tier=tier)
        for number, ending, tier in (
            (1, "SUCCEEDED", first),
            (2, "SUCCEEDED", last),
            (1, target.failed_endings[0], first),
        )
    )
    start, end = (
        partial(TaskMachine.advance_to, number=1, moment=moment, late=True)
        for moment in ("start", "end")
    )
    poll, cancel = (partial(do, number=1) for do in (TaskMachine.poll_twice, TaskMachine.cancel))
    for steps in ([], [start], [start, end]):
        yield [create, *steps, cancel, poll]
        yield [create, *steps, partial(TaskMachine.poll_foreign_tasks, name=TWO), poll]
    yield [failing, end, poll]
    yield [create, other, start, end]


def rerun(target: FuzzTarget, steps: list[FuzzStep]) -> FailedRun | None:
    """Run these steps from a new start. Returns the failed run, or None if no step fails."""
    machine = _machine(target)()
    try:
        for do in steps:
            do(machine)
            machine.compare_lists()
    except ModelMismatch as mismatch:
        return mismatch, machine.done
    return None


def random_orders(target: FuzzTarget, examples: int, seed: int = 0) -> FailedRun | None:
    """Run random orders until one fails, and return it, not shortened; None if none fails."""
    machine = _machine(target)
    options = settings(
        max_examples=-(-examples // len(LENGTHS)),
        derandomize=not seed,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],  # shorten.py follows
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    try:
        for length in LENGTHS:
            run_state_machine_as_test(
                seeded(seed)(machine) if seed else machine,
                settings=settings(options, stateful_step_count=length),
            )
    except Exception:  # hypothesis wraps a failure that it cannot repeat
        if machine.failed is None:
            raise
    return machine.failed


def _machine(target: FuzzTarget) -> type[TaskMachine]:
    return type("TaskMachine", (TaskMachine,), {"target": target})
