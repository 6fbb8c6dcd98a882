"""Reports are written to their files: targets, errors and interrupted runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contracts.reports.write import ENDINGS, STDOUT, Target, UnknownReport, open_reports, render
from tests.helpers.cases import each_case
from tests.helpers.reports import mixed


@each_case(
    "text, report, file",
    [
        ("html", "html", STDOUT),
        ("junit=out", "junit", "out"),
        ("text=-", "text", "-"),
        ("json=/dev/stdout", "json", STDOUT),
        ("a=b.JSON", "json", "a=b.JSON"),
        ("x/run.sarif.json", "sarif", "x/run.sarif.json"),
        *((f"r{ending}", name, f"r{ending}") for ending, name in ENDINGS.items()),
    ],
)
def test_a_target_is_a_report_a_file_or_both(text: str, report: str, file: str) -> None:
    assert Target.of(text) == Target(report, file)


@pytest.mark.parametrize("text", ["", "pdf", "report", "pdf=x", "html="])
def test_the_error_for_an_unknown_report_lists_the_known_ones(text: str) -> None:
    with pytest.raises(UnknownReport, match="text, json, junit, sarif, html"):
        Target.of(text)


def test_reports_are_written_to_their_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    targets = [Target.of(str(tmp_path / f"r{ending}")) for ending in ENDINGS]
    with open_reports([*targets, Target("text", STDOUT)]) as take:
        for event in mixed():
            take(event)
    for target in targets:
        assert Path(target.file).read_bytes().decode() == render(target.report, mixed())
    assert capsys.readouterr().out == render("text", mixed())


def test_an_interrupted_run_writes_its_reports(tmp_path: Path) -> None:
    target = Target("json", str(tmp_path / "r"))
    with pytest.raises(KeyboardInterrupt), open_reports([target]) as take:
        for event in mixed()[:3]:
            take(event)
        raise KeyboardInterrupt
    assert json.loads(Path(target.file).read_text("utf-8"))["verdict"] == "unfinished"


def test_an_unwritable_file_is_reported_before_the_run(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "none" / "r.html"):
        with pytest.raises(OSError, match=place.name), open_reports([Target("html", str(place))]):
            pytest.fail("the run began")


@pytest.mark.parametrize("name", ["none/", "none/..", "."])
def test_the_name_of_a_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with (
        pytest.raises(OSError, match="names a folder; name a file in it"),
        open_reports([Target.of(f"html={name}")]),
    ):
        pytest.fail("the run began")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_did_not_start_changes_no_file(tmp_path: Path) -> None:
    new, old = tmp_path / "new.html", tmp_path / "old.html"
    old.write_text("before", "utf-8")
    with open_reports([Target("html", str(new)), Target("html", str(old))]):
        pass
    assert not new.exists()
    assert old.read_text("utf-8") == "before"


def test_a_failed_write_of_one_report_does_not_prevent_the_others(tmp_path: Path) -> None:
    lost, kept = tmp_path / "lost.txt", tmp_path / "kept.txt"
    with (
        pytest.raises(OSError, match="lost"),
        open_reports([Target("text", str(lost)), Target("text", str(kept))]) as take,
    ):
        for event in mixed():
            take(event)
        lost.unlink()
        lost.mkdir()
    assert kept.read_text("utf-8") == render("text", mixed())
