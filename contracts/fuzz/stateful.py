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

from contracts.fuzz.shorten import Step, Way, shortened
from contracts.fuzz.steps import KEYS, STRANGER, Steps, replayed
from contracts.fuzz.world import BOXES, World

LENGTHS = (4, 12, 30)  # steps; few first: what goes wrong in four is found, and told, in four
FITS = ["PENDING", "RUNNING", "SUCCEEDED", ""]
SHOWN = ["CANCELED", "FAILED", "PENDING", "RUNNING", "SUCCEEDED"]
# "": a task that fails. One that succeeds works long: what comes behind it has to wait.
FATES = ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "RUNNING", "PENDING", "CANCELED", "UNKNOWN", ""]
pauses = st.sampled_from([0, 1024, 14 * 1024, 15 * 1024, 26 * 1024, 60 * 1024])  # ticks
keys, which = st.sampled_from(KEYS), st.integers(0, 9)
seldom = st.sampled_from([False, False, False, True])
wish = st.tuples(st.sampled_from(FATES), which, st.sampled_from(sorted(BOXES)))
wishes = st.lists(wish, min_size=1, max_size=4)


class Tasks(RuleBasedStateMachine):
    """Steps of two keys, and now and then of a stranger."""

    world: World

    @initialize(wishes=wishes)
    def start(self, wishes: list[tuple[str, int, str]]) -> None:
        self.steps = Steps(self.world)
        self.make_all(KEYS[0], wishes)

    def pick(self, who: str, number: int, fit: str = "") -> int:
        """A task of the key, or of another where it has none, the newest first: of those that may
        be in a state, where there are any. 0 where there is no task."""
        made = self.steps.made
        who = next((key for key in (who, *KEYS) if self.steps.tasks(key)), who)
        known = [n for n, (key, _) in made.items() if key == who]
        fits = [n for n in known if not fit or fit in self.steps.states(*made[n])]
        of = fits or known
        return of[-1 - number % len(of)] if of else 0

    def make_all(self, who: str, wishes: list[tuple[str, int, str]]) -> None:
        fates = self.world.fates
        for fate, other, ratio in wishes:
            number = len(self.steps.calls.ids) + 1
            self.steps.make(number, who, fate or fates[other % len(fates)], ratio)

    @rule(who=keys, wishes=wishes, pause=pauses)
    def create(self, who: str, wishes: list[tuple[str, int, str]], pause: int) -> None:
        self.steps.advance(who, pause)
        self.make_all(who, wishes)

    @rule(who=keys, number=which, fit=st.sampled_from(FITS), pause=pauses)
    def ask(self, who: str, number: int, fit: str, pause: int) -> None:
        self.steps.advance(who, pause)
        self.steps.ask(self.pick(who, number, fit))

    @rule(who=keys, number=which, fit=st.sampled_from(FITS), pause=pauses)
    def cancel(self, who: str, number: int, fit: str, pause: int) -> None:
        self.steps.advance(who, pause)
        self.steps.cancel(self.pick(who, number, fit))

    @rule(who=keys, pause=pauses)
    def advance(self, who: str, pause: int) -> None:
        self.steps.advance(who, pause)

    @rule(who=keys, number=which, end=st.booleans(), late=st.booleans())
    def wait_for(self, who: str, number: int, end: bool, late: bool) -> None:
        self.steps.wait_for(self.pick(who, number), end, late)

    @rule(who=keys, number=which, late=st.booleans(), really=seldom)
    def wait_till_it_expires(self, who: str, number: int, late: bool, really: bool) -> None:
        if really:
            self.steps.wait_till_it_expires(self.pick(who, number), late)

    @rule(who=keys, really=seldom)
    def reset(self, who: str, really: bool) -> None:
        if really:
            self.steps.reset(who)

    @rule(who=st.sampled_from((*KEYS, STRANGER)))
    def ask_for_what_is_not_ones_own(self, who: str) -> None:
        self.steps.ask_for_what_is_not_ones_own(who)

    @rule(who=keys, wanted=st.sampled_from(SHOWN))
    def filter(self, who: str, wanted: str) -> None:
        self.steps.filter(who, wanted)

    @invariant()
    def lists_show_what_the_model_knows(self) -> None:
        self.steps.lists_show_what_the_model_knows()


def run(world: World, *, examples: int, seed: int = 0) -> None:
    """Try the fixed orders of steps, then so many random ones, as many of each length. Raises
    Broken for one that the model does not allow, shortened, with the calls that lead there. seed: 0
    tries the same each time."""
    tried = (replayed(world, steps) for steps in fixed_orders())
    way = next((way for way in tried if way), None) or random_orders(world, examples, seed)
    if way:
        shortest, _ = shortened(way, lambda steps: replayed(world, steps))
        raise shortest


def fixed_orders() -> Iterator[list[Step]]:
    """Orders so short that no run may miss them: a task is canceled, and asked for with another
    key, while it is PENDING, RUNNING and SUCCEEDED; two tasks at a time."""
    one, two = KEYS
    make, start, end = (
        ("make", (1, one, "SUCCEEDED", "1:1")),
        ("wait_for", (1, False, True)),
        ("wait_for", (1, True, True)),
    )
    for waits in ([], [start], [start, end]):
        yield [make, *waits, ("cancel", (1,)), ("ask", (1,))]
        yield [make, *waits, ("ask_for_what_is_not_ones_own", (two,)), ("ask", (1,))]
    yield [make, ("make", (2, one, "SUCCEEDED", "3:4")), start, end]


def random_orders(world: World, examples: int, seed: int = 0) -> Way | None:
    """The first order that the model does not allow, as long as it was found."""
    machine = type("Tasks", (Tasks,), {"world": world})
    told = settings(
        max_examples=-(-examples // len(LENGTHS)),
        derandomize=not seed,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],  # to make a way shorter by its steps takes far fewer calls
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    try:
        for length in LENGTHS:
            run_state_machine_as_test(
                seeded(seed)(machine) if seed else machine,
                settings=settings(told, stateful_step_count=length),
            )
    except Exception:  # hypothesis wraps what it cannot repeat
        if world.way is None:
            raise
    return world.way
