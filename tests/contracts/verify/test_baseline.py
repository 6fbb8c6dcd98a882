"""A baseline accepts known differences, and fails if a known difference no longer occurs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.files.user_file import FileError
from contracts.spec.loader import Spec
from contracts.verify.baseline import Baseline, load, save
from contracts.verify.context import CheckContext
from contracts.verify.events import STALE, CheckEnded
from contracts.verify.registry import all_checks
from contracts.verify.runner import Verification
from tests.emo_kit.cli.contract.test_verify import code_of
from tests.helpers.contract import Answer, ended, json_answer, one, provider, verification
from tests.liars import all_liars, lying

SPEC = Spec.load()


def says(status: int, code: str = "Nobody") -> Answer:
    """A provider that gives this answer to all calls."""
    return lambda request: json_answer(
        status, {"code": code, "message": str(request.url), "request_id": "r"}
    )


def run(answer: Answer, baseline: Baseline, *checks: str, **options: Any) -> dict[str, CheckEnded]:
    made = verification(SPEC, answer, *checks)
    made.baseline = baseline
    for name, value in options.items():
        setattr(made, name, value)
    return ended(list(made.run()))


def known(answer: Answer, *checks: str, **options: Any) -> Baseline:
    """A baseline with all differences of that provider."""
    baseline = Baseline(is_updating=True)
    run(answer, baseline, *checks, **options)
    return Baseline(baseline.entries)


def test_a_known_difference_is_accepted_with_any_seed() -> None:
    for check in ("unknown.uuid", "keys.missing", "bodies.json"):
        baseline = known(says(404), check)
        found = run(says(404), baseline, check, seed="another")[check]
        assert (found.result, found.why) == ("accepted", "in the baseline")
        assert all(finding.known for finding in found.findings)


def test_another_wrong_status_is_a_new_difference() -> None:
    found = run(says(500), known(says(404), "unknown.uuid"), "unknown.uuid")["unknown.uuid"]
    assert found.result == "failed"
    assert [f.pointer for f in found.findings] == ["#status", STALE]


def test_an_entry_accepts_one_difference_and_not_the_whole_check() -> None:
    refuses: list[str] = []

    def picky(request: httpx.Request) -> httpx.Response:
        text = request.content.decode()
        return says(400 if text in refuses else 404)(request)

    baseline = known(picky, "bodies.object")
    entries = {e for e in baseline.entries if "null" in e.call}
    assert len(baseline.entries) == 4 > len(entries) == 1
    found = run(picky, Baseline(entries), "bodies.object")["bodies.object"]
    assert found.result == "failed"
    assert [f.known for f in found.findings] == [False, False, False, True]


def test_two_differences_at_one_place_are_two_entries() -> None:
    def look(expected: str) -> Verification:
        def check(ctx: CheckContext) -> None:
            ctx.fail(ctx.get("t"), "/output", expected, "a thing")

        return Verification(SPEC, provider(SPEC, says(200)), [one(check)])

    first = look("a field a")
    first.baseline = Baseline(is_updating=True)
    list(first.run())
    second = look("a field b")
    second.baseline = Baseline(first.baseline.entries)
    (found,) = ended(list(second.run())).values()
    assert [f.pointer for f in found.findings] == ["/output", STALE]


def test_an_entry_that_no_longer_occurs_fails_and_is_named() -> None:
    baseline = known(says(404), "unknown.cancel")
    found = run(says(400, "UnsupportedOperation"), baseline, "unknown.cancel")["unknown.cancel"]
    assert found.result == "failed"
    stale = next(f for f in found.findings if f.pointer == STALE)
    assert "#status of POST /api/v1/tasks/<id>/cancel" in stale.expected
    assert "no longer occurs" in stale.got


def test_entries_of_checks_that_did_not_run_stay_valid() -> None:
    baseline = Baseline(known(says(404), "unknown.uuid", "paths.unknown").entries)
    assert run(says(404), baseline, "unknown.uuid")["unknown.uuid"].result == "accepted"
    priced = {e.__class__("creation.area", "", "#status", "400", "200") for e in baseline.entries}
    skipped = run(says(404), Baseline(priced), "creation.area")["creation.area"]
    assert (skipped.result, skipped.findings) == ("skipped", ())


def test_only_differences_that_fail_the_run_get_an_entry() -> None:
    check = "answers.headers"
    assert known(says(404), check, fail_on="warning").entries == set()
    assert known(says(404), check, fail_on="note").entries


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    baseline = known(says(404), "unknown.uuid", "keys.wrong")
    save(file, baseline)
    assert load(file, all_checks()).entries == baseline.entries
    assert [path.name for path in tmp_path.iterdir()] == ["known.json"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not a baseline"),
        ("[]", "is not a baseline"),
        ('{"format": 2, "findings": []}', "has the format 2"),
        ('{"format": 1, "findings": [{"check": 1}]}', r"at `\$\.findings\[0\]\.check`"),
        ('{"format": 1, "findings": [{"check": "keys.missing"}]}', r"`\$\.findings\[0\]`"),
        (
            '{"format": 1, "findings": [{"check": "keys.mising", "call": "", "pointer": "", '
            '"expected": ""}]}',
            r"no check has the id 'keys\.mising'.* at `\$\.findings\[0\]\.check`",
        ),
    ],
)
def test_a_file_that_is_not_a_baseline_is_refused_with_the_place(
    tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "known.json"
    file.write_text(text)
    with pytest.raises(FileError, match=rf"known\.json.*{words}"):
        load(file, all_checks())


def test_verify_reads_and_updates_a_baseline_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "known.json")
    check = "--check", "unknown", "--baseline", file
    with lying(SPEC, all_liars()["unknown_is_a_404"].make()) as url:
        assert code_of("verify", url, *check) == 2
        said = capsys.readouterr().err
        assert "known.json does not exist; `emo contract verify --update-baseline` writes" in said
        assert code_of("verify", url, *check, "--update-baseline") == 0
        assert "accepted difference" in capsys.readouterr().err
        assert code_of("verify", url, *check, "--seed", "other") == 0
        assert "ACCEPTED unknown.uuid (error), in the baseline" in capsys.readouterr().out
    with lying(SPEC) as url:
        assert code_of("verify", url, *check) == 1
        assert "at #baseline" in capsys.readouterr().out
        assert code_of("verify", url, *check, "--update-baseline") == 0
    assert json.loads(Path(file).read_text("utf-8")) == {"format": 1, "findings": []}


def test_an_update_without_a_file_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of("verify", "http://127.0.0.1:1", "--update-baseline") == 2
    assert "--update-baseline needs --baseline FILE" in capsys.readouterr().err
