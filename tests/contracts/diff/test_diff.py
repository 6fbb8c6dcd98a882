"""Each kind of change of openapi.yaml is found, with its verdict for clients and servers."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from contracts.diff.compare import Change, Document, diff
from contracts.spec.document import default_path, read
from contracts.spec.pointers import parts_of
from tests.helpers.cases import each_case

GONE = object()
SCHEMAS = "#/components/schemas"
DETECT = "#/paths/~1services~1aigc~1image2video~1face-detect/post"
CREATE = "#/paths/~1services~1aigc~1image2video~1video-synthesis/post"
GET = "#/paths/~1tasks~1{task_id}/get"
LIST = "#/paths/~1tasks/get"
JSON = "content/application~1json"
NORMAL = f"{SCHEMAS}/CreateParameters/properties/style_level"
STATUS = f"{SCHEMAS}/TaskStatus"
NEXT = f"{STATUS}/x-task-lifecycle/next"
STATES = ["PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"]


def document() -> dict[str, Any]:
    """The document with two examples of each answer, which makes the tests faster."""
    tree: dict[str, Any] = deepcopy(read(default_path()))
    operations = [o for item in tree["paths"].values() for o in item.values()]
    answers = [answer for o in operations for answer in o["responses"].values()]
    for answer in [*answers, *tree["components"]["responses"].values()]:
        for media in answer.get("content", {}).values():
            media["examples"] = dict(list(media["examples"].items())[:2])
    examples, used = tree["components"]["examples"], json.dumps(tree)
    for name in [name for name in examples if f'/examples/{name}"' not in used]:
        del examples[name]
    return tree


TREE = document()
OLD = Document(TREE)


def changed(*changes: tuple[str, Any], tree: dict[str, Any] = TREE) -> dict[str, Any]:
    """A copy of the document with other values at pointers; `-` is the end of a list."""
    tree = deepcopy(tree)
    for pointer, value in changes:
        node: Any = tree
        *way, last = parts_of(pointer)
        for part in way:
            node = node[int(part) if isinstance(node, list) else part]
        if last == "-":
            node.append(value)
        elif value is GONE:
            del node[int(last) if isinstance(node, list) else last]
        else:
            node[int(last) if isinstance(node, list) else last] = value
    return tree


def found(*changes: tuple[str, Any]) -> list[Change]:
    return diff(OLD, Document(changed(*changes)))


def short(changes: list[Change]) -> set[str]:
    """`kind client/server` of each change, without the cosmetic ones."""
    return {f"{c.kind} {c.client}/{c.server}" for c in changes if not c.is_cosmetic}


CLIENT, SERVER, BOTH, NONE = (
    "breaking/additive", "additive/breaking", "breaking/breaking", "additive/additive",
)  # fmt: skip
SAME = "no change at all"
INPUT, IMAGE = f"{SCHEMAS}/CreateInput", f"{SCHEMAS}/MediaUrl"
EXT = f"{INPUT}/properties/ext_bbox"
MODEL = f"{SCHEMAS}/CreateRequest/properties/model"
USAGE, DETECTED = f"{SCHEMAS}/VideoUsage", f"{SCHEMAS}/DetectionOutput"
DURATION = f"{USAGE}/properties/video_duration"
CREATED = f"{CREATE}/responses/200"
ACCEPTED = f"{CREATED}/{JSON}/examples/accepted"
SCHEME = "#/components/securitySchemes/ApiKey"
EMO = "#/x-models/emo-v1"
NOT_YET = "#/x-results/responses/404/examples/not-yet"

REQUESTS = [
    (f"{NORMAL}/enum", ["normal", "calm"], f"enum-narrowed {CLIENT}"),
    (f"{NORMAL}/enum/-", "wild", f"enum-widened {SERVER}"),
    (f"{NORMAL}/enum", ["normal", "calm", "wild"], f"enum-changed {BOTH}"),
    (f"{NORMAL}/enum", GONE, f"enum-widened {SERVER}"),
    (f"{NORMAL}/type", "integer", f"type-changed {BOTH}"),
    (f"{NORMAL}/type", ["string", "null"], ""),
    (f"{NORMAL}/default", "calm", f"default-changed {BOTH}"),
    (f"{NORMAL}/default", GONE, f"default-changed {BOTH}"),
    (f"{INPUT}/required/-", "seed", f"required-added {CLIENT}"),
    (f"{INPUT}/required/3", GONE, f"required-removed {SERVER}"),
    (f"{INPUT}/properties/seed", {"type": "integer"}, f"property-added {SERVER}"),
    (NORMAL, GONE, f"property-removed {CLIENT}"),
    (f"{INPUT}/additionalProperties", False, f"additionalProperties-narrowed {CLIENT}"),
    (f"{IMAGE}/maxLength", 4096, f"maxLength-narrowed {CLIENT}"),
    (f"{IMAGE}/maxLength", 9000, f"maxLength-widened {SERVER}"),
    (f"{IMAGE}/minLength", 0, ""),
    (f"{IMAGE}/minLength", 12, f"minLength-narrowed {CLIENT}"),
    (f"{IMAGE}/pattern", "^https?://", f"pattern-changed {BOTH}"),
    (f"{IMAGE}/pattern", GONE, f"pattern-widened {SERVER}"),
    (f"{IMAGE}/format", "uri", f"format-narrowed {CLIENT}"),
    (f"{EXT}/x-aspect-ratios", ["1:1"], f"x-aspect-ratios-narrowed {CLIENT}"),
    (f"{EXT}/x-aspect-tolerance", 3, f"x-aspect-tolerance-widened {SERVER}"),
    (f"{EXT}/x-box", False, f"x-box-widened {SERVER}"),
    (f"{NORMAL}/x-refusal", "InvalidParameter-format", f"x-refusal-changed {BOTH}"),
    (f"{NORMAL}/x-refusal", GONE, f"x-refusal-changed {BOTH}"),
    (f"{NORMAL}/x-missing", "InvalidParameter-style_level", f"x-missing-changed {BOTH}"),
    (f"{EXT}/x-missing", GONE, f"x-missing-changed {BOTH}"),
    (f"{MODEL}/allOf/0/enum/-", "emo-v2", f"enum-widened {SERVER}"),
    (f"{MODEL}/allOf/1/not", {"const": "emo-v1"}, f"const-changed {BOTH}"),
    (f"{MODEL}/allOf/1/x-refusal", "InvalidParameter", f"x-refusal-changed {BOTH}"),
    (f"{MODEL}/allOf/1", GONE, f"not-widened {SERVER}"),
    (f"{MODEL}/allOf/-", {"maxLength": 20}, f"maxLength-narrowed {CLIENT}"),
    (f"{MODEL}/x-checked-first", GONE, f"x-checked-first-changed {BOTH}"),
    (f"{SCHEMAS}/CreateParameters/minProperties", 1, f"minProperties-changed {BOTH}"),
    (f"{SCHEMAS}/CreateParameters/frobnicate", 1, f"frobnicate-changed {BOTH}"),
    (f"{SCHEMAS}/CreateParameters/x-frobnicate", 1, f"x-frobnicate-changed {NONE}"),
]
ANSWERS = [
    # It is also the type of a parameter of the list.
    (f"{STATUS}/enum/-", "SUSPENDED", f"enum-widened {CLIENT}, enum-widened {SERVER}"),
    (f"{STATUS}/enum", STATES[:-1], f"enum-narrowed {SERVER}, enum-narrowed {CLIENT}"),
    (f"{DURATION}/type", "string", f"type-changed {BOTH}"),
    (f"{DURATION}/type", "integer", f"type-narrowed {SERVER}"),
    (f"{DURATION}/type", ["number", "null"], f"type-widened {CLIENT}"),
    (f"{DURATION}/exclusiveMinimum", GONE, f"exclusiveMinimum-widened {CLIENT}"),
    (f"{DURATION}/default", 5, ""),
    (f"{USAGE}/properties/fps", {"type": "integer"}, f"property-added {NONE}"),
    (f"{DETECTED}/properties/humanoid", GONE, f"property-removed {CLIENT}"),
    # Also if the property is still required, or is declared in a branch too.
    (DURATION, GONE, f"property-removed {CLIENT}"),
    (f"{SCHEMAS}/TaskAnswer/properties/usage", GONE, f"property-removed {CLIENT}"),
    (f"{SCHEMAS}/TaskOutput/properties/results", GONE, f"property-removed {CLIENT}"),
    (f"{USAGE}/required/1", GONE, f"required-removed {CLIENT}"),
    (f"{DETECTED}/required/-", "humanoid", f"required-added {SERVER}"),
    (f"{USAGE}/additionalProperties", False, f"additionalProperties-narrowed {SERVER}"),
    (f"{DETECTED}/then/required/0", GONE, f"required-removed {CLIENT}"),
    (f"{DETECTED}/if/properties/check_pass/const", False, f"const-changed {BOTH}"),
    (f"{SCHEMAS}/TaskOutput/allOf/3", GONE, f"if-widened {CLIENT}"),
    (f"{NEXT}/PENDING/-", "FAILED", f"transition-widened {CLIENT}"),
    (f"{NEXT}/PENDING", ["RUNNING", "UNKNOWN"], f"transition-narrowed {SERVER}"),
    (f"{STATUS}/x-task-lifecycle/initial", "RUNNING", f"initial-state-changed {BOTH}"),
    (f"{STATUS}/x-task-lifecycle/terminal", STATES[2:5], f"terminal-states-changed {BOTH}"),
    (f"{STATUS}/x-task-lifecycle", GONE, f"x-task-lifecycle-widened {CLIENT}"),
    (f"{STATUS}/x-task-lifecycle", 5, f"x-task-lifecycle-changed {BOTH}"),
    (f"{GET}/responses/503", {"description": "Busy."}, f"response-added {CLIENT}"),
    (f"{GET}/responses/413", GONE, f"response-removed {SERVER}"),
    (f"{GET}/responses/202", {"description": "Not yet."}, f"response-added {CLIENT}"),
    (f"{GET}/responses/200", GONE, f"response-removed {BOTH}"),
    (f"{CREATED}/{JSON}/examples/accepted-2026", GONE, f"outcome-removed {CLIENT}"),
    (f"{CREATED}/{JSON}/examples/new", {"x-evidence": "inferred"}, f"outcome-added {NONE}"),
    (f"{CREATED}/{JSON}/examples/new", {"value": {}}, ""),
    (f"{ACCEPTED}/value/output/task_status", "RUNNING", f"outcome-changed {BOTH}"),
    (f"{ACCEPTED}/value/output/task_id", "another", ""),
    (f"{ACCEPTED}/value/more", 1, f"outcome-changed {NONE}"),
    (f"{ACCEPTED}/x-evidence", "inferred", ""),
    (f"{CREATED}/headers/X-Request-Id", GONE, f"header-removed {CLIENT}"),
    (f"{CREATED}/headers/X-More", {"schema": {}}, f"header-added {NONE}"),
    (f"{CREATED}/headers/X-More", {"required": True}, f"header-added {SERVER}"),
    ("#/components/headers/X-Request-Id/required", False, f"required-removed {CLIENT}"),
    (f"{CREATED}/content/text~1plain", {}, f"content-added {CLIENT}"),
    (f"{CREATED}/links/GetCreatedTask", GONE, f"link-removed {CLIENT}"),
    (f"{CREATED}/links/GetCreatedTask/parameters", {}, f"link-changed {NONE}"),
    (f"{CREATED}/links/GetCreatedTask/description", "Poll.", ""),
]
CALLS = [
    ("#/paths/~1tasks~1{task_id}~1cancel", GONE, f"operation-removed {CLIENT}"),
    ("#/paths/~1more", {"get": {"operationId": "more"}}, f"operation-added {SERVER}"),
    (f"{GET}/operationId", "fetchTask", f"operationId-changed {BOTH}"),
    (f"{GET}/deprecated", True, f"deprecated-changed {NONE}"),
    (f"{GET}/callbacks", {"done": {}}, f"callbacks-changed {BOTH}"),
    (
        f"{GET}/servers",
        [{"url": "https://example.com"}],
        f"server-added {NONE}, server-removed {CLIENT}",
    ),
    (f"{CREATED}/links", [], f"links-changed {BOTH}"),
    (f"{LIST}/parameters", 5, f"parameters-changed {BOTH}, parameter-removed {CLIENT}"),
    (f"{LIST}/parameters/0", GONE, f"parameter-removed {CLIENT}"),
    (f"{LIST}/parameters/-", {"name": "a", "in": "query"}, f"parameter-added {SERVER}"),
    (
        f"{LIST}/parameters/-",
        {"name": "a", "in": "query", "required": True},
        f"parameter-added {BOTH}",
    ),
    (f"{LIST}/parameters/0/required", True, f"required-added {CLIENT}"),
    (f"{CREATE}/parameters/0/required", False, f"required-removed {SERVER}"),
    (f"{CREATE}/parameters/0/name", "x-dashscope-ASYNC", SAME),
    (f"{LIST}/parameters/0/in", "header", f"parameter-moved {BOTH}"),
    ("#/components/parameters/TaskId/in", "query", f"parameter-moved {BOTH}"),
    (
        f"{LIST}/parameters/0/name",
        "task",
        f"parameter-removed {CLIENT}, parameter-added {SERVER}",
    ),
    (f"{LIST}/parameters/0/explode", False, f"explode-changed {BOTH}"),
    (f"{LIST}/parameters/0/explode", True, ""),
    (f"{LIST}/parameters/0/style", "form", ""),
    (f"{LIST}/parameters/0/style", "pipeDelimited", f"style-changed {BOTH}"),
    (f"{CREATE}/parameters/0/style", "simple", ""),
    (f"{CREATE}/parameters/0/explode", True, f"explode-changed {BOTH}"),
    (f"{LIST}/parameters/0/allowReserved", False, ""),
    (f"{LIST}/parameters/6/schema/maximum", 500, f"maximum-narrowed {CLIENT}"),
    (f"{LIST}/parameters/0/x-refusal", "InvalidParameter-format", f"x-refusal-changed {BOTH}"),
    (
        "#/components/parameters/OssResourceResolve/x-required-by-scheme",
        GONE,
        f"x-required-by-scheme-widened {SERVER}",
    ),
    (f"{CREATE}/requestBody/required", False, f"required-removed {SERVER}"),
    (f"{CREATE}/requestBody/x-refusal", "InvalidParameter", f"x-refusal-changed {BOTH}"),
    (f"{CREATE}/requestBody/content/text~1plain", {}, f"content-added {SERVER}"),
    (f"{CREATE}/requestBody", GONE, f"requestBody-removed {BOTH}"),
    (f"{LIST}/requestBody", {"content": {}}, f"requestBody-added {SERVER}"),
    (f"{GET}/security", [], f"security-widened {SERVER}"),
    (f"{GET}/security", [{"ApiKey": []}], SAME),
    (f"{GET}/security", [{"ApiKey": [], "Other": []}], f"security-narrowed {CLIENT}"),
    (f"{GET}/security", [{"ApiKey": ["read"]}], f"security-narrowed {CLIENT}"),
    (f"{GET}/x-rate/per-second", 10, f"per-second-narrowed {CLIENT}"),
    (f"{GET}/x-rate/per-second", 40, f"per-second-widened {SERVER}"),
    (f"{GET}/x-rate", GONE, f"per-second-widened {SERVER}"),
    (f"{GET}/x-rate/refusal", "Throttling", f"refusal-changed {BOTH}"),
    (f"{GET}/tags/0", "tasks", ""),
    (f"{GET}/summary", "Ask.", ""),
]
AROUND = [
    ("#/info/version", "2027-01-01", ""),
    ("#/servers/1", GONE, f"server-removed {CLIENT}"),
    ("#/servers/-", {"url": "https://example.com"}, f"server-added {NONE}"),
    ("#/servers/1/variables/reseller/default", "example.com", f"default-changed {BOTH}"),
    ("#/servers/1/variables/reseller/enum", ["api.gpt.ge"], f"enum-changed {BOTH}"),
    ("#/security", [], f"security-widened {SERVER}"),
    ("#/security/-", {}, f"security-widened {SERVER}"),
    (f"{SCHEME}/scheme", "basic", f"scheme-changed {BOTH}"),
    (f"{SCHEME}/bearerFormat", "JWT", ""),
    (f"{SCHEME}/x-key-pattern", "^sk-", f"x-key-pattern-changed {BOTH}"),
    (f"{SCHEME}/x-refusals/invalid", "InvalidApiKey-missing", f"x-refusals-changed {BOTH}"),
    ("#/x-refusals/path", "NotFound", f"x-refusals-changed {BOTH}"),
    ("#/x-limits/body-bytes", 1024, f"body-bytes-narrowed {CLIENT}"),
    ("#/x-limits/body-bytes", GONE, f"body-bytes-widened {SERVER}"),
    ("#/x-limits", 5, f"x-limits-changed {BOTH}"),
    ("#/x-limits/body-bytes", "1 MB", f"body-bytes-changed {BOTH}"),
    (EMO, GONE, f"model-removed {CLIENT}"),
    ("#/x-models/emo-v2", {"operation": "createVideoTask"}, f"model-added {SERVER}"),
    (f"{EMO}/concurrency", 2, f"concurrency-widened {SERVER}"),
    (f"{EMO}/result-life-seconds", 3600, f"result-life-seconds-narrowed {CLIENT}"),
    (f"{EMO}/price-per-video-second/1:1", 0.1, f"price-per-video-second-narrowed {CLIENT}"),
    (f"{EMO}/price-per-video-second/1:1", 0.01, f"price-per-video-second-widened {SERVER}"),
    (f"{EMO}/queue-seconds", 60, f"queue-seconds-changed {NONE}"),
    (f"{EMO}/operation", "detectFace", f"operation-changed {BOTH}"),
    (f"{EMO}/answer/~1usage~1video_ratio", GONE, f"answer-changed {BOTH}"),
    (f"{EMO}/colours", 3, f"colours-changed {BOTH}"),
    ("#/x-variants/models", GONE, f"variant-removed {CLIENT}"),
    ("#/x-variants/models/default", "retired", f"default-changed {BOTH}"),
    ("#/x-variants/models/choices/retired", GONE, f"choice-removed {CLIENT}"),
    ("#/x-variants/models/choices/retired/refuse", "ModelNotFound", f"refuse-changed {BOTH}"),
    ("#/x-variants/models/choices/retired/summary", "They are not.", ""),
    ("#/x-results/responses/404/examples/not-yet", GONE, f"outcome-removed {CLIENT}"),
    (
        "#/x-results/responses/404/examples/not-yet/x-lasts-seconds",
        9,
        f"x-lasts-seconds-changed {NONE}",
    ),
    ("#/x-sources/EMO-1/title", "A page", ""),
    ("#/x-not-served/models/emo", GONE, f"x-not-served-changed {NONE}"),
    ("#/webhooks", {}, f"webhooks-changed {BOTH}"),
    ("#/x-more", 1, f"x-more-changed {NONE}"),
]
ROWS = [*REQUESTS, *ANSWERS, *CALLS, *AROUND]


def turn(kind: str) -> str:
    """The kind of the reverse change."""
    pairs = [("narrowed", "widened"), ("added", "removed")]
    turned = {**dict(pairs), **{there: back for back, there in pairs}}
    subject, _, how = kind.rpartition("-")
    return f"{subject}-{turned.get(how, how)}"


@each_case("pointer, value, expected", ROWS)
def test_each_change_has_its_verdicts_and_the_reverse_change_mirrors_them(
    pointer: str, value: Any, expected: str
) -> None:
    new = Document(changed((pointer, value)))
    there, back = diff(OLD, new), diff(new, OLD)
    assert bool(there) == (expected != SAME)
    assert short(there) == set(expected.split(", ")) - {"", SAME}
    values = {(c.kind, c.side, str(c.was), str(c.now)) for c in there}
    assert values == {(turn(c.kind), c.side, str(c.now), str(c.was)) for c in back}


def test_the_table_has_every_kind_of_change() -> None:
    kinds = {each.split()[0] for *_, expected in ROWS for each in expected.split(", ") if each}
    assert len(kinds) >= 60


def altered(node: Any, name: str = "") -> Any:
    """The document with another value at each place, except where this ends a comparison."""
    if isinstance(node, dict):
        return {key: altered(value, key) for key, value in node.items()}
    if isinstance(node, list):
        return [altered(value, name) for value in node]
    if name in ("$ref", "type", "in", "name", "operationId", "url") or isinstance(
        node, bool | None
    ):
        return node
    return f"{node}-x" if isinstance(node, str) else node + 1


def test_each_keyword_of_openapi_yaml_is_in_a_table() -> None:
    changes = diff(OLD, Document(altered(TREE)))
    assert len(changes) > 100
    unknown = ("not judged", "unknown")
    assert [c.pointer for c in changes if any(text in c.text for text in unknown)] == []


def test_a_new_forbidden_header_breaks_the_client() -> None:
    """The client that sends it is refused now. A header that moves between `parameters` and
    x-forbidden-headers stays the same parameter."""
    detect, forbidden = "/services/aigc/image2video/face-detect", f"{DETECT}/x-forbidden-headers"
    (header,) = TREE["paths"][detect]["post"]["x-forbidden-headers"]
    assert short(found((f"{DETECT}/parameters/-", header), (forbidden, GONE))) == set()
    assert short(found((forbidden, GONE))) == {f"forbidden-header-removed {SERVER}"}
    other = {**header, "name": "X-Other"}
    assert short(found((f"{forbidden}/-", other))) == {f"forbidden-header-added {CLIENT}"}
    assert short(found((f"{forbidden}/0/x-refusal", "InvalidParameter"))) == {
        f"x-refusal-changed {BOTH}"
    }
