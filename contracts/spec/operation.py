"""An operation of the contract and its outcomes, as data. Reads no file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import jsonschema_rs
from msgspec import Struct

from contracts.spec.document import Node
from contracts.spec.validation import BodyRules, Parameter

UNDOCUMENTED = "x-undocumented"
RESULT_PATH = "/results/{tenant}/{task_id}/{name}"  # where the fake serves what OSS would


class Outcome(Struct, frozen=True):
    """A documented answer, by name. `value` is its body, `template` its message with {fields},
    `details` what newer gateways add to it. A task that fails so waits for `queued_for` seconds and
    runs for `runs_for` (None: as any other). Of a download: `lasts` seconds after the end of a task
    that asked for it (None: always), and what becomes of a Range header (`range`). An answer
    that is not documented is served on demand alone; the fields that it `keeps` are not filled."""

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


class Rate(Struct, frozen=True, rename="kebab"):
    """How many calls a second one key has, and the outcome of a call above it."""

    per_second: float
    refusal: str


class Operation(Struct, frozen=True, dict=True):
    """One operation, named by its operationId. `template` is its path, parameters in braces,
    `undocumented` answers that its schemas refuse: they show what a client makes of them."""

    id: str
    method: str
    template: str
    tags: tuple[str, ...]
    rate: Rate
    headers: tuple[Parameter, ...]
    query: tuple[Parameter, ...]
    body: BodyRules | None
    body_refusal: str
    requests: dict[str, Any]
    outcomes: dict[str, Outcome]
    answers: dict[int, jsonschema_rs.Validator]
    undocumented: dict[str, Outcome] = {}

    @cached_property
    def every_outcome(self) -> dict[str, Outcome]:
        """All that it can be made to answer, by name."""
        return {**self.outcomes, **self.undocumented}


UNLIMITED = Rate(float("inf"), "")


def examples(status: str, holder: Node, key: str = "examples") -> Iterator[tuple[str, Outcome]]:
    """The named examples of an answer as outcomes. Raises KeyError where one lacks a part."""
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
            ),
        )


def download(node: Node) -> Operation:
    """The download of a result, as x-results describes it: a call without key, parameters or body,
    and without a limit of its own."""
    return Operation(
        id=node["operationId"],
        method="GET",
        template=RESULT_PATH,
        tags=(),
        rate=UNLIMITED,
        headers=(),
        query=(),
        body=None,
        body_refusal="",
        requests={},
        outcomes={n: o for status, r in node["responses"].items() for n, o in examples(status, r)},
        answers={},
    )
