"""Converts a failure that schemathesis reports into a ModelMismatch: the calls that lead to it and
the one expectation that fails. reproduction.py writes a script and a test from it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
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
from contracts.verify.checks.lifecycle import epoch

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
TaskHistory = dict[str, list[Exchange]]  # by task id: its create call and the later calls
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


def record_tasks(recorder: ScenarioRecorder, history: TaskHistory) -> None:
    """Add the calls of a scenario to the history of each task: its create call, and each later call
    that showed a new state or may have changed it."""
    for step, interaction in recorder.interactions.items():
        exchange = _exchange(interaction)
        created = _created(recorder, step, exchange)
        if created:
            history[created] = [exchange]
            continue
        for task in [task for task in history if task in exchange.url]:
            state = answer_at(exchange, STATE)
            if exchange.method == "POST" or state != answer_at(history[task][-1], STATE):
                history[task].append(exchange)


def failure_of(
    spec: Spec, recorder: ScenarioRecorder, case_id: str, check: str, failure: Failure, key: str,
    before: TaskHistory,
) -> FuzzFailure:  # fmt: skip
    """The failure with the calls that lead to it. before: the tasks of earlier scenarios, because
    schemathesis also polls tasks that another scenario created."""
    log = CallLog()
    last = _exchange(recorder.interactions[case_id])
    polled_tasks = [task for task in before if task in last.url]
    for task in polled_tasks:
        for number, exchange in enumerate(before[task]):
            log.add(exchange, _user(exchange, key), "" if number else task)
    *steps, end = _chain(recorder, case_id, polled_tasks)
    for step in steps:
        exchange = _exchange(recorder.interactions[step])
        log.add(exchange, _user(exchange, key), _created(recorder, step, exchange))
    for moved in _clock_calls(last, is_foreign=bool(polled_tasks)):
        log.add(moved, USER)
    log.add(last, _user(last, key), _created(recorder, end, last))
    wrong = getattr(failure, "exception", None)
    if isinstance(wrong, WrongAnswer):
        mismatch = _own_mismatch(log, wrong)
        return FuzzFailure(recorder.label, check, mismatch.text, mismatch)
    expectation = _expectation(spec.operations[_operation(recorder, case_id)], last, check)
    reason = " ".join(f"{failure.title} {failure.message}".split())
    return FuzzFailure(recorder.label, check, reason, ModelMismatch(log, last, *expectation))


def _clock_calls(polled: Exchange, *, is_foreign: bool) -> Iterator[Exchange]:
    """A call that moves the clock by the run time of the polled task. In the run of schemathesis,
    polls of other tasks may have moved the clock. is_foreign: another scenario created the task."""
    began = epoch(answer_at(polled, "/output/submit_time"))
    ended = epoch(answer_at(polled, "/output/end_time"))
    seconds = ended - began if began and ended else HOUR if is_foreign and not began else 0
    if seconds > 0:
        parts = urlsplit(polled.url)
        url, body = f"{parts.scheme}://{parts.netloc}{CLOCK}", json.dumps({"advance": seconds})
        yield Exchange("POST", url, {"Content-Type": "application/json"}, body, 200, {}, "{}")


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


def _chain(recorder: ScenarioRecorder, case_id: str, polled_tasks: Iterable[str]) -> list[str]:
    """The ids of the cases to repeat, in order: the failed case, the cases that it was derived
    from, and all earlier calls about the same tasks."""
    chain: set[str] = set()
    step: str | None = case_id
    while step is not None and step in recorder.interactions:
        chain.add(step)
        step = recorder.cases[step].parent_id
    sent = [_exchange(recorder.interactions[one]) for one in chain]
    tasks = {str(answer_at(exchange, "/output/task_id")) for exchange in sent if exchange.body}
    tasks |= set(polled_tasks)
    known = list(recorder.interactions)
    return [
        one
        for one in known[: known.index(case_id) + 1]
        if one in chain or any(task in recorder.interactions[one].request.uri for task in tasks)
    ]


def _operation(recorder: ScenarioRecorder, case_id: str) -> str:
    return str(recorder.cases[case_id].value.operation.definition.raw["operationId"])


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
