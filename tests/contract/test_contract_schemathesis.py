"""schemathesis against the app in this process: every check it has, on every operation of the spec.

Its own engine runs, as `schemathesis run` does, one phase a test, each with an app of its own. The
machine's time stands still and a poll skips to the task's next event: a run says the same again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation.meta import CoverageScenario, TestPhase, coverage_scenario
from schemathesis.schemas import BaseSchema
from support import EPOCH, KEY

from contracts.document import default_path
from contracts.keywords import ratio_of
from contracts.spec import Spec
from mock_server.app import create_app
from mock_server.settings import Settings

Case, Context, Response = schemathesis.Case, schemathesis.CheckContext, schemathesis.Response

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
CONFIG = {
    "seed": 1,
    "generation": {"mode": "all", "max-examples": 25, "deterministic": True, "database": "none"},
    "checks": {
        "max_response_time": 30,  # to find a hang, not to measure
        "positive_data_acceptance": {"expected-statuses": ["200"]},
        "negative_data_rejection": {"expected-statuses": ["400", "401", "403"]},
        "missing_required_header": {"expected-statuses": ["403"]},
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
        said = response.json()
        assert (response.status_code, said["code"]) == (400, "InvalidParameter")
        assert said["message"] == f"Request method '{response.request.method}' is not supported."


@schemathesis.check
def named_answer(ctx: Context, response: Response, case: Case) -> None:
    """The spec names every answer; an error is told by its code, a FAILED task by that inside."""
    answer = case.operation.definition.raw["responses"][str(response.status_code)]
    examples = _resolved(case, answer)["content"]["application/json"]["examples"].values()
    codes = {_code(_resolved(case, example)["value"]) for example in examples}
    assert _code(response.json()) in codes


@schemathesis.check
def one_request_id(ctx: Context, response: Response, case: Case) -> None:
    """CNB: the header says what the body says."""
    assert response.headers["x-request-id"] == [response.json()["request_id"]]


@schemathesis.check
class TasksAreTheirKeys:
    """A task is known from its creation on (CNB: what is not is a 200 UNKNOWN), and to its key."""

    def __init__(self) -> None:
        self.created: set[str] = set()

    def after_response(self, ctx: Context, response: Response, case: Case) -> None:
        del ctx
        if response.status_code != 200 or case.method != case.operation.method.upper():
            return
        output = response.json().get("output", {})
        if _name(case) == "createVideoTask":
            self.created.add(output["task_id"])
        elif _name(case) == "getTask":
            assert (output["task_status"] != "UNKNOWN") == (output["task_id"] in self.created)
            stranger = case.derive()
            stranger.headers["Authorization"] = "Bearer sk-stranger"
            seen = stranger.call().json()["output"]
            assert seen == {"task_id": output["task_id"], "task_status": "UNKNOWN"}


OURS = ["TasksAreTheirKeys", "documented_method", "named_answer", "one_request_id"]


def _name(case: Case) -> str:
    return str(case.operation.definition.raw["operationId"])


def _code(body: Any) -> str:
    return str(body.get("code") or body.get("output", {}).get("code") or "")


def _resolved(case: Case, node: Any) -> Any:
    """What a {$ref: '#/components/…'} points to."""
    if "$ref" not in node:
        return node
    _, *parts = node["$ref"].split("/")
    target: Any = case.operation.schema.raw_schema
    for part in parts:
        target = target[part]
    return target


class Key:
    """Signs each call that is not about the key itself."""

    def get(self, case: Case, context: schemathesis.AuthContext) -> str:
        del case, context
        return f"Bearer {KEY}"

    def set(self, case: Case, data: str, context: schemathesis.AuthContext) -> None:
        del context
        case.headers["Authorization"] = data


def what_json_schema_cannot_say(context: schemathesis.HookContext, case: Case) -> Case:
    """Makes a call that is meant to be right right: x-box, x-aspect-ratios, x-required-by-scheme,
    and a list's window, which ends within 24 h after its start."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return case
    if {"start_time", "end_time"} <= case.query.keys():
        case.query["end_time"] = case.query["start_time"][:8] + "235959"
    if _name(case) == "createVideoTask":
        given = case.body["input"]
        face, ext = _in_order(given["face_bbox"]), _in_order(given["ext_bbox"])
        case.body = {**case.body, "input": {**given, "face_bbox": face, "ext_bbox": _shaped(ext)}}
    if _name(case) in ("createVideoTask", "detectFace") and _needs_resolving(case):
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


def _loaded(spec: Spec, *phases: str) -> BaseSchema:
    """The spec with a fresh app behind it."""
    config = schemathesis.Config.from_dict(CONFIG)
    schema = schemathesis.openapi.from_path(default_path(), config=config)
    schema.config.phases.update(phases=list(phases))
    schema.app = create_app(Settings(time="skip"), spec=spec, real=lambda: EPOCH)
    schema.auth()(Key)
    schema.hook("map_case")(what_json_schema_cannot_say)
    return schema


def _run(schema: BaseSchema) -> list[ScenarioRecorder]:
    """What was sent and judged. Fails with everything that a check has against an answer."""
    recorders, problems = [], []
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            recorders.append(event.recorder)
            problems += _failures(event.recorder)
        elif isinstance(event, events.NonFatalError):
            problems.append(f"{event.label}: {event.value!r}")
        elif isinstance(event, events.FatalError):
            raise event.exception
    assert not problems, f"{len(problems)} failures\n\n" + "\n\n".join(problems[:10])
    return recorders


def _failures(recorder: ScenarioRecorder) -> Iterator[str]:
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info:
                answer = recorder.interactions[case_id].response
                said = answer.content[:500] if answer else None
                why, sent = check.failure_info.failure.message, check.failure_info.code_sample
                yield f"{recorder.label}: {check.name}: {why}\n{sent[:2000]}\n{said!r}"


def test_no_check_of_schemathesis_is_unknown_here() -> None:
    load_all_checks()
    assert sorted(CHECKS.get_all_names()) == sorted([*BUILT_IN, *OURS])


@pytest.mark.parametrize("phases", [("coverage",), ("examples", "fuzzing")], ids=" and ".join)
def test_every_operation_keeps_the_contract(spec: Spec, phases: tuple[str, ...]) -> None:
    recorders = _run(_loaded(spec, *phases))
    sent = Counter(_name(node.value) for r in recorders for node in r.cases.values())
    passed = {check.name for r in recorders for checks in r.checks.values() for check in checks}
    assert sent.keys() == spec.operations.keys()
    assert passed == {*BUILT_IN, *OURS, "max_response_time"} - {"unsupported_method"}


def test_every_link_of_the_spec_leads_on(spec: Spec) -> None:
    schema = _loaded(spec, "stateful")
    links, led = set(_links(schema)), set()  # before it infers more of them
    for recorder in _run(schema):
        for case_id, answer in recorder.interactions.items():
            node = recorder.cases[case_id]
            if node.transition and answer.response and answer.response.status_code == 200:
                led |= links & set(node.transition.id.split())
    assert led == links


def _links(schema: BaseSchema) -> Iterator[str]:
    for item in schema.raw_schema["paths"].values():
        for operation in item.values():
            for response in operation["responses"].values():
                yield from response.get("links", ())
