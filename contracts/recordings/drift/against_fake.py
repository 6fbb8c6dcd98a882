"""Compares a recorded answer with the fake's answer to the same call, by their shapes. It does not
import the fake: callers pass a function that asks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import UNSET

from contracts.recordings.drift.difference import ComparedCall, DriftDifference, Weight
from contracts.recordings.drift.shapes import shape_differences
from contracts.recordings.model import RecordedAnswer, RecordedRequest
from contracts.spec.loader import Outcome

# Sends a recorded call to the fake, which shall answer with the outcome of this name. None if the
# call is not an operation of the fake.
AskFake = Callable[[RecordedRequest, str], RecordedAnswer | None]

_WEIGHTS: dict[str, Weight] = {
    "field new": "additive",
    "field missing": "breaking",
    "type": "breaking",
    "order": "cosmetic",
}
_TEXTS = {
    "field new": "the fake does not have the field",
    "field missing": "the fake has the field, the recording does not",
    "type": "the type differs",
    "order": "the fields are in a different order",
}
# Headers of the connection or of proxies, and headers that are compared with the spec.
_IGNORED = {
    "age", "alt-svc", "cache-control", "connection", "content-encoding", "content-length",
    "content-type", "date", "expires", "pragma", "strict-transport-security", "vary", "via",
    "x-request-id",
}  # fmt: skip
_FAKE_PREFIX = "x-mock-"


def differences(call: ComparedCall, ask: AskFake) -> Iterator[DriftDifference]:
    """The differences between the fake's answer and the recorded one. None are found for an answer
    that is not documented, since the fake knows only documented ones, and for a request whose body
    was not kept, since it cannot be sent again."""
    body, outcome = call.request.body, documented_outcome(call)
    is_whole = body is None or body.size is UNSET
    answer = ask(call.request, outcome.name) if outcome is not None and is_whole else None
    if answer is None:
        return
    if (answer.status, _code(answer)) != (call.answer.status, _code(call.answer)):
        recorded, expected = _status_and_code(call.answer), _status_and_code(answer)
        text = "the fake answers the same call differently"
        yield _difference(call, "breaking", "status", "#status", text, recorded, expected)
        return
    for part in shape_differences(call.answer.value, answer.value):
        weight, text = _WEIGHTS[part.kind], _TEXTS[part.kind]
        recorded, expected = part.recorded, part.expected
        yield _difference(call, weight, part.kind, part.pointer, text, recorded, expected)
    yield from _headers(call, answer)


def documented_outcome(call: ComparedCall) -> Outcome | None:
    """The documented outcome of a recorded answer; of several, the one with the most similar
    shape."""
    assert call.called
    outcomes = call.called.operation.outcomes.values()
    facts = (call.answer.status, *_facts(call.answer.value))
    same = [outcome for outcome in outcomes if (outcome.status, *_facts(outcome.value)) == facts]
    value = call.answer.value
    return min(same, key=lambda outcome: _distance(value, outcome.value), default=None)


def _distance(value: Any, other: Any) -> tuple[int, int]:
    """The number of differences between two shapes: first in fields, then in their order."""
    kinds = [part.kind for part in shape_differences(value, other)]
    return len(kinds) - kinds.count("order"), kinds.count("order")


def _facts(value: Any) -> tuple[Any, ...]:
    """The values that distinguish answers: code, status of the task, result of the check of a
    picture."""
    top = value if isinstance(value, dict) else {}
    output = top.get("output") if isinstance(top.get("output"), dict) else {}
    assert isinstance(output, dict)
    code = top.get("code") or output.get("code") or ""
    return code, output.get("task_status"), output.get("check_pass")


def _code(answer: RecordedAnswer) -> Any:
    return _facts(answer.value)[0]


def _status_and_code(answer: RecordedAnswer) -> str:
    return f"{answer.status} {_code(answer)}".strip()


def _headers(call: ComparedCall, answer: RecordedAnswer) -> Iterator[DriftDifference]:
    recorded, expected = _compared_headers(call.answer), _compared_headers(answer)
    for name in sorted(recorded.keys() | expected.keys()):
        value, fake_value = recorded.get(name, UNSET), expected.get(name, UNSET)
        if UNSET in (value, fake_value):
            text = f"only the {'recording' if name in recorded else 'fake'} has the header"
        elif _steady(value) != _steady(fake_value):
            text = "the value of the header differs"
        else:
            continue
        yield _difference(call, "cosmetic", "header", f"#header/{name}", text, value, fake_value)


def _steady(value: Any) -> str:
    """The value of a header with every number replaced by 0, because numbers such as seconds
    vary."""
    return re.sub(r"[0-9]+", "0", str(value))


def _compared_headers(answer: RecordedAnswer) -> dict[str, str]:
    headers = answer.headers.items()
    return {n: v for n, v in headers if n not in _IGNORED and not n.startswith(_FAKE_PREFIX)}


def _difference(
    call: ComparedCall,
    weight: Weight,
    kind: str,
    pointer: str,
    text: str,
    recorded: Any = UNSET,
    expected: Any = UNSET,
) -> DriftDifference:
    return DriftDifference(
        weight, kind, "fake", call.label, pointer, text, recorded, expected, first=call.place
    )
