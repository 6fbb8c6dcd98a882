"""Explanations, the journal (JSON, HAR, curl commands) and bundles after a series of failures,
driven only by curl and a shell."""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.helpers.bad_curl import CREATE, DETECT, Curl, curls_of_a_test, need_emo, shell  # noqa: F401
from tests.helpers.bad_days import frozen_server  # noqa: F401
from tests.helpers.cases import each_case
from tests.helpers.http import Serve

Curls = Callable[..., Curl]
HAR = Path(__file__).parents[1] / "data" / "har12.json"

REFUSED: list[tuple[Callable[[Curl], Any], int, str]] = [
    (lambda curl: curl.create(image_url=None, img_url="https://example.com/a.png"),
     400, "/input/image_url"),
    (lambda curl: curl.create(face_bbox=[1, 2, 3]), 400, "/input/face_bbox"),
    (lambda curl: curl.create(parameters={"style_level": "Calm"}), 400, "/parameters/style_level"),
    (lambda curl: curl.create(model="emo-v2"), 400, "/model"),
    (lambda curl: curl.create(image_url="it's $HOME"), 400, "/input/image_url"),
    (lambda curl: curl(CREATE, json={"model": "emo-v1"}), 403, "#header/X-DashScope-Async"),
    (lambda curl: curl(DETECT, "-d", "{'model': 1}"), 400, ""),
    (lambda curl: curl(f"/api/v1{DETECT}", "-d", "{}"), 400, "#path"),
    (lambda curl: curl("/api/v1/tasks?page_no=2&status=failed"), 400, "#query/status"),
    (lambda curl: curl("/api/v1/tasks", "-H", "Authorization:"), 401, "#header/Authorization"),
    (lambda curl: curl.detect("-H", "X-Mock-Scenario: Throtling"), 400, "#header/X-Mock-Scenario"),
    (lambda curl: curl.create("-H", "X-Mock-Scenario: Throttling"), 429, ""),
]  # fmt: skip


@each_case("number", range(len(REFUSED)))
def test_the_explanation_of_a_refused_call_has_a_curl_command_that_works(
    curls: Curls, frozen: str, number: int
) -> None:
    call, status, pointer = REFUSED[number]
    curl = curls(frozen)
    result = call(curl)
    assert result.status == status
    answer = curl(f"/__mock__/explain/{result.headers['x-mock-explain']}")
    assert (answer.status, answer.body["pointer"]) == (200, pointer)
    assert answer.body["id"] == result.body["request_id"]
    pasted = shell(answer.body["curl"], curl.name)
    assert (pasted.returncode, pasted.stderr) == (0, "")
    wanted = "Throttling" if "Throtling" in answer.body["got"] else None
    assert json.loads(pasted.stdout).get("code") == wanted, answer.body["curl"]
    text = curl(f"/__mock__/explain/{answer.body['id']}?format=text").text
    assert text.endswith(answer.body["curl"])


def bad_day(curl: Curl) -> None:
    """Make refused calls, calls with faults, a task that ends and a task whose answer is lost."""
    rules = [{"operation": "createVideoTask", "nth": 2, "do": "lost"},
             {"operation": "getTask", "first": 1, "do": "reset-body"}]  # fmt: skip
    curl.put("/scenarios", rules)
    task = curl.task()
    assert curl.create().exit == 56
    assert curl(task).exit == 56
    assert curl.create(face_bbox=None).status == 400
    assert curl.detect("-H", "X-Mock-Scenario: not-json").status == 200
    curl.advance(140)
    done = curl(task).body["output"]
    assert curl(done["results"]["video_url"].removeprefix(curl.url), "-o", "/dev/null").exit == 0


def test_the_journal_contains_every_call_and_not_the_key(curls: Curls, frozen: str) -> None:
    curl = curls(frozen)
    bad_day(curl)
    rows = [(e["operation"], e["response"]["status"], e["fault"]) for e in exchanges(curl)]
    assert rows == [
        ("control", 200, None), ("createVideoTask", 200, None), ("createVideoTask", None, "lost"),
        ("getTask", 200, "reset-body"), ("createVideoTask", 400, None),
        ("detectFace", 200, "not-json"), ("control", 200, None), ("getTask", 200, None),
        ("result", 200, None),
    ]  # fmt: skip
    for form in ("json", "har", "curl"):
        assert curl.name not in curl(f"/__mock__/journal?format={form}").text
    assert curl.calls("createVideoTask") == [200, None, 400]
    refused = curl("/__mock__/journal?status=4xx").body["exchanges"]
    assert [e["number"] for e in refused] == [5]


def test_the_journal_as_har_shows_errors_like_a_browser(curls: Curls, frozen: str) -> None:
    curl = curls(frozen)
    bad_day(curl)
    har = curl("/__mock__/journal?format=har").body
    jsonschema_rs.Draft202012Validator(json.loads(HAR.read_text("utf-8"))).validate(har)
    shown = [(e["response"]["status"], e["response"].get("_error")) for e in har["log"]["entries"]]
    reset = "net::ERR_CONNECTION_RESET"
    assert shown[1:6] == [(200, None), (0, reset), (200, reset), (400, None), (200, None)]


def test_the_curl_command_of_a_create_call_creates_it_again(curls: Curls, frozen: str) -> None:
    curl = curls(frozen)
    bad_day(curl)
    curl.put("/scenarios", [])
    script = curl("/__mock__/journal?format=curl&operation=createVideoTask").text
    assert script.count("curl -sS") == 3
    pasted = shell(script, curl.name)
    assert (pasted.returncode, pasted.stderr) == (0, "")
    first, second, third = map(json.loads, pasted.stdout.replace("}{", "}\n{").splitlines())
    assert [first["output"]["task_status"], second["output"]["task_status"]] == ["PENDING"] * 2
    assert third["message"] == "Field required: input.face_bbox"
    assert curl("/api/v1/tasks").body["total"] == 4
    sent = [e["request"]["body"] for e in exchanges(curl) if e["operation"] == "createVideoTask"]
    assert sent[3:] == sent[:3]


def test_the_curl_commands_of_a_journal_repeat_every_call(curls: Curls, frozen: str) -> None:
    curl = curls(frozen)
    bad_day(curl)
    before = exchanges(curl)
    script = curl("/__mock__/journal?format=curl").text
    assert curl("/__mock__/reset", "-X", "POST").status == 200
    pasted = shell(script, curl.name)
    after = [e for e in exchanges(curl) if not e["request"]["path"].endswith("/reset")]
    assert [facts(e) for e in after] == [facts(e) for e in before], pasted.stderr


def exchanges(curl: Curl) -> list[Any]:
    return curl("/__mock__/journal").body["exchanges"]


def facts(exchange: Any) -> tuple[Any, ...]:
    """The parts of an exchange that stay the same when its call is repeated."""
    names = ("operation", "outcome", "fault", "task_id")
    return *(exchange[name] for name in names), exchange["response"]["status"]


ALL = {
    "limits": "documented",
    "variants": {"unknown-model": "404"},
    "scenario": "{do: close, nth: 9}",
}


@pytest.mark.parametrize("settings", [{"time": "skip"}, {"time": "frozen", **ALL}], ids=["", "all"])
def test_a_bundle_is_reproduced_in_a_new_process_with_the_same_answers(
    curls: Curls, serve: Serve, tmp_path: Path, settings: dict[str, Any]
) -> None:
    bundle = bundle_of(curls, serve, settings)
    assert reproduce(tmp_path, bundle) == (0, "10 exchanges, every answer the same\n")


def test_a_changed_bundle_shows_the_first_different_answer(
    curls: Curls, serve: Serve, tmp_path: Path
) -> None:
    bundle = bundle_of(curls, serve, {"time": "frozen"})
    bundle["secret"] = b64encode(b"another" * 4).decode()
    code, result = reproduce(tmp_path, bundle)
    assert (code, result.split(":")[0]) == (1, f"exchange 2, POST {CREATE}")


def bundle_of(curls: Curls, serve: Serve, settings: dict[str, Any]) -> Any:
    """A bundle of a bad day, made on a server that has stopped since."""
    with serve(**settings) as url:
        curl = curls(url)
        bad_day(curl)
        curl.create(model="emo-v9")
        result = curl("/__mock__/bundle")
    assert (result.status, curl.name in result.text) == (200, False)
    return result.body


def reproduce(folder: Path, bundle: Any) -> tuple[int, str]:
    """Run `emo reproduce` in a new process; gives exit code and stdout."""
    file = folder / "run.json"
    file.write_text(json.dumps(bundle))
    command = [need_emo(), "reproduce", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout
