"""The checks as items of another project's own suite, in a pytest of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from faulty import all_liars, lying

from contracts.checks import all_checks
from contracts.spec import Spec


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """pytest in a folder that has one test of its own."""
    (folder / "test_own.py").write_text("def test_own() -> None:\n    pass\n")
    hidden = {"DASHSCOPE_API_KEY", "EMO_CONTRACT_OTHER_KEY", "PYTEST_ADDOPTS"}
    known = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder, env=known | variables, capture_output=True, text=True,
    )  # fmt: skip


def test_each_check_is_an_item_of_its_own(tmp_path: Path) -> None:
    with lying(Spec.load()) as url:
        done = run(tmp_path, "--emo-contract-url", url, "--emo-contract-budget", "10", "-v")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "emo-contract::story.usage PASSED" in done.stdout
    assert f"{len(all_checks()) + 1} passed" in done.stdout


def test_a_failure_says_what_differs_and_how_to_see_it(tmp_path: Path) -> None:
    with lying(Spec.load(), all_liars()["unknown_is_a_404"].make()) as url:
        done = run(tmp_path, "--emo-contract-url", url, "--emo-contract-check", "unknown.uuid")
    assert done.returncode == 1
    assert "A task that there is not is a 200 that says UNKNOWN." in done.stdout
    assert "at #status\n    expected  200\n    got       404\n" in done.stdout
    assert "curl -sS" in done.stdout
    assert "Traceback" not in done.stdout


def test_without_a_budget_paid_checks_are_skipped(tmp_path: Path) -> None:
    with lying(Spec.load()) as url:
        done = run(tmp_path, "--emo-contract-url", url, "--emo-contract-skip", "keys", "-rs")
    paid = sum(1 for check in all_checks().values() if check.tier == "paid")
    assert done.returncode == 0
    assert f"{paid} skipped" in done.stdout
    assert "--budget says how much it may be" in done.stdout


def test_without_the_url_nothing_of_it_is_there(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert "1 passed" in done.stdout


def test_nobody_at_the_url_is_said_in_a_line_and_waited_for_once(tmp_path: Path) -> None:
    arguments = "--emo-contract-url", "http://127.0.0.1:1", "--emo-contract-check", "keys"
    done = run(tmp_path, *arguments)
    assert done.returncode == 1
    assert "http://127.0.0.1:1 does not answer" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_nobody_is_asked_before_a_check_runs(tmp_path: Path) -> None:
    done = run(tmp_path, "--emo-contract-url", "http://127.0.0.1:1", "-k", "test_own")
    assert done.returncode == 0
    assert "1 passed" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["127.0.0.1:8787"], "must be http:// or https://"),
        (["http://127.0.0.1:1", "--emo-contract-check", "keys.mising"], "no check keys.mising"),
        (["http://127.0.0.1:1", "--emo-contract-budget", "nan"], "must be 0 or more"),
    ],
)
def test_a_wrong_call_is_one_line(tmp_path: Path, arguments: list[str], why: str) -> None:
    done = run(tmp_path, "--emo-contract-url", *arguments)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert why in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_budget_is_not_spent_by_several_processes(tmp_path: Path) -> None:
    with lying(Spec.load()) as url:
        options = "--emo-contract-url", url, "--emo-contract-budget", "1", "-n", "1"
        done = run(tmp_path, *options)
    assert done.returncode != 0
    assert "run the contract with -n 0" in done.stdout + done.stderr
