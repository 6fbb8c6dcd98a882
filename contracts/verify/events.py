"""What a run of the checks tells as it goes: one stream of events, from which progress, tables and
report files are made. Data only; no key is in it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from contracts.provider.exchange import Exchange
from contracts.spec.sources import Source

Severity = Literal["error", "warning", "note"]
Tier = Literal["free", "paid"]
SEVERITIES: tuple[Severity, ...] = ("note", "warning", "error")  # the least first
# accepted: something differs, and the run does not fail for it: it is less than --fail-on names, or
# the baseline has it.
Result = Literal["passed", "failed", "accepted", "skipped"]
RESULTS: tuple[Result, ...] = ("passed", "failed", "accepted", "skipped")


class Claim(Struct, frozen=True):
    """What a check looks at, and why that should be so.

    id: `auth.no-key`. title: a sentence of behaviour. evidence: documented, captured or inferred
    (the weakest of all that it rests on), source: the pages and captures, by the short keys of the
    spec. severity: what it means where it does not hold: `error` (clients break), `warning` (they
    are misled), `note` (they hardly see it). cost: CNY that its calls may cost at most, by the
    documented prices. pointer: the place in openapi.yaml that says it, "" where none does. line:
    where that is in the file, from 1; 0 where it is not known. sources: what its source cites."""

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


class Finding(Struct, frozen=True):
    """One difference. pointer: the JSON pointer in the answer's body, `#status`, `#header/NAME`
    where it is elsewhere, `#answer` where there was none. expected and got: for people. exchange:
    the position, in those of its check, of the exchange that shows it; None where none does.
    known: the baseline accepts it."""

    pointer: str
    expected: str
    got: str
    exchange: int | None = None
    known: bool = False


class Started(Struct, frozen=True, tag=True):
    """The run begins. url: of the provider, with its prefix. at: epoch s. clock: whether it has a
    control API, so that its time is moved. budget: CNY, None where no limit is given. free: whether
    it is a fake, whose calls cost nothing. fail_on: the least severity that fails the run."""

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
    """This check is next."""

    claim: Claim


class CheckEnded(Struct, frozen=True, tag=True):
    """How it went. why: it was skipped, or accepted. spent: CNY, by the documented prices."""

    claim: Claim
    result: Result
    findings: tuple[Finding, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    why: str = ""
    seconds: float = 0.0
    spent: float = 0.0


class Ended(Struct, frozen=True, tag=True):
    """The run is over. counts: how many checks ended in each result."""

    seconds: float
    spent: float
    counts: dict[Result, int]

    @property
    def passed(self) -> bool:
        """Whether at least one check was made, and none failed."""
        return self.checks_run > 0 and not self.counts["failed"]

    @property
    def checks_run(self) -> int:
        """How many checks were not skipped."""
        return sum(count for result, count in self.counts.items() if result != "skipped")


Event = Started | CheckStarted | CheckEnded | Ended
