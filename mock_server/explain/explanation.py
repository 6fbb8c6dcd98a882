"""What is told of a call, as JSON and as text. Data only; decides nothing."""

from __future__ import annotations

from msgspec import Struct

from contracts.text.printable import in_line, shortened, visible


class Explanation(Struct, frozen=True):
    """Of one exchange; "" is what there is nothing to say of.

    id: the request_id of the answer. call: method and path. status, code, message: of the answer.
    kind: refusal, scenario, fault, limit, near-miss (accepted, but hardly meant) or fine. rule:
    what it broke, or what happened. pointer: where, in the body as a JSON pointer, else
    `#header/NAME`, `#query/NAME`, `#path`, … expected, got: short, where it can be as JSON.
    did_you_mean: a name or a value. spec: file, line and pointer of what decided. outcome: the
    answer's name in the spec. source: by what it was asked for. advice: the way on. curl: the call,
    put right; curl_note: what to decide first, where that call names another model."""

    id: str
    call: str
    status: int
    code: str
    message: str
    kind: str
    rule: str
    pointer: str = ""
    expected: str = ""
    got: str = ""
    did_you_mean: str = ""
    spec: str = ""
    outcome: str = ""
    source: str = ""
    advice: str = ""
    curl: str = ""
    curl_note: str = ""


SHOWN = ("pointer", "expected", "got", "did_you_mean", "spec", "outcome", "source", "advice")


def as_text(explanation: Explanation) -> str:
    """For a terminal: a line for each thing there is to say, then the call put right."""
    said = ": ".join(filter(None, (explanation.code, explanation.message)))
    lines = [f"{explanation.call} -> {explanation.status} {said}".rstrip(), explanation.rule, ""]
    rows = [(name.replace("_", " "), getattr(explanation, name)) for name in SHOWN]
    lines += [f"  {name:<13} {value}" for name, value in rows if value]
    if explanation.curl:
        lines += ["", *filter(None, [explanation.curl_note])]
    text = "".join(f"{in_line(shortened(line))}\n" for line in lines)
    return text + visible(explanation.curl)
