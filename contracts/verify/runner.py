"""One run of the checks against a provider, as a stream of events. It orders, counts and pays;
what is right is decided by the checks, what is shown by who reads the events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from random import Random

from msgspec import Struct

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
)
from contracts.verify.registry import Check, all_checks
from contracts.verify.run_task import run_task
from contracts.verify.trace import TaskTrace


class UnknownCheck(Exception):
    """A name that no check has."""


class Media(Struct, frozen=True):
    """What paid calls send: URLs, and how long the recording is, in seconds. The defaults are the
    documentation's own; the video that it shows of them has 13.93 s (YU)."""

    image_url: str
    audio_url: str
    seconds: float = 13.93

    @classmethod
    def documented(cls, spec: Spec) -> Media:
        given = spec.operations["createVideoTask"].requests["documentation"]["input"]
        return cls(given["image_url"], given["audio_url"])

    @property
    def urls(self) -> dict[str, str]:
        return {"image_url": self.image_url, "audio_url": self.audio_url}


def select(
    checks: Mapping[str, Check],
    only: Iterable[str] = (),
    skip: Iterable[str] = (),
    tier: str = "paid",
) -> list[Check]:
    """The checks to run, in their order. only, skip: ids, or the part before a dot for all of a
    group; tier: `free` leaves the paid ones out. Raises UnknownCheck."""
    only, skip = list(only), list(skip)
    groups = {id.partition(".")[0] for id in checks}
    for name in (*only, *skip):
        if name not in checks and name not in groups:
            raise UnknownCheck(name)
    return [
        check
        for id, check in checks.items()
        if (not only or {id, id.partition(".")[0]} & set(only))
        and not {id, id.partition(".")[0]} & set(skip)
        and (tier == "paid" or check.tier == tier)
    ]


class Verification:
    """checks: what select() gave. patience: seconds of the machine's time for a task to end.
    fail_on: the least severity of a check for which the run fails. baseline: the differences that
    are accepted; an accepted one that no longer occurs fails its check."""

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
    ) -> None:
        self.spec = spec
        self.provider = provider
        self.checks = list(all_checks().values()) if checks is None else checks
        self.media = media or Media.documented(spec)
        self.seed = seed
        self.timeout = timeout
        self.fail_on = fail_on
        self.baseline = baseline or Baseline()
        self._signed_in = False
        self._unreachable: Unreachable | None = None
        self._task_trace: TaskTrace | Exception | None = None

    def sign_in(self) -> None:
        """Once, before the first check, where nobody did before. Raises Unreachable."""
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
        """The events, as they happen. The provider has been looked at."""
        provider, clock = self.provider, self.provider.clock
        began = clock()
        claims = [check.claim(self.spec, provider.budget) for check in self.checks]
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
        """Make one check."""
        ctx = CheckContext(
            self.spec, self.provider, Random(f"{self.seed}/{check.id}"), self.media.urls
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
            return "skipped", self._costs()
        try:
            check.run(ctx)
        except (Skip, OverBudget) as why:
            if not ctx.findings:
                return "skipped", str(why)
        except StopCheck:
            pass
        except Exception as error:  # noqa: BLE001 (an answer that nobody thought of ends no run)
            ctx.fail(None, "", "an answer that can be judged", f"{type(error).__name__}: {error}")
        return self._judged(check, ctx)

    def _judged(self, check: Check, ctx: CheckContext) -> tuple[Result, str]:
        is_minor = SEVERITIES.index(check.severity) < SEVERITIES.index(self.fail_on)
        if is_minor and self.baseline.is_updating:
            self.baseline.forget(check.id)  # it does not fail the run, so it needs no entry
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

    def _costs(self) -> str:
        """Why a check is skipped whose calls may be charged for."""
        if not self.provider.has_clock:
            return "its calls may cost money; --budget CNY allows them"
        why = f"{self.provider.origin} answers like a fake, but is not in a private network"
        return f"its calls may cost money: {why}; --budget CNY allows them"

    def _trace(self, ctx: CheckContext) -> TaskTrace:
        """The life of one task, which the first check that asks for it lets happen."""
        if self._task_trace is None:
            try:
                self._task_trace = run_task(ctx, self.timeout)
            except (Skip, StopCheck, OverBudget) as error:
                self._task_trace = Skip(str(error) or "the task could not be followed to its end")
                raise
        if isinstance(self._task_trace, Exception):
            raise self._task_trace
        return self._task_trace
