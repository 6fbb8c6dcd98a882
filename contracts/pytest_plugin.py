"""pytest: one item for each check of the contract, held against any provider from its own suite.

    pytest --emo-contract-url http://127.0.0.1:8787

Decides nothing; what a check is, and when it fails, is as for `emo contract verify`. Loads nothing
of the kit where the option is not given."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from contracts.checks import Check
    from contracts.events import CheckEnded
    from contracts.provider import Provider
    from contracts.spec import Spec
    from contracts.verify import Media, Verification


NODE = "emo-contract"


class Broken(Exception):
    """A check that failed, as it ended."""

    def __init__(self, ended: CheckEnded) -> None:
        super().__init__(ended.claim.id)
        self.ended = ended


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


def pytest_configure(config: pytest.Config) -> None:
    """Raises UsageError for a budget that several processes would each spend."""
    several = config.getoption("numprocesses", None) or hasattr(config, "workerinput")
    budget = config.getoption("--emo-contract-budget")
    if several and budget is not None:
        raise pytest.UsageError("a budget is kept by one process: run the contract with -n 0")
    if budget is not None and not budget >= 0:
        raise pytest.UsageError(f"--emo-contract-budget {budget} must be 0 or more")
    if config.getoption("--emo-contract-url"):
        config.pluginmanager.register(MadeChecks(), "emo-contract-made-checks")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Add the checks behind the tests that were collected."""
    if session.config.getoption("--emo-contract-url"):
        contract = Contract.from_parent(session, name=NODE, nodeid=NODE)
        checks: list[pytest.Item | pytest.Collector] = list(contract.collect())
        collected = pytest.CollectReport(contract.nodeid, "passed", None, checks)
        session.ihook.pytest_collectreport(report=collected)  # or they are not counted
        items.extend(check for check in checks if isinstance(check, pytest.Item))


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


class Contract(pytest.Collector):
    """All checks of one provider. Their calls go over one client, and to one account."""

    def collect(self) -> Iterator[CheckItem]:
        run = _verification(self.config)
        for check in run.checks:
            yield CheckItem.from_parent(self, name=check.id, run=run, check=check)


class CheckItem(pytest.Item):
    """One check."""

    def __init__(self, *, run: Verification, check: Check, **node: Any) -> None:
        super().__init__(**node)
        self._run = run
        self._check = check
        self._claim = check.claim(run.spec, run.provider.budget)

    def runtest(self) -> None:
        self._run.sign_in()
        ended = self._run.carry_out(self._check, self._claim)
        if ended.result == "skipped":
            pytest.skip(ended.why)
        if ended.result == "accepted":
            pytest.xfail(ended.why)
        if ended.findings:
            raise Broken(ended)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from contracts.provider import Unreachable

        if isinstance(excinfo.value, Unreachable):
            return str(excinfo.value)
        if not isinstance(excinfo.value, Broken):
            return super().repr_failure(excinfo, style)
        from contracts.reports.text import failure

        return failure(excinfo.value.ended)

    def reportinfo(self) -> tuple[str, None, str]:
        return NODE, None, f"EMO contract: {self._claim.id}"


def _verification(config: pytest.Config) -> Verification:
    from contracts.checks import all_checks
    from contracts.network import http_client
    from contracts.provider import Unreachable
    from contracts.spec import Spec
    from contracts.verify import Media, UnknownCheck, Verification, select

    option, spec = config.getoption, Spec.load()
    try:
        only, skip = option("--emo-contract-check"), option("--emo-contract-skip")
        checks = select(all_checks(), only, skip)
    except UnknownCheck as error:
        raise pytest.UsageError(f"no check {error}; emo contract verify URL --list") from None
    if not checks:
        raise pytest.UsageError("--emo-contract-check and --emo-contract-skip leave no check")
    media = Media.documented(spec)
    try:
        http = http_client(option("--emo-contract-url"), timeout=60.0)
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None
    config.add_cleanup(http.close)
    try:
        provider = _provider(config, spec, media, http)
    except Unreachable as error:
        raise pytest.UsageError(f"--emo-contract-url: {error}") from None
    fail_on = option("--emo-contract-fail-on")
    return Verification(spec, provider, checks, media=media, fail_on=fail_on)


def _provider(config: pytest.Config, spec: Spec, media: Media, http: httpx.Client) -> Provider:
    from contracts.budget import Budget
    from contracts.provider import KEY, OTHER_KEY, Provider

    option = config.getoption
    return Provider(
        option("--emo-contract-url"),
        budget=Budget(spec, option("--emo-contract-budget"), media.seconds),
        http=http,
        prefix=option("--emo-contract-prefix"),
        key=os.environ.get(KEY, ""),
        other_key=os.environ.get(OTHER_KEY, ""),
    )
