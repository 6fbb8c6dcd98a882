"""Tasks compared with a model that shares no code with the fake, for any order of calls: in this
process, or over HTTP with --over-http. And the reproduction of a mismatch."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from math import inf
from unittest.mock import Mock

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.fuzz.call_log import CallLog, ModelMismatch
from contracts.fuzz.machine import fixed_orders, random_orders, rerun, run
from contracts.fuzz.model import ModelTimings
from contracts.fuzz.reproduction import as_pytest, as_shell
from contracts.fuzz.shorten import TRIES, FailedRun, FuzzStep, shortened
from contracts.fuzz.target import FuzzTarget
from contracts.fuzz.user import User
from contracts.provider.budget import Budget
from contracts.provider.exchange import Exchange
from contracts.provider.http import Provider
from contracts.spec.loader import Spec
from tests.helpers.contract import passes
from tests.helpers.fake import EPOCH, Service, need
from tests.liars import all_liars, lying, lying_here

pytestmark = pytest.mark.usefixtures("calls_without_threads")

QUEUE, DAY = 14.373, 86400.0
# Their mistakes do not show in a single poll.
LIARS = ["cancels_what_is_at_work", "works_on_all_at_once", "shows_tasks_to_everybody"]


def _target(spec: Spec, http: httpx.Client, url: str, concurrency: int = 1) -> FuzzTarget:
    provider = Provider(url, budget=Budget(spec, inf, 0.0), http=http, key="sk-machine")
    timings = ModelTimings.of(next(iter(spec.video_models.values())))
    return FuzzTarget(spec, provider, ModelTimings(timings.queue, timings.lifetime, concurrency))


@contextmanager
def in_process(spec: Spec, lie: str = "", concurrency: int = 1) -> Iterator[FuzzTarget]:
    """The fake, changed by a liar, without a socket."""
    made = all_liars()[lie].make() if lie else None
    with lying_here(spec, made, lambda: float(int(EPOCH)), concurrency=concurrency) as http:
        yield _target(spec, http, "http://127.0.0.1", concurrency)


@pytest.mark.parametrize("concurrency", [1, 2, 3])
def test_tasks_behave_as_the_model_for_any_order_of_calls(
    spec: Spec,
    request: pytest.FixtureRequest,
    examples: Callable[[int], int],
    concurrency: int,
) -> None:
    if request.config.getoption("--over-http"):
        with lying(spec, concurrency=concurrency) as url, httpx.Client() as http:
            run(_target(spec, http, url, concurrency), examples=20)
    else:
        with in_process(spec, concurrency=concurrency) as target:
            run(target, examples=examples(15))


@pytest.mark.parametrize("name", LIARS)
def test_the_fixed_orders_of_calls_find_a_wrong_server(spec: Spec, name: str) -> None:
    with in_process(spec, name) as target:
        assert any(rerun(target, steps) for steps in fixed_orders(target))


@pytest.mark.parametrize("name", LIARS)
def test_random_orders_of_calls_find_a_wrong_server_and_are_shortened(
    spec: Spec, name: str
) -> None:
    with in_process(spec, name) as target:
        failed = random_orders(target, examples=600)  # it ends where it finds one
        assert failed
        mismatch, steps = shortened(failed, partial(rerun, target))
    assert mismatch.pointer == failed[0].pointer
    assert len(steps) <= 4


@pytest.fixture(scope="module")
def mismatch(spec: Spec) -> ModelMismatch:
    with in_process(spec, "a_task_goes_back") as target, pytest.raises(ModelMismatch) as found:
        run(target, examples=60)
    return found.value


def test_the_reproduction_of_a_mismatch_is_short(mismatch: ModelMismatch) -> None:
    lines = as_shell(mismatch).splitlines()
    assert lines[-1] == "# at /output/task_status expected SUCCEEDED, got RUNNING"
    assert len(lines) <= 9


@given(st.sets(st.integers(0, 39), max_size=4), st.integers(0, 40))
def test_steps_that_do_not_matter_are_removed(places: set[int], length: int) -> None:
    steps: list[FuzzStep] = [Mock() for _ in range(length)]
    matter = [step for place, step in enumerate(steps) if place in places]
    mismatch = ModelMismatch(
        CallLog(), Exchange("GET", "/", {}, None, 0, {}, ""), "#status", {200}, True
    )

    def rerun(tried: list[FuzzStep]) -> FailedRun | None:
        if any(step not in tried for step in matter):
            return None
        last = max((tried.index(step) for step in matter), default=-1)
        return mismatch, tried[: last + 1]

    tries = Mock(side_effect=rerun)
    assert shortened((mismatch, steps), tries) == (mismatch, matter)
    assert tries.call_count <= TRIES


def test_a_failure_that_does_not_happen_again_is_reported(
    spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    happens, honest = iter([True]), User.compare_list

    def fail_once(user: User) -> None:
        honest(user)
        if next(happens, False):
            user.log.expect(user.list_tasks(), "#status", {500})

    monkeypatch.setattr(User, "compare_list", fail_once)
    with in_process(spec) as target:
        failed = random_orders(target, examples=30)
    assert failed
    assert failed[0].text == "at #status expected 500, got 200"


def test_the_printed_test_fails_at_the_wrong_server_and_passes_on_the_fake(
    spec: Spec, mismatch: ModelMismatch
) -> None:
    with lying(spec, all_liars()["a_task_goes_back"].make()) as url:
        assert not passes(mismatch, url)
    with lying(spec) as url:
        assert passes(mismatch, url)


def test_the_printed_curl_commands_work_in_a_shell(spec: Spec, mismatch: ModelMismatch) -> None:
    need(shutil.which("curl"), "curl")
    with lying(spec, all_liars()["a_task_goes_back"].make()) as url:
        command = ["sh", "-eu", "-c", as_shell(mismatch)]
        done = subprocess.run(command, env={"base": url, "PATH": "/usr/bin:/bin"},
                              capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout.count('"task_status":"SUCCEEDED"') == 1
    assert done.stdout.rstrip().endswith("}")
    assert '"task_status":"RUNNING"' in done.stdout


def test_a_wrong_time_in_an_answer_is_reproduced_as_a_test(spec: Spec) -> None:
    with in_process(spec, "times_are_in_utc") as target, pytest.raises(ModelMismatch) as found:
        run(target, examples=60)
    assert "epoch(" in as_pytest(found.value)
    with lying(spec, all_liars()["times_are_in_utc"].make()) as url:
        assert not passes(found.value, url)
    with lying(spec) as url:
        assert passes(found.value, url)


def test_canceling_a_stuck_task_does_not_change_a_finished_one(service: Service) -> None:
    stuck, other = service.task_id(x_mock_scenario="PENDING"), service.task_id()
    service.real += 140
    before = service.get(other).body["output"]
    assert before["task_status"] == "SUCCEEDED"
    assert service.cancel(stuck).status == 200
    assert service.get(other).body["output"] == before


def test_a_task_that_is_unknown_from_the_start_holds_no_place(service: Service) -> None:
    service.task_id(x_mock_scenario="UNKNOWN")
    task = service.task_id()
    service.real += QUEUE + 1
    assert service.status(task) == "RUNNING"


def test_a_task_that_never_ends_holds_its_place_until_it_expires(service: Service) -> None:
    stuck = service.task_id(x_mock_scenario="RUNNING")
    service.real += DAY - 1
    late = service.task_id()
    service.real += 0.5
    assert [service.status(task) for task in (stuck, late)] == ["RUNNING", "PENDING"]
    service.real += QUEUE
    assert [service.status(task) for task in (stuck, late)] == ["UNKNOWN", "RUNNING"]
