"""What counts as a change of a document: order, $refs, names, ranges, moves, renames."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

from contracts.diff.compare import Document, diff
from contracts.spec.document import Resolver, default_path, read
from tests.contracts.diff.test_diff import (
    BOTH,
    CLIENT,
    GET,
    GONE,
    INPUT,
    LIST,
    NEXT,
    NONE,
    NORMAL,
    OLD,
    SCHEMAS,
    SERVER,
    STATES,
    STATUS,
    TREE,
    USAGE,
    changed,
    found,
    short,
)  # fmt: skip
from tests.helpers.cases import each_case


def test_nothing_changes_from_a_document_to_itself() -> None:
    assert diff(Document(read(default_path())), Document(deepcopy(read(default_path())))) == []


# Lists whose order has no meaning.
SETS = {
    "required", "enum", "type", "allOf", "tags", "parameters", "servers", "security", "terminal",
    "x-aspect-ratios", *STATES,
}  # fmt: skip


def turned_round(node: Any, name: str = "") -> Any:
    if isinstance(node, dict):
        return {key: turned_round(value, key) for key, value in reversed(node.items())}
    if isinstance(node, list):
        inside = [turned_round(value) for value in node]
        return inside[::-1] if name in SETS else inside
    return node


def test_another_order_is_ignored() -> None:
    assert diff(OLD, Document(turned_round(TREE))) == []


def test_a_ref_may_be_replaced_by_its_target() -> None:
    inlined = Resolver(TREE).resolve(TREE)
    assert diff(OLD, Document(inlined)) == []
    assert diff(Document(inlined), Document(turned_round(TREE))) == []


def test_a_change_with_many_uses_is_reported_once() -> None:
    (change,) = found((f"{SCHEMAS}/ErrorAnswer/properties/code/minLength", 0))
    assert change.pointer == f"{SCHEMAS}/ErrorAnswer/properties/code/minLength"
    assert (change.was, change.now) == (1, 0)
    assert {"detectFace 400 code", "getTask 500 code"} < set(change.uses)


def test_a_removed_parameter_is_reported_at_its_old_place() -> None:
    (change,) = found((f"{LIST}/parameters/0", GONE))
    assert change.pointer == f"{LIST}/parameters/0"
    assert change.was["name"] == "task_id"
    assert change.now is not None and "now" not in repr(change.now)


def test_a_field_with_a_new_name_looks_like_a_rename() -> None:
    fields = f"{USAGE}/properties"
    changes = found(
        (f"{fields}/ratio", {"$ref": f"{SCHEMAS}/Ratio"}),
        (f"{fields}/video_ratio", GONE),
        (f"{USAGE}/required", ["video_duration"]),
    )
    assert {c.kind: c.hint for c in changes if c.hint} == {
        "property-added": 'looks like a rename of "video_ratio"',
        "property-removed": 'looks like a rename to "ratio"',
    }


def test_a_rename_is_the_field_with_the_most_similar_name() -> None:
    fields = f"{SCHEMAS}/TaskListItem/properties"
    new = {"description": "When it was over.", "type": "integer", "format": "int64"}
    changes = found(
        (f"{fields}/anything", new), (f"{fields}/ended_at", new), (f"{fields}/end_time", GONE)
    )
    hints = {c.pointer.rpartition("/")[2]: c.hint for c in changes if c.kind != "outcome-changed"}
    assert hints == {
        "anything": "",
        "ended_at": 'looks like a rename of "end_time"',
        "end_time": 'looks like a rename to "ended_at"',
    }


def test_a_parameter_with_a_new_name_looks_like_a_rename() -> None:
    changes = found((f"{LIST}/parameters/6/name", "page_length"))
    assert {c.hint for c in changes} == {
        'looks like a rename to "page_length"', 'looks like a rename of "page_size"',
    }  # fmt: skip


def test_a_moved_operation_is_still_compared() -> None:
    item = deepcopy(TREE["paths"]["/tasks"])
    item["get"]["parameters"].pop()
    changes = found(("#/paths/~1tasks", GONE), ("#/paths/~1jobs", item))
    assert short(changes) == {f"operation-moved {BOTH}", f"parameter-removed {CLIENT}"}
    moved = next(c for c in changes if c.kind == "operation-moved")
    assert moved.text.startswith("GET /tasks moved to GET /jobs")


def test_a_renamed_path_parameter_is_not_another_path() -> None:
    paths = {path.replace("task_id", "id"): item for path, item in TREE["paths"].items()}
    changes = found(("#/paths", paths), ("#/components/parameters/TaskId/name", "id"))
    assert [(c.kind, c.was, c.now) for c in changes] == [("parameter-renamed", "task_id", "id")]


def test_a_renamed_security_scheme_is_ignored() -> None:
    scheme = TREE["components"]["securitySchemes"]["ApiKey"]
    schemes = "#/components/securitySchemes"
    assert found((schemes, {"Key": scheme}), ("#/security", [{"Key": []}])) == []
    other = {**scheme, "scheme": "basic"}
    changes = found((schemes, {"Key": other}), ("#/security", [{"Key": []}]))
    assert short(changes) == {f"security-changed {BOTH}"}


def test_a_new_terminal_state_breaks_only_clients() -> None:
    changes = found(
        (f"{STATUS}/enum/-", "EXPIRED"), (f"{NEXT}/EXPIRED", []), (f"{NEXT}/PENDING/-", "EXPIRED"),
        (f"{STATUS}/x-task-lifecycle/terminal/-", "EXPIRED"),
    )  # fmt: skip
    answers = [c for c in changes if c.side == "answer"]
    assert short(answers) == {
        f"enum-widened {CLIENT}", f"terminal-states-widened {CLIENT}",
        f"transition-widened {CLIENT}",
    }  # fmt: skip


def test_a_repeated_refusal_is_ignored() -> None:
    assert short(found((f"{INPUT}/properties/image_url/x-refusal", "InvalidURL"))) == set()
    box = f"{SCHEMAS}/CreateParameters/properties/more"
    old = changed((box, {"type": "string"}))
    new = changed((box, {"type": "string", "x-refusal": "InvalidParameter"}))
    assert short(diff(Document(old), Document(new))) == set()


def test_the_text_of_a_change_says_what_changed_and_why_it_breaks() -> None:
    (change,) = found((f"{NORMAL}/enum", ["normal", "calm", "wild"]))
    assert change.text.startswith('no longer allowed: "active", now allowed: "wild"; both sides')
    changes = found((f"{STATUS}/enum/-", "SUSPENDED"))
    assert {c.side: c.text for c in changes} == {
        "answer": 'now allowed: "SUSPENDED"; a client may receive a value that it does not know',
        "request": 'now allowed: "SUSPENDED"; a server must accept more than before',
    }


def test_query_names_are_case_sensitive_and_header_names_are_not() -> None:
    changes = found((f"{LIST}/parameters/5/name", "Page_No"))
    assert short(changes) == {f"parameter-removed {CLIENT}", f"parameter-added {SERVER}"}
    moved = found((f"{LIST}/parameters/5/name", "Page_No"), (f"{LIST}/parameters/5/in", "header"))
    assert {c.kind for c in moved} == {"parameter-moved"}


def test_a_changed_refusal_of_one_schema_in_allof_is_found() -> None:
    rule = f"{SCHEMAS}/CreateRequest/properties/model/allOf/1/x-refusal"
    assert short(found((rule, GONE))) == {f"x-refusal-changed {BOTH}"}
    back = diff(Document(changed((rule, GONE))), OLD)
    assert short(back) == {f"x-refusal-changed {BOTH}"}


def test_servers_of_an_operation_replace_those_of_the_document() -> None:
    same = TREE["servers"]
    assert found((f"{GET}/servers", same)) == []
    changes = found((f"{GET}/servers", [{"url": "https://dashscope-intl.aliyuncs.com/api/v1"}]))
    assert short(changes) == {f"server-added {NONE}", f"server-removed {CLIENT}"}
    assert {c.uses for c in changes} == {("getTask",)}


def test_a_declared_default_server_is_ignored() -> None:
    bare = changed(("#/servers", GONE))
    assert diff(Document(bare), Document({**bare, "servers": [{"url": "/"}]})) == []


def test_security_is_compared_for_each_operation() -> None:
    everywhere = deepcopy(TREE)
    demands = everywhere.pop("security")
    for item in everywhere["paths"].values():
        for operation in item.values():
            operation.setdefault("security", demands)
    assert diff(OLD, Document(everywhere)) == []
    (change,) = diff(OLD, Document(changed((f"{GET}/security", []))))
    assert (change.kind, change.uses) == ("security-widened", ("getTask",))


def test_a_security_scheme_is_compared_where_it_is_required() -> None:
    spare = {"type": "oauth2", "flows": {"implicit": {"scopes": {"w": "write"}}}}
    schemes = "#/components/securitySchemes"
    old = Document(changed((f"{schemes}/Spare", spare)))
    new = Document(changed((f"{schemes}/Spare", {"type": "http"})))
    assert diff(old, new) == []
    assert short(found((f"{schemes}/ApiKey", GONE))) == {f"security-scheme-removed {BOTH}"}
    assert found((f"{schemes}/ApiKey/scheme", "Bearer")) == []


@each_case("location, is_same", [("header", True), ("query", False)])
def test_the_case_of_a_key_counts_unless_it_is_a_header(location: str, is_same: bool) -> None:
    scheme, name = "#/components/securitySchemes/ApiKey", "X-Key"
    kind = {"type": "apiKey", "in": location}
    old, new = (Document(changed((scheme, {**kind, "name": n}))) for n in (name, name.lower()))
    assert (diff(old, new) == []) == is_same


def test_each_name_that_is_no_longer_required_is_reported() -> None:
    changes = found((f"{SCHEMAS}/ErrorAnswer/required", []))
    assert {c.text.partition(" ")[0] for c in changes} == {'"code"', '"message"', '"request_id"'}


def test_examples_with_lists_are_compared() -> None:
    data = f"{LIST}/responses/200/content/application~1json/examples/listed/value/data"
    (change,) = found((f"{data}/0/status", "FAILED"))
    assert (change.kind, change.client) == ("outcome-changed", "breaking")
    assert short(found((data, []))) == set()
    (change,) = found((data, "none"))
    assert (change.text.partition(";")[0], change.client) == (
        '"data" has a different type',
        "breaking",
    )


def test_on_and_no_are_read_as_names(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("{on: 1, no: 2, values: [off, false]}", "utf-8")
    assert read(path) == {"on": 1, "no": 2, "values": ["off", False]}
