"""The events of one run, collected in one record for the reports. It adds nothing and drops
nothing: `events()` returns the same events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from contracts.verify.events import (
    RESULTS,
    CheckEnded,
    CheckStarted,
    Claim,
    Ended,
    Event,
    Result,
    Started,
)

Verdict = Literal["passed", "failed", "nothing", "unfinished"]


class RunRecord(Struct, frozen=True):
    """A run. checks: the checks that ended, in order. running: the claim of the check that was
    running when the run was interrupted. ended: None if the run was interrupted."""

    started: Started
    checks: tuple[CheckEnded, ...] = ()
    running: Claim | None = None
    ended: Ended | None = None

    @classmethod
    def of(cls, events: Iterable[Event]) -> RunRecord:
        """The record of these events. Raises ValueError if the first one is not Started."""
        events = iter(events)
        started = next(events, None)
        if not isinstance(started, Started):
            raise ValueError(f"the events of a run begin with Started, not with {started!r}")
        checks: list[CheckEnded] = []
        running, ended = None, None
        for event in events:
            if isinstance(event, CheckStarted):
                running = event.claim
            elif isinstance(event, CheckEnded):
                checks.append(event)
                running = None
            elif isinstance(event, Ended):
                ended = event
        return cls(started, tuple(checks), running, ended)

    def events(self) -> Iterator[Event]:
        """The events from which the record was made."""
        yield self.started
        for check in self.checks:
            yield CheckStarted(check.claim)
            yield check
        if self.running:
            yield CheckStarted(self.running)
        if self.ended:
            yield self.ended

    @property
    def verdict(self) -> Verdict:
        """The verdict. `nothing`: the run ended, but all checks were skipped."""
        if self.ended is None:
            return "unfinished"
        if self.ended.passed:
            return "passed"
        return "failed" if self.counts["failed"] else "nothing"

    @property
    def counts(self) -> dict[Result, int]:
        """The number of checks with each result so far."""
        return {result: len(self.with_result(result)) for result in RESULTS}

    @property
    def seconds(self) -> float:
        """The duration of the run; of an interrupted run, the duration of its checks."""
        return self.ended.seconds if self.ended else sum(c.seconds for c in self.checks)

    @property
    def spent(self) -> float:
        """The cost in CNY, by the documented prices."""
        return self.ended.spent if self.ended else sum(c.spent for c in self.checks)

    def with_result(self, *results: Result) -> list[CheckEnded]:
        """The checks with one of these results."""
        return [check for check in self.checks if check.result in results]

    def groups(self) -> list[tuple[str, list[CheckEnded]]]:
        """The name of each group with its checks, in the order of the run."""
        groups: dict[str, list[CheckEnded]] = {}
        for check in self.checks:
            groups.setdefault(check.claim.group, []).append(check)
        return list(groups.items())
