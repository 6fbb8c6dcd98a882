"""The checks of the contract: plain functions in a list, each with what it claims and why. A check
asks through an CheckContext and finds; it sends nothing by itself and knows no provider."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from msgspec import Struct

from contracts.provider.budget import Budget
from contracts.spec.loader import EVIDENCE, Spec
from contracts.spec.sources import cited
from contracts.verify.events import Claim, Severity, Tier

if TYPE_CHECKING:
    from contracts.verify.context import CheckContext

# The groups of checks in the order in which they run, free ones first: the id of each check begins
# with its group. Each is a module of contracts.verify.checks.
GROUPS = {
    "keys": "authentication",
    "paths": "routing",
    "bodies": "request_bodies",
    "unknown": "unknown_tasks",
    "answers": "envelope",
    "detection": "detection",
    "creation": "creation",
    "story": "lifecycle",
    "ends": "endings",
    "lists": "listing",
}


class Evidence(Struct, frozen=True):
    """What a claim rests on where it is no single answer of the spec: `evidence` as there, and the
    `source` by its short key. pointer: the place in the spec that says it, if one does."""

    evidence: str
    source: str
    pointer: str = ""


class Check(Struct, frozen=True):
    """One registered function. based_on: names of outcomes of the spec, or reasons. pays: the
    operations that its calls may be charged for, one name a call; empty for a free one."""

    id: str
    title: str
    severity: Severity
    based_on: tuple[str | Evidence, ...]
    paid_calls: tuple[str, ...]
    run: Callable[[CheckContext], None]

    @property
    def tier(self) -> Tier:
        return "paid" if self.paid_calls else "free"

    def claim(self, spec: Spec, budget: Budget) -> Claim:
        """What it says, with what the spec knows of its reasons. Raises KeyError for an outcome
        or a source that the spec lacks."""
        reasons = [r if isinstance(r, Evidence) else _evidence_of(spec, r) for r in self.based_on]
        weakest = max(reasons, key=lambda reason: EVIDENCE.index(reason.evidence))
        pointer = next((r.pointer for r in reasons if r.pointer), "")
        source = "; ".join(dict.fromkeys(reason.source for reason in reasons))
        return Claim(
            id=self.id,
            title=self.title,
            evidence=weakest.evidence,
            source=source,
            sources=tuple(spec.sources[key] for key in cited(source)),
            severity=self.severity,
            tier=self.tier,
            cost=round(sum(map(budget.of, self.paid_calls)), 6),
            pointer=pointer,
            line=spec.source_map.line(pointer) if pointer else 0,
        )


_REGISTERED: dict[str, Check] = {}


def check(
    id: str,
    title: str,
    *based_on: str | Evidence,
    severity: Severity = "error",
    paid_calls: Iterable[str] = (),
) -> Callable[[Callable[[CheckContext], None]], Callable[[CheckContext], None]]:
    """Register a function as a check. Raises ValueError for an id that there is already."""

    def register(run: Callable[[CheckContext], None]) -> Callable[[CheckContext], None]:
        if id in _REGISTERED:
            raise ValueError(f"there are two checks {id}")
        _REGISTERED[id] = Check(id, title, severity, based_on, tuple(paid_calls), run)
        return run

    return register


def all_checks() -> dict[str, Check]:
    """Every check by its id, in the order in which they run: by group, free ones first."""
    for module in GROUPS.values():
        import_module(f"contracts.verify.checks.{module}")
    places = {group: place for place, group in enumerate(GROUPS)}
    order = sorted(
        _REGISTERED.values(),
        key=lambda c: (bool(c.paid_calls), places.get(c.id.partition(".")[0], 99)),
    )
    return {check.id: check for check in order}


def _evidence_of(spec: Spec, name: str) -> Evidence:
    outcome = spec.outcomes[name]
    return Evidence(outcome.evidence, outcome.source, spec.outcome_pointer(name))
