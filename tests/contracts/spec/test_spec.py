"""openapi.yaml is consistent, and the loader refuses an inconsistent file with all its problems."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import validate

from contracts.files.user_file import deeper_than
from contracts.spec.document import DEEPEST, SpecError, default_path, read
from contracts.spec.loader import EVIDENCE, Spec
from contracts.spec.validation import compile_schema
from mock_server.engine.operations.table import HANDLERS
from mock_server.engine.pipeline import Engine
from tests.helpers.cases import each_case


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return yaml.load(default_path().read_text("utf-8"), Loader=yaml.CSafeLoader)


def written(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = default_path().read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "openapi.yaml"
    path.write_text(text, "utf-8")
    return path


def test_the_file_is_valid_openapi(document: dict[str, Any]) -> None:
    validate(document)
    assert document["openapi"].startswith("3.1")


def test_every_example_is_valid_against_its_schema(spec: Spec) -> None:
    for operation in spec.operations.values():
        for outcome in operation.outcomes.values():
            errors = list(operation.answers[outcome.status].iter_errors(outcome.value))
            assert not errors, f"{operation.id} {outcome.name}: {errors}"
        for name, body in operation.requests.items():
            assert operation.body
            assert not list(operation.body.violations(body)), f"{operation.id} request {name}"


def test_every_example_has_evidence_source_and_summary(spec: Spec) -> None:
    for outcome in spec.outcomes.values():
        assert outcome.evidence in EVIDENCE
        assert outcome.source
        assert outcome.summary


def test_an_outcome_is_named_after_its_code(spec: Spec) -> None:
    for outcome in spec.outcomes.values():
        if outcome.code:
            name = re.sub(r"^FAILED\.", "", outcome.name).partition("-")[0]
            # The code with a space cannot be a component's name.
            assert name == outcome.code or outcome.code == "NOT AUTHORIZED", outcome.name


def test_every_template_renders_its_own_example(spec: Spec) -> None:
    values = {"field": "input.image_url", "method": "GET"}
    for outcome in spec.outcomes.values():
        if outcome.template:
            body = outcome.value.get("output", outcome.value)
            assert outcome.template.format(**values) == body["message"]


def test_every_operation_documents_authentication_throttling_and_internal_errors(
    spec: Spec,
) -> None:
    for operation in spec.operations.values():
        statuses = {outcome.status for outcome in operation.outcomes.values()}
        assert {200, 400, 401, 403, 429, 500} <= statuses, operation.id


def test_every_state_can_be_reached_and_leads_to_unknown(spec: Spec) -> None:
    life = spec.lifecycle
    assert life.reachable(life.initial) == set(spec.schemas["TaskStatus"]["enum"])
    assert all("UNKNOWN" in life.reachable(state) for state in life.next)
    assert life.terminal == {s for s in life.next if life.reachable(s) <= {s, "UNKNOWN"}}


def test_links_lead_from_one_call_to_the_next(document: dict[str, Any]) -> None:
    paths = document["paths"]
    create = paths["/services/aigc/image2video/video-synthesis"]["post"]["responses"]["200"]
    assert {link["operationId"] for link in create["links"].values()} == {"getTask", "cancelTask"}
    detect = paths["/services/aigc/image2video/face-detect"]["post"]["responses"]["200"]
    assert [link["operationId"] for link in detect["links"].values()] == ["createVideoTask"]


def test_tags_separate_the_emo_operations_from_task_management(spec: Spec) -> None:
    tags = {name: operation.tags for name, operation in spec.operations.items()}
    assert {name for name, tag in tags.items() if tag == ("emo",)} == {
        "detectFace",
        "createVideoTask",
        "getTask",
    }
    assert {name for name, tag in tags.items() if tag == ("tasks",)} == {"cancelTask", "listTasks"}


@each_case(
    "old, new, problem",
    [
        ("x-evidence: documented", "x-evidence: rumoured", "'rumoured' is not in"),
        ("x-runs-for: 10800.0", "x-run-for: 10800.0", "unknown extension x-run-for"),
        ("x-missing: BadRequest.EmptyModel", "x-missing: BadRequest.NoModel", "BadRequest.NoModel"),
        ("#/components/schemas/Ratio", "#/components/schemas/Ration", "points to nothing"),
        ("video_duration: 13.93", "video_length: 13.93", "video_duration"),
        ("initial: PENDING", "initial: WAITING", "WAITING"),
        ("task_status: RUNNING", "task_status: WORKING", "WORKING"),
        (
            "  body-bytes: 1048576",
            "  body-byte: 1048576",
            "x-limits: Object contains unknown field",
        ),
        ("  header-bytes: 61440\n", "", "x-limits: Object missing required field `header-bytes`"),
        ("task_status: SUSPENDED", "task_status: RUNNING", "the schema allows it"),
        ("  operationId: result", "  operation: result", "'operationId'"),
        ("      no-such-key:", "      Throttling:", "the API has an outcome of this name too"),
        ("concurrency: 1", "concurrency: 0", "x-models emo-v1: Expected `int` >= 1"),
        ("    queue-seconds: 14.373\n", "", "x-models emo-v1: Object missing required field"),
        ("price-per-image: 0.004", "price-per-image: '4'", "x-models emo-detect-v1: Expected"),
        (
            "operation: detectFace",
            "operation: findFace",
            "emo-detect-v1: unknown operation 'findFace'",
        ),
        ("x-models:\n", "x-models: []\nx-details:\n", "x-models: Expected `object`"),
    ],
)
def test_an_inconsistent_file_is_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    with pytest.raises(SpecError, match=re.escape(problem)):
        Spec.load(written(tmp_path, (old, new)))


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    changes = [
        ("x-evidence: documented", "x-evidence: rumoured"),
        ("video_duration: 13.93", "video_length: 13.93"),
    ]
    with pytest.raises(SpecError) as caught:
        Spec.load(written(tmp_path, *changes))
    assert len(caught.value.problems) >= 2


@pytest.mark.parametrize("text", ["", "[1]", "a: [", "openapi: 3.1.0"])
def test_a_file_that_is_not_a_spec_is_refused_with_its_path(tmp_path: Path, text: str) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(text)
    with pytest.raises(SpecError, match=re.escape(str(path))):
        Spec.load(path)


@pytest.mark.parametrize(
    "kept", [b"", b"{", b"[]", b'{"of": "another text", "tree": {}}', b'{"of": 1}', b"\xff"]
)
def test_a_cache_of_another_file_or_a_broken_one_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bytes
) -> None:
    memory = tmp_path / "openapi.json"
    memory.write_bytes(kept)
    monkeypatch.setattr("contracts.spec.document.CACHE", memory)
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    tree = read(default_path())
    assert tree["openapi"] == "3.1.0"
    assert memory.read_bytes() != kept
    assert read(default_path()) == tree


def test_no_cache_is_written_if_python_may_write_no_bytecode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contracts.spec.document.CACHE", tmp_path / "openapi.json")
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    read(default_path())
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_folder_does_not_prevent_loading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr("contracts.spec.document.CACHE", tmp_path / "file" / "openapi.json")
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    assert read(default_path())["openapi"] == "3.1.0"


def test_an_operation_without_a_handler_is_an_error_of_the_engine(tmp_path: Path) -> None:
    spec = Spec.load(written(tmp_path, ("operationId: listTasks", "operationId: findTasks")))
    with pytest.raises(SpecError, match="findTasks is on one side only"):
        Engine(spec)


def test_the_handlers_are_exactly_the_operations(spec: Spec) -> None:
    assert HANDLERS.keys() == spec.operations.keys()


def test_a_duplicate_key_is_refused_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, ("\npaths:\n", "\ninfo: {}\npaths:\n"))
    with pytest.raises(SpecError, match=r"duplicate key 'info' \(line \d+"):
        read(path)


@pytest.mark.parametrize(("is_asked", "count"), [(True, 1), (False, 0)])
def test_the_keyword_x_box_checks_the_order_only_if_it_is_true(is_asked: bool, count: int) -> None:
    assert len(list(compile_schema({"x-box": is_asked}).iter_errors([3, 3, 1, 1]))) == count


def test_a_too_deep_document_is_refused_on_every_version_of_python(
    tmp_path: Path,
) -> None:
    assert not deeper_than({"a": [[1]]}, 3)
    assert deeper_than({"a": [[1]]}, 2)
    path = tmp_path / "deep.json"
    path.write_text('{"a": ' + "[" * DEEPEST + "1" + "]" * DEEPEST + "}")
    with pytest.raises(SpecError, match="nested too deep"):
        read(path)
