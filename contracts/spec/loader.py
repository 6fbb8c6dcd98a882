"""Loads openapi.yaml: operations, outcomes, the lifecycle of a task. A file that contradicts itself
is refused with a list of all problems. Does not depend on a server, a client or time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from contracts.spec import self_check, sources
from contracts.spec.document import (
    PARAMETER_KEYS,
    Node,
    Resolver,
    SpecError,
    default_path,
    extensions,
    read,
)
from contracts.spec.keywords import KEYWORDS
from contracts.spec.models import AREA, FACE, ImageModel, Model, VideoModel, model_of, named_model
from contracts.spec.models import problems as model_problems
from contracts.spec.not_served import NotServed
from contracts.spec.operation import (
    POLL,
    UNDOCUMENTED,
    Lifecycle,
    Operation,
    Outcome,
    RateLimit,
    download,
    examples,
)
from contracts.spec.pointers import field_of, pointer_of
from contracts.spec.routes import Router
from contracts.spec.source_map import SourceMap
from contracts.spec.sources import Source
from contracts.spec.validation import BodyValidator, Parameter, compile_schema
from contracts.spec.variants import Variant, problems

__all__ = ["EVIDENCE", "EXTENSIONS", "Lifecycle", "Operation", "Outcome", "RateLimit", "Spec"]
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
EVIDENCE = ("documented", "captured", "inferred")
EXTENSIONS = {
    "x-aspect-tolerance", "x-checked-first", "x-details", "x-enum-varnames", "x-evidence",
    "x-for-models", "x-forbidden-headers", "x-keeps", "x-key-pattern", "x-lasts-seconds",
    "x-limits", "x-message", "x-missing", "x-models", "x-not-served", "x-queued-for", "x-range",
    "x-rate", "x-refusal", "x-refusals", "x-request-body", "x-required-by-scheme", "x-results",
    "x-runs-for", "x-source", "x-sources", "x-task-lifecycle", "x-undocumented", "x-variants",
    *KEYWORDS,
}  # fmt: skip


class Spec(Struct, frozen=True, dict=True):
    """The whole API contract, compiled.

    limits: x-limits, unchanged. source_map: finds the pointer and line of each
    definition. result: the download of a result, an operation of the object store and not of the
    API; its outcomes are not in `outcomes`."""

    version: str
    prefixes: tuple[str, ...]
    operations: dict[str, Operation]
    result: Operation
    outcomes: dict[str, Outcome]
    lifecycle: Lifecycle
    models: dict[str, Model]
    limits: dict[str, int]
    variants: dict[str, Variant]
    not_served: NotServed
    refusals: dict[str, str]
    key_pattern: re.Pattern[str]
    schemas: dict[str, Node]
    source_map: SourceMap
    sources: dict[str, Source]

    @classmethod
    def load(cls, path: Path | None = None) -> Spec:
        """Read and compile a spec; path: default is this project's own. Raises SpecError."""
        path = path or default_path()
        return _Compiler(str(path), read(path)).spec()

    @cached_property
    def video_models(self) -> dict[str, VideoModel]:
        """The models that create tasks, by name."""
        return {n: m for n, m in self.models.items() if isinstance(m, VideoModel)}

    @cached_property
    def image_models(self) -> dict[str, ImageModel]:
        """The models that check an image, by name."""
        return {n: m for n, m in self.models.items() if isinstance(m, ImageModel)}

    @cached_property
    def router(self) -> Router:
        """Finds the operation for a method and a path."""
        return Router(self.prefixes, self.operations.values())

    @cached_property
    def all_operations(self) -> dict[str, Operation]:
        """Every operation that a scenario can name: those of the API and the download."""
        return {**self.operations, self.result.id: self.result}

    @cached_property
    def all_outcomes(self) -> dict[str, Outcome]:
        """Every outcome of every operation, undocumented ones included, by name."""
        every = (o.every_outcome for o in self.all_operations.values())
        return {name: outcome for outcomes in every for name, outcome in outcomes.items()}

    def operations_with(self, outcome: str) -> list[Operation]:
        """The operations that have an outcome, in the order of the file, the download last."""
        return [op for op in self.all_operations.values() if outcome in op.every_outcome]

    def models_of(self, operation: str) -> list[str]:
        """The names of the models that are called through an operation."""
        return [name for name, model in self.models.items() if model.operation == operation]

    def creates_tasks(self, operation: str) -> bool:
        """Whether an operation creates tasks: one of its models makes videos."""
        return any(model.operation == operation for model in self.video_models.values())

    @cached_property
    def documented_videos(self) -> dict[str, tuple[str, float]]:
        """For each model that makes videos, the URL in its documented request that decides the
        result, and the seconds of the documented video."""
        found = {}
        for name, model in self.video_models.items():
            request = next(iter(self.operations[model.operation].requests_for(name).values()))
            _, seconds = model.billed(self.outcomes[model.succeeds].value)
            found[name] = field_of(request, model.media_at), float(seconds)
        return found

    @cached_property
    def documented_boxes(self) -> dict[str, dict[tuple[str, str], list[list[int]]]]:
        """For each model that checks images, the boxes (face, area) of the documented answer by URL
        and ratio of the documented requests."""
        found = {}
        for name, model in self.image_models.items():
            answer = self.outcomes[model.succeeds].value
            boxes = [
                field_of(answer, place) for fact in (FACE, AREA) for place in model.places(fact)
            ]
            requests = self.operations[model.operation].requests_for(name).values()
            keys = [(field_of(r, model.media_at), field_of(r, model.ratio_at)) for r in requests]
            found[name] = dict.fromkeys(keys, boxes)
        return found

    def needed_urls(self, model: str) -> list[str]:
        """The pointers of the URLs without which a request of the model cannot be carried out: the
        required fields of the input whose documented value is a URL."""
        operation = self.operations[self.models[model].operation]
        body = operation.body_for(model)
        required = body.field("/input").get("required", []) if body else []
        documented = [request["input"] for request in operation.requests_for(model).values()]
        given = documented[0] if documented else {}
        return [pointer_of(("input", n)) for n in required if "://" in str(given.get(n))]

    def endings_of(self, model: str) -> dict[str, Outcome]:
        """The outcomes with which a task of this model can end."""
        every = self.task_outcomes.items()
        return {n: o for n, o in every if not o.models or model in o.models}

    def outcome_pointer(self, outcome: str, operation: Operation | None = None) -> str:
        """The resolved pointer of an outcome in openapi.yaml. operation: the operation to start
        from; another one is used if it does not have the outcome."""
        having = self.operations_with(outcome)
        operation = operation if operation in having else having[0]
        assert operation
        found = operation.every_outcome[outcome]
        status, key = str(found.status), "examples" if found.documented else UNDOCUMENTED
        if operation is self.result:
            return "#" + pointer_of(("x-results", "responses", status, "examples", outcome))
        answer = ("paths", operation.template, operation.method.lower(), "responses", status)
        media = ("content", "application/json", key, outcome)
        return self.source_map.resolve("#" + pointer_of((*answer, *media)))

    @cached_property
    def task_outcomes(self) -> dict[str, Outcome]:
        """Every state and failure that a poll can show: the 200 answers of getTask."""
        outcomes = self.operations[POLL].every_outcome
        return {name: outcome for name, outcome in outcomes.items() if outcome.status == 200}


class _Compiler:
    """One pass over a document. Collects problems; `spec()` raises them together."""

    def __init__(self, source: str, raw: Node) -> None:
        self.source = source
        self.raw = raw
        self.source_map = SourceMap(raw, Path(source))
        self.resolver = Resolver(raw)
        self.tree: Node = self.resolver.resolve(raw)
        self.problems = self.resolver.problems
        self.outcomes: dict[str, Outcome] = {}

    def spec(self) -> Spec:
        try:
            spec = self._spec()
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            self.problems.append(f"something needed is missing or malformed: {error!r}")
            raise SpecError(self.source, self.problems) from error
        self._check(spec)
        if self.problems:
            raise SpecError(self.source, self.problems)
        return spec

    def _spec(self) -> Spec:
        tree = self.tree
        scheme = tree["components"]["securitySchemes"]["ApiKey"]
        lifecycle = tree["components"]["schemas"]["TaskStatus"]["x-task-lifecycle"]
        return Spec(
            version=tree["info"]["version"],
            prefixes=tuple(dict.fromkeys(urlsplit(s["url"]).path for s in tree["servers"])),
            operations={op.id: op for op in self._operations()},
            result=download(tree["x-results"]),
            outcomes=self.outcomes,
            lifecycle=Lifecycle(
                lifecycle["initial"],
                frozenset(lifecycle["terminal"]),
                {state: tuple(after) for state, after in lifecycle["next"].items()},
            ),
            models=self._models(),
            limits=tree["x-limits"],
            variants=msgspec.convert(tree["x-variants"], dict[str, Variant]),
            not_served=msgspec.convert(tree["x-not-served"], NotServed),
            refusals={**tree["x-refusals"], **scheme["x-refusals"]},
            key_pattern=re.compile(scheme["x-key-pattern"]),
            schemas=tree["components"]["schemas"],
            source_map=self.source_map,
            sources={
                key: msgspec.convert({"key": key, **source}, Source)
                for key, source in tree["x-sources"].items()
            },
        )

    def _operations(self) -> Iterator[Operation]:
        for template, item in self.tree["paths"].items():
            for method in METHODS:
                if method in item:
                    yield self._operation(template, method, item[method])

    def _operation(self, template: str, method: str, node: Node) -> Operation:
        where = ("paths", template, method)
        parameters = [
            Parameter.of(p, self.source_map.below(pointer_of((*where, key, index))))
            for key in PARAMETER_KEYS
            for index, p in enumerate(node.get(key, []))
            if p["in"] != "path"
        ]
        body = node.get("requestBody", {})
        media = body.get("content", {}).get("application/json", {})
        return Operation(
            id=node["operationId"],
            method=method.upper(),
            template=template,
            tags=tuple(node["tags"]),
            rate=msgspec.convert(node["x-rate"], RateLimit),
            headers=tuple(p for p in parameters if p.location == "header"),
            query=tuple(p for p in parameters if p.location == "query"),
            bodies=self._bodies(where, node) if "x-refusal" in body else {},
            body_refusal=body.get("x-refusal", ""),
            requests={name: e["value"] for name, e in media.get("examples", {}).items()},
            outcomes=dict(self._outcomes(node)),
            undocumented={n: o for s, m in _media(node) for n, o in examples(s, m, UNDOCUMENTED)},
            answers={int(s): compile_schema(_schema(r)) for s, r in node["responses"].items()},
        )

    def _bodies(self, where: tuple[str, ...], node: Node) -> dict[str, BodyValidator]:
        """The body of each model of an operation: the schema to which the discriminator maps its
        name, or the one schema of the operation. An operation without a model has a body for ""."""
        path = (*where, "requestBody", "content", "application/json", "schema")
        schema = node["requestBody"]["content"]["application/json"]["schema"]
        mapping = schema.get("discriminator", {}).get("mapping", {})
        named = self._operation_of_model.items()
        served = [name for name, operation in named if operation == node["operationId"]] or [""]
        wrong_path = self.tree["x-refusals"]["path"]
        elsewhere = {name: wrong_path for name, _ in named if name not in served}
        pointers = {name: mapping.get(name, "#" + pointer_of(path)) for name in served}
        compiled = {
            pointer: BodyValidator(
                self.resolver.resolve({"$ref": pointer}),
                node["requestBody"]["x-refusal"],
                self.source_map.below(pointer),
                elsewhere,
            )
            for pointer in set(pointers.values())
        }
        return {name: compiled[pointer] for name, pointer in pointers.items()}

    def _models(self) -> dict[str, Model]:
        """The models of x-models. A malformed one is a problem, and is left out."""
        nodes, found = self.tree["x-models"], {}
        wrong = list(self_check.form_problems("x-models", nodes, dict[str, dict[str, Any]]))
        for name, node in {} if wrong else nodes.items():
            form = ImageModel if "price-per-image" in node else VideoModel
            malformed = list(self_check.form_problems(f"x-models {name}", node, form))
            wrong += malformed
            if not malformed:
                found[name] = model_of(node)
        self.problems += wrong
        return found

    @cached_property
    def _operation_of_model(self) -> dict[str, str]:
        """The operationId of each model. A malformed model is reported with the other problems."""
        models = self.tree["x-models"]
        known = models.items() if isinstance(models, dict) else ()
        return {name: m.get("operation", "") for name, m in known if isinstance(m, dict)}

    def _outcomes(self, node: Node) -> Iterator[tuple[str, Outcome]]:
        for status, media in _media(node):
            for name, outcome in examples(status, media):
                known = self.outcomes.setdefault(name, outcome)
                if known != outcome:
                    self.problems.append(f"outcome {name} is defined twice, and differently")
                yield name, known

    def _check(self, spec: Spec) -> None:
        for key, pointer in extensions(self.raw):
            if key not in EXTENSIONS:
                self.problems.append(f"{pointer}: unknown extension {key}")
        for pointer, evidence in self_check.evidence(self.raw):
            if evidence not in EVIDENCE:
                self.problems.append(f"{pointer}: evidence {evidence!r} is not in {EVIDENCE}")
        self.problems += sources.problems(self.raw, spec.sources)
        for operation in spec.operations.values():
            self._check_operation(operation)
        for name in spec.outcomes.keys() & spec.result.outcomes.keys():
            self.problems.append(f"x-results {name}: the API has an outcome of this name too")
        for use, name in spec.refusals.items():
            if name not in spec.outcomes:
                self.problems.append(f"x-refusals {use}: unknown outcome {name}")
        self.problems += self_check.form_problems("x-limits", spec.limits, self_check.Limits)
        self.problems += self._model_problems(spec)
        self.problems += problems(spec.variants, EVIDENCE, spec.outcomes)
        states = set(spec.schemas["TaskStatus"]["enum"])
        life = spec.lifecycle
        named = {life.initial, *life.terminal, *life.next, *sum(life.next.values(), ())}
        if named != states or set(life.next) != states:
            self.problems.append(f"x-task-lifecycle and the enum differ: {named ^ states}")

    def _model_problems(self, spec: Spec) -> Iterator[str]:
        """The contradictions of x-models with operations, answers and states."""
        answers = {name: outcome.value for name, outcome in spec.outcomes.items()}
        for name, model in spec.models.items():
            operation = spec.operations.get(model.operation)
            if operation is None:
                yield f"x-models {name}: unknown operation {model.operation!r}"
                continue
            yield from model_problems(name, model, operation.body_for(name), answers)
            if not operation.requests_for(name):
                yield f"x-models {name}: {operation.id} has no documented request of it"
            for state in model.working_states if isinstance(model, VideoModel) else ():
                if state not in spec.lifecycle.next:
                    yield f"x-models {name}: the lifecycle has no state {state}"
        for outcome in spec.all_outcomes.values():
            for name in set(outcome.models) - spec.models.keys():
                yield f"{outcome.name}: x-for-models has the unknown model {name}"

    def _check_operation(self, operation: Operation) -> None:
        for outcome in operation.outcomes.values():
            where = f"{operation.id} {outcome.status} {outcome.name}"
            if outcome.status not in operation.answers:
                self.problems.append(f"{where}: the outcome has a different status elsewhere")
                continue
            for error in operation.answers[outcome.status].iter_errors(outcome.value):
                self.problems.append(f"{where}: {error.message[:200]}")
        for outcome in operation.undocumented.values():
            valid = operation.answers[outcome.status].is_valid(outcome.value)
            if valid and not outcome.keeps:
                where = f"{operation.id} {outcome.status} {outcome.name}"
                self.problems.append(f"{where}: the schema allows it, so move it to examples")
        for name, request in operation.requests.items():
            body = operation.body_for(named_model(request))
            for violation in body.violations(request) if body else []:
                self.problems.append(f"{operation.id} request {name}: {violation.reason}")
        node = self.tree["paths"][operation.template][operation.method.lower()]
        for name in (operation.rate.refusal, *self_check.refusals(node)):
            if name not in operation.outcomes:
                self.problems.append(f"{operation.id}: refusal {name} is not one of its outcomes")


def _media(operation: Node) -> Iterator[tuple[str, Node]]:
    """Each status of an operation with the Media Type Object of its answer."""
    for status, response in operation["responses"].items():
        yield status, response["content"]["application/json"]


def _schema(response: Node) -> Node:
    schema: Node = response["content"]["application/json"]["schema"]
    return schema
