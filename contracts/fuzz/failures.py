"""What schemathesis found, as a log of calls with one expectation that was mismatch, so that it
can be told again: see contracts/fuzz/reproduction.py. Sends nothing."""

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
from contracts.provider.exchange import Exchange, at
from contracts.spec.loader import Operation, Spec
from contracts.spec.pointers import MISSING, pointer_of
from contracts.verify.checks.lifecycle import epoch

ME, STRANGER = "one", "stranger"
# The statuses that a check lets pass, where it is about them alone.
ALLOWED_STATUSES = {
    "ignored_auth": {401},
    "missing_required_header": {403},
    "negative_data_rejection": {400, 401, 403},
    "positive_data_acceptance": {200},
}
# What a client sends by itself, or schemathesis for its own use.
OWN_HEADERS = {"accept", "accept-encoding", "connection", "content-length", "host", "user-agent",
               "x-schemathesis-testcaseid"}  # fmt: skip
STATE = "/output/task_status"
HOUR = 3600.0  # s: longer than a task takes, and shorter than it is known
TaskHistory = dict[str, list[Exchange]]  # by the id of a task: its creation, and what came of it
Blame = tuple[str, Expected, bool]  # a pointer, what should be there, or (False) should not


class UnexpectedAnswer(AssertionError):
    """What stands at a pointer of an answer is not what it should be, or (not must_match) what it
    should not be. of: where else in the answer the wanted value stands; stranger: whether another
    key asked, and got this answer."""

    def __init__(
        self, response: Response, pointer: str, wanted: Expected = (), *, must_match: bool = True,
        of: str = "", stranger: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(f"{pointer} is wrong")
        self.response = response
        self.pointer = pointer
        self.expected = wanted
        self.must_match = must_match
        self.of = of
        self.stranger = stranger


class FuzzFailure(Struct, frozen=True):
    """What a check has against an answer. label: the operation, or what was done; why: in words;
    mismatch: the calls that lead there, None where no answer came to be."""

    label: str
    check: str
    why: str
    mismatch: ModelMismatch | None = None

    def __str__(self) -> str:
        return f"{self.label}: {self.check}: {self.why}"


def remember(recorder: ScenarioRecorder, history: TaskHistory) -> None:
    """Add what was said of each task: its creation, and the polls that showed something new."""
    for step, interaction in recorder.interactions.items():
        exchange = _exchange(interaction)
        created = _created(recorder, step, exchange)
        if created:
            history[created] = [exchange]
            continue
        for task in [task for task in history if task in exchange.url]:
            state = at(exchange, STATE)
            if exchange.method == "POST" or state != at(history[task][-1], STATE):
                history[task].append(exchange)


def found(
    spec: Spec, recorder: ScenarioRecorder, case_id: str, check: str, failure: Failure, key: str,
    before: TaskHistory,
) -> FuzzFailure:  # fmt: skip
    """The calls that lead to what a check has against an answer, and what it is. before: what other
    scenarios did: schemathesis asks for tasks of theirs too."""
    log = CallLog()
    last = _exchange(recorder.interactions[case_id])
    asked = [task for task in before if task in last.url]
    for task in asked:
        for number, exchange in enumerate(before[task]):
            log.add(exchange, _who(exchange, key), "" if number else task)
    *steps, end = _chain(recorder, case_id, asked)
    for step in steps:
        exchange = _exchange(recorder.interactions[step])
        log.add(exchange, _who(exchange, key), _created(recorder, step, exchange))
    for passes in _time_passes(last, is_strange=bool(asked)):
        log.add(passes, ME)
    log.add(last, _who(last, key), _created(recorder, end, last))
    wrong = getattr(failure, "exception", None)
    if isinstance(wrong, UnexpectedAnswer):
        mismatch = _ours(log, wrong)
        return FuzzFailure(recorder.label, check, mismatch.text, mismatch)
    blame = _blame(spec.operations[_operation(recorder, case_id)], last, check)
    why = " ".join(f"{failure.title} {failure.message}".split())
    return FuzzFailure(recorder.label, check, why, ModelMismatch(log, last, *blame))


def _time_passes(polled: Exchange, *, is_strange: bool) -> Iterator[Exchange]:
    """The call that lets as much time pass as an ended task took: that it had passed may be the
    doing of other tasks, whose polls moved it. is_strange: another scenario made the task."""
    began, ended = (epoch(at(polled, f"/output/{name}")) for name in ("submit_time", "end_time"))
    seconds = ended - began if began and ended else HOUR if is_strange and not began else 0
    if seconds > 0:
        parts = urlsplit(polled.url)
        url, body = f"{parts.scheme}://{parts.netloc}{CLOCK}", json.dumps({"advance": seconds})
        yield Exchange("POST", url, {"Content-Type": "application/json"}, body, 200, {}, "{}")


def _created(recorder: ScenarioRecorder, step: str, exchange: Exchange) -> str:
    """The id of the task that a step created."""
    is_new = step in recorder.cases and _operation(recorder, step) == "createVideoTask"
    return str(at(exchange, "/output/task_id")) if is_new and exchange.status == 200 else ""


def _who(exchange: Exchange, key: str) -> str:
    return ME if exchange.headers.get("Authorization") == f"Bearer {key}" else ""


def _ours(log: CallLog, wrong: UnexpectedAnswer) -> ModelMismatch:
    last = log.calls[-1].exchange
    if wrong.stranger:
        last = replace(last, **_answer(wrong.response))
        log.add(last, STRANGER)
    wanted: Expected = SameAs(last, wrong.of) if wrong.of else wrong.expected
    return ModelMismatch(log, last, wrong.pointer, wanted, wrong.must_match)


def _chain(recorder: ScenarioRecorder, case_id: str, asked: Iterable[str]) -> list[str]:
    """The case behind those that it came from and all that asked for the same tasks, in order."""
    chain: set[str] = set()
    step: str | None = case_id
    while step is not None and step in recorder.interactions:
        chain.add(step)
        step = recorder.cases[step].parent_id
    sent = [_exchange(recorder.interactions[one]) for one in chain]
    tasks = {str(at(exchange, "/output/task_id")) for exchange in sent if exchange.body}
    tasks |= set(asked)
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
    statuses: set[int] = ALLOWED_STATUSES.get(check, set(operation.answers))
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
