"""A model that no line of Python knows: tests/data/made-up-model.yaml gives it a body, two more
states, a place for the result, a usage and prices. It is served, listed, explained, verified and
fuzzed as emo-v1 is."""

from __future__ import annotations

import json
from math import inf
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml
from msgspec.structs import replace

from contracts.fuzz import schemathesis_run
from contracts.fuzz.failures import FuzzFailure
from contracts.fuzz.machine import run as run_machine
from contracts.fuzz.target import FuzzTarget
from contracts.provider.budget import Budget
from contracts.provider.http import Provider
from contracts.recordings import Cassette, RecordedBody, RecordedExchange, RecordedTimeline
from contracts.recordings.drift.compare import drift
from contracts.recordings.model import RecordedState
from contracts.verify.runner import Verification
from emo_kit.cli.contract.fake_answers import fake_answers
from mock_server.engine.quotas import usage
from mock_server.playback.responder import playback_engine
from mock_server.scenarios.catalogue.entries import catalogue
from mock_server.server.app import create_app
from mock_server.server.httpx_transport import InProcess
from mock_server.settings import Settings
from tests.helpers.cassette import TASK, answer_of, cassette_of, creation_of, poll_of
from tests.helpers.contract import ended
from tests.helpers.explain import Explained, parsed
from tests.helpers.fake import EPOCH, Service
from tests.helpers.overlays import patched, with_made_up_model

SPEC = with_made_up_model()
MODEL = SPEC.video_models["made-up-talk"]
CREATE = SPEC.operations["createVideoTask"]
BODY = CREATE.requests["made-up"]
STATES = ["PENDING", "PRE-PROCESSING", "RUNNING", "POST-PROCESSING", "SUCCEEDED"]


def sent(**changes: Any) -> Any:
    """The documented request with other values: `parameters={"resolution": "720P"}`."""
    return patched(BODY, changes)


@pytest.fixture
def service() -> Explained:
    return Explained(SPEC)


def states_of(service: Service, task_id: str) -> list[str]:
    """The states of a task in a poll each half second."""
    seen = []
    for _ in range(400):
        seen.append(service.status(task_id))
        service.real += 0.5
    return list(dict.fromkeys(seen))


def test_a_task_of_the_model_passes_through_its_two_more_states(service: Service) -> None:
    assert states_of(service, service.task_id(BODY)) == STATES


def test_a_task_of_another_model_does_not_have_the_states_of_this_one(service: Service) -> None:
    assert states_of(service, service.task_id()) == ["PENDING", "RUNNING", "SUCCEEDED"]


def test_the_clock_stops_at_each_state_in_skip_mode() -> None:
    service = Service(SPEC, time="skip")
    task_id = service.task_id(BODY)
    assert [service.status(task_id) for _ in STATES[1:]] == STATES[1:]


@pytest.mark.parametrize(("resolution", "lines"), [("480P", 480), ("720P", 720)])
def test_the_result_and_the_usage_are_those_of_the_model(
    service: Service, resolution: str, lines: int
) -> None:
    task_id = service.task_id(sent(parameters={"resolution": resolution}))
    service.real += 3600
    answer = service.get(task_id).body
    seconds = answer["usage"]["duration"]
    assert answer["usage"] == {"duration": seconds, "SR": lines, "video_count": 1}
    assert "results" not in answer["output"]
    url = urlsplit(answer["output"]["video_url"])
    assert service.raw("GET", url.path, key=None, query=url.query).body[4:8] == b"ftyp"


def test_a_task_that_fails_early_ends_in_the_first_state(service: Service) -> None:
    task_id = service.task_id(BODY, X_Mock_Scenario="FAILED.InvalidURL")
    assert states_of(service, task_id) == ["PENDING", "PRE-PROCESSING", "FAILED"]


def test_a_task_can_be_kept_in_a_state_of_the_model(service: Service) -> None:
    task_id = service.task_id(BODY, X_Mock_Scenario="POST-PROCESSING")
    assert states_of(service, task_id) == STATES[:-1]


def test_an_ending_of_another_model_is_refused(service: Service) -> None:
    refused = service.create(BODY, X_Mock_Scenario="SUCCEEDED")
    assert (refused.status, refused.body["code"]) == (400, "UnknownScenario")
    assert "a task of made-up-talk cannot end so" in refused.body["message"]


def test_tasks_of_two_models_do_not_wait_for_each_other(service: Service) -> None:
    tasks = [service.task_id(), service.task_id(BODY), service.task_id()]
    service.real += 15
    assert [service.status(task) for task in tasks] == ["RUNNING", "RUNNING", "PENDING"]


def test_the_list_has_the_model_and_its_key_and_its_states(service: Service) -> None:
    service.task_id(BODY)
    service.real += 8
    query = "model_name=made-up-talk&status=PRE-PROCESSING"
    (entry,) = service.list(query).body["data"]
    key = "apikey:v1:aigc:image2video:video-synthesis:made-up-talk"
    assert (entry["model_name"], entry["user_api_unique_key"]) == ("made-up-talk", key)
    assert "start_time" in entry
    assert "end_time" not in entry


def test_the_bill_has_the_price_of_the_resolution(service: Service) -> None:
    task_id = service.task_id(sent(parameters={"resolution": "720P"}))
    service.real += 3600
    seconds = service.get(task_id).body["usage"]["duration"]
    with service.engine.session(service.tenant_id()) as session:
        rows = usage(SPEC, session, service.real)
    costs = {(row.model, row.ratio): row.cost for row in rows if row.quantity}
    assert costs == {("made-up-talk", "720P"): pytest.approx(seconds * 0.9)}


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"input": {"speech_url": None}}, "InvalidParameter", "Field required: input.speech_url"),
        ({"parameters": {"resolution": "1080P"}}, "InvalidParameter", "The resolution is invalid."),
        ({"input": {"portrait_url": "a.png"}}, "InvalidURL", "Required URL is missing"),
        ({"model": "made-up-tlak"}, "InvalidParameter", "Model not exist."),
    ],
)
def test_a_mistake_is_refused_and_the_corrected_call_is_accepted(
    service: Explained, changes: Any, code: str, field: str
) -> None:
    refused = service.create(sent(**changes))
    assert (refused.status, refused.body["code"]) == (400, code)
    assert refused.body["message"].startswith(field)
    why = service.why()
    assert "openapi.yaml" in why.spec and "#/components/schemas/" in why.spec
    assert service.run(why.curl).status == 200


def test_a_misspelled_field_of_the_model_is_named(service: Explained) -> None:
    service.create(sent(parameters={"resolution": None, "resolutoin": "720P"}))
    why = service.why()
    assert (why.kind, why.did_you_mean) == ("near-miss", "parameters.resolution")
    assert "#/components/schemas/TalkRequest/properties/parameters/" in why.spec
    assert json.loads(parsed(why.curl)[3] or "")["parameters"]["resolution"] == "720P"


def test_the_catalogue_has_the_outcomes_of_the_model() -> None:
    triggers = {entry.name: entry for entry in catalogue(SPEC)}
    (natural,) = triggers["InvalidParameter-resolution"].natural
    assert natural.text == 'parameters.resolution: "nonsense", in a call of made-up-talk'
    assert {t.model for t in triggers["SUCCEEDED.made-up"].triggers[:3]} == {"made-up-talk"}


def in_process(time: str) -> httpx.Client:
    app = create_app(Settings(time=time, seed="a"), spec=SPEC, real=lambda: float(int(EPOCH)))
    return httpx.Client(transport=InProcess(app))


@pytest.mark.parametrize("name", ["openapi.json", "openapi.yaml"])
def test_the_fake_serves_the_document_with_the_model(name: str) -> None:
    with in_process("real") as http:
        document = yaml.safe_load(http.get(f"http://127.0.0.1/{name}").text)
    assert "made-up-talk" in document["x-models"]
    assert document["servers"][0]["url"] == "http://127.0.0.1/api/v1"


def test_the_contract_of_the_model_is_verified() -> None:
    with in_process("real") as http:
        provider = Provider("http://127.0.0.1", budget=Budget(SPEC, None, 18.13), http=http)
        run = Verification(SPEC, provider, model="made-up-talk")
        run.sign_in()
        checks = ended(list(run.run()))
    assert {id: (c.result, c.findings) for id, c in checks.items() if c.result != "passed"} == {}
    assert checks["story.result"].claim.title == "The URL of the video is at output.video_url."
    assert "creation.area" not in checks


def test_schemathesis_finds_nothing_wrong_with_the_fake() -> None:
    app = create_app(Settings(time="skip", seed="a"), spec=SPEC, real=lambda: EPOCH)
    schema = schemathesis_run.load("fuzzing", spec=SPEC, app=app, examples=15)
    schema = schema.include(operation_id=CREATE.id)
    problems: list[FuzzFailure] = []
    recorders = list(schemathesis_run.run(SPEC, schema, problems.append))
    assert not problems, "\n".join(map(str, problems[:5]))
    bodies = [str(i.request.body) for r in recorders for i in r.interactions.values()]
    assert any("made-up-talk" in body for body in bodies)


def test_tasks_of_the_model_behave_as_documented_for_any_order_of_calls() -> None:
    with in_process("frozen") as http:
        provider = Provider(
            "http://127.0.0.1", budget=Budget(SPEC, inf, 0.0), http=http, key="sk-m"
        )
        run_machine(FuzzTarget(SPEC, provider, model="made-up-talk"), examples=6)


def recorded() -> Cassette:
    """A task of the model, created and polled in each of its states."""
    sent_body = {"authorization": "Bearer sk-REDACTED", "x-dashscope-async": "enable"}
    creation = replace(creation_of(SPEC), headers=sent_body, body=RecordedBody(json=BODY))
    accepted = answer_of(SPEC, "createVideoTask", "accepted")
    times = zip((*STATES[:-1], MODEL.succeeds), (0.0, 15.0, 18.0, 181.0, 183.0), strict=True)
    seen = [
        RecordedState(name.partition(".")[0], answer_of(SPEC, "getTask", name), at, at)
        for name, at in times
    ]
    timeline = RecordedTimeline(TASK, poll_of(), tuple(seen), created=1.0, created_by=0)
    created = RecordedExchange(creation, 1.0, accepted)
    return cassette_of(created, timelines=(timeline,))


def test_a_recorded_task_of_the_model_does_not_differ_from_spec_and_fake() -> None:
    found = drift(SPEC, [("made-up.json", recorded())], fake_answers(SPEC)).differences
    assert [(one.kind, one.pointer) for one in found if one.weight != "cosmetic"] == []
    assert [one.pointer for one in found if one.kind == "time"] == []


def test_a_recorded_task_of_the_model_is_played_back_with_a_video_of_the_fake() -> None:
    real = float(int(EPOCH))
    engine = playback_engine(SPEC, recorded(), settings=Settings(time="real"), real=lambda: real)
    service = Service(SPEC)
    service.engine, service.real = engine, real
    task_id = service.task_id(BODY)
    real += 3600
    answer = service.get(task_id).body
    assert answer["output"]["task_status"] == "SUCCEEDED"
    assert "/results/" in answer["output"]["video_url"]
