"""Reports of a run for other programs: JUnit XML and SARIF.

sarif-2.1.0.json is the official schema of SARIF 2.1.0 with Errata 01, unmodified, as its terms
demand; sarif-2.1.0.NOTICE.txt has its source and the terms."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema_rs
import pytest
from hypothesis import given
from msgspec.structs import replace

from contracts.reports.write import render
from contracts.spec.sources import Source
from contracts.text.printable import visible
from contracts.verify.events import CheckFinding, CheckStarted, Event
from tests.helpers.reports import (
    HOSTILE,
    ROOT,
    claim,
    ended,
    exchange,
    hostile,
    mixed,
    often,
    run_of,
    runs,
)

DATA = Path(__file__).parents[2] / "data"
SCHEMA = DATA / "sarif-2.1.0.json"
# The formats `uri` and `date-time` of the schema are validated too.
SARIF = jsonschema_rs.Draft4Validator(json.loads(SCHEMA.read_text("utf-8")), validate_formats=True)


def sarif_of(events: list[Event]) -> dict[str, Any]:
    """The one run of a SARIF report, which is valid."""
    log = json.loads(render("sarif", events))
    SARIF.validate(log)
    run: dict[str, Any] = log["runs"][0]
    return run


def junit_of(events: list[Event]) -> ElementTree.Element:
    """A JUnit report as a parser reads it from bytes."""
    return ElementTree.fromstring(render("junit", events).encode())


# JUnit


def test_junit_has_a_suite_for_each_group_and_a_case_for_each_check() -> None:
    root = junit_of(mixed())
    assert [suite.get("name") for suite in root] == ["keys", "unknown", "story"]
    cases = list(root.iter("testcase"))
    assert [case.get("classname") for case in cases] == [
        "emo.contract.keys", "emo.contract.keys", "emo.contract.unknown", "emo.contract.story",
    ]  # fmt: skip
    assert [case.get("name") for case in cases[:2]] == ["keys.missing", "keys.wrong"]
    assert root[0].get("timestamp") == "2025-09-11T06:33:38"


def test_the_totals_of_junit_fit_its_cases() -> None:
    root = junit_of(mixed())
    totals = [root.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert totals == ["4", "2", "0", "1"]
    for suite in root:
        assert suite.get("tests") == str(len(suite.findall("testcase")))
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
        assert suite.get("skipped") == str(len(suite.findall("testcase/skipped")))


def test_a_failure_in_junit_has_the_difference_and_a_curl_command() -> None:
    failure = junit_of(mixed()).find(".//failure")
    assert failure is not None
    assert failure.get("message") == (
        "A call without a key was not refused: "
        "GET /api/v1/tasks/a1 was answered with /output/task_status: "
        '"SUCCEEDED" instead of "UNKNOWN"'
    )
    assert failure.get("type") == "error"
    assert "curl -sS" in str(failure.text)


def test_junit_has_the_evidence_as_properties_and_the_reason_of_a_skip() -> None:
    root = junit_of(mixed())
    given = {p.get("name"): p.get("value") for p in root[0][1].iter("property")}
    assert given["contract"] == "A call without a key is refused."
    assert given["evidence"] == "captured"
    assert given["source"] == "RTE, with the native prefix"
    assert str(given["place"]).startswith("openapi.yaml:812#/paths/")
    skipped = root.find(".//skipped")
    assert skipped is not None
    assert str(skipped.get("message")).startswith("its calls may be charged for")


def test_hostile_text_is_escaped_in_junit() -> None:
    root = junit_of(hostile())
    assert {node.tag for node in root.iter()} == {
        "testsuites", "testsuite", "testcase", "properties", "property", "failure", "skipped",
        "system-out",
    }  # fmt: skip
    skipped = root.find(".//skipped")
    assert skipped is not None
    assert skipped.get("message") == visible(HOSTILE)
    assert visible(HOSTILE) in str(getattr(root.find(".//failure"), "text", ""))


def test_an_interrupted_check_is_an_error_in_junit() -> None:
    root = junit_of([*run_of([ended()], is_whole=False), CheckStarted(claim("c.d"))])
    assert (root.get("tests"), root.get("errors")) == ("2", "1")
    error = root.find(".//testcase[@classname='emo.contract.c']/error")
    assert error is not None
    assert "interrupted" in str(error.get("message"))


@often
@given(events=runs())
def test_any_run_is_well_formed_junit(events: list[Event]) -> None:
    root = junit_of(events)
    ended = sum(event.__class__.__name__ == "CheckEnded" for event in events)
    assert int(str(root.get("tests"))) - int(str(root.get("errors"))) == ended


# SARIF


def test_the_sarif_schema_is_the_official_one_unmodified() -> None:
    notice = (DATA / "sarif-2.1.0.NOTICE.txt").read_text("utf-8")
    assert sha256(SCHEMA.read_bytes()).hexdigest() in notice


@often
@given(events=runs())
def test_any_run_is_valid_sarif(events: list[Event]) -> None:
    sarif_of(events)


def test_a_hostile_run_is_valid_sarif() -> None:
    run = sarif_of(hostile())
    assert visible(HOSTILE) in run["results"][0]["webResponse"]["body"]["text"]


def test_a_check_is_a_sarif_rule_and_a_difference_is_a_result() -> None:
    run = sarif_of(mixed())
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [
        "keys.missing", "keys.wrong", "unknown.foreign", "story.paid",
    ]  # fmt: skip
    assert [(r["ruleId"], r["level"]) for r in run["results"]] == [
        ("keys.wrong", "error"), ("unknown.foreign", "warning"),
    ]  # fmt: skip
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])


def test_a_sarif_result_has_the_location_in_the_spec() -> None:
    [location] = sarif_of(mixed())["results"][0]["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "openapi.yaml"}, "region": {"startLine": 812},
    }  # fmt: skip
    assert location["logicalLocations"][0]["fullyQualifiedName"].startswith("/paths/~1tasks")
    bare = ended("a.b", "failed", claim=claim("a.b", pointer="", line=0))
    [location] = sarif_of(run_of([bare]))["results"][0]["locations"]
    assert location == {"physicalLocation": {"artifactLocation": {"uri": "openapi.yaml"}}}


def test_a_sarif_rule_links_to_its_source_if_it_has_an_address() -> None:
    sources = Source("KR", "Measurements"), Source("TASK", "Tasks", "https://example.com/page")
    linked = claim("a.b", source="KR, TASK", sources=sources)
    rules = sarif_of(run_of([ended(claim=linked), ended("c.d")]))["tool"]["driver"]["rules"]
    assert [rule.get("helpUri") for rule in rules] == ["https://example.com/page", None]


def test_the_fingerprint_of_a_difference_does_not_depend_on_the_wrong_value() -> None:
    def marks(got: str, before: int) -> list[str]:
        found = tuple(CheckFinding("/code", "a", got, 0) for _ in range(2))
        others = [ended(f"o.{n}", "failed") for n in range(before)]
        run = sarif_of(run_of([*others, ended("a.b", "failed", findings=found)], at=before * 1e6))
        results = [r for r in run["results"] if r["ruleId"] == "a.b"]
        return [r["partialFingerprints"]["emoContractFinding/v1"] for r in results]

    assert marks("b", 0) == marks("c", 3)
    assert len(set(marks("b", 0))) == 2


def test_the_same_difference_of_two_operations_has_two_fingerprints() -> None:
    def mark_of(operation: str) -> set[str]:
        shown = exchange(operation=operation)
        check = ended("a.b", "failed", exchanges=(shown,))
        return set(sarif_of(run_of([check]))["results"][0]["partialFingerprints"].values())

    assert not mark_of("getTask") & mark_of("listTasks")


def test_a_skipped_check_is_a_notification_and_an_interrupted_run_has_failed() -> None:
    [invocation] = sarif_of(mixed())["invocations"]
    [notification] = invocation["toolExecutionNotifications"]
    assert notification["associatedRule"] == {"id": "story.paid", "index": 3}
    assert invocation["executionSuccessful"] is True
    assert invocation["startTimeUtc"] == "2025-09-11T06:33:38.716000Z"
    [cut_off] = sarif_of(run_of([ended()], is_whole=False))["invocations"]
    assert cut_off["executionSuccessful"] is False


def test_a_sarif_result_has_its_request_and_response() -> None:
    result = sarif_of(mixed())["results"][0]
    assert result["webRequest"]["target"] == f"{ROOT}/api/v1/tasks/a1"
    assert result["webRequest"]["properties"]["curl"].startswith("curl -sS")
    assert result["webResponse"]["statusCode"] == 200
    lost = ended("a.b", "failed", exchanges=(exchange("timed out", status=0),))
    response = sarif_of(run_of([lost]))["results"][0]["webResponse"]
    assert response == {"noResponseReceived": True, "body": {"text": "timed out"}}


@pytest.mark.parametrize("text", ["[click](https://example.com)", "{0}", r"[a\](1)"])
def test_links_and_placeholders_of_a_provider_are_escaped_in_a_message(text: str) -> None:
    check = replace(ended("a.b", "failed"), findings=(CheckFinding("", "", text, None),))
    message = sarif_of(run_of([check]))["results"][0]["message"]["text"]
    assert not {"](", "{0"} & {message[i : i + 2] for i in range(len(message))}
