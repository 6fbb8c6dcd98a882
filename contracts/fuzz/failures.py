"""Converts a failure that schemathesis reports into a ModelMismatch: the calls that lead to it and
the one expectation that fails. reproduction.py writes a script and a test from it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace
from schemathesis import Response
from schemathesis.core.failures import Failure
from schemathesis.engine.recorder import ScenarioRecorder

from contracts.fuzz.call_log import TYPE, CallLog, Expected, ModelMismatch, SameAs
from contracts.fuzz.target import CLOCK
from contracts.provider.exchange import Exchange, answer_at
from contracts.spec.loader import Operation, Spec
from contracts.spec.pointers import MISSING, pointer_of

USER, STRANGER = "one", "stranger"
# The status codes that a check of schemathesis allows, if it looks only at the status.
ALLOWED_STATUSES = {
    "ignored_auth": {401},
    "missing_required_header": {403},
    "negative_data_rejection": {400, 401, 403},
    "positive_data_acceptance": {200},
}
# Headers that a client or schemathesis adds by itself.
OWN_HEADERS = {"accept", "accept-encoding", "connection", "content-length", "host", "user-agent",
               "x-schemathesis-testcaseid"}  # fmt: skip
STATE = "/output/task_status"
HOUR = 3600.0  # s: longer than a task runs, shorter than its lifetime
Call = tuple[Exchange, str]  # a call, and the id of the task that it created or ""
Expectation = tuple[str, Expected, bool]  # pointer, expected and must_match of a ModelMismatch


class WrongAnswer(AssertionError):
    """An answer that one of our own checks refuses. expected, must_match: as in ModelMismatch.
    same_as: a pointer in the same answer, at which the expected value is. stranger: the call had
    another key."""

    def __init__(
        self, response: Response, pointer: str, expected: Expected = (), *, must_match: bool = True,
        same_as: str = "", stranger: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(f"{pointer} is wrong")
        self.response = response
        self.pointer = pointer
        self.expected = expected
        self.must_match = must_match
        self.same_as = same_as
        self.stranger = stranger


class FuzzFailure(Struct, frozen=True):
    """A failure that a check reported. label: the operation or the scenario. reason: a text for
    people. mismatch: the calls that lead to the failure; None if there was no answer."""

    label: str
    check: str
    reason: str
    mismatch: ModelMismatch | None = None

    def __str__(self) -> str:
        return f"{self.label}: {self.check}: {self.reason}"


def operation_of(case: Any) -> str:
    """The operationId of a case of schemathesis."""
    return str(case.operation.definition.raw["operationId"])


def calls_of(recorder: ScenarioRecorder) -> dict[str, Call]:
    """The calls of a scenario, by the id of their case."""
    exchanges = {case_id: _exchange(one) for case_id, one in recorder.interactions.items()}
    return {
        case_id: (exchange, _created(recorder, case_id, exchange))
        for case_id, exchange in exchanges.items()
    }


def failure_of(
    spec: Spec, recorder: ScenarioRecorder, case_id: str, check: str, failure: Failure, key: str,
    before: list[Call],
) -> FuzzFailure:  # fmt: skip
    """The failure with the calls that lead to it. before: the calls of earlier scenarios, because
    schemathesis also polls tasks that another scenario created."""
    calls = calls_of(recorder)
    last, created = calls[case_id]
    chain = [calls[c.id] for c in recorder.iter_chain_cases(case_id=case_id) if c.id in calls]
    tasks = {new for _, new in chain} | {new for _, new in before if new in last.url}
    sent = [*before, *takewhile(lambda call: call[0] is not last, calls.values())]
    log = CallLog()
    for exchange, new in _needed(sent, chain, tasks - {""}):
        log.add(exchange, _user(exchange, key), new)
    if tasks - {"", created} and last.method == "GET" and _is_late(last):
        log.add(_clock_call(last), USER)
    log.add(last, _user(last, key), created)
    wrong = getattr(failure, "exception", None)
    if isinstance(wrong, WrongAnswer):
        mismatch = _own_mismatch(log, wrong)
        return FuzzFailure(recorder.label, check, mismatch.text, mismatch)
    operation = spec.operations[operation_of(recorder.cases[case_id].value)]
    reason = " ".join(f"{failure.title} {failure.message}".split())
    mismatch = ModelMismatch(log, last, *_expectation(operation, last, check))
    return FuzzFailure(recorder.label, check, reason, mismatch)


def _needed(sent: Iterable[Call], chain: list[Call], tasks: set[str]) -> Iterator[Call]:
    """The calls of the chain, and of the calls about these tasks each one that showed a new state
    or may have changed it."""
    states: dict[str, Any] = {}
    for exchange, created in sent:
        about = {task for task in tasks if task == created or task in exchange.url}
        state = answer_at(exchange, STATE) if about else MISSING
        is_new = exchange.method == "POST" or any(states.get(task) != state for task in about)
        states |= dict.fromkeys(about, state)
        if (exchange, created) in chain or (about and is_new):
            yield exchange, created


def _is_late(polled: Exchange) -> bool:
    """Whether a poll shows a task after its end, or as one that does not exist."""
    times = (answer_at(polled, f"/output/{name}") for name in ("submit_time", "end_time"))
    submitted, ended = (time is not MISSING for time in times)
    return ended or not submitted


def _clock_call(polled: Exchange) -> Exchange:
    """A call that moves the clock beyond the end of a task. In the run of schemathesis, polls of
    other tasks may have moved it."""
    url = urlsplit(polled.url)._replace(path=CLOCK, query="").geturl()
    body = json.dumps({"advance": HOUR})
    return Exchange("POST", url, {"Content-Type": "application/json"}, body, 200, {}, "{}")


def _created(recorder: ScenarioRecorder, step: str, exchange: Exchange) -> str:
    """The id of the task that a call created; "" if it created none."""
    task_id = answer_at(exchange, "/output/task_id")
    is_new = step in recorder.cases and exchange.method == "POST" and exchange.status == 200
    return task_id if is_new and isinstance(task_id, str) else ""


def _user(exchange: Exchange, key: str) -> str:
    return USER if exchange.headers.get("Authorization") == f"Bearer {key}" else ""


def _own_mismatch(log: CallLog, wrong: WrongAnswer) -> ModelMismatch:
    last = log.calls[-1].exchange
    if wrong.stranger:
        last = replace(last, **_answer(wrong.response))
        log.add(last, STRANGER)
    expected: Expected = SameAs(last, wrong.same_as) if wrong.same_as else wrong.expected
    return ModelMismatch(log, last, wrong.pointer, expected, wrong.must_match)


def _expectation(operation: Operation, exchange: Exchange, check: str) -> Expectation:
    """One expectation that the answer does not meet."""
    statuses: set[int] = ALLOWED_STATUSES.get(check, set(operation.answers))
    if check == "positive_data_acceptance" and operation.id == "cancelTask":
        statuses = statuses | {400}
    if exchange.status not in statuses:
        return "#status", statuses, True
    if check == "response_headers_conformance":
        return "#header/x-request-id", {MISSING}, False
    if check == "content_type_conformance":
        return "#header/content-type", {answer_at(exchange, "#header/content-type")}, False
    for error in operation.answers[exchange.status].iter_errors(exchange.value):
        return _of_schema(exchange, error)
    return "#status", {exchange.status}, False


def _of_schema(exchange: Exchange, error: Any) -> Expectation:
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
    return pointer, [answer_at(exchange, pointer)], False


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
