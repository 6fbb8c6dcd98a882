"""Every liar is found by the check that it names, every check finds at least one liar, and the
honest fake passes all checks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import httpx
import pytest

from contracts.provider.budget import Budget
from contracts.provider.http import Provider
from contracts.spec.loader import Spec
from contracts.verify.events import CheckEnded
from contracts.verify.registry import all_checks
from contracts.verify.runner import Verification, select
from tests.helpers.cases import all_cases, each_case
from tests.liars import LIARS, Lie, all_liars, lying, lying_here

pytestmark = pytest.mark.usefixtures("calls_without_threads")

LIED_TO = sorted(all_liars())


@cache
def spec() -> Spec:
    return Spec.load()


@contextmanager
def held(
    lie: Lie | None, *only: str, prefix: str = "", **settings: object
) -> Iterator[Verification]:
    """A run of these checks, or of all, against a server with that liar. It is a real server for
    all checks and for downloads, which need an event loop."""
    is_real = not only or "story.download" in only
    with real(lie, **settings) if is_real else here(lie, **settings) as (url, http):
        budget = Budget(spec(), 100.0, 13.93)
        keys = {"key": "sk-contract-1", "other_key": "sk-contract-2"}
        provider = Provider(url, budget=budget, http=http, prefix=prefix, **keys)
        provider.detect_control_api()
        yield Verification(spec(), provider, select(all_checks(), only))


@contextmanager
def real(lie: Lie | None, **settings: object) -> Iterator[tuple[str, httpx.Client]]:
    with lying(spec(), lie, **settings) as url, httpx.Client() as http:
        yield url, http


@contextmanager
def here(lie: Lie | None, **settings: object) -> Iterator[tuple[str, httpx.Client]]:
    with lying_here(spec(), lie, **settings) as http:
        yield "http://127.0.0.1", http


def results(run: Verification) -> dict[str, CheckEnded]:
    return {e.claim.id: e for e in run.run() if isinstance(e, CheckEnded)}


@pytest.mark.parametrize("group", sorted({check.partition(".")[0] for check in all_checks()}))
def test_every_liar_is_found_by_the_check_that_it_names(group: str) -> None:
    with all_cases() as case:
        for name in LIED_TO:
            liar = LIARS[name]
            if liar.check.partition(".")[0] != group:
                continue
            with case(f"{name}, which {liar.check} finds"), held(liar.make(), liar.check) as run:
                (ended,) = results(run).values()
                assert ended.result in ("failed", "accepted")  # accepted: below --fail-on
                assert ended.findings


def test_a_wrong_create_answer_fails_only_the_checks_about_creation() -> None:
    with held(LIARS["creating_is_a_201"].make()) as run:
        found = results(run)
    failed = {name for name, ended in found.items() if ended.result == "failed"}
    assert failed == {"story.accepted", "ends.failed"}


def test_every_check_finds_at_least_one_liar() -> None:
    assert {liar.check for liar in LIARS.values()} == all_checks().keys()


def test_there_are_more_than_thirty_liars() -> None:
    assert len(LIED_TO) > 30


@pytest.mark.parametrize(
    ("time", "prefix"),
    [("real", ""), ("fast", "/qwen"), ("skip", "/qwen"), ("skip", ""), ("frozen", "")],
)
def test_the_honest_fake_passes_every_check(time: str, prefix: str) -> None:
    with held(None, prefix=prefix, time=time) as run:
        found = results(run)
    assert found.keys() == all_checks().keys()
    assert {name: e.findings or e.why for name, e in found.items() if e.result != "passed"} == {}


def _variants() -> list[tuple[str, str]]:
    """All choices except retired models, which leave nothing to check."""
    known = {name: v for name, v in spec().variants.items() if name != "models"}
    return [(name, c) for name, v in known.items() for c in v.choices if c != v.default]


@each_case("name, choice", _variants())
def test_every_variant_of_the_fake_passes_every_check(name: str, choice: str) -> None:
    """Only the download needs a socket."""
    for only in ({"story.download"}, all_checks().keys() - {"story.download"}):
        with held(None, *only, variants={name: choice}) as run:
            assert {e.result for e in results(run).values()} == {"passed"}


def test_the_honest_fake_passes_twice_with_the_same_keys() -> None:
    with held(None) as run:
        for _ in range(2):
            run._task_trace = None
            assert {e.result for e in results(run).values()} == {"passed"}


def test_the_honest_fake_passes_with_its_limits_on() -> None:
    with held(None, limits="documented") as run:
        assert {e.result for e in results(run).values()} == {"passed"}
