"""A failure that schemathesis finds at a wrong server is reproduced without schemathesis: the
reproduction fails there and passes on the fake."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from contracts.fuzz import schemathesis_run
from contracts.fuzz.failures import FuzzFailure
from contracts.fuzz.reproduction import as_shell
from contracts.spec.loader import Spec
from mock_server.engine.pipeline import Engine
from mock_server.server.app import FakeApp
from mock_server.settings import Settings
from mock_server.simulation.call import Call, Reply
from tests.helpers.contract import passes
from tests.helpers.fake import EPOCH, need
from tests.liars import all_liars, lying, with_body

# A liar, the phase that finds it out, and where its answer is wrong.
WRONG = [
    ("unknown_is_a_404", "examples", "/output/task_status"),
    ("asks_for_no_key", "examples", "#status"),
    ("shows_tasks_to_everybody", "stateful", "/output/task_status"),
    ("usage_is_a_list", "stateful", "/usage/#type"),
    ("asks_for_no_key", "fuzzing", "#status"),
]


def found(spec: Spec, name: str, phase: str) -> list[FuzzFailure]:
    app = FakeApp(Engine(spec, settings=Settings(time="skip", seed="a"), real=lambda: EPOCH))
    honest, lie = app.engine.handle, all_liars()[name].make()
    app.engine.handle = lambda call: lie(call, honest)
    problems: list[FuzzFailure] = []
    for _ in schemathesis_run.run(
        spec, schemathesis_run.load(phase, app=app, examples=10), problems.append
    ):
        pass
    return problems


@pytest.mark.parametrize(("name", "phase", "pointer"), WRONG)
def test_the_reproduction_of_a_failure_fails_at_the_wrong_server_alone(
    spec: Spec, name: str, phase: str, pointer: str
) -> None:
    need(shutil.which("curl"), "curl")
    first = next(one for one in found(spec, name, phase) if one.mismatch)
    assert first.mismatch is not None
    assert first.mismatch.pointer == pointer
    with lying(spec, all_liars()[name].make(), time="skip") as url:
        assert not passes(first.mismatch, url)
    with lying(spec, time="skip") as url:
        assert passes(first.mismatch, url)
        command = ["sh", "-eu", "-c", as_shell(first.mismatch)]
        subprocess.run(command, env={"base": url, "PATH": "/usr/bin:/bin"}, check=True)


def test_an_answer_that_is_not_json_is_a_failure_and_does_not_end_the_run(spec: Spec) -> None:
    app = FakeApp(Engine(spec, settings=Settings(time="skip", seed="a"), real=lambda: EPOCH))
    honest = app.engine.handle

    def lie(call: Call) -> Reply:
        return with_body(honest(call), b"no")._replace(status=599)

    app.engine.handle = lie
    problems: list[FuzzFailure] = []
    list(schemathesis_run.run(spec, schemathesis_run.load("examples", app=app), problems.append))
    assert "#status" in {one.mismatch.pointer for one in problems if one.mismatch}
    assert "error" not in {one.check for one in problems}
