"""A recorded answer against the spec: is its status documented, its body as the schema says, its
code one that is known, does it have the headers. Asks nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import jsonschema_rs
from msgspec import UNSET

from contracts.recordings.drift.difference import ComparedCall, DriftDifference, Weight
from contracts.recordings.drift.unknown_fields import unknown_fields
from contracts.recordings.model import RecordedTimeline
from contracts.spec.document import Node, Resolver
from contracts.spec.loader import Operation, Outcome, Spec
from contracts.spec.pointers import pointer_of

JSON = "application/json"
_KINDS = {"required": "field missing", "type": "type", "enum": "value", "const": "value"}
_SHOWN = 3  # documented messages that a difference names


class SpecComparison:
    """The checks of one spec."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._responses = cache(self._responses_of)

    def differences(self, seen: ComparedCall) -> Iterator[DriftDifference]:
        """What of a recorded answer the spec does not say."""
        if seen.called is None:
            yield from _unknown_operation(seen, self._spec)
            return
        operation, status = seen.called.operation, seen.answer.status
        if status not in operation.answers:
            known = sorted(operation.answers)
            text = "the status is not documented"
            yield _difference(seen, "breaking", "status", "#status", text, status, known)
            return
        yield from self._headers(seen, operation)
        if seen.answer.body is not None and seen.answer.body.size is not UNSET:
            return  # it was not kept
        if seen.answer.body is None or seen.answer.body.json is UNSET:
            text = "the body is no JSON"
            body = UNSET if seen.answer.body is None else seen.answer.body.text
            yield _difference(seen, "breaking", "body", "", text, body, JSON)
            return
        yield from self._body(seen, operation)
        yield from _code(seen, operation)

    def _body(self, seen: ComparedCall, operation: Operation) -> Iterator[DriftDifference]:
        value, schema = seen.answer.value, self._schema(operation, seen.answer.status)
        for error in operation.answers[seen.answer.status].iter_errors(value):
            yield _violation(seen, schema, error)
        for pointer, found in unknown_fields([schema], value):
            text = "the schema does not have the field"
            yield _difference(seen, "additive", "field new", pointer, text, found)

    def _headers(self, seen: ComparedCall, operation: Operation) -> Iterator[DriftDifference]:
        headers = seen.answer.headers
        for name in self._responses(operation.id)[str(seen.answer.status)].get("headers", {}):
            if name.lower() not in headers:
                text, pointer = "the header is missing", f"#header/{name.lower()}"
                yield _difference(seen, "breaking", "header", pointer, text)
        kind = headers.get("content-type", "")
        if kind.partition(";")[0].strip().lower() != JSON:
            text, pointer = "the content is of another type", "#header/content-type"
            recorded = kind if "content-type" in headers else UNSET
            yield _difference(seen, "breaking", "header", pointer, text, recorded, JSON)

    def _schema(self, operation: Operation, status: int) -> Node:
        answer = self._responses(operation.id)[str(status)]
        schema: Node = answer["content"][JSON]["schema"]
        return schema

    def _responses_of(self, operation_id: str) -> Node:
        operation, root = self._spec.operations[operation_id], self._spec.source_map.root
        node = root["paths"][operation.template][operation.method.lower()]["responses"]
        resolved: Node = Resolver(root).resolve(node)
        return resolved

    def life(self, place: str, timeline: RecordedTimeline) -> Iterator[DriftDifference]:
        """The steps of a task that no task may take."""
        life, states = self._spec.lifecycle, [s.task_status for s in timeline.states]
        for number, (before, after) in enumerate(pairwise(states), 1):
            if before in life.next and after in life.next and after not in life.reachable(before):
                yield DriftDifference(
                    weight="breaking",
                    kind="transition",
                    against="spec",
                    answer=f"getTask 200 {after}",
                    pointer="/output/task_status",
                    text="no task goes this way",
                    recorded=f"{before} -> {after}",
                    expected=sorted(life.reachable(before)),
                    first=f"{place}/states/{number}",
                )


def _unknown_operation(seen: ComparedCall, spec: Spec) -> Iterator[DriftDifference]:
    """Downloads are no operations; refusals of a wrong path are documented as such."""
    if seen.answer.status < 400 and isinstance(seen.answer.value, dict):
        text, known = (
            "the spec has no such operation",
            [o.template for o in spec.operations.values()],
        )
        path = f"{seen.request.method} {seen.request.path}"
        yield _difference(seen, "additive", "operation", "", text, path, list(dict.fromkeys(known)))


def _violation(
    seen: ComparedCall, schema: Node, error: jsonschema_rs.ValidationError
) -> DriftDifference:
    keyword = str(error.schema_path[-1]) if error.schema_path else ""
    place, expected = list(error.instance_path), _at(schema, list(error.schema_path))
    recorded = _at(seen.answer.value, place)
    if keyword == "required":
        name = str(error.kind.property)  # type: ignore[attr-defined]
        place, recorded = [*place, name], UNSET
        expected = _type_of(_at(schema, list(error.schema_path)[:-1]), name)
    kind = _KINDS.get(keyword, "schema")
    text = "the field may not be here" if expected is False else error.message[:200]
    return _difference(seen, "breaking", kind, pointer_of(place), text, recorded, expected)


def _type_of(schema: Node, name: str) -> Any:
    """The type that a schema gives to a field; UNSET where it is given elsewhere."""
    field = schema.get("properties", {}).get(name, {})
    return field.get("type", UNSET) if isinstance(field, dict) else UNSET


def _at(node: Any, way: list[str | int]) -> Any:
    for part in way:
        node = node[part]
    return node


def _code(seen: ComparedCall, operation: Operation) -> Iterator[DriftDifference]:
    """The code and the message, in the output or beside it."""
    value, output = seen.answer.value, seen.answer.output
    holder, place = (output, "/output") if output.get("code") else (value, "")
    code = holder.get("code") if isinstance(holder, dict) else None
    if not isinstance(code, str) or not code:
        return
    known = [o for o in operation.outcomes.values() if o.status == seen.answer.status]
    same = [outcome for outcome in known if outcome.code == code]
    if not same:
        codes = sorted({outcome.code for outcome in known if outcome.code})
        text = f"the code is not documented for {operation.id} with this status"
        yield _difference(seen, "breaking", "code", f"{place}/code", text, code, codes)
        return
    message = holder.get("message")
    if isinstance(message, str) and not any(_says(outcome, message) for outcome in same):
        said, text = [_message(o) for o in same][:_SHOWN], "the message is worded differently"
        pointer = f"{place}/message"
        yield _difference(seen, "cosmetic", "message", pointer, text, message, said)


def _message(outcome: Outcome) -> str:
    output = outcome.value.get("output")
    holder = output if isinstance(output, dict) and "message" in output else outcome.value
    return str(holder.get("message", ""))


def _says(outcome: Outcome, message: str) -> bool:
    """Whether a message is that of an outcome, with other names in it, or an address behind it."""
    bare = message.partition(" For details, see:")[0].strip()
    if bare == _message(outcome).partition(" For details, see:")[0].strip():
        return True
    if outcome.template is None:
        return False
    pattern = ".*".join(map(re.escape, re.split(r"\{\w+\}", outcome.template)))
    return re.fullmatch(pattern, bare, re.S) is not None


def _difference(
    seen: ComparedCall, weight: Weight, kind: str, pointer: str, text: str,
    recorded: Any = UNSET, expected: Any = UNSET,
) -> DriftDifference:  # fmt: skip
    return DriftDifference(
        weight, kind, "spec", seen.label, pointer, text, recorded, expected, first=seen.place
    )
