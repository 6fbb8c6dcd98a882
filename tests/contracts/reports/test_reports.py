"""Reports of a run: properties of all formats, number formats, HTML, text and JSON."""

from __future__ import annotations

import json
from typing import Any
from xml.etree.ElementTree import tostring

import pytest
from hypothesis import given
from msgspec.structs import replace

from contracts.reports.as_json import FORMAT, read
from contracts.reports.elements import element
from contracts.reports.formatting import cut, money, pretty
from contracts.reports.html_check import CALLS
from contracts.reports.run import RunRecord
from contracts.reports.write import REPORTS, render
from contracts.text.printable import visible
from contracts.verify.events import STALE, CheckFinding, CheckStarted, Event
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

EXPECTED = "A call without a key is refused."

# All formats


@often
@given(events=runs())
def test_every_report_can_be_rendered_for_any_run_and_is_reproducible(events: list[Event]) -> None:
    for name in REPORTS:
        text = render(name, events)
        assert text == render(name, list(RunRecord.of(events).events()))
        assert text.encode().endswith(b"\n")


@pytest.mark.parametrize("name", REPORTS)
def test_no_report_has_an_invisible_character(name: str) -> None:
    text = render(name, hostile())
    if name == "json":  # it keeps all characters
        assert json.loads(text)["checks"][1]["why"] == HOSTILE
    else:
        assert text == visible(text)
    assert "\x1b" not in text


@pytest.mark.parametrize("name", sorted(REPORTS.keys() - {"json"}))
def test_a_long_answer_is_shortened_with_a_note(name: str) -> None:
    check = ended("a.b", "failed", exchanges=(exchange("x" * (1 << 20)),))
    text = render(name, run_of([check]))
    assert len(text) < 40_000
    assert "more characters]" in text


def test_the_json_report_shortens_nothing() -> None:
    assert "x" * (1 << 20) in render("json", hostile())


def test_events_without_the_start_of_a_run_are_refused() -> None:
    for events in ([], mixed()[1:]):
        with pytest.raises(ValueError, match="begin with Started"):
            render("text", events)


@pytest.mark.parametrize(
    ("results", "whole", "verdict", "headline"),
    [
        (["passed"], True, "passed", "The check passed"),
        (["passed"] * 2, True, "passed", "All 2 checks passed"),
        (["passed", "skipped"], True, "passed", "1 check passed, none failed"),
        (["passed", "failed", "skipped"], True, "failed", "1 of 3 checks failed"),
        (["passed", "accepted"], True, "passed", "1 check passed, 1 accepted, none failed"),
        (["skipped"], True, "nothing", "No check ran"),
        ([], True, "nothing", "No check ran"),
        (["passed", "failed"], False, "unfinished", "The run was interrupted"),
    ],
)
def test_the_verdict_and_headline_follow_from_the_results(
    results: list[Any], whole: bool, verdict: str, headline: str
) -> None:
    checks = [ended(f"a.{number}", result) for number, result in enumerate(results)]
    events = run_of(checks, is_whole=whole)
    assert RunRecord.of(events).verdict == json.loads(render("json", events))["verdict"] == verdict
    assert headline in render("html", events)
    assert render("text", events).startswith(headline)


# Formatting


def test_a_shortened_text_names_the_missing_length() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "abc\n[… 1 more character]"
    assert cut("a" * 2004, 4) == "aaaa\n[… 2,000 more characters]"


def test_indented_json_keeps_every_key_and_digit() -> None:
    assert pretty('{"a":1.00,"a":2}') == '{\n  "a": 1.00,\n  "a": 2\n}'
    for text in ("", "{", "no", "[" * 100_000, '"\ud800"'):
        assert pretty(text) == text


def test_money_is_shown_with_all_charged_decimals() -> None:
    assert [money(x) for x in (0, 1.5, 0.004, 1.1144)] == [
        "0.00 CNY", "1.50 CNY", "0.004 CNY", "1.1144 CNY",
    ]  # fmt: skip


def test_an_html_element_keeps_the_order_of_its_text_and_children() -> None:
    node = element(
        "p", "a", "b", element("i", "<"), "c", None, "d", element("br"), class_="x", id=None
    )
    assert tostring(node, encoding="unicode", method="html") == (
        '<p class="x">ab<i>&lt;</i>cd<br></p>'
    )


# HTML


def test_the_page_shows_the_first_calls_and_those_with_a_difference() -> None:
    calls = tuple(exchange(url=f"{ROOT}/{number}") for number in range(CALLS + 9))
    found = (CheckFinding("#status", "200", "404", CALLS + 4),)
    page = render("html", run_of([ended("a.b", "failed", exchanges=calls, findings=found)]))
    shown = [number for number in range(len(calls)) if f"<code>GET /{number}</code>" in page]
    assert shown == [*range(CALLS), CALLS + 4]
    assert "8 more calls: see the JSON report." in page


# Text


def test_the_text_has_a_row_for_each_check_and_ends_with_the_totals() -> None:
    lines = render("text", mixed()).splitlines()
    rows = [line.split()[:5] for line in lines if line.startswith(("passed", "failed", "skipped"))]
    assert rows == [
        ["passed", "keys.missing", "error", "captured", "0.25"],
        ["failed", "keys.wrong", "error", "captured", "0.25"],
        ["failed", "unknown.foreign", "warning", "captured", "0.25"],
        ["skipped", "story.paid", "error", "captured", "0.00"],
    ]
    assert lines[-1] == "1 passed, 2 failed, 1 skipped in 3.1 s; 0.00 CNY spent"


def test_every_report_heads_a_failed_check_with_its_failure() -> None:
    failed = "A call without a key was not refused"
    for name in ("text", "sarif", "html"):
        report = render(name, run_of([ended("a.b", "failed")]))
        assert -1 < report.find(failed) < report.find(EXPECTED), name
    assert f'message="{failed}: GET ' in render("junit", run_of([ended("a.b", "failed")]))
    row = render("text", run_of([ended("a.b", "failed")])).splitlines()[4]
    assert row.endswith(failed)


def test_a_difference_that_no_longer_occurs_is_not_reported_as_a_wrong_answer() -> None:
    stale = ended("a.b", "failed", findings=(CheckFinding(STALE, "a difference", "none"),))
    for name in ("text", "html"):
        report = render(name, run_of([stale]))
        assert "The baseline accepts a difference that no longer occurs" in report
        assert "was not refused" not in report


def test_a_json_report_without_headlines_of_failures_can_be_rendered() -> None:
    report = json.loads(render("json", run_of([ended("a.b", "failed")])))
    for old in (*report["started"]["claims"], report["checks"][0]["claim"]):
        del old["failed"]
    assert f"FAILED a.b (error): {EXPECTED}\n" in render("text", read(json.dumps(report)))


def test_seconds_are_aligned_at_the_decimal_point() -> None:
    text = render("text", run_of([ended(seconds=1.5), ended("a.b", seconds=123.25)]))
    first, second = [line for line in text.splitlines() if line.startswith("passed")]
    assert first.index("1.50") == second.index("123.25") + 2


def test_the_text_of_a_failure_has_evidence_difference_call_and_answer() -> None:
    text = render("text", mixed())
    failure = text[text.index("FAILED keys.wrong") : text.index("FAILED unknown.foreign")]
    for part in (
        "captured: RTE, with the native prefix", "openapi.yaml:812#/paths/",
        'at /output/task_status\n    expected  "UNKNOWN"\n    got       "SUCCEEDED"',
        "curl -sS http://127.0.0.1:8787/qwen/api/v1/tasks/a1",
        '"Authorization: Bearer ${DASHSCOPE_API_KEY:-sk-local}"', '-> 200 {\n',
    ):  # fmt: skip
        assert part in failure


def test_the_text_of_a_skipped_check_has_the_reason() -> None:
    assert "SKIPPED story.paid: its calls may be charged for;" in render("text", mixed())


def test_an_exchange_with_several_differences_is_shown_once() -> None:
    found = tuple(CheckFinding(f"/{n}", "a", "b", 0) for n in range(3))
    assert render("text", run_of([ended("a.b", "failed", findings=found)])).count("curl") == 1


def test_text_of_a_provider_cannot_look_like_a_summary_line() -> None:
    got = "x\n99 passed, 0 failed, 0 skipped in 0.1 s"
    answer = f"{got}\n{got}"
    check = ended(
        "a.b", "failed", findings=(CheckFinding("", "", got, 0),), exchanges=(exchange(answer),)
    )
    assert not any(line.startswith("99") for line in render("text", run_of([check])).splitlines())


def test_the_report_of_an_interrupted_run_names_the_check() -> None:
    events = [*run_of([ended(), ended("a.b")], is_whole=False)[:-2], CheckStarted(claim("c.d"))]
    assert "interrupted during c.d, 1 of 2 checks not run" in render("text", events)


def test_the_line_of_a_pointer_is_shown_if_it_is_known() -> None:
    known, unknown = ended("a.b", "failed"), ended("c.d", "failed")
    unknown = replace(unknown, claim=replace(unknown.claim, line=0))
    text = render("text", run_of([known, unknown]))
    assert ("openapi.yaml:812#/paths" in text, "openapi.yaml#/paths" in text) == (True, True)


# JSON


@often
@given(events=runs())
def test_the_json_report_can_be_read_back_into_the_same_events(events: list[Event]) -> None:
    text = render("json", events).encode().decode()
    assert list(read(text)) == events


def test_the_json_report_begins_with_format_verdict_and_counts() -> None:
    report = json.loads(render("json", mixed()))
    assert list(report)[:3] == ["format", "verdict", "counts"]
    assert (report["format"], report["verdict"]) == (FORMAT, "failed")
    assert report["counts"] == {"passed": 1, "failed": 2, "accepted": 0, "skipped": 1}
    assert report["checks"][1]["findings"][0]["pointer"] == "/output/task_status"


def test_the_json_report_shows_chinese_text_unescaped() -> None:
    assert '"got": "未找到"' in render(
        "json", run_of([ended("a.b", "failed", findings=(CheckFinding("", "", "未找到"),))])
    )


def test_a_report_of_another_format_is_refused() -> None:
    text = render("json", mixed()).replace('"format": 1', '"format": 2')
    with pytest.raises(ValueError, match="does not have `format: 1`"):
        read(text)


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, "[]", "{}", '{"format": 2}', '{"format": 1}']
)
def test_a_text_that_is_not_a_report_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a report of format 1"):
        read(text)
