"""Runs schemathesis with the spec against any provider: all of its checks, and some of our own.

It uses the engine of `schemathesis run`. The provider needs a control API to move its clock, and
must be free: the run creates many tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import schemathesis
from schemathesis import CheckContext as SchemathesisContext
from schemathesis import Response
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation.meta import CoverageScenario, TestPhase, coverage_scenario
from schemathesis.schemas import BaseSchema

from contracts.fuzz.failures import (
    ALLOWED_STATUSES,
    STRANGER,
    Call,
    FuzzFailure,
    WrongAnswer,
    calls_of,
    failure_of,
    operation_of,
)
from contracts.spec.keywords import ratio_of
from contracts.spec.loader import Operation, Spec
from contracts.spec.models import named_model, replaced
from contracts.spec.pointers import MISSING, parts_of, pointer_of, value_at

Case = Any  # schemathesis.Case; its body is typed as any JSON, but is an object here

# Every check of this schemathesis, and how it is used. A test fails if a new version has more.
BUILT_IN = {
    "not_a_server_error": "as it is",
    "status_code_conformance": "as it is",
    "content_type_conformance": "as it is",
    "response_headers_conformance": "as it is",
    "response_schema_conformance": "as it is",
    "ignored_auth": "as it is",
    "missing_required_header": "stricter: a create call without its async header is answered 403",
    "negative_data_rejection": "stricter: a wrong call must be answered 400, 401 or 403",
    "positive_data_acceptance": "stricter: a right call must be answered 200; but a cancel call "
    "is answered 400 unless the task is PENDING (CNB), and few random ids are PENDING tasks",
    "use_after_free": "as it is; it needs a DELETE, and the service has none",
    "ensure_resource_availability": "as it is; it needs a 404, but a deleted task is answered 200 "
    "UNKNOWN (CNB): TasksAreTheirKeys checks that",
    "object_level_authorization": "as it is; it compares whole answers, but no two have the same "
    "request_id: TasksAreTheirKeys polls with another key",
    "allow_header_conformance": "as it is; the service documents and sends no Allow header",
    "unsupported_method": "replaced: it expects 405, but the service documents 400 (ERR-zh)",
}
PHASES = ("examples", "coverage", "fuzzing", "stateful")
KEY = "sk-fuzz"
PLAIN = {"x-request-body": "requestBody"}
GENERATION = {"mode": "all", "database": "none"}
CONFIG: dict[str, Any] = {
    "request-timeout": 60,
    "checks": {
        "max_response_time": 30,  # s: finds calls that hang
        **{
            name: {"expected-statuses": [str(status) for status in sorted(statuses)]}
            for name, statuses in ALLOWED_STATUSES.items()
            if name != "ignored_auth"  # it does not have this setting
        },
        "unsupported_method": {"enabled": False},
    },
    # A link corrects a part of a wrong call, and schemathesis still expects an error. So only right
    # calls follow links.
    "phases": {"stateful": {"generation": {"mode": "positive"}}},
    "operations": [
        {
            "include-operation-id": "cancelTask",
            "checks": {"positive_data_acceptance": {"expected-statuses": ["200", "400"]}},
        }
    ],
}


@schemathesis.check
def documented_method(ctx: SchemathesisContext, response: Response, case: Case) -> None:
    """A method that the path does not support is answered 400 with the documented message
    (ERR-zh)."""
    if coverage_scenario(case) is CoverageScenario.UNSPECIFIED_HTTP_METHOD:
        body = _body(response)
        text = f"Request method '{response.request.method}' is not supported."
        if response.status_code != 400:
            raise WrongAnswer(response, "#status", {400})
        for name, wanted in (("code", "InvalidParameter"), ("message", text)):
            if body.get(name) != wanted:
                raise WrongAnswer(response, f"/{name}", {wanted})


@schemathesis.check
def named_answer(ctx: SchemathesisContext, response: Response, case: Case) -> None:
    """An answer must be one of the examples in the spec: an error by its code, a FAILED task by the
    code inside output."""
    answer = case.operation.definition.raw["responses"].get(str(response.status_code))
    if answer is None:
        return  # status_code_conformance reports it
    examples = _resolved(case, answer)["content"]["application/json"]["examples"].values()
    codes = {_code(_resolved(case, example)["value"]) for example in examples}
    body = _body(response)
    if _code(body) not in codes:
        pointer = "/code" if body.get("code") or response.status_code != 200 else "/output/code"
        raise WrongAnswer(response, pointer, {code or MISSING for code in codes})


@schemathesis.check
def one_request_id(ctx: SchemathesisContext, response: Response, case: Case) -> None:
    """The request_id in the body must equal the X-Request-Id header (CNB)."""
    if response.headers.get("x-request-id") != [_body(response).get("request_id")]:
        raise WrongAnswer(response, "/request_id", same_as="#header/x-request-id")


@schemathesis.check
class TasksAreTheirKeys:
    """A poll of a created task must not be answered UNKNOWN (CNB); a poll of any other id, or with
    another key, must be."""

    def __init__(self) -> None:
        self.created: set[str] = set()

    def after_response(self, ctx: SchemathesisContext, response: Response, case: Case) -> None:
        del ctx
        if response.status_code != 200 or case.method != case.operation.method.upper():
            return
        output = _output(response)
        if case.method == "POST" and "task_id" in output:
            self.created.add(str(output["task_id"]))
        elif operation_of(case) == "getTask":
            is_known = str(output.get("task_id")) in self.created
            if (output.get("task_status") != "UNKNOWN") != is_known:
                raise WrongAnswer(
                    response, "/output/task_status", {"UNKNOWN"}, must_match=not is_known
                )
            self._poll_as_stranger(case)

    def _poll_as_stranger(self, case: Case) -> None:
        stranger = case.derive()
        stranger.headers["Authorization"] += f"-{STRANGER}"
        answer = stranger.call()
        output = _output(answer)
        if output.get("task_status") != "UNKNOWN":
            raise WrongAnswer(answer, "/output/task_status", {"UNKNOWN"}, stranger=True)
        if output.keys() != {"task_id", "task_status"}:
            raise WrongAnswer(answer, "/output/#names", {"task_id, task_status"}, stranger=True)


OURS = ["TasksAreTheirKeys", "documented_method", "named_answer", "one_request_id"]


def _body(response: Response) -> dict[str, Any]:
    """The JSON object of an answer; an empty one if the answer is something else, which
    response_schema_conformance reports."""
    try:
        value = response.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _output(response: Response) -> dict[str, Any]:
    output = _body(response).get("output")
    return output if isinstance(output, dict) else {}


def _code(body: dict[str, Any]) -> str:
    output = body.get("output")
    nested = output.get("code") if isinstance(output, dict) else ""
    return str(body.get("code") or nested or "")


def _resolved(case: Case, node: Any) -> Any:
    """The node that a {$ref: '#/components/…'} refers to."""
    root = case.operation.schema.raw_schema
    return value_at(root, parts_of(node["$ref"])) if "$ref" in node else node


def correcting(spec: Spec) -> Callable[[schemathesis.HookContext, Case], Case]:
    """A hook that corrects a right call where JSON Schema cannot express the contract: the corners
    and the ratio of boxes, the header for oss:// URLs, and the window of a list, which is at most
    24 h."""

    def correct(context: schemathesis.HookContext, case: Case) -> Case:
        del context
        if case.meta is None or not case.meta.generation.mode.is_positive:
            return case
        if {"start_time", "end_time"} <= case.query.keys():
            case.query["end_time"] = case.query["start_time"][:8] + "235959"
        operation = spec.operations[operation_of(case)]
        if operation.body:
            case.body = _with_right_boxes(operation, case.body)
            for parameter in operation.headers:
                if _needs_resolving(case, parameter.required_by_scheme):
                    case.headers[parameter.name] = "enable"
        return case

    return correct


def _with_right_boxes(operation: Operation, body: Any) -> Any:
    schema = operation.body_for(named_model(body))
    for path, field in schema.fields.items() if schema else ():
        box = value_at(body, path)
        if field.get("x-box") and box is not MISSING:
            right = _in_order(box)
            if "x-aspect-ratios" in field:
                right = _shaped(right, field["x-aspect-ratios"], field["x-aspect-tolerance"])
            body = replaced(body, pointer_of(path), right)
    return body


def _needs_resolving(case: Case, scheme: str | None) -> bool:
    """Whether a call needs the header for URLs of this scheme. A link sets its URL after this hook
    and sets no header, so its calls always get the header."""
    assert case.meta is not None
    urls = [value.lower() for value in case.body["input"].values() if isinstance(value, str)]
    if scheme is None:
        return False
    is_linked = case.meta.phase.name is TestPhase.STATEFUL
    return is_linked or any(url.startswith(f"{scheme}://") for url in urls)


def _in_order(box: list[int]) -> list[int]:
    (x1, x2), (y1, y2) = _apart(*sorted(box[::2])), _apart(*sorted(box[1::2]))
    return [x1, y1, x2, y2]


def _apart(low: int, high: int) -> tuple[int, int]:
    return (low, high) if low < high else (low - 1, high) if low else (low, high + 1)


def _shaped(box: list[int], ratios: list[str], tolerance: float) -> list[int]:
    """The box if it has one of the ratios, or else the largest one of the first ratio in its top
    left corner."""
    if ratio_of(box, ratios, tolerance):
        return box
    (x1, y1, x2, y2), (width, height) = box, map(int, ratios[0].split(":"))
    unit = max(1, min((x2 - x1) // width, (y2 - y1) // height))
    return [x1, y1, x1 + unit * width, y1 + unit * height]


def in_plain_openapi(node: Any) -> Any:
    """The document with x-request-body and x-forbidden-headers as plain OpenAPI. schemathesis tests
    them there; in openapi.yaml they have x- names because code generators fail on them."""
    if isinstance(node, list):
        return [in_plain_openapi(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {PLAIN.get(key, key): in_plain_openapi(value) for key, value in node.items()}
    forbidden = plain.pop("x-forbidden-headers", [])
    return {**plain, "parameters": [*forbidden, *plain["parameters"]]} if forbidden else plain


def load(
    *phases: str,
    spec: Spec | None = None,
    app: Any = None,
    url: str = "",
    key: str = KEY,
    examples: int = 25,
    seed: int = 0,
) -> BaseSchema:
    """The spec as a schema of schemathesis, for an ASGI app or a base URL (with /api/v1). phases:
    of PHASES. spec: default is this project's own. seed: 0 tries the same calls each time."""
    spec = spec or Spec.load()
    generation = {**GENERATION, "max-examples": examples, "deterministic": not seed}
    document = in_plain_openapi(spec.source_map.root)
    keys = {name: {"bearer": key} for name in document["components"]["securitySchemes"]}
    config = {**CONFIG, "seed": seed or 1, "generation": generation, "auth": {"openapi": keys}}
    schema = schemathesis.openapi.from_dict(document, config=schemathesis.Config.from_dict(config))
    schema.config.phases.update(phases=list(phases))
    if app is not None:
        schema.app = app
    if url:
        schema.config.update(base_url=url)
    schema.hook("map_case")(correcting(spec))
    return schema


def run(
    spec: Spec, schema: BaseSchema, failed: Callable[[FuzzFailure], object], key: str = KEY
) -> Iterator[ScenarioRecorder]:
    """Run all phases and yield the calls of each scenario. failed: called with each failure."""
    before: list[Call] = []
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            for one in _found(spec, event.recorder, key, before):
                failed(one)
            before += calls_of(event.recorder).values()
            yield event.recorder
        elif isinstance(event, events.NonFatalError):
            failed(FuzzFailure(event.label, "error", str(event.value)))
        elif isinstance(event, events.FatalError):
            raise event.exception
        elif isinstance(event, events.Interrupted):  # schemathesis catches Ctrl-C
            raise KeyboardInterrupt


def _found(
    spec: Spec, recorder: ScenarioRecorder, key: str, before: list[Call]
) -> Iterator[FuzzFailure]:
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info:
                failure = check.failure_info.failure
                yield failure_of(spec, recorder, case_id, check.name, failure, key, before)
