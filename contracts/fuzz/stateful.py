"""Calls in any order, compared with the model: first some fixed orders, then random ones that
hypothesis chooses. The provider needs a control API, which moves its clock."""

from __future__ import annotations

from collections.abc import Iterator

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

from contracts.fuzz.shorten import FailedRun, FuzzStep, shortened
from contracts.fuzz.steps import STRANGER, USERS, TaskSteps, rerun
from contracts.fuzz.target import BOXES, FuzzTarget

LENGTHS = (4, 12, 30)  # steps of a run; the short ones first, to report a short failure
FITS = ["PENDING", "RUNNING", "SUCCEEDED", ""]
LISTED_STATES = ["CANCELED", "FAILED", "PENDING", "RUNNING", "SUCCEEDED"]
# "": any FAILED outcome. Tasks that succeed run for long, so the tasks behind them must wait.
ENDINGS = ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "RUNNING", "PENDING", "CANCELED", "UNKNOWN", ""]
pauses = st.sampled_from([0, 1024, 14 * 1024, 15 * 1024, 26 * 1024, 60 * 1024])  # ticks
users, numbers = st.sampled_from(USERS), st.integers(0, 9)
rarely = st.sampled_from([False, False, False, True])
new_task = st.tuples(st.sampled_from(ENDINGS), numbers, st.sampled_from(sorted(BOXES)))
new_tasks = st.lists(new_task, min_size=1, max_size=4)


class TaskMachine(RuleBasedStateMachine):
    """Chooses steps of two users, and sometimes of a stranger, who has no task."""

    target: FuzzTarget

    @initialize(new_tasks=new_tasks)
    def start(self, new_tasks: list[tuple[str, int, str]]) -> None:
        self.steps = TaskSteps(self.target)
        self.create_all(USERS[0], new_tasks)

    def pick(self, user: str, number: int, fit: str = "") -> int:
        """The number of a task of the user, or of the other user if this one has none, counted
        from the newest. fit: prefer a task in this state. Returns 0 if there is no task."""
        tasks = self.steps.known
        user = next((key for key in (user, *USERS) if self.steps.tasks(key)), user)
        known = [n for n, (key, _) in tasks.items() if key == user]
        fits = [n for n in known if not fit or fit in self.steps.states(*tasks[n])]
        choices = fits or known
        return choices[-1 - number % len(choices)] if choices else 0

    def create_all(self, user: str, new_tasks: list[tuple[str, int, str]]) -> None:
        endings = self.target.failed_endings
        for ending, other, ratio in new_tasks:
            number = len(self.steps.calls.task_ids) + 1
            self.steps.create(number, user, ending or endings[other % len(endings)], ratio)

    @rule(user=users, new_tasks=new_tasks, pause=pauses)
    def create(self, user: str, new_tasks: list[tuple[str, int, str]], pause: int) -> None:
        self.steps.advance(user, pause)
        self.create_all(user, new_tasks)

    @rule(user=users, number=numbers, fit=st.sampled_from(FITS), pause=pauses)
    def poll_twice(self, user: str, number: int, fit: str, pause: int) -> None:
        self.steps.advance(user, pause)
        self.steps.poll_twice(self.pick(user, number, fit))

    @rule(user=users, number=numbers, fit=st.sampled_from(FITS), pause=pauses)
    def cancel(self, user: str, number: int, fit: str, pause: int) -> None:
        self.steps.advance(user, pause)
        self.steps.cancel(self.pick(user, number, fit))

    @rule(user=users, pause=pauses)
    def advance(self, user: str, pause: int) -> None:
        self.steps.advance(user, pause)

    @rule(user=users, number=numbers, end=st.booleans(), late=st.booleans())
    def advance_to(self, user: str, number: int, end: bool, late: bool) -> None:
        self.steps.advance_to(self.pick(user, number), end, late)

    @rule(user=users, number=numbers, late=st.booleans(), really=rarely)
    def advance_to_expiry(self, user: str, number: int, late: bool, really: bool) -> None:
        if really:
            self.steps.advance_to_expiry(self.pick(user, number), late)

    @rule(user=users, really=rarely)
    def reset(self, user: str, really: bool) -> None:
        if really:
            self.steps.reset(user)

    @rule(user=st.sampled_from((*USERS, STRANGER)))
    def poll_foreign_tasks(self, user: str) -> None:
        self.steps.poll_foreign_tasks(user)

    @rule(user=users, state=st.sampled_from(LISTED_STATES))
    def list_one_state(self, user: str, state: str) -> None:
        self.steps.list_one_state(user, state)

    @invariant()
    def compare_lists(self) -> None:
        self.steps.compare_lists()


def run(target: FuzzTarget, *, examples: int, seed: int = 0) -> None:
    """Run the fixed orders of steps, then `examples` random ones, the same number for each length.
    seed: 0 runs the same orders each time. Raises ModelMismatch for the first answer that the model
    does not allow, with the shortest calls that lead to it."""
    tried = (rerun(target, steps) for steps in fixed_orders())
    failed = next(filter(None, tried), None) or random_orders(target, examples, seed)
    if failed:
        shortest, _ = shortened(failed, lambda steps: rerun(target, steps))
        raise shortest


def fixed_orders() -> Iterator[list[FuzzStep]]:
    """Short orders that are always run: a task is canceled, or polled by another user, while it is
    PENDING, RUNNING or SUCCEEDED; and two tasks at the same time."""
    one, two = USERS
    create, start, end = (
        ("create", (1, one, "SUCCEEDED", "1:1")),
        ("advance_to", (1, False, True)),
        ("advance_to", (1, True, True)),
    )
    for steps in ([], [start], [start, end]):
        yield [create, *steps, ("cancel", (1,)), ("poll_twice", (1,))]
        yield [create, *steps, ("poll_foreign_tasks", (two,)), ("poll_twice", (1,))]
    yield [create, ("create", (2, one, "SUCCEEDED", "3:4")), start, end]


def random_orders(target: FuzzTarget, examples: int, seed: int = 0) -> FailedRun | None:
    """Run random orders until one fails, and return it, not shortened; None if none fails."""
    machine = type("TaskMachine", (TaskMachine,), {"target": target})
    options = settings(
        max_examples=-(-examples // len(LENGTHS)),
        derandomize=not seed,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],  # shorten.py needs far fewer calls than hypothesis
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
        if target.failed_run is None:
            raise
    return target.failed_run
