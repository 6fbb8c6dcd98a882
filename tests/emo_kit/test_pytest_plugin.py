"""The checks of the contract as test items in the suite of another project."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml  # noqa: F401  pytester forgets what is imported while it runs, and yaml works once

import contracts.pytest_plugin  # noqa: F401
from contracts.provider.http import Provider
from contracts.spec.loader import Spec
from contracts.verify.baseline import AcceptedDifference, Baseline, save
from contracts.verify.registry import all_checks
from tests.helpers.cli import FEW_PLUGINS
from tests.liars import all_liars, lying

Run = Callable[..., pytest.RunResult]
# At import: pytester unloads modules that were imported while a test ran.
LIARS, CHECKS = all_liars(), all_checks()


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """pytest, in a folder that has one test of its own."""
    pytester.makepyfile(test_own="def test_own() -> None:\n    pass\n")
    for name in ("DASHSCOPE_API_KEY", "EMO_CONTRACT_OTHER_KEY", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("contracts.provider.http.PAUSE", 0.0)
    return lambda *arguments: pytester.runpytest_inprocess(*FEW_PLUGINS, *arguments)


def test_each_check_is_a_test_item_when_the_kit_is_installed(
    pytester: pytest.Pytester,
) -> None:
    with lying(Spec.load()) as url:
        arguments = "--emo-contract-url", url, "--emo-contract-budget", "10", "-v"
        command = [sys.executable, "-m", "pytest", *FEW_PLUGINS, *arguments]
        hidden = {"DASHSCOPE_API_KEY", "EMO_CONTRACT_OTHER_KEY", "PYTEST_ADDOPTS"}
        known = {name: value for name, value in os.environ.items() if name not in hidden}
        done = subprocess.run(command, cwd=pytester.path, env=known, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "emo-contract::story.usage PASSED" in done.stdout
    assert f"{len(CHECKS)} passed" in done.stdout


def test_the_checks_run_after_the_tests_of_the_suite(run: Run) -> None:
    with lying(Spec.load()) as url:
        done = run("--emo-contract-url", url, "--emo-contract-check", "paths", "-v")
    ran = [line.split()[0] for line in done.outlines if "PASSED" in line]
    assert ran[0] == "test_own.py::test_own"
    assert ran[1].startswith("emo-contract::paths.")


def test_a_failed_check_shows_the_difference_and_a_curl_command(run: Run) -> None:
    with lying(Spec.load(), LIARS["unknown_is_a_404"].make()) as url:
        done = run("--emo-contract-url", url, "--emo-contract-check", "unknown.uuid")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    output = done.stdout.str()
    assert "_ EMO contract: unknown.uuid _" in output
    assert "A poll of a task that does not exist was not answered 200 UNKNOWN\n" in output
    assert "contract: A poll of a task that does not exist is answered 200 UNKNOWN.\n" in output
    assert "at #status\n    expected  200\n    got       404\n" in output
    assert "curl -sS" in output
    assert "Traceback" not in output


def test_no_budget_is_needed_for_a_fake(run: Run) -> None:
    with lying(Spec.load()) as url:
        done = run("--emo-contract-url", url, "--emo-contract-check", "detection")
    assert done.ret == pytest.ExitCode.OK
    assert "skipped" not in done.parseoutcomes()


def test_a_suite_fails_if_every_check_was_skipped(run: Run) -> None:
    with lying(Spec.load()) as url:
        arguments = "--emo-contract-budget", "0", "--emo-contract-check", "detection", "-rs"
        done = run("--emo-contract-url", url, *arguments)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    assert done.parseoutcomes()["passed"] == 1  # the suite's own test
    assert "emo-contract: no check ran, all were skipped" in done.stdout.str()
    assert "--budget CNY allows more" in done.stdout.str()


@pytest.mark.parametrize(("fail_on", "outcome"), [("note", "failed"), ("warning", "xfailed")])
def test_a_note_fails_a_suite_only_with_that_option(run: Run, fail_on: str, outcome: str) -> None:
    with lying(Spec.load(), LIARS["says_not_how_long_it_took"].make()) as url:
        arguments = "--emo-contract-check", "answers.headers", "--emo-contract-fail-on", fail_on
        done = run("--emo-contract-url", url, *arguments)
    assert done.parseoutcomes()[outcome] == 1
    assert done.ret == (outcome == "failed")


def test_without_the_url_option_there_are_no_checks(run: Run) -> None:
    assert run().parseoutcomes() == {"passed": 1}


def test_an_unreachable_url_is_tried_once_and_reported_in_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, looked = Provider.detect_control_api, []
    monkeypatch.setattr(
        Provider, "detect_control_api", lambda self: looked.append(self) or look(self)
    )
    done = run("--emo-contract-url", "http://127.0.0.1:1", "--emo-contract-check", "keys")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    assert done.stdout.str().count("http://127.0.0.1:1 does not answer") > 1
    assert len(looked) == 1
    assert "Traceback" not in done.stdout.str() + done.stderr.str()


def test_no_call_is_made_before_a_check_runs(run: Run) -> None:
    done = run("--emo-contract-url", "http://127.0.0.1:1", "-k", "test_own")
    assert done.ret == pytest.ExitCode.OK
    assert done.parseoutcomes()["passed"] == 1
    count = len(CHECKS)
    done.stdout.fnmatch_lines([f"*collected {count + 1} items / {count} deselected / 1 selected"])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["127.0.0.1:8787"], "must be http:// or https://"),
        (
            ["http://127.0.0.1:1", "--emo-contract-check", "keys.mising"],
            "no check is called keys.mising",
        ),
        (["http://127.0.0.1:1", "--emo-contract-budget", "nan"], "must be 0 or more"),
    ],
)
def test_a_wrong_option_is_reported_in_one_line(run: Run, arguments: list[str], why: str) -> None:
    done = run("--emo-contract-url", *arguments)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert why in done.stderr.str()
    assert "Traceback" not in done.stdout.str() + done.stderr.str()


def test_a_budget_with_several_processes_is_refused(run: Run) -> None:
    with lying(Spec.load()) as url:
        done = run("--emo-contract-url", url, "--emo-contract-budget", "1", "-n", "1")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert "works in one process only: add -n 0" in done.stdout.str() + done.stderr.str()


def test_known_differences_are_expected_failures(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    baseline = Baseline(is_updating=True)
    arguments = "--emo-contract-check", "unknown.uuid", "--emo-contract-baseline", str(file)
    with lying(Spec.load(), all_liars()["unknown_is_a_404"].make()) as url:
        assert "does not exist" in run("--emo-contract-url", url, *arguments).stderr.str()
        baseline.entries.add(
            AcceptedDifference("unknown.uuid", "GET /api/v1/tasks/<id>", "#status", "200", "404")
        )
        save(file, baseline)
        done = run("--emo-contract-url", url, *arguments)
    assert done.ret == pytest.ExitCode.OK
    assert done.parseoutcomes()["xfailed"] == 1
    with lying(Spec.load()) as url:
        assert run("--emo-contract-url", url, *arguments).ret == pytest.ExitCode.TESTS_FAILED


# The project of a user that has the kit installed.


def pytest_of(pytester: pytest.Pytester, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m pytest`, which puts the project's folder first on sys.path."""
    command = [sys.executable, "-m", "pytest", *FEW_PLUGINS, *arguments]
    known = {name: v for name, v in os.environ.items() if name != "PYTEST_ADDOPTS"}
    return subprocess.run(command, cwd=pytester.path, env=known, capture_output=True, text=True)


def package(pytester: pytest.Pytester, name: str) -> None:
    folder = pytester.mkpydir(name)
    (folder / "mine.py").write_text("MINE = True\n")


def test_a_project_may_have_packages_with_the_names_of_those_of_the_kit(
    pytester: pytest.Pytester,
) -> None:
    names = ("contracts", "mock_server", "emo_client")
    for name in names:
        package(pytester, name)
    imports = "".join(f"from {name}.mine import MINE as {name}\n" for name in names)
    pytester.makepyfile(f"{imports}def test_own() -> None:\n    assert {' and '.join(names)}\n")
    done = pytest_of(pytester)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_the_plugin_imports_no_other_package_without_an_option(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile("""
        import sys
        def test_own(pytestconfig) -> None:
            assert pytestconfig.pluginmanager.has_plugin("emo_kit.pytest_plugin")
            heavy = {"contracts", "emo_client", "mock_server", "httpx", "msgspec", "yaml", "click"}
            assert not heavy & set(sys.modules)
    """)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    done = pytest_of(pytester, "-p", "emo_kit.pytest_plugin")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("kind", ["package", "module"])
def test_a_package_that_hides_one_of_the_kit_is_named_in_one_sentence(
    pytester: pytest.Pytester, kind: str
) -> None:
    if kind == "package":
        package(pytester, "contracts")
    else:
        pytester.makepyfile(contracts="MINE = True\n")
    done = pytest_of(pytester, "--emo-contract-url", "http://127.0.0.1:1")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    where = pytester.path / ("contracts" if kind == "package" else "contracts.py")
    assert f"{where} hides the package 'contracts' of dashscope-emo-kit" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_hiding_package_that_only_collection_makes_importable_is_named(
    pytester: pytest.Pytester,
) -> None:
    folder = pytester.mkdir("suite")
    (folder / "contracts").mkdir()
    (folder / "contracts" / "__init__.py").touch()
    (folder / "contracts" / "test_own.py").write_text("def test_own() -> None:\n    pass\n")
    done = pytest_of(pytester, "suite", "--emo-contract-url", "http://127.0.0.1:1")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"{folder / 'contracts'} hides the package 'contracts'" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("options", [["-p", "emo_kit.pytest_plugin"], ["-n", "1"]])
def test_the_plugin_works_when_it_is_named_twice_and_with_xdist(
    run: Run, options: list[str]
) -> None:
    with lying(Spec.load()) as url:
        done = run("--emo-contract-url", url, "--emo-contract-check", "paths", *options)
    assert done.ret == pytest.ExitCode.OK


def test_the_plugin_can_be_switched_off(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_own() -> None:\n    pass\n")
    assert pytest_of(pytester, "-p", "no:emo_kit.pytest_plugin").returncode == 0
    off = pytest_of(pytester, "-p", "no:emo_kit.pytest_plugin", "--emo-contract-url", "http://x")
    assert "unrecognized arguments: --emo-contract-url" in off.stderr


def test_an_empty_url_is_an_error(run: Run) -> None:
    done = run("--emo-contract-url", "")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*--emo-contract-url is empty*"])
