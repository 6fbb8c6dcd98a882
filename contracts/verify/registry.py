"""The checks of the contract: plain functions in a list, each with what it claims and why. A check
asks through an Ask and finds; it sends nothing by itself and knows no provider."""

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
    from contracts.verify.context import Ask

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


class Because(Struct, frozen=True):
    """What a claim rests on where it is no single answer of the spec: `evidence` as there, and the
    `source` by its short key. pointer: the place in the spec that says it, if one does."""

    evidence: str
    source: str
    pointer: str = ""


class Check(Struct, frozen=True):
    """One registered function. rests_on: names of outcomes of the spec, or reasons. pays: the
    operations that its calls may be charged for, one name a call; empty for a free one."""

    id: str
    title: str
    severity: Severity
    rests_on: tuple[str | Because, ...]
    pays: tuple[str, ...]
    run: Callable[[Ask], None]

    @property
    def tier(self) -> Tier:
        return "paid" if self.pays else "free"

    def claim(self, spec: Spec, budget: Budget) -> Claim:
        """What it says, with what the spec knows of its reasons. Raises KeyError for an outcome
        or a source that the spec lacks."""
        reasons = [r if isinstance(r, Because) else _because(spec, r) for r in self.rests_on]
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
            cost=round(sum(map(budget.of, self.pays)), 6),
            pointer=pointer,
            line=spec.source_map.line(pointer) if pointer else 0,
        )


_REGISTERED: dict[str, Check] = {}


def check(
    id: str,
    title: str,
    *rests_on: str | Because,
    severity: Severity = "error",
    pays: Iterable[str] = (),
) -> Callable[[Callable[[Ask], None]], Callable[[Ask], None]]:
    """Register a function as a check. Raises ValueError for an id that there is already."""

    def register(run: Callable[[Ask], None]) -> Callable[[Ask], None]:
        if id in _REGISTERED:
            raise ValueError(f"there are two checks {id}")
        _REGISTERED[id] = Check(id, title, severity, rests_on, tuple(pays), run)
        return run

    return register


def all_checks() -> dict[str, Check]:
    """Every check by its id, in the order in which they run: by group, free ones first."""
    for module in GROUPS.values():
        import_module(f"contracts.verify.checks.{module}")
    places = {group: place for place, group in enumerate(GROUPS)}
    order = sorted(
        _REGISTERED.values(), key=lambda c: (bool(c.pays), places.get(c.id.partition(".")[0], 99))
    )
    return {check.id: check for check in order}


def _because(spec: Spec, name: str) -> Because:
    outcome = spec.outcomes[name]
    return Because(outcome.evidence, outcome.source, spec.outcome_pointer(name))
