"""What schemathesis found, as a sequence of calls with one expectation that was broken, so that it
can be told again: see contracts/retell.py. Sends nothing."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from schemathesis import Response
from schemathesis.core.failures import Failure
from schemathesis.engine.recorder import ScenarioRecorder

from contracts.checks.ask import at
from contracts.exchange import Exchange
from contracts.places import MISSING, pointer_of
from contracts.sequence import TYPE, Broken, Expected, Same, Sequence
from contracts.spec import Operation, Spec

ME, STRANGER = "one", "stranger"
# The statuses that a check lets pass, where it is about them alone.
STATUSES = {
    "ignored_auth": {401},
    "missing_required_header": {403},
    "negative_data_rejection": {400, 401, 403},
    "positive_data_acceptance": {200},
}
# What a client sends by itself, or schemathesis for its own use.
OWN_HEADERS = {"accept", "accept-encoding", "connection", "content-length", "host", "user-agent",
               "x-schemathesis-testcaseid"}  # fmt: skip
Blame = tuple[str, Expected, bool]  # a pointer, what should be there, or (False) should not


class Wrong(AssertionError):
    """What stands at a pointer of an answer is not what it should be, or (not inside) what it
    should not be. of: where else in the answer the wanted value stands; stranger: whether another
    key asked, and got this answer."""

    def __init__(
        self, response: Response, pointer: str, wanted: Expected = (), *, inside: bool = True,
        of: str = "", stranger: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(f"{pointer} is wrong")
        self.response = response
        self.pointer = pointer
        self.wanted = wanted
        self.inside = inside
        self.of = of
        self.stranger = stranger


class Found(Struct, frozen=True):
    """What a check has against an answer. label: the operation, or what was done; why: in words;
    broken: the calls that lead there, None where no answer came to be."""

    label: str
    check: str
    why: str
    broken: Broken | None = None

    def __str__(self) -> str:
        return f"{self.label}: {self.check}: {self.why}"


def found(
    spec: Spec, recorder: ScenarioRecorder, case_id: str, check: str, failure: Failure, key: str
) -> Found:
    """The calls that lead to what a check has against an answer, and what it is."""
    sequence = Sequence()
    for step in _chain(recorder, case_id):
        exchange = _exchange(recorder.interactions[step])
        is_new = _operation(recorder, step) == "createVideoTask" and exchange.status == 200
        created = str(at(exchange, "/output/task_id")) if is_new else ""
        who = ME if exchange.headers.get("Authorization") == f"Bearer {key}" else ""
        sequence.add(exchange, who, created)
    wrong = getattr(failure, "exception", None)
    if isinstance(wrong, Wrong):
        broken = _ours(sequence, wrong)
        return Found(recorder.label, check, broken.text, broken)
    last = sequence.calls[-1].exchange
    blame = _blame(spec.operations[_operation(recorder, case_id)], last, check)
    why = " ".join(f"{failure.title} {failure.message}".split())
    return Found(recorder.label, check, why, Broken(sequence, last, *blame))


def _ours(sequence: Sequence, wrong: Wrong) -> Broken:
    last = sequence.calls[-1].exchange
    if wrong.stranger:
        last = replace(last, **_answer(wrong.response))
        sequence.add(last, STRANGER)
    wanted: Expected = Same(last, wrong.of) if wrong.of else wrong.wanted
    return Broken(sequence, last, wrong.pointer, wanted, wrong.inside)


def _chain(recorder: ScenarioRecorder, case_id: str) -> list[str]:
    """The case behind those that it came from and all that asked for the same tasks, in order."""
    chain: set[str] = set()
    step: str | None = case_id
    while step is not None and step in recorder.interactions:
        chain.add(step)
        step = recorder.cases[step].parent_id
    sent = [_exchange(recorder.interactions[one]) for one in chain]
    tasks = {str(at(exchange, "/output/task_id")) for exchange in sent if exchange.body}
    known = list(recorder.interactions)
    return [
        one
        for one in known[: known.index(case_id) + 1]
        if one in chain or any(task in recorder.interactions[one].request.uri for task in tasks)
    ]


def _operation(recorder: ScenarioRecorder, case_id: str) -> str:
    return str(recorder.cases[case_id].value.operation.definition.raw["operationId"])


def _blame(operation: Operation, exchange: Exchange, check: str) -> Blame:
    """What is wrong with an answer, in the words of one value at one place."""
    statuses: set[int] = STATUSES.get(check, set(operation.answers))
    if check == "positive_data_acceptance" and operation.id == "cancelTask":
        statuses = statuses | {400}
    if exchange.status not in statuses:
        return "#status", statuses, True
    if check == "response_headers_conformance":
        return "#header/x-request-id", {MISSING}, False
    if check == "content_type_conformance":
        return "#header/content-type", {at(exchange, "#header/content-type")}, False
    for error in operation.answers[exchange.status].iter_errors(exchange.value):
        return _of_schema(exchange, error)
    return "#status", {exchange.status}, False


def _of_schema(exchange: Exchange, error: Any) -> Blame:
    pointer, kind = pointer_of(error.instance_path), error.kind
    if kind.name == "required":
        return f"{pointer}/{kind.property}", {MISSING}, False
    if kind.name == "additionalProperties":
        return f"{pointer}/{kind.unexpected[0]}", {MISSING}, True
    if kind.name == "enum":
        return pointer, kind.options, True
    if kind.name == "type":
        names = set(kind.types)
        return f"{pointer}{TYPE}", names | ({"integer"} if "number" in names else set()), True
    return pointer, [at(exchange, pointer)], False


def _exchange(interaction: Any) -> Exchange:
    request = interaction.request
    body = request.body.decode("utf-8", "replace") if request.body else None
    headers = {n: v for n, v in _first(request.headers).items() if n.lower() not in OWN_HEADERS}
    bare = Exchange(request.method, request.uri, headers, body, 0, {}, "no answer")
    return replace(bare, **_answer(interaction.response)) if interaction.response else bare


def _answer(response: Response) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in _first(response.headers).items()}
    text = response.content.decode("utf-8", "replace")
    return {"status": response.status_code, "answer_headers": headers, "answer": text}


def _first(headers: Any) -> dict[str, str]:
    return {name: values[0] for name, values in headers.items()}
