"""Sources: each cited key is declared, and each report resolves it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contracts.provider.budget import Budget
from contracts.reports.write import render
from contracts.spec.document import SpecError, default_path
from contracts.spec.loader import Spec
from contracts.spec.sources import Source, cited, split
from contracts.verify.events import CheckFinding, Event
from contracts.verify.model_under_test import ModelUnderTest
from contracts.verify.registry import all_checks
from tests.helpers.reports import claim, ended, exchange, run_of

SPEC = Spec.load()
ERR = Source("ERR-zh", "Error codes", "https://example.com/errors", "2026-02-17")
KR = Source("KR", "Measurements")


def failed() -> list[Event]:
    about = claim("a.b", source="ERR-zh, listed; KR", sources=(ERR, KR))
    return run_of([ended("a.b", "failed", claim=about)])


def test_keys_are_words_in_capitals() -> None:
    assert cited("'ERR-zh, as longer than xxs; CNB, and ERR-zh of EMO's URL (KR)'") == [
        "ERR-zh", "CNB", "KR",
    ]  # fmt: skip
    assert list(split("by KR, 2026", {"KR": KR})) == ["by ", KR, ", 2026"]


def test_every_check_resolves_the_keys_that_it_cites() -> None:
    for check in all_checks().values():
        made = check.claim(ModelUnderTest(SPEC), Budget(SPEC, None, 1.0))
        assert [source.key for source in made.sources] == cited(made.source)


@pytest.mark.parametrize(("key", "word"), [("ERR-zn", "ERR-zn"), ("QSX", "QSX")])
def test_an_undeclared_key_is_an_error_of_the_loader(tmp_path: Path, key: str, word: str) -> None:
    file = tmp_path / "openapi.yaml"
    text = default_path().read_text("utf-8")
    file.write_text(text.replace("x-source: ERR-zh\n", f"x-source: {key}\n", 1), "utf-8")
    with pytest.raises(SpecError, match=f"/x-source: x-sources has no '{word}'"):
        Spec.load(file)


@pytest.mark.parametrize("report", ["text", "json", "junit", "sarif", "html"])
def test_every_report_has_the_address_of_a_source(report: str) -> None:
    text = render(report, failed())
    assert "https://example.com/errors" in text
    assert "Measurements" in text


def test_text_lists_sources_once_and_html_links_them() -> None:
    text = render("text", failed())
    assert text.count("  ERR-zh: Error codes, 2026-02-17, https://example.com/errors\n") == 1
    assert "  KR: Measurements, no public address\n" in text
    page = render("html", failed())
    assert '<a href="https://example.com/errors"' in page
    rule = json.loads(render("sarif", failed()))["runs"][0]["tool"]["driver"]["rules"][0]
    assert rule["helpUri"] == "https://example.com/errors"


@pytest.mark.parametrize(
    ("pointer", "expected", "got", "has_key", "words"),
    [
        ("#status", "401", "200", False, "without a key was accepted (200 instead of 401)"),
        ("#status", "200", "404", True, "tasks/a1 was refused (404 instead of 200)"),
        ("#status", "400", "500", True, "tasks/a1 was answered wrongly (500 instead of 400)"),
        ("#answer", "an answer", "ReadError: reset", True, "was not answered: ReadError: reset"),
        ("#header/Server", "a value", "nothing", True, "with the header Server: nothing instead"),
        ("/code", "A", "B", True, "was answered with /code: B instead of A"),
    ],
)
def test_a_failed_check_is_headed_by_its_failure_and_the_first_difference(
    pointer: str, expected: str, got: str, has_key: bool, words: str
) -> None:
    found = CheckFinding(pointer, expected, got, 0)
    check = ended("a.b", "failed", findings=(found, found), exchanges=(exchange(has_key=has_key),))
    for report in ("text", "html", "junit"):
        assert f"{words}" in render(report, run_of([check]))
    first = render("text", run_of([check])).partition("FAILED a.b (error): ")[2].splitlines()
    assert first[0] == "A call without a key was not refused"
    assert first[1].startswith("  GET /api/v1/tasks/a1")
    assert first[1].endswith(", and 1 more difference")
    assert first[2] == "  contract: A call without a key is refused."
