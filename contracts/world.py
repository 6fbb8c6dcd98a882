"""What a state machine meets: a provider, what is known of it, and how long a way to go wrong is
made shorter."""

from __future__ import annotations

import itertools
import json
from math import inf
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import seed as seeded
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from contracts.checks.ask import at
from contracts.model import Rules
from contracts.provider import API, Provider
from contracts.sequence import Broken, Sequence
from contracts.spec import Spec

CREATE = f"{API}/services/aigc/image2video/video-synthesis"
CLOCK, FREEZE = "/__mock__/clock", '{"freeze":true}'
BOXES = {"1:1": [71, 9, 840, 778], "3:4": [0, 0, 600, 800]}
WORK = "work-seconds-per-video-second"
SHORTENED = 2_000  # calls in which a way to go wrong is made shorter


class Enough(BaseException):
    """A way to go wrong was shortened for long enough. No Exception: hypothesis would catch it."""


class World:
    """rules: how the provider's tasks go; shortened: for how many calls a way to go wrong is. Its
    videos are measured first: one of each ratio."""

    def __init__(
        self,
        spec: Spec,
        provider: Provider,
        rules: Rules | None = None,
        shortened: int = SHORTENED,
    ) -> None:
        self.spec = spec
        self.provider = provider
        self.rules = rules or Rules.of(spec)
        self.fates = sorted(name for name in spec.task_outcomes if name.startswith("FAILED"))
        self.shortest: Broken | None = None
        self._numbers = itertools.count(1)
        self._patience = shortened
        self.videos = {ratio: self._length(ratio) for ratio in BOXES}

    def next_prefix(self) -> str:
        """Of keys that nobody has used."""
        return f"{self.provider.key}-{next(self._numbers)}"

    def work(self, fate: str, ratio: str) -> float:
        """Seconds for which a task works."""
        runs_for = self.spec.task_outcomes[fate].runs_for
        if fate == "RUNNING" or runs_for is not None:
            return inf if runs_for is None else runs_for
        return float(self.spec.models["emo-v1"][WORK] * self.videos[ratio])

    def body(self, ratio: str) -> str:
        """The documented body of a creation, with an area of that ratio."""
        documented = self.spec.operations["createVideoTask"].requests["documentation"]
        given = {**documented["input"], "ext_bbox": BOXES[ratio]}
        return json.dumps({**documented, "input": given}, separators=(",", ":"))

    def went_wrong(self, broken: Broken) -> None:
        """Remember the shortest way."""
        calls = len(broken.sequence.calls)
        if self.shortest is None or calls < len(self.shortest.sequence.calls):
            self.shortest = broken

    def tire(self) -> None:
        """Count a call. Raises Enough, some time after something went wrong."""
        self._patience -= self.shortest is not None
        if self._patience <= 0:
            raise Enough

    def _length(self, ratio: str) -> Any:
        calls, key = Sequence(), f"{self.next_prefix()}-{ratio[0]}"
        calls.expect(calls.send(self.provider, key, "POST", CLOCK, FREEZE), "#status", {200})
        created = calls.create(self.provider, key, CREATE, self.body(ratio))
        calls.expect(created, "#status", {200})
        calls.send(self.provider, key, "POST", CLOCK, '{"advance":80000}')
        path = f"{API}/tasks/{at(created, '/output/task_id')}"
        done = calls.send(self.provider, key, "GET", path)
        calls.expect(done, "/usage/video_ratio", {ratio})
        length = at(done, "/usage/video_duration")
        calls.expect(
            done,
            "/usage/video_duration",
            {length if isinstance(length, int | float) else "seconds"},
        )
        return length


def run(
    world: World,
    tasks: type[RuleBasedStateMachine],
    *,
    examples: int,
    steps: int = 30,
    seed: int = 0,
) -> None:
    """Try so many orders of so many calls. Raises Broken for one that the model does not allow,
    shortened, with the calls that lead there. seed: 0 tries the same ones each time."""
    machine = type(tasks.__name__, (tasks,), {"world": world})
    told = settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=not seed,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    try:
        run_state_machine_as_test(seeded(seed)(machine) if seed else machine, settings=told)
    except (Exception, Enough):  # hypothesis wraps what ends its search early
        if world.shortest is None:
            raise
        raise world.shortest from None
