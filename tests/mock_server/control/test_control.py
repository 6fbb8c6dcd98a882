"""The control API: state, clock and reset of a tenant, and invalid requests."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from contracts.spec.loader import Spec
from mock_server.simulation.clock import MODES
from tests.helpers.cases import each_case
from tests.helpers.fake import SERVICE, request
from tests.helpers.http import PLAIN, Serve, create, http_client  # noqa: F401


def test_the_control_api_shows_and_moves_the_clock_of_a_tenant(
    http: httpx.Client, spec: Spec
) -> None:
    http.post("/__mock__/clock", json={"freeze": True})
    task = create(http, spec)
    state = http.get("/__mock__/state").json()
    assert [(t["task_id"], t["task_status"]) for t in state["tasks"]] == [(task, "PENDING")]
    assert state["tasks"][0]["next_event_in"] == 14.373
    http.post("/__mock__/clock", json={"next_event": True})
    assert http.get("/__mock__/state").json()["tasks"][0]["task_status"] == "RUNNING"
    before = http.get("/__mock__/clock").json()["now"]
    assert http.post("/__mock__/clock", json={"advance": 200}).json()["now"] == before + 200
    assert http.get("/__mock__/state").json()["tasks"][0]["task_status"] == "SUCCEEDED"
    assert http.post("/__mock__/clock", json={"speed": 60}).json()["speed"] == 60


def test_polls_do_not_advance_a_frozen_clock(http: httpx.Client, spec: Spec) -> None:
    http.post("/__mock__/clock", json={"freeze": True})
    task = create(http, spec)
    states = [http.get(f"/api/v1/tasks/{task}").json()["output"]["task_status"] for _ in range(3)]
    assert states == ["PENDING"] * 3


def test_reset_drops_the_data_of_one_key(http: httpx.Client, url: str, spec: Spec) -> None:
    create(http, spec)
    other = {"Authorization": "Bearer sk-bystander"}
    headers = {**other, "X-DashScope-Async": "enable"}
    body = request(spec, "createVideoTask")
    kept = PLAIN.post(f"{url}{SERVICE}/video-synthesis", json=body, headers=headers).json()
    assert http.post("/__mock__/reset").json() == {"dropped_tasks": 1}
    assert http.get("/__mock__/state").json()["tasks"] == []
    state = PLAIN.get(f"{url}/__mock__/state", headers=other).json()
    assert state["tasks"][0]["task_id"] == kept["output"]["task_id"]


@each_case(
    "body, words",
    [('{"advance": -1}', "never goes back"), ('{"advance": "1"}', "must be a number"),
     ('{"advance": 1e12}', "above 1e9"), ('{"advance": 1%s}' % ("0" * 400), "above 1e9"),
     ('{"speed": -1%s}' % ("0" * 400), "speed is below -1e9: give a number from 0 to 1e9"),
     ('{"advance": -1e308}', "below -1e9"), ('{"advance": -2.5}', "cannot advance by -2.5 s"),
     ('{"speed": -2}', "cannot run at speed -2.0: time never goes back"),
     ('{"forward": 1}', "give one of"), ("{}", "give one of"), ("[]", "must be a JSON object"),
     ('{"advance": NaN}', "not JSON"), ('{"advance": true}', "must be a number"),
     ('{"freeze": 1}', "give one of"), ("{", "not JSON"), ('{"a":1,"a":1}', "appears twice")],
)  # fmt: skip
def test_an_invalid_clock_request_is_answered_400_with_the_reason(
    http: httpx.Client, body: str, words: str
) -> None:
    answer = http.post("/__mock__/clock", content=body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_the_clock_stops_before_the_last_year_that_dates_can_have(
    http: httpx.Client, spec: Spec
) -> None:
    answers = [http.post("/__mock__/clock", json={"advance": 1e9}) for _ in range(260)]
    assert [answers[0].status_code, answers[-1].status_code] == [200, 400]
    assert "year 9996" in answers[-1].json()["error"]
    http.post("/__mock__/clock", json={"speed": 1e9})
    task = create(http, spec)
    for path in (f"/api/v1/tasks/{task}", "/api/v1/tasks", "/__mock__/state"):
        assert http.get(path).status_code == 200


@pytest.mark.parametrize("mode", MODES)
def test_every_time_mode_starts_and_is_shown_by_health(serve: Serve, mode: str) -> None:
    with serve(time=mode) as url:
        health: dict[str, Any] = PLAIN.get(f"{url}/__mock__/health").json()
        clock = PLAIN.get(f"{url}/__mock__/clock", headers={"Authorization": "Bearer sk-a"}).json()
    assert health["time"] == mode
    assert (clock["speed"], clock["skip"]) == MODES[mode]


@pytest.mark.parametrize("what", ["journal", "journal?format=har", "bundle", "explain"])
def test_json_answers_contain_no_terminal_control_characters(
    http: httpx.Client, spec: Spec, what: str
) -> None:
    hidden = "\x9b\u202e\u2028\x7f"
    body = request(spec, "detectFace")
    body["parameters"]["ratio"] = hidden
    http.post(f"{SERVICE}/face-detect", json=body)
    shown = http.get(f"/__mock__/{what}").text
    assert not set(hidden) & set(shown)
    assert "face-detect" in shown
