"""The operations of openapi.yaml and their outcomes, as data. Reads no file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import jsonschema_rs
from msgspec import Struct

from contracts.spec.document import Node
from contracts.spec.models import named_model
from contracts.spec.validation import BodyValidator, Parameter

UNDOCUMENTED = "x-undocumented"
POLL = "getTask"  # the operation that shows the state of a task
RESULT_PATH = "/results/{tenant}/{task_id}/{name}"  # where the fake serves results, in place of OSS


class Outcome(Struct, frozen=True):
    """One answer of an operation, with a name and its evidence.

    value: the body. template: the message with {fields} to fill. details: the sentence that newer
    gateways add to the message. queued_for, runs_for: seconds that a task with this ending waits
    and runs; None for the usual times. lasts: seconds after the end of the task for which a
    download answers so; None for always. range: how a download handles a Range header. documented:
    False for an answer that breaks its schema and is served only on demand. keeps: fields that are
    served as they are here, not filled in. models: the models whose answer it is; () for all."""

    name: str
    status: int
    value: Any
    summary: str
    evidence: str
    source: str
    template: str | None = None
    details: str | None = None
    queued_for: float | None = None
    runs_for: float | None = None
    lasts: float | None = None
    range: str = ""
    documented: bool = True
    keeps: tuple[str, ...] = ()
    models: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """The state of a task with this ending: the name without what is behind a dot."""
        return self.name.partition(".")[0]

    @property
    def code(self) -> str:
        """The error code, at the top of the body or in its `output`; "" for a success."""
        value = self.value
        return str(value.get("code") or value.get("output", {}).get("code") or "")


class Lifecycle(Struct, frozen=True):
    """The states of a task. next: for each state, the states that may directly follow it."""

    initial: str
    terminal: frozenset[str]
    next: dict[str, tuple[str, ...]]

    def reachable(self, state: str) -> set[str]:
        """Every state that a later poll may see, `state` included. Polls may skip states."""
        seen, todo = set(), [state]
        while todo:
            current = todo.pop()
            if current not in seen:
                seen.add(current)
                todo.extend(self.next[current])
        return seen


class RateLimit(Struct, frozen=True, rename="kebab"):
    """The rate limit of one API key: calls per second, and the outcome of a call above it."""

    per_second: float
    refusal: str


class Operation(Struct, frozen=True, dict=True):
    """One operation, named by its operationId.

    template: the path, with parameters in braces. bodies: the schema of the body of each model.
    answers: the schema of each status. undocumented: outcomes that break these schemas, to test how
    a client handles them."""

    id: str
    method: str
    template: str
    tags: tuple[str, ...]
    rate: RateLimit
    headers: tuple[Parameter, ...]
    query: tuple[Parameter, ...]
    bodies: dict[str, BodyValidator]
    body_refusal: str
    requests: dict[str, Any]
    outcomes: dict[str, Outcome]
    answers: dict[int, jsonschema_rs.Validator]
    undocumented: dict[str, Outcome] = {}

    @cached_property
    def body(self) -> BodyValidator | None:
        """The schema of the body of the first model, which refuses unknown models; None if the
        operation takes no body."""
        return next(iter(self.bodies.values()), None)

    def body_for(self, model: str) -> BodyValidator | None:
        """The schema of the body of a model; that of the first model for one that the operation
        does not serve."""
        return self.bodies.get(model) or self.body

    def requests_for(self, model: str) -> dict[str, Any]:
        """The documented requests of a model by their names; those of the first model for one that
        the operation does not serve."""
        known = model if model in self.bodies else next(iter(self.bodies), "")
        return self._requests[known]

    @cached_property
    def _requests(self) -> dict[str, dict[str, Any]]:
        return {
            model: {n: r for n, r in self.requests.items() if named_model(r) == model}
            for model in self.bodies or [""]
        }

    def path(self, value: str = "") -> str:
        """The path below a prefix, with this value in place of its parameter, unchanged."""
        before, brace, rest = self.template.partition("{")
        return before + value + rest.partition("}")[2] if brace else before

    @cached_property
    def every_outcome(self) -> dict[str, Outcome]:
        """The outcomes and the undocumented outcomes, by name."""
        return {**self.outcomes, **self.undocumented}


UNLIMITED = RateLimit(float("inf"), "")


def examples(status: str, holder: Node, key: str = "examples") -> Iterator[tuple[str, Outcome]]:
    """The named examples of an answer as outcomes. Raises KeyError if an example lacks a field."""
    for name, example in holder.get(key, {}).items():
        yield (
            name,
            Outcome(
                name=name,
                status=int(status),
                value=example["value"],
                summary=example["summary"],
                evidence=example["x-evidence"],
                source=example["x-source"],
                template=example.get("x-message"),
                details=example.get("x-details"),
                queued_for=example.get("x-queued-for"),
                runs_for=example.get("x-runs-for"),
                lasts=example.get("x-lasts-seconds"),
                range=example.get("x-range", ""),
                documented=key != UNDOCUMENTED,
                keeps=tuple(example.get("x-keeps", ())),
                models=tuple(example.get("x-for-models", ())),
            ),
        )


def download(node: Node) -> Operation:
    """The operation that downloads a result, from x-results. It needs no key, takes no parameters
    and no body, and has no rate limit."""
    return Operation(
        id=node["operationId"],
        method="GET",
        template=RESULT_PATH,
        tags=(),
        rate=UNLIMITED,
        headers=(),
        query=(),
        bodies={},
        body_refusal="",
        requests={},
        outcomes={n: o for status, r in node["responses"].items() for n, o in examples(status, r)},
        answers={},
    )
