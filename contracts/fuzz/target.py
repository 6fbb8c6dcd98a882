"""The FuzzTarget: the provider under test, with the values that the model of its tasks needs."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from math import inf
from typing import Any

from contracts.fuzz.call_log import CallLog
from contracts.fuzz.model import ModelTimings
from contracts.provider.exchange import Exchange, answer_at
from contracts.provider.http import API, Provider
from contracts.spec.loader import Spec
from contracts.spec.models import SECONDS, TIER, of_tier
from contracts.verify.context import ASYNC_HEADER
from contracts.verify.model_under_test import ModelUnderTest

CLOCK, FREEZE = "/__mock__/clock", '{"freeze":true}'


class FuzzTarget:
    """timings: of the provider's tasks, None for those of the spec. model: the model of the tasks,
    by default the first one of the spec. The constructor creates a task for each tier, to learn the
    length of its video."""

    def __init__(
        self,
        spec: Spec,
        provider: Provider,
        timings: ModelTimings | None = None,
        model: str = "",
    ) -> None:
        self.spec = spec
        self.provider = provider
        self.tested = ModelUnderTest(spec, model)
        self.video = self.tested.video
        self.create_path = API + self.tested.create.template
        self.timings = timings or ModelTimings.of(self.video)
        outcomes = (o for o in spec.endings_of(self.tested.name).values() if o.documented)
        self.failed_endings = sorted(o.name for o in outcomes if o.state == "FAILED")
        self._numbers = itertools.count(1)
        self.video_seconds = {tier: self._length(tier) for tier in self.video.tiers}

    def next_prefix(self) -> str:
        """A new prefix for API keys, so that each run has tenants of its own."""
        return f"{self.provider.key}-{next(self._numbers)}"

    def work_seconds(self, ending: str, tier: str) -> float:
        """Seconds for which a task is worked on."""
        runs_for = None if ending == "SUCCEEDED" else self.spec.task_outcomes[ending].runs_for
        if ending == "RUNNING" or runs_for is not None:
            return inf if runs_for is None else runs_for
        further = sum(seconds for _, seconds in (*self.timings.before, *self.timings.after))
        running: float = self.video.work_seconds_per_video_second * self.video_seconds[tier]
        return running + further

    def body(self, tier: str) -> str:
        """The documented body of a create call, of this tier."""
        sent = of_tier(self.video, self.tested.body, self.tested.request, tier)
        return json.dumps(sent, separators=(",", ":"))

    def create(self, log: CallLog, key: str, ending: str, tier: str) -> Exchange:
        """Send a call that creates a task with this ending, and record it."""
        headers = {ASYNC_HEADER: "enable"}
        headers |= {} if ending == "SUCCEEDED" else {"X-Mock-Scenario": ending}
        path, body = self.create_path, self.body(tier)
        return log.send(self.provider, key, "POST", path, body, creates=True, **headers)

    def usage(self, tier: str) -> Iterator[tuple[str, Any]]:
        """The pointers in the answer of a task that say its tier, with the value for this one."""
        for pointer, fact in self.video.answer.items():
            if fact == TIER or isinstance(fact, dict):
                yield pointer, fact[tier] if isinstance(fact, dict) else tier

    @property
    def usage_names(self) -> str:
        """The sorted names of the fields of the usage."""
        return ", ".join(sorted(self.spec.outcomes[self.video.succeeds].value["usage"]))

    def _length(self, tier: str) -> Any:
        calls, key = CallLog(), f"{self.next_prefix()}-{tier[0]}"
        calls.expect(calls.send(self.provider, key, "POST", CLOCK, FREEZE), "#status", {200})
        created = self.create(calls, key, "SUCCEEDED", tier)
        calls.expect(created, "#status", {200})
        calls.send(self.provider, key, "POST", CLOCK, '{"advance":80000}')
        path = f"{API}/tasks/{answer_at(created, '/output/task_id')}"
        done = calls.send(self.provider, key, "GET", path)
        for pointer, expected in self.usage(tier):
            calls.expect(done, pointer, {expected})
        place = self.video.places(SECONDS)[0]
        length = answer_at(done, place)
        calls.expect(done, place, {length if isinstance(length, int | float) else "seconds"})
        return length
