"""docs/scenarios.md is generated from the spec; its order of priority and its rules are right."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from contracts.spec.loader import Spec
from mock_server.server.app import create_app
from mock_server.settings import Settings
from mock_server.simulation.call import Reply
from tests.helpers.fake import Service, request

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/scenarios.yaml"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    path = ROOT / "scripts/generate_scenarios.py"
    spec = importlib.util.spec_from_file_location("generate_scenarios", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date_with_the_spec(generator: ModuleType) -> None:
    assert generator.main(["--check"]) == 0


def test_an_outdated_page_is_reported_with_the_command_that_updates_it(
    generator: ModuleType, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(generator, "PAGE", tmp_path / "scenarios.md")
    assert generator.main(["--check"]) == 1
    assert "run python scripts/generate_scenarios.py" in capsys.readouterr().out
    assert generator.main([]) == 0
    assert generator.main(["--check"]) == 0


def test_the_order_of_priority_is_that_of_the_page(spec: Spec) -> None:
    service = Service(spec, file={"scenarios": [{"do": "RequestTimeOut"}]})
    key = "sk-a.SystemError"
    service.rules({"name": "of the key", "do": "InternalError"}, key=key)
    body = request(spec, "detectFace")
    by_url = {**body, "input": {"image_url": "https://x/a.png?emo-scenario=Throttling"}}
    codes = [service.detect(by_url, key=key, X_Mock_Scenario="Arrearage").body["code"]]
    codes.append(service.detect(by_url, key=key).body["code"])
    service.change(key, rules=())
    codes += [service.detect(asked, key=key).body["code"] for asked in (by_url, body)]
    codes.append(service.detect(body).body["code"])
    assert codes == ["Arrearage", "InternalError", "Throttling", "SystemError", "RequestTimeOut"]


def poll(service: Service, task: str) -> Reply:
    return service.raw("GET", f"/api/v1/tasks/{task}")


@pytest.fixture
def bad_day(spec: Spec) -> Service:
    return Service(spec, file=yaml.safe_load(EXAMPLE.read_text("utf-8")))


def test_the_server_accepts_the_example_file(spec: Spec) -> None:
    served = create_app(Settings(scenario=str(EXAMPLE)), spec=spec).engine.file(0)
    assert (len(served.rules), served.variants) == (6, {"detector-rejection": "400"})


def test_the_example_throttles_every_third_creation(bad_day: Service) -> None:
    assert [bad_day.create().status for _ in range(7)] == [200, 200, 429, 200, 200, 429, 200]


def test_the_example_lets_tasks_with_recordings_of_one_host_fail(bad_day: Service) -> None:
    body = request(bad_day.spec, "createVideoTask")
    body["input"]["audio_url"] = "https://broken.example.com/a.wav"
    task = bad_day.task_id(body)
    bad_day.real += 60
    for _ in range(4):
        poll(bad_day, task)
    assert bad_day.get(task).body["output"]["code"] == "InvalidURL.ConnectionRefused"


def test_the_example_disturbs_the_first_four_polls_of_each_task(bad_day: Service) -> None:
    tasks = [bad_day.task_id(), bad_day.task_id()]
    polls = [poll(bad_day, task) for task in tasks for _ in range(5)]
    lines = [(p.delivery.end, p.delivery.due > bad_day.real) if p.delivery else () for p in polls]
    assert [p.status for p in polls[1:5]] == [429, 429, 500, 200]
    assert lines == [("reset", False), (), (), ("", True), ()] * 2


def test_the_example_lets_one_poll_of_a_running_task_hang(bad_day: Service) -> None:
    task = bad_day.task_id()
    bad_day.real += 15
    ends = [p.delivery.end if p.delivery else None for p in (poll(bad_day, task) for _ in range(6))]
    assert ends == ["hold", None, None, "", None, None], "the poll that hung was the first of four"


def test_the_example_gives_one_version_of_a_client_two_detections(bad_day: Service) -> None:
    agent = {"User_Agent": "acme/1.2 (linux)"}
    assert [bad_day.detect(**agent).status for _ in range(3)] == [200, 200, 403]
    assert bad_day.detect(User_Agent="acme/1.3").status == 200
    assert bad_day.detect(X_Mock_Scenario="reject").status == 400, "the variant of the file"


def test_the_example_has_a_minute_of_gateway_errors(bad_day: Service) -> None:
    seen = [bad_day.list().status]  # the key's first call
    for seconds in (3599, 1, 59, 1):
        bad_day.real += seconds
        seen.append(bad_day.raw("GET", "/api/v1/tasks").status)
    assert seen == [200, 200, 502, 502, 200]
