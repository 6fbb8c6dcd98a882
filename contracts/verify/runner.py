"""Runs checks against a provider and yields events. It selects and orders the checks, applies the
budget and the baseline, and counts the results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from random import Random

from contracts.provider.budget import OverBudget
from contracts.provider.http import Provider, Unreachable
from contracts.spec.loader import Spec
from contracts.verify.baseline import Baseline
from contracts.verify.context import CheckContext, Skip, StopCheck
from contracts.verify.events import (
    RESULTS,
    SEVERITIES,
    STALE,
    CheckEnded,
    CheckStarted,
    Claim,
    Ended,
    Event,
    Result,
    Severity,
    Started,
    group_of,
)
from contracts.verify.model_under_test import Media, ModelUnderTest
from contracts.verify.registry import Check, all_checks
from contracts.verify.run_task import run_task
from contracts.verify.trace import TaskTrace


class UnknownCheck(Exception):
    """No check and no group has this name."""


def select(
    checks: Mapping[str, Check],
    only: Iterable[str] = (),
    skip: Iterable[str] = (),
    tier: str = "paid",
) -> list[Check]:
    """The checks to run, in their order. only, skip: ids of checks or names of groups, the part of
    an id before the dot. tier: `free` leaves out checks that may be charged. Raises UnknownCheck
    with the unknown name."""
    only, skip = list(only), list(skip)
    groups = {group_of(id) for id in checks}
    for name in (*only, *skip):
        if name not in checks and name not in groups:
            raise UnknownCheck(name)
    return [
        check
        for id, check in checks.items()
        if (not only or {id, group_of(id)} & set(only))
        and not {id, group_of(id)} & set(skip)
        and (tier == "paid" or check.tier == tier)
    ]


class Verification:
    """One run. checks: from select(), None for all. timeout: seconds of real time for a task to
    end. fail_on: the lowest severity for which the run fails. baseline: the accepted differences; a
    check fails if an accepted difference no longer occurs. model: the model that makes videos, by
    default the first one of the spec; checks of fields that it does not have are left out."""

    def __init__(
        self,
        spec: Spec,
        provider: Provider,
        checks: list[Check] | None = None,
        *,
        media: Media | None = None,
        seed: str = "emo",
        timeout: float = 1800.0,
        fail_on: Severity = "warning",
        baseline: Baseline | None = None,
        model: str = "",
    ) -> None:
        self.spec = spec
        self.tested = ModelUnderTest(spec, model)
        self.provider = provider
        chosen = all_checks().values() if checks is None else checks
        self.checks = [check for check in chosen if check.is_for(self.tested)]
        self.media = media or Media.documented(spec, model)
        self.seed = seed
        self.timeout = timeout
        self.fail_on = fail_on
        self.baseline = baseline or Baseline()
        self._signed_in = False
        self._unreachable: Unreachable | None = None
        self._task_trace: TaskTrace | Exception | None = None

    def sign_in(self) -> None:
        """Choose the keys, once for each run. Call it before the first check. Raises
        Unreachable."""
        if self._unreachable is not None:
            raise self._unreachable
        if not self._signed_in:
            try:
                self.provider.sign_in(self.seed)
            except Unreachable as error:
                self._unreachable = error
                raise
            self._signed_in = True

    def run(self) -> Iterator[Event]:
        """Run the checks and yield the events. Call sign_in() first."""
        provider, clock = self.provider, self.provider.clock
        began = clock()
        claims = [check.claim(self.tested, provider.budget) for check in self.checks]
        yield Started(
            url=provider.root,
            spec=self.spec.version,
            at=began,
            seed=self.seed,
            clock=provider.has_clock,
            budget=provider.budget.limit,
            claims=tuple(claims),
            free=provider.is_fake,
            fail_on=self.fail_on,
        )
        counts = dict.fromkeys(RESULTS, 0)
        for check, claim in zip(self.checks, claims, strict=True):
            yield CheckStarted(claim)
            ended = self.run_check(check, claim)
            counts[ended.result] += 1
            yield ended
        yield Ended(clock() - began, provider.budget.spent, counts)

    def run_check(self, check: Check, claim: Claim) -> CheckEnded:
        """Run one check."""
        ctx = CheckContext(
            self.tested, self.provider, Random(f"{self.seed}/{check.id}"), self.media
        )
        ctx.trace = lambda: self._trace(ctx)
        clock, budget = self.provider.clock, self.provider.budget
        began, spent = clock(), budget.spent
        result, why = self._result(check, ctx)
        return CheckEnded(
            claim=claim,
            result=result,
            findings=tuple(ctx.findings),
            exchanges=tuple(ctx.exchanges),
            why=why,
            seconds=clock() - began,
            spent=max(0.0, budget.spent - spent),
        )

    def _result(self, check: Check, ctx: CheckContext) -> tuple[Result, str]:
        if check.paid_calls and not self.provider.budget.allows_any:
            return "skipped", self._cost_reason()
        try:
            check.run(ctx)
        except (Skip, OverBudget) as why:
            if not ctx.findings:
                return "skipped", str(why)
        except StopCheck:
            pass
        except Exception as error:  # noqa: BLE001 (an unexpected answer must not end the run)
            ctx.fail(None, "", "a readable answer", f"{type(error).__name__}: {error}")
        return self._compared(check, ctx)

    def _compared(self, check: Check, ctx: CheckContext) -> tuple[Result, str]:
        is_minor = SEVERITIES.index(check.severity) < SEVERITIES.index(self.fail_on)
        if is_minor and self.baseline.is_updating:
            self.baseline.forget(check.id)  # the run does not fail for it
        else:
            root = self.provider.root
            ctx.findings = self.baseline.compare(check.id, ctx.findings, ctx.exchanges, root)
        if not ctx.findings:
            return "passed", ""
        if any(finding.pointer == STALE for finding in ctx.findings):
            return "failed", ""
        if all(finding.known for finding in ctx.findings):
            return "accepted", "in the baseline"
        return ("accepted", f"below --fail-on {self.fail_on}") if is_minor else ("failed", "")

    def _cost_reason(self) -> str:
        """The reason for which checks with paid calls are skipped."""
        if not self.provider.has_clock:
            return "its calls may cost money; --budget CNY allows them"
        reason = f"{self.provider.origin} answers like a fake, but is not in a private network"
        return f"its calls may cost money: {reason}; --budget CNY allows them"

    def _trace(self, ctx: CheckContext) -> TaskTrace:
        """The trace of one task. The first check that needs it creates the task."""
        if self._task_trace is None:
            try:
                self._task_trace = run_task(ctx, self.timeout)
            except (Skip, StopCheck, OverBudget) as error:
                self._task_trace = Skip(str(error) or "the task could not be followed to its end")
                raise
        if isinstance(self._task_trace, Exception):
            raise self._task_trace
        return self._task_trace
