"""The events of a run of the checks. Progress, tables and report files are made from this one
stream. Data only; it contains no key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from contracts.provider.exchange import Exchange
from contracts.spec.sources import Source

Severity = Literal["error", "warning", "note"]
Tier = Literal["free", "paid"]
SEVERITIES: tuple[Severity, ...] = ("note", "warning", "error")  # the least serious first
# accepted: the check found differences, but the run does not fail for them: the severity is below
# --fail-on, or all of them are in the baseline.
Result = Literal["passed", "failed", "accepted", "skipped"]
RESULTS: tuple[Result, ...] = ("passed", "failed", "accepted", "skipped")
STALE = "#baseline"  # the pointer of a finding about the baseline itself


class Claim(Struct, frozen=True):
    """The behaviour that a check expects of a provider, and the evidence for it.

    id: such as `keys.missing`. title: the behaviour: "A call without a key is refused." failed: the
    headline if a provider behaves differently: "A call without a key was not refused". evidence:
    documented, captured or inferred, the weakest of all its evidence. source: the pages and
    captures, by the short keys of the spec; sources: the same in full. severity: the effect of
    different behaviour: `error` (clients break), `warning` (clients are misled), `note` (clients
    hardly notice). cost: the most that its calls may cost, CNY, by the documented prices. pointer:
    JSON pointer of the claim in openapi.yaml, "" if it is not there. line: its line in that file,
    from 1; 0 if unknown."""

    id: str
    title: str
    evidence: str
    source: str
    severity: Severity
    tier: Tier
    cost: float = 0.0
    pointer: str = ""
    line: int = 0
    sources: tuple[Source, ...] = ()
    failed: str = ""

    @property
    def group(self) -> str:
        """The group of its check."""
        return group_of(self.id)


def group_of(id: str) -> str:
    """The group of a check: the part of its id before the dot."""
    return id.partition(".")[0]


class CheckFinding(Struct, frozen=True):
    """One difference from the contract. pointer: a JSON pointer into the body of the answer, or
    `#status`, `#header/NAME`, `#answer` if no answer came, `#baseline` for an accepted difference
    that no longer occurs. expected, got: texts for people. exchange: index of the exchange that
    shows the difference, in the exchanges of its check; None without one. known: it is in the
    baseline."""

    pointer: str
    expected: str
    got: str
    exchange: int | None = None
    known: bool = False

    def shown_by(self, exchanges: Sequence[Exchange]) -> Exchange | None:
        """The exchange that shows the difference; None if it is not one of these."""
        number = self.exchange
        return exchanges[number] if number is not None and 0 <= number < len(exchanges) else None


class Started(Struct, frozen=True, tag=True):
    """The run started. url: the provider's, with the prefix. at: epoch s. clock: the provider has
    a control API, which moves its clock. budget: CNY, None for no limit. free: the provider is a
    fake, so its calls cost nothing. fail_on: the lowest severity for which the run fails."""

    url: str
    spec: str
    at: float
    seed: str
    clock: bool
    budget: float | None
    claims: tuple[Claim, ...]
    free: bool = False
    fail_on: Severity = "warning"


class CheckStarted(Struct, frozen=True, tag=True):
    """A check started."""

    claim: Claim


class CheckEnded(Struct, frozen=True, tag=True):
    """A check ended. why: the reason for a result of skipped or accepted. seconds: the time that it
    took. spent: CNY, by the documented prices."""

    claim: Claim
    result: Result
    findings: tuple[CheckFinding, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    why: str = ""
    seconds: float = 0.0
    spent: float = 0.0


class Ended(Struct, frozen=True, tag=True):
    """The run ended. counts: the number of checks with each result."""

    seconds: float
    spent: float
    counts: dict[Result, int]

    @property
    def passed(self) -> bool:
        """Whether at least one check ran and no check failed."""
        return self.checks_run > 0 and not self.counts["failed"]

    @property
    def checks_run(self) -> int:
        """The number of checks that were not skipped."""
        return sum(count for result, count in self.counts.items() if result != "skipped")


Event = Started | CheckStarted | CheckEnded | Ended
