"""Compares a recorded answer with the spec: whether its status, code and headers are documented,
and whether its body matches the schema. Sends nothing."""

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
from contracts.spec.fields import field_at
from contracts.spec.loader import Operation, Outcome, Spec
from contracts.spec.pointers import pointer_of

JSON = "application/json"
_KINDS = {"required": "field missing", "type": "type", "enum": "value", "const": "value"}
_SHOWN = 3  # documented messages in one difference


class SpecComparison:
    """Compares recorded answers with one spec."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._responses = cache(self._responses_of)

    def differences(self, call: ComparedCall) -> Iterator[DriftDifference]:
        """The differences between a recorded answer and the spec."""
        if call.called is None:
            yield from _unknown_operation(call, self._spec)
            return
        operation, status = call.called.operation, call.answer.status
        if status not in operation.answers:
            known = sorted(operation.answers)
            text = "the status is not documented"
            yield _difference(call, "breaking", "status", "#status", text, status, known)
            return
        yield from self._headers(call, operation)
        if call.answer.body is not None and call.answer.body.size is not UNSET:
            return  # the body was not kept
        if call.answer.body is None or call.answer.body.json is UNSET:
            text = "the body is not JSON"
            body = UNSET if call.answer.body is None else call.answer.body.text
            yield _difference(call, "breaking", "body", "", text, body, JSON)
            return
        yield from self._body(call, operation)
        yield from _code(call, operation)

    def _body(self, call: ComparedCall, operation: Operation) -> Iterator[DriftDifference]:
        value, schema = call.answer.value, self._schema(operation, call.answer.status)
        for error in operation.answers[call.answer.status].iter_errors(value):
            yield _violation(call, schema, error)
        for pointer, found in unknown_fields([schema], value):
            text = "the schema does not have the field"
            yield _difference(call, "additive", "field new", pointer, text, found)

    def _headers(self, call: ComparedCall, operation: Operation) -> Iterator[DriftDifference]:
        headers = call.answer.headers
        for name in self._responses(operation.id)[str(call.answer.status)].get("headers", {}):
            if name.lower() not in headers:
                text, pointer = "the header is missing", f"#header/{name.lower()}"
                yield _difference(call, "breaking", "header", pointer, text)
        kind = headers.get("content-type", "")
        if kind.partition(";")[0].strip().lower() != JSON:
            text, pointer = "the content type differs", "#header/content-type"
            recorded = kind if "content-type" in headers else UNSET
            yield _difference(call, "breaking", "header", pointer, text, recorded, JSON)

    def _schema(self, operation: Operation, status: int) -> Node:
        answer = self._responses(operation.id)[str(status)]
        schema: Node = answer["content"][JSON]["schema"]
        return schema

    def _responses_of(self, operation_id: str) -> Node:
        operation, root = self._spec.operations[operation_id], self._spec.source_map.root
        node = root["paths"][operation.template][operation.method.lower()]["responses"]
        resolved: Node = Resolver(root).resolve(node)
        return resolved

    def transitions(self, place: str, timeline: RecordedTimeline) -> Iterator[DriftDifference]:
        """The changes of a task's status that the spec does not allow."""
        lifecycle, states = self._spec.lifecycle, [s.task_status for s in timeline.states]
        for number, (before, after) in enumerate(pairwise(states), 1):
            if (
                before in lifecycle.next
                and after in lifecycle.next
                and after not in lifecycle.reachable(before)
            ):
                yield DriftDifference(
                    weight="breaking",
                    kind="transition",
                    against="spec",
                    answer=f"getTask 200 {after}",
                    pointer="/output/task_status",
                    text="the spec does not allow this transition",
                    recorded=f"{before} -> {after}",
                    expected=sorted(lifecycle.reachable(before)),
                    first=f"{place}/states/{number}",
                )


def _unknown_operation(call: ComparedCall, spec: Spec) -> Iterator[DriftDifference]:
    """The difference of a call that is not an operation of the spec. Downloads and refusals of a
    wrong path are not reported."""
    if call.answer.status < 400 and isinstance(call.answer.value, dict):
        text = "the spec does not have the operation"
        known = [operation.template for operation in spec.operations.values()]
        path = f"{call.request.method} {call.request.path}"
        yield _difference(call, "additive", "operation", "", text, path, list(dict.fromkeys(known)))


def _violation(
    call: ComparedCall, schema: Node, error: jsonschema_rs.ValidationError
) -> DriftDifference:
    keyword = str(error.schema_path[-1]) if error.schema_path else ""
    place, expected = list(error.instance_path), _at(schema, list(error.schema_path))
    recorded = _at(call.answer.value, place)
    if keyword == "required":
        name = str(error.kind.property)  # type: ignore[attr-defined]
        place, recorded = [*place, name], UNSET
        expected = field_at(_at(schema, list(error.schema_path)[:-1]), [name]).get("type", UNSET)
    kind = _KINDS.get(keyword, "schema")
    text = "the field is not allowed here" if expected is False else error.message[:200]
    return _difference(call, "breaking", kind, pointer_of(place), text, recorded, expected)


def _at(node: Any, path: list[str | int]) -> Any:
    for part in path:
        node = node[part]
    return node


def _code(call: ComparedCall, operation: Operation) -> Iterator[DriftDifference]:
    """The differences of code and message, which are in `output` or beside it."""
    value, output = call.answer.value, call.answer.output
    holder, place = (output, "/output") if output.get("code") else (value, "")
    code = holder.get("code") if isinstance(holder, dict) else None
    if not isinstance(code, str) or not code:
        return
    known = [o for o in operation.outcomes.values() if o.status == call.answer.status]
    same = [outcome for outcome in known if outcome.code == code]
    if not same:
        codes = sorted({outcome.code for outcome in known if outcome.code})
        text = f"the code is not documented for {operation.id} with this status"
        yield _difference(call, "breaking", "code", f"{place}/code", text, code, codes)
        return
    message = holder.get("message")
    if isinstance(message, str) and not any(_is_message_of(outcome, message) for outcome in same):
        documented = [_message(outcome) for outcome in same][:_SHOWN]
        text = "the wording of the message differs"
        pointer = f"{place}/message"
        yield _difference(call, "cosmetic", "message", pointer, text, message, documented)


def _message(outcome: Outcome) -> str:
    output = outcome.value.get("output")
    holder = output if isinstance(output, dict) and "message" in output else outcome.value
    return str(holder.get("message", ""))


def _is_message_of(outcome: Outcome, message: str) -> bool:
    """Whether a message is the message of an outcome: names in it and a link after it may
    differ."""
    bare = message.partition(" For details, see:")[0].strip()
    if bare == _message(outcome).partition(" For details, see:")[0].strip():
        return True
    if outcome.template is None:
        return False
    pattern = ".*".join(map(re.escape, re.split(r"\{\w+\}", outcome.template)))
    return re.fullmatch(pattern, bare, re.S) is not None


def _difference(
    call: ComparedCall, weight: Weight, kind: str, pointer: str, text: str,
    recorded: Any = UNSET, expected: Any = UNSET,
) -> DriftDifference:  # fmt: skip
    return DriftDifference(
        weight, kind, "spec", call.label, pointer, text, recorded, expected, first=call.place
    )
