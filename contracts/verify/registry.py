"""The register of all checks of the contract. A check is a function with an id, a title and
evidence; it calls the provider and reports differences through a CheckContext."""

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

# The groups of checks in the order in which they run: the part of a check's id before the dot, and
# the module of contracts.verify.checks that contains the group.
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
    """Evidence for a claim, if it is not an outcome of the spec. kind: one of EVIDENCE. source:
    the pages and captures, by the short keys of the spec. pointer: JSON pointer of the claim in
    openapi.yaml, "" if it is not there."""

    kind: str
    source: str
    pointer: str = ""


class Check(Struct, frozen=True):
    """One registered check. title: the expected behaviour, a sentence. failed: the headline if a
    provider behaves differently. based_on: the evidence, given directly or as the name of an
    outcome of the spec. paid_calls: the operation of each call that may be charged; empty for a
    free check."""

    id: str
    title: str
    failed: str
    severity: Severity
    based_on: tuple[str | Evidence, ...]
    paid_calls: tuple[str, ...]
    run: Callable[[CheckContext], None]

    @property
    def tier(self) -> Tier:
        return "paid" if self.paid_calls else "free"

    def claim(self, spec: Spec, budget: Budget) -> Claim:
        """The facts about this check for reports. Raises KeyError for an outcome or a source that
        the spec does not have."""
        known = [e if isinstance(e, Evidence) else _evidence_of(spec, e) for e in self.based_on]
        weakest = max(known, key=lambda evidence: EVIDENCE.index(evidence.kind))
        pointer = next((evidence.pointer for evidence in known if evidence.pointer), "")
        source = "; ".join(dict.fromkeys(evidence.source for evidence in known))
        return Claim(
            id=self.id,
            title=self.title,
            failed=self.failed,
            evidence=weakest.kind,
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
    failed: str,
    severity: Severity = "error",
    paid_calls: Iterable[str] = (),
) -> Callable[[Callable[[CheckContext], None]], Callable[[CheckContext], None]]:
    """Register a function as a check. Raises ValueError if another check has this id."""

    def register(run: Callable[[CheckContext], None]) -> Callable[[CheckContext], None]:
        if id in _REGISTERED:
            raise ValueError(f"two checks have the id {id}")
        _REGISTERED[id] = Check(id, title, failed, severity, based_on, tuple(paid_calls), run)
        return run

    return register


def all_checks() -> dict[str, Check]:
    """Every check by its id, in the order in which they run: free ones first, then by group."""
    for module in GROUPS.values():
        import_module(f"contracts.verify.checks.{module}")
    ranks = {group: rank for rank, group in enumerate(GROUPS)}
    order = sorted(
        _REGISTERED.values(),
        key=lambda c: (bool(c.paid_calls), ranks.get(c.id.partition(".")[0], 99)),
    )
    return {check.id: check for check in order}


def _evidence_of(spec: Spec, name: str) -> Evidence:
    outcome = spec.outcomes[name]
    return Evidence(outcome.evidence, outcome.source, spec.outcome_pointer(name))
