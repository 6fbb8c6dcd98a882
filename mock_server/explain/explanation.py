"""An explanation, as JSON and as text. Data only."""

from __future__ import annotations

from msgspec import Struct

from contracts.text.printable import in_line, shortened, visible


class Explanation(Struct, frozen=True):
    """The explanation of one exchange. A field that does not apply is "".

    id: the request_id of the answer. call: method and path. status, code, message: of the answer.
    kind: refusal, scenario, fault, limit, near-miss (accepted, but probably not intended) or fine.
    rule: the broken rule, or the reason for the answer. pointer: the place of the mistake: a JSON
    pointer in the body, or `#header/NAME`, `#query/NAME`, `#path`, … expected, got: short, as JSON
    if possible. did_you_mean: a name or a value. spec: file, line and pointer of the deciding part
    of the spec. outcome: the answer's name in the spec. source: the scenario's or limit's origin.
    advice: the next step. curl: the corrected call. curl_note: a question to answer before running
    it, if it names another model."""

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
    """The explanation for a terminal: one line for each field, then the corrected call."""
    answer = ": ".join(filter(None, (explanation.code, explanation.message)))
    lines = [f"{explanation.call} -> {explanation.status} {answer}".rstrip(), explanation.rule, ""]
    rows = [(name.replace("_", " "), getattr(explanation, name)) for name in SHOWN]
    lines += [f"  {name:<13} {value}" for name, value in rows if value]
    if explanation.curl:
        lines += ["", *filter(None, [explanation.curl_note])]
    text = "".join(f"{in_line(shortened(line))}\n" for line in lines)
    return text + visible(explanation.curl)
