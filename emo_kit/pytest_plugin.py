"""pytest: one item for each check of the contract, run on any provider from its own test suite.

    pytest --emo-contract-url http://127.0.0.1:8787

pytest loads this module in every environment that has the kit, so it imports none of the kit's
other packages until an option asks for it: a project may have packages called `contracts`,
`mock_server` or `emo_client` of its own. Where one of them hides ours, the run stops with a
sentence that names it."""

from __future__ import annotations

import pytest

from emo_kit.shadowing import shadowed_by, shown

NODE = "emo-contract"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("emo-contract", "the contract of DashScope's EMO API")
    group.addoption("--emo-contract-url", metavar="URL", help="the provider, without /api/v1")
    group.addoption("--emo-contract-prefix", default="", metavar="PATH", help="before /api/v1")
    group.addoption("--emo-contract-check", action="append", default=[], metavar="ID",
                    help="only this check, or all of keys, paths, …")  # fmt: skip
    group.addoption("--emo-contract-skip", action="append", default=[], metavar="ID",
                    help="all but this check, or these")  # fmt: skip
    group.addoption("--emo-contract-budget", type=float, metavar="CNY",
                    help="how much paid checks may spend; a fake needs none")  # fmt: skip
    group.addoption("--emo-contract-fail-on", default="warning", metavar="SEVERITY",
                    choices=("note", "warning", "error"),
                    help="the least difference that fails: note, warning or error")  # fmt: skip
    group.addoption("--emo-contract-baseline", metavar="FILE",
                    help="accept the differences that this file holds")  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Raises UsageError for a budget that several processes would each spend, and for a package of
    the project that hides one of the kit."""
    several = config.getoption("numprocesses", None) or hasattr(config, "workerinput")
    budget = config.getoption("--emo-contract-budget")
    if several and budget is not None:
        raise pytest.UsageError("a budget is kept by one process: run the contract with -n 0")
    if budget is not None and not budget >= 0:
        raise pytest.UsageError(f"--emo-contract-budget {budget} must be 0 or more")
    url = config.getoption("--emo-contract-url")
    if url is not None and not url.strip():
        raise pytest.UsageError("--emo-contract-url is empty; give a URL: http://127.0.0.1:8787")
    if url:
        refuse_hidden("contracts")
        config.pluginmanager.register(MadeChecks(), "emo-contract-made-checks")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Add the checks behind the tests that were collected."""
    if session.config.getoption("--emo-contract-url"):
        refuse_hidden("contracts")  # again: to collect a test puts its folder on sys.path
        from contracts.pytest_plugin import Contract

        contract = Contract.from_parent(session, name=NODE, nodeid=NODE)
        checks: list[pytest.Item | pytest.Collector] = list(contract.collect())
        collected = pytest.CollectReport(contract.nodeid, "passed", None, checks)
        session.ihook.pytest_collectreport(report=collected)  # or they are not counted
        items.extend(check for check in checks if isinstance(check, pytest.Item))


def refuse_hidden(package: str) -> None:
    """Raises UsageError where `import package` gives another package than the kit's."""
    other = shadowed_by(package)
    if other is None:
        return
    raise pytest.UsageError(
        f"{shown(other)} hides the package {package!r} of dashscope-emo-kit, which the "
        f"--emo-contract options need: run them from a folder without it, such as an empty one, "
        "or rename it"
    )


class MadeChecks:
    """Fails a session in which every check was skipped: nothing was compared with the contract."""

    def __init__(self) -> None:
        self.made = self.skipped = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the checks; with xdist this is called in the process that reports them."""
        if report.nodeid.startswith(f"{NODE}::") and (report.when == "call" or report.failed):
            is_skipped = report.skipped and not hasattr(report, "wasxfail")
            self.made += not is_skipped
            self.skipped += is_skipped

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.skipped and not self.made:
            why = "-rs shows why; --emo-contract-budget CNY allows those that cost money"
            terminalreporter.write_line(f"{NODE}: no check ran, all were skipped: {why}", red=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.skipped and not self.made and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
