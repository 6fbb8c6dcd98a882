"""schemathesis against the fake: in this process, or over HTTP with --over-http. Each phase has its
own fake, with a fixed clock and time=skip, so that every run is the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.schemas import BaseSchema

from contracts.fuzz import schemathesis_run
from contracts.fuzz.failures import FuzzFailure, operation_of
from contracts.fuzz.schemathesis_run import BUILT_IN, OURS
from contracts.spec.loader import Spec
from mock_server.server.app import FakeApp, create_app
from mock_server.server.run import running
from mock_server.settings import Settings
from tests.helpers.fake import EPOCH

Loaded = Callable[..., BaseSchema]


@pytest.fixture
def loaded(spec: Spec, request: pytest.FixtureRequest) -> Iterator[Loaded]:
    """The spec in front of a fresh fake."""
    app: FakeApp = create_app(Settings(time="skip", seed="a"), spec=spec, real=lambda: EPOCH)
    if not request.config.getoption("--over-http"):
        yield lambda *phases: schemathesis_run.load(*phases, app=app)
        return
    with running(Settings(port=0), app) as url:
        yield lambda *phases: schemathesis_run.load(*phases, url=f"{url}/api/v1", examples=10)


def _run(spec: Spec, schema: BaseSchema) -> list[ScenarioRecorder]:
    """The calls and their checks. Fails with the failures of all checks."""
    problems: list[FuzzFailure] = []
    recorders = list(schemathesis_run.run(spec, schema, problems.append))
    assert not problems, f"{len(problems)} failures\n" + "\n".join(map(str, problems[:10]))
    return recorders


def test_every_check_of_schemathesis_is_used() -> None:
    load_all_checks()
    assert sorted(CHECKS.get_all_names()) == sorted([*BUILT_IN, *OURS])


@pytest.mark.parametrize("phases", [("coverage",), ("examples", "fuzzing")], ids=" and ".join)
def test_every_operation_passes_every_check(
    spec: Spec, loaded: Loaded, phases: tuple[str, ...]
) -> None:
    recorders = _run(spec, loaded(*phases))
    sent = Counter(operation_of(node.value) for r in recorders for node in r.cases.values())
    passed = {check.name for r in recorders for checks in r.checks.values() for check in checks}
    assert sent.keys() == spec.operations.keys()
    assert passed == {*BUILT_IN, *OURS, "max_response_time"} - {"unsupported_method"}


def test_schemathesis_reads_the_bodies_of_links_and_the_forbidden_headers() -> None:
    schema = schemathesis_run.load("stateful").raw_schema
    detect = schema["paths"]["/services/aigc/image2video/face-detect"]["post"]
    link = detect["responses"]["200"]["links"]["CreateTaskFromDetection"]
    assert link["requestBody"]["input"]["face_bbox"] == "$response.body#/output/face_bbox"
    assert detect["parameters"][0]["name"] == "X-DashScope-Async"
    assert not {"x-request-body", "x-forbidden-headers"} & {*link, *detect}


def test_every_link_of_the_spec_leads_to_a_successful_call(spec: Spec, loaded: Loaded) -> None:
    schema = loaded("stateful")
    links, led = set(_links(schema)), set()  # before it infers more of them
    for recorder in _run(spec, schema):
        for case_id, answer in recorder.interactions.items():
            node = recorder.cases[case_id]
            if node.transition and answer.response and answer.response.status_code == 200:
                led |= links & set(node.transition.id.split())
    assert led == links


def _links(schema: BaseSchema) -> Iterator[str]:
    for item in schema.raw_schema["paths"].values():
        for operation in item.values():
            for response in operation["responses"].values():
                yield from response.get("links", ())
