"""Whether what people write is a scenario: by the schema, then by the spec. Says every problem,
each with the JSON pointer of its place. Builds nothing and reads no file but the schema."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import msgspec

from contracts.spec import Spec
from mock_server import variants
from mock_server.faults import FaultError, parse
from mock_server.near import did_you_mean, near
from mock_server.rules import NORMAL, Do
from mock_server.scenarios import UnknownScenario, able, find

SCHEMA = Path(__file__).with_name("scenarios.schema.json")
COUNTS = ("first", "nth", "after", "steps")


class Problem(NamedTuple):
    """What is wrong, and where in what was written (a JSON pointer)."""

    pointer: str
    text: str


def problems(spec: Spec, value: Any) -> list[Problem]:
    """All that is wrong; of what has not even the shape, only that."""
    return list(_shape(value)) or list(_meaning(spec, value))


def what(spec: Spec, written: Any) -> Do:
    """What a `do` means. Raises UnknownScenario and FaultError."""
    if written == "normal":
        return NORMAL
    if isinstance(written, str):
        return find(spec, written)[1]
    rest = {key: value for key, value in written.items() if key != "answer"}
    do = find(spec, written["answer"])[1] if "answer" in written else NORMAL
    return Do(do.outcome, parse(rest) if rest else do.fault)


def operations_of(written: dict[str, Any]) -> list[str]:
    """The operations that a rule names."""
    named = written.get("operation", [])
    return [named] if isinstance(named, str) else named


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = msgspec.json.decode(SCHEMA.read_bytes())
    return schema


def _shape(value: Any) -> Iterator[Problem]:
    for error in jsonschema_rs.Draft202012Validator(_schema()).iter_errors(value):
        yield Problem(_pointer(error.instance_path), error.message[:300] + _hint(error))


def _hint(error: jsonschema_rs.ValidationError) -> str:
    """A did-you-mean for a key that does not exist."""
    if error.schema_path[-1] != "additionalProperties" or not isinstance(error.instance, dict):
        return ""
    node: Any = _schema()
    for part in error.schema_path[:-1]:
        node = node[part]
    known = node["properties"]
    unknown = next(key for key in error.instance if key not in known)
    return f"; known are {', '.join(known)}.{did_you_mean(unknown, known)}"


def _meaning(spec: Spec, value: dict[str, Any]) -> Iterator[Problem]:
    """What names nothing that exists, or cannot be together."""
    rules = value.get("scenarios", [])
    for number, rule in enumerate(rules):
        yield from _rule(spec, rule, f"/scenarios/{number}")
    names = [rule.get("name") for rule in rules]
    for number, name in enumerate(names):
        if name is not None and name in names[:number]:
            yield Problem(f"/scenarios/{number}/name", f"{name!r} is the name of another one")
    try:
        variants.check(spec, value.get("variants", {}))
    except variants.VariantError as error:
        yield Problem("/variants", str(error))


def _rule(spec: Spec, rule: dict[str, Any], place: str) -> Iterator[Problem]:
    for number, operation in enumerate(operations_of(rule)):
        where = f"{place}/operation" + (f"/{number}" if isinstance(rule["operation"], list) else "")
        yield from _known(operation, "operation", spec.operations, where)
    yield from _known(rule.get("model"), "model", spec.models, f"{place}/model")
    yield from _known(rule.get("status"), "status", spec.lifecycle.next, f"{place}/status")
    yield from _pointers(spec, rule, f"{place}/body")
    low, high = rule.get("between", (0, None))
    if high is not None and high <= low:
        yield Problem(f"{place}/between", f"{high} is not after {low}")
    if sum(key in rule for key in COUNTS) > 1:
        yield Problem(place, f"give one of {', '.join(COUNTS)}")
    yield from _steps(spec, rule, place)


def _known(name: str | None, kind: str, known: Collection[str], place: str) -> Iterator[Problem]:
    if name is not None and name not in known:
        text = f"no {kind} {name!r}; there are {', '.join(known)}.{did_you_mean(name, known)}"
        yield Problem(place, text)


def _pointers(spec: Spec, rule: dict[str, Any], place: str) -> Iterator[Problem]:
    """A pointer may lead to what only this user's client sends, not to a misspelled field."""
    operations = [spec.operations.get(name) for name in operations_of(rule) or spec.operations]
    bodies = [operation.body for operation in operations if operation and operation.body]
    known = {pointer for body in bodies for pointer in _fields(body.schema)}
    for pointer in rule.get("body", {}):
        close = near(pointer, known, cutoff=0.85) if pointer not in known else []
        if close:
            text = f"no field {pointer!r}. Did you mean {close[0]!r}?"
            yield Problem(place + _pointer([pointer]), text)


def _fields(schema: dict[str, Any], place: str = "") -> Iterator[str]:
    for name, field in schema.get("properties", {}).items():
        yield f"{place}/{name}"
        yield from _fields(field, f"{place}/{name}")


def _steps(spec: Spec, rule: dict[str, Any], place: str) -> Iterator[Problem]:
    steps = rule.get("steps", [])
    for number, step in enumerate(steps):
        where = f"{place}/steps/{number}"
        yield from _do(spec, rule, step["do"], f"{where}/do")
        if "times" not in step and number + 1 < len(steps):
            yield Problem(where, "a step without times has no end; nothing comes after it")
    if "do" in rule:
        yield from _do(spec, rule, rule["do"], f"{place}/do")
    ends = "times" in steps[-1] if steps else ("first" in rule or "nth" in rule)
    if rule.get("repeat") and not ends:
        yield Problem(f"{place}/repeat", "what has no end does not begin again")


def _do(spec: Spec, rule: dict[str, Any], do: Any, place: str) -> Iterator[Problem]:
    try:
        outcome = what(spec, do).outcome
    except (FaultError, UnknownScenario) as error:
        yield Problem(place, str(error))
        return
    can = [operation.id for operation in able(spec, outcome)] if outcome else []
    named = operations_of(rule)
    if outcome and named and not set(named) & set(can):
        yield Problem(place, f"{', '.join(named)} cannot answer {outcome}; {', '.join(can)} can")


def _pointer(parts: Collection[str | int]) -> str:
    return "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in parts)
