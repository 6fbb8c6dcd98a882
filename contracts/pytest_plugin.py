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
                    help="how much paid checks may spend; without it they are skipped")  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Raises UsageError for a budget that several processes would each spend."""
    several = config.getoption("numprocesses", None) or hasattr(config, "workerinput")
    budget = config.getoption("--emo-contract-budget")
    if several and budget is not None:
        raise pytest.UsageError("a budget is kept by one process: run the contract with -n 0")
    if budget is not None and not budget >= 0:
        raise pytest.UsageError(f"--emo-contract-budget {budget} must be 0 or more")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Add the checks behind the tests that were collected."""
    if session.config.getoption("--emo-contract-url"):
        contract = Contract.from_parent(session, name="emo-contract", nodeid="emo-contract")
        checks: list[pytest.Item | pytest.Collector] = list(contract.collect())
        collected = pytest.CollectReport(contract.nodeid, "passed", None, checks)
        session.ihook.pytest_collectreport(report=collected)  # or they are not counted
        items.extend(check for check in checks if isinstance(check, pytest.Item))


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
        if ended.result == "failed":
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
        return "emo-contract", None, f"{self._claim.id}: {self._claim.title}"


def _verification(config: pytest.Config) -> Verification:
    import httpx

    from contracts.checks import all_checks
    from contracts.provider import Unreachable
    from contracts.spec import Spec
    from contracts.verify import Media, UnknownCheck, Verification, select

    option, spec = config.getoption, Spec.load()
    try:
        only, skip = option("--emo-contract-check"), option("--emo-contract-skip")
        checks = select(all_checks(), only, skip)
    except UnknownCheck as error:
        raise pytest.UsageError(f"no check {error}; emo contract verify URL --list") from None
    media, http = Media.documented(spec), httpx.Client(timeout=60.0)
    config.add_cleanup(http.close)
    try:
        provider = _provider(config, spec, media, http)
    except Unreachable as error:
        raise pytest.UsageError(f"--emo-contract-url: {error}") from None
    return Verification(spec, provider, checks, media=media)


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
