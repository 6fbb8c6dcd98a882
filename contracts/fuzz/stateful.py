"""Any order of steps that a client may come to: first a few fixed ones, then hypothesis chooses.
contracts/fuzz/steps.py does them, on a provider whose time the control API moves."""

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
from contracts.fuzz.steps import KEYS, STRANGER, TaskSteps, rerun
from contracts.fuzz.target import BOXES, FuzzTarget

LENGTHS = (4, 12, 30)  # steps; few first: what goes wrong in four is found, and chosen, in four
FITS = ["PENDING", "RUNNING", "SUCCEEDED", ""]
LISTED_STATES = ["CANCELED", "FAILED", "PENDING", "RUNNING", "SUCCEEDED"]
# "": a task that fails. One that succeeds works long: what comes behind it has to wait.
ENDINGS = ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "RUNNING", "PENDING", "CANCELED", "UNKNOWN", ""]
pauses = st.sampled_from([0, 1024, 14 * 1024, 15 * 1024, 26 * 1024, 60 * 1024])  # ticks
keys, which = st.sampled_from(KEYS), st.integers(0, 9)
seldom = st.sampled_from([False, False, False, True])
wish = st.tuples(st.sampled_from(ENDINGS), which, st.sampled_from(sorted(BOXES)))
wishes = st.lists(wish, min_size=1, max_size=4)


class TaskMachine(RuleBasedStateMachine):
    """TaskSteps of two keys, and now and then of a stranger."""

    target: FuzzTarget

    @initialize(wishes=wishes)
    def start(self, wishes: list[tuple[str, int, str]]) -> None:
        self.steps = TaskSteps(self.target)
        self.create_all(KEYS[0], wishes)

    def pick(self, user: str, number: int, fit: str = "") -> int:
        """A task of the key, or of another where it has none, the newest first: of those that may
        be in a state, where there are any. 0 where there is no task."""
        made = self.steps.known
        user = next((key for key in (user, *KEYS) if self.steps.tasks(key)), user)
        known = [n for n, (key, _) in made.items() if key == user]
        fits = [n for n in known if not fit or fit in self.steps.states(*made[n])]
        of = fits or known
        return of[-1 - number % len(of)] if of else 0

    def create_all(self, user: str, wishes: list[tuple[str, int, str]]) -> None:
        endings = self.target.failed_endings
        for ending, other, ratio in wishes:
            number = len(self.steps.calls.task_ids) + 1
            self.steps.create(number, user, ending or endings[other % len(endings)], ratio)

    @rule(user=keys, wishes=wishes, pause=pauses)
    def create(self, user: str, wishes: list[tuple[str, int, str]], pause: int) -> None:
        self.steps.advance(user, pause)
        self.create_all(user, wishes)

    @rule(user=keys, number=which, fit=st.sampled_from(FITS), pause=pauses)
    def poll_twice(self, user: str, number: int, fit: str, pause: int) -> None:
        self.steps.advance(user, pause)
        self.steps.poll_twice(self.pick(user, number, fit))

    @rule(user=keys, number=which, fit=st.sampled_from(FITS), pause=pauses)
    def cancel(self, user: str, number: int, fit: str, pause: int) -> None:
        self.steps.advance(user, pause)
        self.steps.cancel(self.pick(user, number, fit))

    @rule(user=keys, pause=pauses)
    def advance(self, user: str, pause: int) -> None:
        self.steps.advance(user, pause)

    @rule(user=keys, number=which, end=st.booleans(), late=st.booleans())
    def advance_to(self, user: str, number: int, end: bool, late: bool) -> None:
        self.steps.advance_to(self.pick(user, number), end, late)

    @rule(user=keys, number=which, late=st.booleans(), really=seldom)
    def advance_to_expiry(self, user: str, number: int, late: bool, really: bool) -> None:
        if really:
            self.steps.advance_to_expiry(self.pick(user, number), late)

    @rule(user=keys, really=seldom)
    def reset(self, user: str, really: bool) -> None:
        if really:
            self.steps.reset(user)

    @rule(user=st.sampled_from((*KEYS, STRANGER)))
    def poll_foreign_tasks(self, user: str) -> None:
        self.steps.poll_foreign_tasks(user)

    @rule(user=keys, wanted=st.sampled_from(LISTED_STATES))
    def list_one_state(self, user: str, wanted: str) -> None:
        self.steps.list_one_state(user, wanted)

    @invariant()
    def compare_lists(self) -> None:
        self.steps.compare_lists()


def run(target: FuzzTarget, *, examples: int, seed: int = 0) -> None:
    """Try the fixed orders of steps, then so many random ones, as many of each length. Raises
    ModelMismatch, shortened, for the first one that the model does not allow. seed: 0 tries the
    same each time."""
    tried = (rerun(target, steps) for steps in fixed_orders())
    failed = next((failed for failed in tried if failed), None) or random_orders(
        target, examples, seed
    )
    if failed:
        shortest, _ = shortened(failed, lambda steps: rerun(target, steps))
        raise shortest


def fixed_orders() -> Iterator[list[FuzzStep]]:
    """Orders so short that no run may miss them: a task is canceled, and asked for with another
    key, while it is PENDING, RUNNING and SUCCEEDED; two tasks at a time."""
    one, two = KEYS
    create, start, end = (
        ("create", (1, one, "SUCCEEDED", "1:1")),
        ("advance_to", (1, False, True)),
        ("advance_to", (1, True, True)),
    )
    for waits in ([], [start], [start, end]):
        yield [create, *waits, ("cancel", (1,)), ("poll_twice", (1,))]
        yield [create, *waits, ("poll_foreign_tasks", (two,)), ("poll_twice", (1,))]
    yield [create, ("create", (2, one, "SUCCEEDED", "3:4")), start, end]


def random_orders(target: FuzzTarget, examples: int, seed: int = 0) -> FailedRun | None:
    """The first order that the model does not allow, as long as it was found."""
    machine = type("Tasks", (TaskMachine,), {"target": target})
    chosen = settings(
        max_examples=-(-examples // len(LENGTHS)),
        derandomize=not seed,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],  # to make a failed shorter by its steps takes far fewer calls
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    try:
        for length in LENGTHS:
            run_state_machine_as_test(
                seeded(seed)(machine) if seed else machine,
                settings=settings(chosen, stateful_step_count=length),
            )
    except Exception:  # hypothesis wraps what it cannot repeat
        if target.failed_run is None:
            raise
    return target.failed_run
