"""The register of all checks of the contract. A check is a function with an id, a title and
evidence; it calls the provider and reports differences through a CheckContext."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from msgspec import Struct

from contracts.provider.budget import Budget
from contracts.spec.loader import EVIDENCE
from contracts.spec.sources import cited
from contracts.verify.events import Claim, Severity, Tier, group_of
from contracts.verify.model_under_test import ModelUnderTest

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


# The calls that may be charged, in `paid_calls`.
CREATE, DETECT = "create", "detect"


class Evidence(Struct, frozen=True):
    """Evidence for a claim, if it is not an outcome of the spec. kind: one of EVIDENCE. source:
    the pages and captures, by the short keys of the spec. pointer: JSON pointer of the claim in
    openapi.yaml, "" if it is not there."""

    kind: str
    source: str
    pointer: str = ""


class Refusal(Struct, frozen=True):
    """Evidence for a claim: the outcome with which the spec refuses the field with this role."""

    role: str


class Check(Struct, frozen=True):
    """One registered check. title: the expected behaviour, a sentence. failed: the headline if a
    provider behaves differently. Both may have names of roles in braces; the check is for models
    with all of these fields. based_on: the evidence, given directly, as the name of an outcome of
    the spec, or as a Refusal. paid_calls: CREATE or DETECT for each call that may be charged; empty
    for a free check."""

    id: str
    title: str
    failed: str
    severity: Severity
    based_on: tuple[str | Evidence | Refusal, ...]
    paid_calls: tuple[str, ...]
    run: Callable[[CheckContext], None]

    @property
    def tier(self) -> Tier:
        return "paid" if self.paid_calls else "free"

    def is_for(self, tested: ModelUnderTest) -> bool:
        """Whether the model has the fields that this check is about."""
        return tested.has_all(self.title)

    def claim(self, tested: ModelUnderTest, budget: Budget) -> Claim:
        """The facts about this check for reports. Raises KeyError for an outcome or a source that
        the spec does not have."""
        spec = tested.spec
        known = [_evidence(tested, evidence) for evidence in self.based_on]
        weakest = max(known, key=lambda evidence: EVIDENCE.index(evidence.kind))
        pointer = next((evidence.pointer for evidence in known if evidence.pointer), "")
        source = "; ".join(dict.fromkeys(evidence.source for evidence in known))
        return Claim(
            id=self.id,
            title=tested.text(self.title),
            failed=tested.text(self.failed),
            evidence=weakest.kind,
            source=source,
            sources=tuple(spec.sources[key] for key in cited(source)),
            severity=self.severity,
            tier=self.tier,
            cost=round(sum(budget.of(_paid_model(tested, call)) for call in self.paid_calls), 6),
            pointer=pointer,
            line=spec.source_map.line(pointer) if pointer else 0,
        )


_REGISTERED: dict[str, Check] = {}


def check(
    id: str,
    title: str,
    *based_on: str | Evidence | Refusal,
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
        key=lambda c: (bool(c.paid_calls), ranks.get(group_of(c.id), 99)),
    )
    return {check.id: check for check in order}


def _evidence(tested: ModelUnderTest, given: str | Evidence | Refusal) -> Evidence:
    if isinstance(given, Evidence):
        return given
    name = tested.refusal(given.role) if isinstance(given, Refusal) else given
    outcome = tested.spec.outcomes[name]
    return Evidence(outcome.evidence, outcome.source, tested.spec.outcome_pointer(name))


def _paid_model(tested: ModelUnderTest, call: str) -> str:
    return tested.name if call == CREATE else tested.detector
