"""The items that pytest runs: one for each check of the contract. emo_kit/pytest_plugin.py defines
the options and adds the items to a session. Checks fail as in `emo contract verify`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contracts.text.printable import in_line

if TYPE_CHECKING:
    import httpx

    from contracts.provider.http import Provider
    from contracts.spec.loader import Spec
    from contracts.verify.baseline import Baseline
    from contracts.verify.events import CheckEnded
    from contracts.verify.model_under_test import Media
    from contracts.verify.registry import Check
    from contracts.verify.runner import Verification


class CheckFailure(Exception):
    """A failed check. ended: its event, with the differences."""

    def __init__(self, ended: CheckEnded) -> None:
        super().__init__(ended.claim.id)
        self.ended = ended


class Contract(pytest.Collector):
    """All checks of one provider. They share one HTTP client and one account."""

    def collect(self) -> Iterator[CheckItem]:
        run = _verification(self.config)
        for check in run.checks:
            yield CheckItem.from_parent(self, name=check.id, run=run, check=check)


class CheckItem(pytest.Item):
    """One check as a pytest item."""

    def __init__(self, *, run: Verification, check: Check, **node: Any) -> None:
        super().__init__(**node)
        self._run = run
        self._check = check
        self._claim = check.claim(run.tested, run.provider.budget)

    def runtest(self) -> None:
        self._run.sign_in()
        ended = self._run.run_check(self._check, self._claim)
        if ended.result == "skipped":
            pytest.skip(in_line(ended.why))
        if ended.result == "accepted":
            pytest.xfail(in_line(ended.why))
        if ended.findings:
            raise CheckFailure(ended)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from contracts.provider.http import Unreachable

        if isinstance(excinfo.value, Unreachable):
            return in_line(str(excinfo.value))
        if not isinstance(excinfo.value, CheckFailure):
            return super().repr_failure(excinfo, style)
        from contracts.reports.text import failure, sources

        ended = excinfo.value.ended
        return "\n".join([failure(ended, self._run.provider.root), *sources([ended])])

    def reportinfo(self) -> tuple[str, None, str]:
        return self.nodeid.partition("::")[0], None, f"EMO contract: {self._claim.id}"


def _usage(text: str) -> pytest.UsageError:
    """An error that pytest prints without escaping, so control characters are escaped here."""
    return pytest.UsageError(in_line(text))


def _verification(config: pytest.Config) -> Verification:
    from contracts.provider.http import Unreachable
    from contracts.provider.network import http_client
    from contracts.spec.loader import Spec
    from contracts.verify.model_under_test import Media
    from contracts.verify.registry import all_checks
    from contracts.verify.runner import UnknownCheck, Verification, select

    option, spec = config.getoption, Spec.load()
    try:
        only, skip = option("--emo-contract-check"), option("--emo-contract-skip")
        checks = select(all_checks(), only, skip)
    except UnknownCheck as error:
        raise _usage(
            f"no check is called {error}; `emo contract verify --list` lists them"
        ) from None
    if not checks:
        raise pytest.UsageError("--emo-contract-check and --emo-contract-skip leave no check")
    media = Media.documented(spec)
    try:
        http = http_client(option("--emo-contract-url"), timeout=60.0)
    except ValueError as error:
        raise _usage(str(error)) from None
    config.add_cleanup(http.close)
    try:
        provider = _provider(config, spec, media, http)
    except Unreachable as error:
        raise _usage(f"--emo-contract-url: {error}") from None
    fail_on, baseline = option("--emo-contract-fail-on"), _baseline(config)
    return Verification(spec, provider, checks, media=media, fail_on=fail_on, baseline=baseline)


def _baseline(config: pytest.Config) -> Baseline:
    from contracts.files.user_file import FileError
    from contracts.verify.baseline import Baseline, load
    from contracts.verify.registry import all_checks

    file = config.getoption("--emo-contract-baseline")
    try:
        return load(Path(file), all_checks()) if file else Baseline()
    except FileError as error:
        raise _usage(f"--emo-contract-baseline: {error}") from None


def _provider(config: pytest.Config, spec: Spec, media: Media, http: httpx.Client) -> Provider:
    from contracts.provider.budget import Budget
    from contracts.provider.http import KEY, OTHER_KEY, Provider

    option = config.getoption
    return Provider(
        option("--emo-contract-url"),
        budget=Budget(spec, option("--emo-contract-budget"), media.seconds),
        http=http,
        prefix=option("--emo-contract-prefix"),
        key=os.environ.get(KEY, ""),
        other_key=os.environ.get(OTHER_KEY, ""),
    )
