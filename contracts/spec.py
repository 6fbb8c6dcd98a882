"""openapi.yaml, loaded once: operations, outcomes, the life of a task. Refuses a file at odds with
itself and says every problem at once. Knows nothing of a server, a client or the time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
from msgspec import Struct

from contracts.document import Node, Resolver, SpecError, default_path, extensions, read
from contracts.keywords import KEYWORDS
from contracts.rules import BodyRules, Parameter, compile_schema

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
EVIDENCE = ("documented", "captured", "inferred")
EXTENSIONS = {
    "x-aspect-tolerance", "x-evidence", "x-key-pattern", "x-limits", "x-message", "x-missing",
    "x-models", "x-refusal", "x-refusals", "x-required-by-scheme", "x-runs-for", "x-source",
    "x-task-lifecycle", *KEYWORDS,
}  # fmt: skip


class Outcome(Struct, frozen=True):
    """A documented answer, by name. `value` is its body, `template` its message with {fields},
    `runs_for` the seconds a task runs before it fails so (None: as long as the work takes)."""

    name: str
    status: int
    value: Any
    summary: str
    evidence: str
    source: str
    template: str | None = None
    runs_for: float | None = None

    @property
    def code(self) -> str:
        """The error code, wherever this answer carries it; "" for a success."""
        value = self.value
        return str(value.get("code") or value.get("output", {}).get("code") or "")


class Lifecycle(Struct, frozen=True):
    """How a task may go: `next[state]` are the states that may follow it directly."""

    initial: str
    terminal: frozenset[str]
    next: dict[str, tuple[str, ...]]

    def reachable(self, state: str) -> set[str]:
        """Every state that may be seen after `state`, itself included: a poll may miss some."""
        seen, todo = set(), [state]
        while todo:
            current = todo.pop()
            if current not in seen:
                seen.add(current)
                todo.extend(self.next[current])
        return seen


class Operation(Struct, frozen=True):
    """One operation, named by its operationId. `template` is its path, parameters in braces."""

    id: str
    method: str
    template: str
    tags: tuple[str, ...]
    headers: tuple[Parameter, ...]
    query: tuple[Parameter, ...]
    body: BodyRules | None
    body_refusal: str
    requests: dict[str, Any]
    outcomes: dict[str, Outcome]
    answers: dict[int, jsonschema_rs.Validator]


class Spec(Struct, frozen=True, dict=True):
    """The whole contract. `models` and `limits` are x-models and x-limits as they stand."""

    version: str
    prefixes: tuple[str, ...]
    operations: dict[str, Operation]
    outcomes: dict[str, Outcome]
    lifecycle: Lifecycle
    models: dict[str, dict[str, Any]]
    limits: dict[str, int]
    refusals: dict[str, str]
    key_pattern: re.Pattern[str]
    schemas: dict[str, Node]

    @classmethod
    def load(cls, path: Path | None = None) -> Spec:
        """Read and compile the spec (default: the one of this project). Raises SpecError."""
        path = path or default_path()
        return _Compiler(str(path), read(path)).spec()

    def operations_with(self, outcome: str) -> list[Operation]:
        """The operations that can answer so, in the order of the file."""
        return [op for op in self.operations.values() if outcome in op.outcomes]

    @cached_property
    def task_outcomes(self) -> dict[str, Outcome]:
        """Every way a task can be, and fail: the 200 answers of getTask."""
        outcomes = self.operations["getTask"].outcomes
        return {name: outcome for name, outcome in outcomes.items() if outcome.status == 200}


class _Compiler:
    """One pass over a document. Collects problems; `spec()` raises them together."""

    def __init__(self, source: str, raw: Node) -> None:
        self.source = source
        self.raw = raw
        resolver = Resolver(raw)
        self.tree: Node = resolver.resolve(raw)
        self.problems = resolver.problems
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
            outcomes=self.outcomes,
            lifecycle=Lifecycle(
                lifecycle["initial"],
                frozenset(lifecycle["terminal"]),
                {state: tuple(after) for state, after in lifecycle["next"].items()},
            ),
            models=tree["x-models"],
            limits=tree["x-limits"],
            refusals={**tree["x-refusals"], **scheme["x-refusals"]},
            key_pattern=re.compile(scheme["x-key-pattern"]),
            schemas=tree["components"]["schemas"],
        )

    def _operations(self) -> Iterator[Operation]:
        for template, item in self.tree["paths"].items():
            for method in METHODS:
                if method in item:
                    yield self._operation(template, method, item[method])

    def _operation(self, template: str, method: str, node: Node) -> Operation:
        parameters = [_parameter(p) for p in node.get("parameters", []) if p["in"] != "path"]
        body = node.get("requestBody", {})
        media = body.get("content", {}).get("application/json", {})
        refusal = body.get("x-refusal", "")
        return Operation(
            id=node["operationId"],
            method=method.upper(),
            template=template,
            tags=tuple(node["tags"]),
            headers=tuple(p for p in parameters if p.location == "header"),
            query=tuple(p for p in parameters if p.location == "query"),
            body=BodyRules(media["schema"], refusal) if refusal else None,
            body_refusal=refusal,
            requests={name: e["value"] for name, e in media.get("examples", {}).items()},
            outcomes=dict(self._outcomes(node)),
            answers={int(s): compile_schema(_schema(r)) for s, r in node["responses"].items()},
        )

    def _outcomes(self, node: Node) -> Iterator[tuple[str, Outcome]]:
        for status, response in node["responses"].items():
            for name, example in response["content"]["application/json"]["examples"].items():
                outcome = Outcome(
                    name=name,
                    status=int(status),
                    value=example["value"],
                    summary=example["summary"],
                    evidence=example["x-evidence"],
                    source=example["x-source"],
                    template=example.get("x-message"),
                    runs_for=example.get("x-runs-for"),
                )
                known = self.outcomes.setdefault(name, outcome)
                if known != outcome:
                    self.problems.append(f"outcome {name} is said twice, and differently")
                yield name, known

    def _check(self, spec: Spec) -> None:
        for key, pointer in extensions(self.raw):
            if key not in EXTENSIONS:
                self.problems.append(f"{pointer}: unknown extension {key}")
        for pointer, evidence in _evidence(self.raw):
            if evidence not in EVIDENCE:
                self.problems.append(f"{pointer}: evidence {evidence!r} is none of {EVIDENCE}")
        for operation in spec.operations.values():
            self._check_operation(operation)
        for use, name in spec.refusals.items():
            if name not in spec.outcomes:
                self.problems.append(f"x-refusals {use}: no outcome {name}")
        states = set(spec.schemas["TaskStatus"]["enum"])
        life = spec.lifecycle
        named = {life.initial, *life.terminal, *life.next, *sum(life.next.values(), ())}
        if named != states or set(life.next) != states:
            self.problems.append(f"x-task-lifecycle and the enum differ: {named ^ states}")

    def _check_operation(self, operation: Operation) -> None:
        for outcome in operation.outcomes.values():
            where = f"{operation.id} {outcome.status} {outcome.name}"
            for error in operation.answers[outcome.status].iter_errors(outcome.value):
                self.problems.append(f"{where}: {error.message[:200]}")
        for name, request in operation.requests.items():
            for violation in operation.body.violations(request) if operation.body else []:
                self.problems.append(f"{operation.id} request {name}: {violation.reason}")
        for name in _refusals(operation, self.tree):
            if name not in operation.outcomes:
                self.problems.append(f"{operation.id}: refusal {name} is no outcome of it")


def _parameter(node: Node) -> Parameter:
    schema = node["schema"]
    return Parameter(
        name=node["name"],
        header=node["name"].lower().encode(),
        location=node["in"],
        required=node.get("required", False),
        is_integer=schema.get("type") == "integer",
        default=schema.get("default"),
        refusal=node["x-refusal"],
        required_by_scheme=node.get("x-required-by-scheme"),
        validator=compile_schema(schema),
    )


def _schema(response: Node) -> Node:
    schema: Node = response["content"]["application/json"]["schema"]
    return schema


def _evidence(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every example of the tree as it was written, by its pointer, with the evidence it gives."""
    items = enumerate(node) if isinstance(node, list) else node.items()
    for key, value in items:
        if key == "examples":
            written = {name: e for name, e in value.items() if "$ref" not in e}
            yield from ((f"{path}/{name}", e.get("x-evidence")) for name, e in written.items())
        elif isinstance(value, dict | list) and key not in ("value", "example", "default"):
            yield from _evidence(value, f"{path}/{key}")


def _refusals(operation: Operation, tree: Node) -> Iterator[str]:
    """Every outcome that a rule of the operation names."""
    node = tree["paths"][operation.template][operation.method.lower()]
    for part in (node.get("parameters", []), node.get("requestBody", {})):
        yield from _named(part)


def _named(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _named(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("x-refusal", "x-missing"):
                yield value
            else:
                yield from _named(value)
