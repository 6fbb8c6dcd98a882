"""schemathesis over the spec, against any provider: every check it has, and ours beside them.

Its own engine runs, as `schemathesis run` does. Made for a provider whose polls end tasks or whose
time can be moved; creating tasks costs money elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import schemathesis
from schemathesis import CheckContext as Context
from schemathesis import Response
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation.meta import CoverageScenario, TestPhase, coverage_scenario
from schemathesis.schemas import BaseSchema

from contracts.fuzz.failures import (
    ALLOWED_STATUSES,
    STRANGER,
    FuzzFailure,
    TaskHistory,
    UnexpectedAnswer,
    found,
    remember,
)
from contracts.spec.document import default_path, read
from contracts.spec.keywords import ratio_of
from contracts.spec.loader import Spec
from contracts.spec.pointers import MISSING

Case = Any  # schemathesis.Case: its body is any JSON, and here an object

# Every check of this schemathesis, and how it is used. One it gains later fails a test below.
BUILT_IN = {
    "not_a_server_error": "as it is",
    "status_code_conformance": "as it is",
    "content_type_conformance": "as it is",
    "response_headers_conformance": "as it is",
    "response_schema_conformance": "as it is",
    "ignored_auth": "as it is",
    "missing_required_header": "stricter: a create call without its async header is exactly a 403",
    "negative_data_rejection": "stricter: what is wrong is a 400, 401 or 403",
    "positive_data_acceptance": "stricter: what is right is a 200; but to cancel what is not "
    "PENDING is a 400 (CNB), and few ids made up here are PENDING tasks",
    "use_after_free": "as it is; it waits for a DELETE, and the service deletes nothing",
    "ensure_resource_availability": "as it is; it waits for a 404, and a task that is gone is a "
    "200 UNKNOWN (CNB): TasksAreTheirKeys looks for that",
    "object_level_authorization": "as it is; it compares whole answers, and no two have the same "
    "request_id: TasksAreTheirKeys asks with another key",
    "allow_header_conformance": "as it is; the service documents no Allow header, and sends none",
    "unsupported_method": "replaced: it wants a 405, and the service documents a 400 (ERR-zh)",
}
PHASES = ("examples", "coverage", "fuzzing", "stateful")
KEY = "sk-fuzz"
PLAIN = {"x-request-body": "requestBody"}
GENERATION = {"mode": "all", "database": "none"}
CONFIG: dict[str, Any] = {
    "request-timeout": 60,
    "checks": {
        "max_response_time": 30,  # to find a hang, not to measure
        **{
            name: {"expected-statuses": [str(status) for status in sorted(statuses)]}
            for name, statuses in ALLOWED_STATUSES.items()
            if name != "ignored_auth"  # it has no such setting
        },
        "unsupported_method": {"enabled": False},
    },
    # A link makes half of a wrong call right, and nobody tells schemathesis: right ones only.
    "phases": {"stateful": {"generation": {"mode": "positive"}}},
    "operations": [
        {
            "include-operation-id": "cancelTask",
            "checks": {"positive_data_acceptance": {"expected-statuses": ["200", "400"]}},
        }
    ],
}


@schemathesis.check
def documented_method(ctx: Context, response: Response, case: Case) -> None:
    """ERR-zh: a method that a path lacks is a 400 `Request method 'GET' is not supported.`"""
    if coverage_scenario(case) is CoverageScenario.UNSPECIFIED_HTTP_METHOD:
        said = _body(response)
        text = f"Request method '{response.request.method}' is not supported."
        if response.status_code != 400:
            raise UnexpectedAnswer(response, "#status", {400})
        for name, wanted in (("code", "InvalidParameter"), ("message", text)):
            if said.get(name) != wanted:
                raise UnexpectedAnswer(response, f"/{name}", {wanted})


@schemathesis.check
def named_answer(ctx: Context, response: Response, case: Case) -> None:
    """The spec names every answer; an error is told by its code, a FAILED task by that inside."""
    answer = case.operation.definition.raw["responses"].get(str(response.status_code))
    if answer is None:
        return  # status_code_conformance says so
    examples = _resolved(case, answer)["content"]["application/json"]["examples"].values()
    codes = {_code(_resolved(case, example)["value"]) for example in examples}
    body = _body(response)
    if _code(body) not in codes:
        pointer = "/code" if body.get("code") or response.status_code != 200 else "/output/code"
        raise UnexpectedAnswer(response, pointer, {code or MISSING for code in codes})


@schemathesis.check
def one_request_id(ctx: Context, response: Response, case: Case) -> None:
    """CNB: the header says what the body says."""
    if response.headers.get("x-request-id") != [_body(response).get("request_id")]:
        raise UnexpectedAnswer(response, "/request_id", of="#header/x-request-id")


@schemathesis.check
class TasksAreTheirKeys:
    """A task is known from its creation on (CNB: what is not is a 200 UNKNOWN), and to its key."""

    def __init__(self) -> None:
        self.created: set[str] = set()

    def after_response(self, ctx: Context, response: Response, case: Case) -> None:
        del ctx
        if response.status_code != 200 or case.method != case.operation.method.upper():
            return
        output = _output(response)
        if operation_of(case) == "createVideoTask":
            self.created.add(str(output.get("task_id")))
        elif operation_of(case) == "getTask":
            is_known = str(output.get("task_id")) in self.created
            if (output.get("task_status") != "UNKNOWN") != is_known:
                raise UnexpectedAnswer(
                    response, "/output/task_status", {"UNKNOWN"}, must_match=not is_known
                )
            self._ask_as_a_stranger(case)

    def _ask_as_a_stranger(self, case: Case) -> None:
        stranger = case.derive()
        stranger.headers["Authorization"] += f"-{STRANGER}"
        answer = stranger.call()
        seen = _output(answer)
        if seen.get("task_status") != "UNKNOWN":
            raise UnexpectedAnswer(answer, "/output/task_status", {"UNKNOWN"}, stranger=True)
        if seen.keys() != {"task_id", "task_status"}:
            raise UnexpectedAnswer(
                answer, "/output/#names", {"task_id, task_status"}, stranger=True
            )


OURS = ["TasksAreTheirKeys", "documented_method", "named_answer", "one_request_id"]


def operation_of(case: Case) -> str:
    return str(case.operation.definition.raw["operationId"])


def _body(response: Response) -> dict[str, Any]:
    """The answer's object; an empty one where it is none: response_schema_conformance says so."""
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
    must_match = output.get("code") if isinstance(output, dict) else ""
    return str(body.get("code") or must_match or "")


def _resolved(case: Case, node: Any) -> Any:
    """What a {$ref: '#/components/…'} points to."""
    if "$ref" not in node:
        return node
    _, *parts = node["$ref"].split("/")
    target: Any = case.operation.schema.raw_schema
    for part in parts:
        target = target[part]
    return target


def _signing(key: str) -> type:
    """Signs each call that is not about the key itself."""

    class Signing:
        def get(self, case: Case, context: schemathesis.AuthContext) -> str:
            del case, context
            return f"Bearer {key}"

        def set(self, case: Case, data: str, context: schemathesis.AuthContext) -> None:
            del context
            case.headers["Authorization"] = data

    return Signing


def what_json_schema_cannot_say(context: schemathesis.HookContext, case: Case) -> Case:
    """Makes a call that is meant to be right right: x-box, x-aspect-ratios, x-required-by-scheme,
    and a list's window, which ends within 24 h after its start."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return case
    if {"start_time", "end_time"} <= case.query.keys():
        case.query["end_time"] = case.query["start_time"][:8] + "235959"
    if operation_of(case) == "createVideoTask":
        given = case.body["input"]
        face, ext = _in_order(given["face_bbox"]), _in_order(given["ext_bbox"])
        case.body = {**case.body, "input": {**given, "face_bbox": face, "ext_bbox": _shaped(ext)}}
    if operation_of(case) in ("createVideoTask", "detectFace") and _needs_resolving(case):
        case.headers["X-DashScope-OssResourceResolve"] = "enable"
    return case


def _needs_resolving(case: Case) -> bool:
    """A link brings its URL only after this hook, and brings no header."""
    assert case.meta is not None
    urls = [value.lower() for value in case.body["input"].values() if isinstance(value, str)]
    return case.meta.phase.name is TestPhase.STATEFUL or any(u.startswith("oss://") for u in urls)


def _in_order(box: list[int]) -> list[int]:
    (x1, x2), (y1, y2) = _apart(*sorted(box[::2])), _apart(*sorted(box[1::2]))
    return [x1, y1, x2, y2]


def _apart(low: int, high: int) -> tuple[int, int]:
    return (low, high) if low < high else (low - 1, high) if low else (low, high + 1)


def _shaped(box: list[int]) -> list[int]:
    """The box as it is where its shape is one of EMO's, else the largest square in its corner."""
    x1, y1, x2, y2 = box
    side = min(x2 - x1, y2 - y1)
    return box if ratio_of(box, ["1:1", "3:4"], 2) else [x1, y1, x1 + side, y1 + side]


def in_plain_openapi(node: Any) -> Any:
    """The document with the body of each link, and the headers that an operation refuses, where
    OpenAPI has them. Code generators trip over them there; schemathesis makes calls of them."""
    if isinstance(node, list):
        return [in_plain_openapi(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {PLAIN.get(key, key): in_plain_openapi(value) for key, value in node.items()}
    forbidden = plain.pop("x-forbidden-headers", [])
    return {**plain, "parameters": [*forbidden, *plain["parameters"]]} if forbidden else plain


def load(
    *phases: str, app: Any = None, url: str = "", key: str = KEY, examples: int = 25, seed: int = 0
) -> BaseSchema:
    """The spec in front of an ASGI app, or of a base URL (with /api/v1). phases: of PHASES; seed: 0
    tries the same each time."""
    generation = {**GENERATION, "max-examples": examples, "deterministic": not seed}
    config = {**CONFIG, "seed": seed or 1, "generation": generation}
    document = in_plain_openapi(read(default_path()))
    schema = schemathesis.openapi.from_dict(document, config=schemathesis.Config.from_dict(config))
    schema.config.phases.update(phases=list(phases))
    if app is not None:
        schema.app = app
    if url:
        schema.config.update(base_url=url)
    schema.auth()(_signing(key))
    schema.hook("map_case")(what_json_schema_cannot_say)
    return schema


def run(
    spec: Spec, schema: BaseSchema, failed: Callable[[FuzzFailure], object], key: str = KEY
) -> Iterator[ScenarioRecorder]:
    """What was sent and judged. failed: is told everything that a check has against an answer."""
    before = TaskHistory()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            for one in _found(spec, event.recorder, key, before):
                failed(one)
            remember(event.recorder, before)
            yield event.recorder
        elif isinstance(event, events.NonFatalError):
            failed(FuzzFailure(event.label, "error", str(event.value)))
        elif isinstance(event, events.FatalError):
            raise event.exception
        elif isinstance(event, events.Interrupted):  # it keeps Ctrl-C to itself
            raise KeyboardInterrupt


def _found(
    spec: Spec, recorder: ScenarioRecorder, key: str, before: TaskHistory
) -> Iterator[FuzzFailure]:
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info:
                failure = check.failure_info.failure
                yield found(spec, recorder, case_id, check.name, failure, key, before)
