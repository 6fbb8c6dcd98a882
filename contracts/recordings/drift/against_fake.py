"""A recorded answer against the fake's to the same call, as shapes. Who the fake is, it does not
know: it is given somebody to ask."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import UNSET

from contracts.recordings.drift.difference import ComparedCall, DriftDifference, Weight
from contracts.recordings.drift.shapes import parts
from contracts.recordings.model import RecordedAnswer, RecordedRequest
from contracts.spec.loader import Outcome

# Asks the fake a recorded call, so that it answers with the outcome of this name. None: it cannot.
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
    "type": "the type is another",
    "order": "the fields are in another order",
}
# Of the way, not of the service; and the fake's own, and what the spec has its say on.
_UNJUDGED = {
    "age", "alt-svc", "cache-control", "connection", "content-encoding", "content-length",
    "content-type", "date", "expires", "pragma", "strict-transport-security", "vary", "via",
    "x-request-id",
}  # fmt: skip
_OWN = "x-mock-"


def differences(seen: ComparedCall, ask: AskFake) -> Iterator[DriftDifference]:
    """How the fake's answer parts from the recorded one; nothing where the recorded answer is none
    of the documented ones, of which the fake knows no more than the spec, nor where the body of the
    request was not kept, so that the call cannot be made again."""
    body, outcome = seen.request.body, documented_outcome(seen)
    is_whole = body is None or body.size is UNSET
    answer = ask(seen.request, outcome.name) if outcome is not None and is_whole else None
    if answer is None:
        return
    if (answer.status, _code(answer)) != (seen.answer.status, _code(seen.answer)):
        recorded, expected = _said(seen.answer), _said(answer)
        text = "the fake answers the same call differently"
        yield _difference(seen, "breaking", "status", "#status", text, recorded, expected)
        return
    for part in parts(seen.answer.value, answer.value):
        weight, text = _WEIGHTS[part.kind], _TEXTS[part.kind]
        recorded, expected = part.recorded, part.expected
        yield _difference(seen, weight, part.kind, part.pointer, text, recorded, expected)
    yield from _headers(seen, answer)


def documented_outcome(seen: ComparedCall) -> Outcome | None:
    """The documented answer that a recorded one is; of several that of the most similar shape."""
    assert seen.called
    outcomes = seen.called.operation.outcomes.values()
    said = (seen.answer.status, *_facts(seen.answer.value))
    same = [outcome for outcome in outcomes if (outcome.status, *_facts(outcome.value)) == said]
    value = seen.answer.value
    return min(same, key=lambda outcome: _distance(value, outcome.value), default=None)


def _distance(value: Any, other: Any) -> tuple[int, int]:
    """How far two shapes are apart: by their fields, and only then by the order of these."""
    kinds = [part.kind for part in parts(value, other)]
    return len(kinds) - kinds.count("order"), kinds.count("order")


def _facts(value: Any) -> tuple[Any, ...]:
    """What tells one answer from another: its code, the task's state, whether a picture passed."""
    top = value if isinstance(value, dict) else {}
    output = top.get("output") if isinstance(top.get("output"), dict) else {}
    assert isinstance(output, dict)
    code = top.get("code") or output.get("code") or ""
    return code, output.get("task_status"), output.get("check_pass")


def _code(answer: RecordedAnswer) -> Any:
    return _facts(answer.value)[0]


def _said(answer: RecordedAnswer) -> str:
    return f"{answer.status} {_code(answer)}".strip()


def _headers(seen: ComparedCall, answer: RecordedAnswer) -> Iterator[DriftDifference]:
    recorded, expected = _judged(seen.answer), _judged(answer)
    for name in sorted(recorded.keys() | expected.keys()):
        said, known = recorded.get(name, UNSET), expected.get(name, UNSET)
        if UNSET in (said, known):
            text = f"only the {'recording' if name in recorded else 'fake'} has the header"
        elif _steady(said) != _steady(known):
            text = "the header's value is another"
        else:
            continue
        yield _difference(seen, "cosmetic", "header", f"#header/{name}", text, said, known)


def _steady(value: Any) -> str:
    """A header's value without what is another each time: numbers, and seconds in them."""
    return re.sub(r"[0-9]+", "0", str(value))


def _judged(answer: RecordedAnswer) -> dict[str, str]:
    headers = answer.headers.items()
    return {n: v for n, v in headers if n not in _UNJUDGED and not n.startswith(_OWN)}


def _difference(
    seen: ComparedCall,
    weight: Weight,
    kind: str,
    pointer: str,
    text: str,
    recorded: Any = UNSET,
    expected: Any = UNSET,
) -> DriftDifference:
    return DriftDifference(
        weight, kind, "fake", seen.label, pointer, text, recorded, expected, first=seen.place
    )
