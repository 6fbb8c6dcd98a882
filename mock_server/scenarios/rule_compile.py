"""Compiles checked scenarios (JSON values) into Rule objects. Reads no file."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

import msgspec

from contracts.spec.loader import Spec
from mock_server.scenarios import variants
from mock_server.scenarios.names import directive_for
from mock_server.scenarios.rule_check import action_of, operations_of, problems, variants_of
from mock_server.scenarios.rule_schema import RuleProblem
from mock_server.scenarios.rules import NORMAL, Action, Conditions, Rule, Ruleset, Step


class RuleError(ValueError):
    """Invalid scenarios. The message lists the problems with their JSON pointers."""

    def __init__(self, found: list[RuleProblem]) -> None:
        super().__init__("; ".join(f"{p.pointer or '/'}: {p.text}" for p in found))
        self.problems = found


def compile_ruleset(spec: Spec, value: Any, began: float | None = None, before: int = 0) -> Ruleset:
    """Compile a document that follows scenarios.schema.json.

    began: the tenant's time when the rules are set; None for a file, whose times count from each
    tenant's first call. before: the number of rules that the tenant has already. Raises
    RuleError."""
    found = problems(spec, value)
    if found:
        raise RuleError(found)
    written = value.get("scenarios", [])
    rules = [_rule(spec, rule, number, began) for number, rule in enumerate(written, before + 1)]
    return Ruleset(tuple(rules), variants.check(spec, variants_of(value)))


def complete_document(value: Any) -> tuple[Any, str]:
    """The complete document for a single rule or a list of rules, and the prefix that this adds to
    JSON pointers."""
    if isinstance(value, list):
        return {"scenarios": value}, "/scenarios"
    if isinstance(value, dict) and ("do" in value or "steps" in value):
        return {"scenarios": [value]}, "/scenarios/0"
    return value, ""


def _rule(spec: Spec, written: dict[str, Any], number: int, began: float | None) -> Rule:
    name = written.get("name", f"scenario {number}")
    text = msgspec.json.encode(written, order="sorted")
    steps = tuple(_steps(spec, written))
    source = b"file" if began is None else b"tenant"
    return Rule(
        name=name,
        id=f"{name} {blake2b(text, digest_size=6, person=source).hexdigest()}",
        conditions=_conditions(
            written, operations_of(written) or _able(steps) or list(spec.operations)
        ),
        steps=steps,
        named="operation" in written,
        per_task=written.get("per") == "task",
        repeat=written.get("repeat", False),
        began=began,
        source=written,
    )


def _able(steps: tuple[Step, ...]) -> list[str]:
    """The operations of a rule that names none: all to which one of its steps applies."""
    return sorted({operation for step in steps for operation in step.operations})


def _conditions(written: dict[str, Any], operations: list[str]) -> Conditions:
    low, high = written.get("between", (0, None))
    return Conditions(
        operations=tuple(operations),
        model=written.get("model", ""),
        body=written.get("body", {}),
        headers=written.get("headers", {}),
        status=written.get("status", ""),
        since=float(low),
        until=None if high is None else float(high),
    )


def _steps(spec: Spec, written: dict[str, Any]) -> Iterator[Step]:
    named = "operation" in written
    for step in written.get("steps", []):
        yield _step(spec, action_of(spec, step["do"]), step.get("times"), named)
    if "do" in written:
        before = written.get("after", written.get("nth", 1) - 1)
        if before:
            yield Step(None, before)
        times = 1 if "nth" in written else written.get("first")
        yield _step(spec, action_of(spec, written["do"]), times, named)


def _step(spec: Spec, action: Action, times: int | None, named: bool) -> Step:
    """A step with the operations that its action applies to.

    A fault without operations applies to the API only, not to downloads: those go to another host
    of the service."""
    every = spec.all_operations if named or action.outcome else spec.operations
    operations = [] if action == NORMAL else every.values()
    able = [o.id for o in operations if directive_for(spec, o, action, named) is not None]
    return Step(action, times, tuple(able))
