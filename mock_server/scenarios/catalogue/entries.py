"""All that the fake can be made to do, as data: each answer of openapi.yaml, each fault, each
choice of a variant, with the ways to bring it about. Pure: read from the spec; does none of it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from contracts.spec.loader import Operation, Outcome, Spec
from mock_server.scenarios.catalogue.invalid_requests import invalid_requests, url_field
from mock_server.scenarios.catalogue.triggers import (
    SCENARIO,
    ControlTrigger,
    HeaderTrigger,
    KeyTrigger,
    ServeTrigger,
    Trigger,
    UrlTrigger,
)
from mock_server.scenarios.faults import FAULTS, FaultKind

KINDS = ("outcome", "fault", "variant")


class CatalogueEntry(Struct, frozen=True):
    """One thing that can be had. kind: of KINDS. operation: that answers so; "" is any. status and
    code: None and "" where it has none of its own. triggers: by its name, the simplest first.
    natural: what leads to it without its name."""

    kind: str
    name: str
    summary: str
    triggers: tuple[Trigger, ...]
    operation: str = ""
    status: int | None = None
    code: str = ""
    evidence: str = ""
    source: str = ""
    natural: tuple[Trigger, ...] = ()

    @property
    def recipe(self) -> str:
        """The one line that triggers it."""
        return self.triggers[0].text


def catalogue(spec: Spec) -> list[CatalogueEntry]:
    """Every entry: outcomes by operation in the order of the file, then faults, then variants."""
    outcomes = [e for o in spec.all_operations.values() for e in _outcomes(spec, o)]
    return [*outcomes, *(_fault(spec, kind) for kind in FAULTS.values()), *_variants(spec)]


def _outcomes(spec: Spec, operation: Operation) -> Iterator[CatalogueEntry]:
    mistakes = [] if operation is spec.result else list(invalid_requests(spec, operation))
    for outcome in operation.every_outcome.values():
        yield CatalogueEntry(
            kind="outcome",
            name=outcome.name,
            summary=outcome.summary,
            triggers=tuple(_by_name(spec, operation, outcome)),
            operation=operation.id,
            status=outcome.status,
            code=outcome.code,
            evidence=outcome.evidence,
            source=outcome.source,
            natural=tuple(trigger for name, trigger in mistakes if name == outcome.name),
        )


def _by_name(spec: Spec, operation: Operation, outcome: Outcome) -> Iterator[Trigger]:
    name = outcome.name
    if operation is spec.result:
        yield HeaderTrigger(operation.id, SCENARIO, name)
        yield from _of_create(spec, f"{operation.id}:{name}")
        return
    if name in spec.task_outcomes:
        yield from _of_create(spec, name)
        yield HeaderTrigger(operation.id, SCENARIO, name)
        return
    yield HeaderTrigger(operation.id, SCENARIO, name)
    if operation.body:
        yield UrlTrigger(operation.id, url_field(operation), name)
    shared = len(spec.operations_with(name)) > 1
    yield KeyTrigger(operation.id, f"{operation.id}:{name}" if shared else name)


def _of_create(spec: Spec, name: str) -> Iterator[Trigger]:
    """How a task goes, and its downloads, is chosen when it is created."""
    for operation in spec.operations.values():
        if spec.creates_tasks(operation.id):
            yield UrlTrigger(operation.id, url_field(operation), name)
            yield HeaderTrigger(operation.id, SCENARIO, name)
            yield KeyTrigger(operation.id, name)


def _fault(spec: Spec, kind: FaultKind) -> CatalogueEntry:
    """A number that goes with its name is that of its first parameter."""
    forms = [{p.name: p.default for p in form} for form in kind.forms or ((),)]
    numbers = [f"={number:g}" for number in list(forms[0].values())[:1]]
    name = "".join([kind.name, *numbers])
    taking_urls = [o for o in spec.operations.values() if o.body]
    return CatalogueEntry(
        kind="fault",
        name=kind.name,
        summary=kind.summary,
        triggers=(
            HeaderTrigger("", SCENARIO, name),
            KeyTrigger("", name),
            *(UrlTrigger(o.id, url_field(o), name) for o in taking_urls),
            *(ControlTrigger("", "scenarios", {"do": {"fault": kind.name, **f}}) for f in forms),
        ),
    )


def _variants(spec: Spec) -> Iterator[CatalogueEntry]:
    for name, variant in spec.variants.items():
        for choice, said in variant.choices.items():
            yield CatalogueEntry(
                kind="variant",
                name=f"{name}={choice}",
                summary=said.summary + (" The default." if choice == variant.default else ""),
                triggers=(
                    ServeTrigger("", "--variant", f"{name}={choice}"),
                    ControlTrigger("", "variants", {name: choice}),
                ),
                evidence=said.evidence,
                source=said.source,
            )
