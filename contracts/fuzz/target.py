"""The FuzzTarget: the provider under test, with the values that the model of its tasks needs."""

from __future__ import annotations

import itertools
import json
from math import inf
from typing import Any

from contracts.fuzz.call_log import CallLog
from contracts.fuzz.model import ModelTimings
from contracts.provider.exchange import Exchange, answer_at
from contracts.provider.http import API, Provider
from contracts.spec.loader import Spec
from contracts.verify.context import ASYNC_HEADER

CREATE = f"{API}/services/aigc/image2video/video-synthesis"
CLOCK, FREEZE = "/__mock__/clock", '{"freeze":true}'
BOXES = {"1:1": [71, 9, 840, 778], "3:4": [0, 0, 600, 800]}
WORK = "work-seconds-per-video-second"


class FuzzTarget:
    """timings: of the provider's tasks, None for those of the spec. The constructor creates a task
    for each ratio, to learn the length of its video."""

    def __init__(self, spec: Spec, provider: Provider, timings: ModelTimings | None = None) -> None:
        self.spec = spec
        self.provider = provider
        self.timings = timings or ModelTimings.of(spec)
        outcomes = (o for o in spec.task_outcomes.values() if o.documented)
        self.failed_endings = sorted(o.name for o in outcomes if o.name.startswith("FAILED"))
        self._numbers = itertools.count(1)
        self.video_seconds = {ratio: self._length(ratio) for ratio in BOXES}

    def next_prefix(self) -> str:
        """A new prefix for API keys, so that each run has tenants of its own."""
        return f"{self.provider.key}-{next(self._numbers)}"

    def work_seconds(self, ending: str, ratio: str) -> float:
        """Seconds for which a task runs."""
        runs_for = self.spec.task_outcomes[ending].runs_for
        if ending == "RUNNING" or runs_for is not None:
            return inf if runs_for is None else runs_for
        return float(self.spec.models["emo-v1"][WORK] * self.video_seconds[ratio])

    def body(self, ratio: str) -> str:
        """The documented body of a create call, with an ext_bbox of this ratio."""
        documented = self.spec.operations["createVideoTask"].requests["documentation"]
        given = {**documented["input"], "ext_bbox": BOXES[ratio]}
        return json.dumps({**documented, "input": given}, separators=(",", ":"))

    def create(self, log: CallLog, key: str, ending: str, ratio: str) -> Exchange:
        """Send a call that creates a task with this ending, and record it."""
        headers = {ASYNC_HEADER: "enable"}
        headers |= {} if ending == "SUCCEEDED" else {"X-Mock-Scenario": ending}
        body = self.body(ratio)
        return log.send(self.provider, key, "POST", CREATE, body, creates=True, **headers)

    def _length(self, ratio: str) -> Any:
        calls, key = CallLog(), f"{self.next_prefix()}-{ratio[0]}"
        calls.expect(calls.send(self.provider, key, "POST", CLOCK, FREEZE), "#status", {200})
        created = self.create(calls, key, "SUCCEEDED", ratio)
        calls.expect(created, "#status", {200})
        calls.send(self.provider, key, "POST", CLOCK, '{"advance":80000}')
        path = f"{API}/tasks/{answer_at(created, '/output/task_id')}"
        done = calls.send(self.provider, key, "GET", path)
        calls.expect(done, "/usage/video_ratio", {ratio})
        length = answer_at(done, "/usage/video_duration")
        calls.expect(
            done,
            "/usage/video_duration",
            {length if isinstance(length, int | float) else "seconds"},
        )
        return length
