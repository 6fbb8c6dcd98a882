"""pytest plugin: runs the checks of the contract against a provider, one test item for each check.

    pytest --emo-contract-url http://127.0.0.1:8787

pytest loads this module in every environment that has the kit. A project may have its own packages
called `contracts`, `mock_server` or `emo_client`, so this module imports the kit's packages only
when an `--emo-contract-…` option is given. If a package of the project hides one of the kit's, the
run stops with an error that names it."""

from __future__ import annotations

import pytest

from emo_kit.shadowing import shadowed_by, shown

NODE = "emo-contract"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("emo-contract", "the contract of DashScope's EMO API")
    group.addoption("--emo-contract-url", metavar="URL", help="URL of the provider to check")
    group.addoption("--emo-contract-prefix", default="", metavar="PATH", help="path before /api/v1")
    group.addoption("--emo-contract-check", action="append", default=[], metavar="ID",
                    help="run only this check or group, such as keys")  # fmt: skip
    group.addoption("--emo-contract-skip", action="append", default=[], metavar="ID",
                    help="leave out this check or group")  # fmt: skip
    group.addoption("--emo-contract-budget", type=float, metavar="CNY",
                    help="how much paid checks may spend (a fake is free)")  # fmt: skip
    group.addoption("--emo-contract-fail-on", default="warning", metavar="SEVERITY",
                    choices=("note", "warning", "error"),
                    help="lowest severity that fails: note, warning or error")  # fmt: skip
    group.addoption("--emo-contract-baseline", metavar="FILE",
                    help="accept the differences listed in this file")  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Check the options. Raises UsageError for a budget with several processes, since each of them
    would spend it, and for a package of the project that hides one of the kit's."""
    several = config.getoption("numprocesses", None) or hasattr(config, "workerinput")
    budget = config.getoption("--emo-contract-budget")
    if several and budget is not None:
        raise pytest.UsageError("--emo-contract-budget works in one process only: add -n 0")
    if budget is not None and not budget >= 0:
        raise pytest.UsageError(f"--emo-contract-budget {budget} must be 0 or more")
    url = config.getoption("--emo-contract-url")
    if url is not None and not url.strip():
        raise pytest.UsageError("--emo-contract-url is empty; give a URL: http://127.0.0.1:8787")
    if url:
        refuse_hidden("contracts")
        config.pluginmanager.register(RanChecks(), "emo-contract-ran-checks")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Add the checks after the tests of the project."""
    if session.config.getoption("--emo-contract-url"):
        refuse_hidden("contracts")  # again: collecting a test adds its folder to sys.path
        from contracts.pytest_plugin import Contract

        contract = Contract.from_parent(session, name=NODE, nodeid=NODE)
        checks: list[pytest.Item | pytest.Collector] = list(contract.collect())
        collected = pytest.CollectReport(contract.nodeid, "passed", None, checks)
        session.ihook.pytest_collectreport(report=collected)  # so that pytest counts them
        items.extend(check for check in checks if isinstance(check, pytest.Item))


def refuse_hidden(package: str) -> None:
    """Raises UsageError if `import package` would not load the kit's package."""
    other = shadowed_by(package)
    if other is None:
        return
    raise pytest.UsageError(
        f"{shown(other)} hides the package {package!r} of dashscope-emo-kit, which the "
        f"--emo-contract options need: run them from a folder without it, such as an empty one, "
        "or rename it"
    )


class RanChecks:
    """Fails a test session in which every check was skipped: then nothing was tested."""

    def __init__(self) -> None:
        self.ran = self.skipped = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the checks that ran. With xdist, pytest calls this in the controlling process."""
        if report.nodeid.startswith(f"{NODE}::") and (report.when == "call" or report.failed):
            is_skipped = report.skipped and not hasattr(report, "wasxfail")
            self.ran += not is_skipped
            self.skipped += is_skipped

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.skipped and not self.ran:
            hint = "-rs shows why; --emo-contract-budget CNY allows those that cost money"
            terminalreporter.write_line(f"{NODE}: no check ran, all were skipped: {hint}", red=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.skipped and not self.ran and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
