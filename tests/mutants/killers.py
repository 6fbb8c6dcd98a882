"""What can notice that openapi.yaml is wrong, cheapest first: the loader, the generated files, then
the tests of the suite, run by pytest with the changed tree instead of the file.

Nothing here compares the changed tree with the right one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from msgspec import Struct

import contracts.spec.document
import contracts.spec.loader
from contracts.spec.document import Node, SpecError, default_path
from contracts.spec.loader import Spec

ROOT = Path(__file__).parents[2]
# The tests of each group run until one of them fails.
SUITES = {
    "the facts": (
        "tests/contracts/spec/test_facts.py",
        "tests/contracts/spec/test_facts_answers.py",
        "tests/contracts/spec/test_facts_requests.py",
    ),
    "the fake": (
        "tests/mock_server/engine/test_refusals.py",
        "tests/mock_server/engine/test_lifecycle.py",
        "tests/mock_server/simulation/test_rate_limit.py",
        "tests/mock_server/simulation/test_billing.py",
        "tests/mock_server/engine/test_results.py",
        "tests/mock_server/scenarios/test_variants.py",
        "tests/contracts/spec/test_spec.py",
    ),
    "every answer": (
        "tests/mock_server/scenarios/test_catalogue.py",
        "tests/mock_server/scenarios/test_catalogue_triggers.py",
        "tests/mock_server/scenarios/test_catalogue_variants.py",
        "tests/mock_server/explain/test_explain.py",
        "tests/mock_server/explain/test_bodies.py",
        "tests/mock_server/scenarios/test_scenarios.py",
        "tests/mock_server/scenarios/test_rule_properties.py",
        "tests/mock_server/engine/test_schema_violations.py",
    ),
    "the client": (
        "tests/emo_client/test_contract.py",
        "tests/emo_client/test_contract_requests.py",
        "tests/emo_client/test_contract_newer.py",
    ),
    "the kit": ("tests/contracts/verify/test_verify.py", "tests/contracts/verify/test_money.py"),
}
QUIET = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--assert=plain", "--no-header"]
# These tests are about reading the file and its cache; here neither is read.
ABOUT_READING = ["-k", "not cache"]


def script(name: str) -> ModuleType:
    """A module of the folder scripts, which is not a package."""
    found = spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert found
    assert found.loader
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


class Killed(Struct, frozen=True):
    """by: a key of SUITES, `the loader` or a generated file. told: the test or the problem."""

    by: str
    told: str


def put(tree: Node) -> None:
    """Replace openapi.yaml by the tree in this process, wherever it is loaded."""
    honest = contracts.spec.document.read

    def read(path: Path) -> Node:
        return tree if path == default_path() else honest(path)

    contracts.spec.document.read = read
    contracts.spec.loader.read = read  # type: ignore[attr-defined]


def killed(tree: Node) -> Killed | None:
    """The first that notices; None if nothing does. Changes this process permanently: see put()."""
    put(tree)
    for look in (_loader, _models, _scenarios):
        found = look(tree)
        if found:
            return found
    return next(_suites(), None)


def _loader(tree: Node) -> Killed | None:
    """As the fixture `spec` of all tests, and the start of the fake."""
    try:
        Spec.load()
    except SpecError as error:
        return Killed("the loader", error.problems[0])
    except Exception as error:  # noqa: BLE001 - no good way to refuse, but none to start either
        return Killed("the loader", f"breaks off with {type(error).__name__}: {error}")
    return None


def _models(tree: Node) -> Killed | None:
    """As test_the_models_are_up_to_date_with_the_spec. The file follows from two parts of
    the spec; only where they differ is it worth a second to write it."""
    try:
        if _made_of(tree) == _made_of(HONEST):
            return None
        if MODELS.render(tree) == MODELS.MODELS.read_text("utf-8"):
            return None
        return Killed("models.py", "is not what the spec generates")
    except Exception as error:  # noqa: BLE001 - whatever stops it would stop the test
        return Killed("models.py", f"cannot be generated: {type(error).__name__}")


def _made_of(tree: Node) -> tuple[Any, ...]:
    return MODELS._constants(tree), [*MODELS._models(tree)]


def _scenarios(tree: Node) -> Killed | None:
    """As test_the_page_is_up_to_date_with_the_spec."""
    try:
        if SCENARIOS.render(Spec.load()) == SCENARIOS.PAGE.read_text("utf-8"):
            return None
        return Killed("scenarios.md", "is not what the spec generates")
    except Exception as error:  # noqa: BLE001 - whatever stops it would stop the test
        return Killed("scenarios.md", f"cannot be generated: {type(error).__name__}")


def _suites() -> Iterator[Killed]:
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # the tests need none; half a second each
    for name, files in SUITES.items():
        first = First()
        if pytest.main([*QUIET, *ABOUT_READING, *files], plugins=[first]) != pytest.ExitCode.OK:
            yield Killed(name, first.failed or "cannot be collected")


class First:
    """A pytest plugin that keeps the first failed test."""

    failed = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


MODELS, SCENARIOS = script("generate_models"), script("generate_scenarios")
HONEST = contracts.spec.document.read(default_path())
