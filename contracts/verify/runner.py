"""One run of the checks against a provider, as a stream of events. It orders, counts and pays;
what is right is decided by the checks, what is shown by who reads the events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from random import Random

from msgspec import Struct

from contracts.provider.budget import OverBudget
from contracts.provider.http import Provider, Unreachable
from contracts.spec.loader import Spec
from contracts.verify.baseline import STALE, Baseline
from contracts.verify.context import Ask, Skip, Stop
from contracts.verify.events import (
    RESULTS,
    SEVERITIES,
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
from contracts.verify.run_task import live
from contracts.verify.trace import Story


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
    room; tier: `free` leaves the paid ones out. Raises UnknownCheck."""
    only, skip = list(only), list(skip)
    rooms = {id.partition(".")[0] for id in checks}
    for name in (*only, *skip):
        if name not in checks and name not in rooms:
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
        patience: float = 1800.0,
        fail_on: Severity = "warning",
        baseline: Baseline | None = None,
    ) -> None:
        self.spec = spec
        self.provider = provider
        self.checks = list(all_checks().values()) if checks is None else checks
        self.media = media or Media.documented(spec)
        self.seed = seed
        self.patience = patience
        self.fail_on = fail_on
        self.baseline = baseline or Baseline()
        self._signed_in = False
        self._unreachable: Unreachable | None = None
        self._story: Story | Exception | None = None

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
            ended = self.carry_out(check, claim)
            counts[ended.result] += 1
            yield ended
        yield Ended(clock() - began, provider.budget.spent, counts)

    def carry_out(self, check: Check, claim: Claim) -> CheckEnded:
        """Make one check."""
        ask = Ask(self.spec, self.provider, Random(f"{self.seed}/{check.id}"), self.media.urls)
        ask.lived = lambda: self._lived(ask)
        clock, budget = self.provider.clock, self.provider.budget
        began, spent = clock(), budget.spent
        result, why = self._result(check, ask)
        return CheckEnded(
            claim=claim,
            result=result,
            findings=tuple(ask.findings),
            exchanges=tuple(ask.exchanges),
            why=why,
            seconds=clock() - began,
            spent=max(0.0, budget.spent - spent),
        )

    def _result(self, check: Check, ask: Ask) -> tuple[Result, str]:
        if check.pays and not self.provider.budget.allows_any:
            return "skipped", self._costs()
        try:
            check.run(ask)
        except (Skip, OverBudget) as why:
            if not ask.findings:
                return "skipped", str(why)
        except Stop:
            pass
        except Exception as error:  # noqa: BLE001 (an answer that nobody thought of ends no run)
            ask.find(None, "", "an answer that can be judged", f"{type(error).__name__}: {error}")
        return self._judged(check, ask)

    def _judged(self, check: Check, ask: Ask) -> tuple[Result, str]:
        is_minor = SEVERITIES.index(check.severity) < SEVERITIES.index(self.fail_on)
        if is_minor and self.baseline.is_updating:
            self.baseline.forget(check.id)  # it does not fail the run, so it needs no entry
        else:
            root = self.provider.root
            ask.findings = self.baseline.judge(check.id, ask.findings, ask.exchanges, root)
        if not ask.findings:
            return "passed", ""
        if any(finding.pointer == STALE for finding in ask.findings):
            return "failed", ""
        if all(finding.known for finding in ask.findings):
            return "accepted", "in the baseline"
        return ("accepted", f"below --fail-on {self.fail_on}") if is_minor else ("failed", "")

    def _costs(self) -> str:
        """Why a check is skipped whose calls may be charged for."""
        if not self.provider.has_clock:
            return "its calls may cost money; --budget CNY allows them"
        why = f"{self.provider.origin} answers like a fake, but is not in a private network"
        return f"its calls may cost money: {why}; --budget CNY allows them"

    def _lived(self, ask: Ask) -> Story:
        """The life of one task, which the first check that asks for it lets happen."""
        if self._story is None:
            try:
                self._story = live(ask, self.patience)
            except (Skip, Stop, OverBudget) as error:
                self._story = Skip(str(error) or "the task could not be followed to its end")
                raise
        if isinstance(self._story, Exception):
            raise self._story
        return self._story
