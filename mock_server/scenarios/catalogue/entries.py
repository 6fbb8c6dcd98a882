"""Lists everything that a user can trigger in the fake, and how: each answer of openapi.yaml, each
fault, each choice of a variant. Pure data from the spec."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from contracts.spec.loader import Operation, Outcome, Spec
from mock_server.scenarios.catalogue.invalid_requests import invalid_requests, url_field
from mock_server.scenarios.catalogue.triggers import SCENARIO, Trigger
from mock_server.scenarios.faults import FAULTS, FaultKind

KINDS = ("outcome", "fault", "variant")


class CatalogueEntry(Struct, frozen=True):
    """One answer, fault or variant that a user can trigger.

    kind: one of KINDS. operation: the operationId, "" for all. status, code: None and "" for faults
    and variants. triggers: the ways to select it by name, the simplest first. natural: requests
    that lead to it without its name, such as a missing field."""

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
        """The simplest trigger, as one line."""
        return self.triggers[0].text


def catalogue(spec: Spec) -> list[CatalogueEntry]:
    """All entries: outcomes by operation in the order of openapi.yaml, faults, variants."""
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
        yield Trigger("header", operation.id, SCENARIO, name)
        yield from _of_create(spec, f"{operation.id}:{name}")
        return
    if name in spec.task_outcomes:
        yield from _of_create(spec, name)
        yield Trigger("header", operation.id, SCENARIO, name)
        return
    yield Trigger("header", operation.id, SCENARIO, name)
    if operation.body:
        yield Trigger("url", operation.id, url_field(operation), name)
    shared = len(spec.operations_with(name)) > 1
    yield Trigger("key", operation.id, value=f"{operation.id}:{name}" if shared else name)


def _of_create(spec: Spec, name: str) -> Iterator[Trigger]:
    """The triggers on the create call, which decides the ending of the task and its downloads."""
    for operation in spec.operations.values():
        every = name not in spec.task_outcomes
        able = [model for model in operation.bodies if every or name in spec.endings_of(model)]
        if spec.creates_tasks(operation.id) and able:
            model = "" if able[0] == next(iter(operation.bodies)) else able[0]
            field = url_field(operation, model)
            yield Trigger("url", operation.id, field, name, model=model)
            yield Trigger("header", operation.id, SCENARIO, name, model=model)
            yield Trigger("key", operation.id, value=name, model=model)


def _fault(spec: Spec, kind: FaultKind) -> CatalogueEntry:
    """The entry of a fault; its name includes the default of the first parameter (`latency=1`)."""
    forms = [{p.name: p.default for p in form} for form in kind.forms or ((),)]
    numbers = [f"={number:g}" for number in list(forms[0].values())[:1]]
    name = "".join([kind.name, *numbers])
    taking_urls = [o for o in spec.operations.values() if o.body]
    return CatalogueEntry(
        kind="fault",
        name=kind.name,
        summary=kind.summary,
        triggers=(
            Trigger("header", "", SCENARIO, name),
            Trigger("key", "", value=name),
            *(Trigger("url", o.id, url_field(o), name) for o in taking_urls),
            *(
                Trigger("control", "", "scenarios", {"do": {"fault": kind.name, **f}})
                for f in forms
            ),
        ),
    )


def _variants(spec: Spec) -> Iterator[CatalogueEntry]:
    for name, variant in spec.variants.items():
        for choice, effect in variant.choices.items():
            yield CatalogueEntry(
                kind="variant",
                name=f"{name}={choice}",
                summary=effect.summary + (" The default." if choice == variant.default else ""),
                triggers=(
                    Trigger("serve", "", "--variant", f"{name}={choice}"),
                    Trigger("control", "", "variants", {name: choice}),
                ),
                evidence=effect.evidence,
                source=effect.source,
            )
