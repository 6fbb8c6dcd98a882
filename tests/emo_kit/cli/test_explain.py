"""`emo explain`, `emo reproduce` and `emo serve` with scenarios and a log, on a real server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import httpx

from contracts.spec.loader import Spec
from tests.helpers.cli import CLEAN, EMO, emo
from tests.helpers.fake import SERVICE, request
from tests.helpers.http import http_client  # noqa: F401


def there(http: httpx.Client) -> dict[str, str]:
    """The environment in which `emo` finds this server and this key."""
    key = http.headers["Authorization"].removeprefix("Bearer ")
    base = str(http.base_url).rstrip("/")
    return {"DASHSCOPE_HTTP_BASE_URL": f"{base}/api/v1", "DASHSCOPE_API_KEY": key}


def test_a_refusal_is_explained_by_its_id_or_as_the_latest(http: httpx.Client, spec: Spec) -> None:
    body = request(spec, "detectFace") | {"parameters": {"ratio": "4:3"}}
    refused = http.post(f"{SERVICE}/face-detect", json=body)
    http.get("/api/v1/tasks")
    by_id = emo("explain", refused.headers["x-mock-explain"], **there(http))
    latest = emo("explain", "--last", **there(http))
    assert by_id.stdout == latest.stdout
    for said in ("/parameters/ratio", '"4:3"', "openapi.yaml:", "curl -sS -X POST"):
        assert said in by_id.stdout
    told = json.loads(emo("explain", "--json", **there(http)).stdout)
    assert (told["kind"], told["pointer"]) == ("refusal", "/parameters/ratio")


def test_explain_exits_1_if_there_is_nothing_to_explain(http: httpx.Client) -> None:
    nothing = emo("explain", **there(http))
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert "there is nothing to explain" in nothing.stderr
    unknown = emo("explain", "no-such-id", **there(http))
    assert unknown.returncode == 1
    assert "no exchange 'no-such-id' of this key" in unknown.stderr


def test_wrong_usage_of_explain_exits_2_with_the_reason(http: httpx.Client) -> None:
    both = emo("explain", "x", "--last", **there(http))
    assert (both.returncode, "not both" in both.stderr) == (2, True)
    dots = emo("explain", "..", **there(http))
    assert (dots.returncode, "is not a request_id" in dots.stderr) == (2, True)
    gone = emo("explain", "--server", "http://127.0.0.1:9/api/v1", "--key", "sk-x")
    assert (gone.returncode, "no fake answers at" in gone.stderr) == (2, True)


def test_a_bundle_is_reproduced_in_a_new_process(
    http: httpx.Client, spec: Spec, tmp_path: Path
) -> None:
    http.put("/__mock__/scenarios", json={"operation": "getTask", "nth": 1, "do": "wrong-type"})
    headers = {"X-DashScope-Async": "enable"}
    body = request(spec, "createVideoTask")
    task = http.post(f"{SERVICE}/video-synthesis", json=body, headers=headers).json()["output"]
    for _ in range(3):
        http.get(f"/api/v1/tasks/{task['task_id']}")
    file = tmp_path / "run.json"
    file.write_bytes(http.get("/__mock__/bundle").content)
    same = emo("reproduce", str(file))
    assert (same.returncode, same.stdout) == (0, "5 exchanges, every answer the same\n")
    file.write_text(file.read_text().replace('"status":200', '"status":201'))
    other = emo("reproduce", str(file))
    assert other.returncode == 1
    assert "exchange 2, POST" in other.stdout
    assert "another status than in the bundle\n  was  201\n  is   200\n" in other.stdout


def test_an_invalid_bundle_is_wrong_usage(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text("{}")
    assert emo("reproduce", str(file)).returncode == 2
    assert emo("reproduce", str(tmp_path / "none.json")).returncode == 2


def test_a_server_prints_unused_scenarios_when_it_stops(tmp_path: Path) -> None:
    log = tmp_path / "log"
    rules = "[{name: never, nth: 99, do: reset}, {name: at once, do: Throttling}]"
    with log.open("wb") as stderr:
        server = subprocess.Popen(
            [*EMO, "serve", "--port", "0", "--log", "json", "--scenario", rules],
            stderr=stderr, env=CLEAN,
        )  # fmt: skip
        try:
            url = _url(log, server)
            answer = httpx.get(f"{url}/api/v1/tasks/t", headers={"Authorization": "Bearer sk-logs"})
            assert answer.status_code == 429
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(10) == 0
    lines = log.read_text().splitlines()
    told = [json.loads(line) for line in lines]
    assert [line.get("event", "") for line in told] == ["serving", "", "unused-scenarios"]
    assert (told[0]["url"], told[-1]["scenarios"]) == (url, ["never"])
    answered = told[1]["status"], told[1]["scenario"], told[1]["source"]
    assert answered == (429, "Throttling", "file at once")
    assert "sk-logs" not in log.read_text()


def _url(log: Path, server: subprocess.Popen[bytes]) -> str:
    """The address that a server prints when it is ready."""
    while server.poll() is None:
        said = log.read_text().partition("serving on ")[2].partition(" ")
        if said[1]:
            return said[0]
        os.sched_yield()
    raise AssertionError(log.read_text())


def test_invalid_options_of_serve_are_wrong_usage(tmp_path: Path) -> None:
    for options, said in (
        (["--scenario", "{do: Throttlin}"], "did you mean 'Throttling'"),
        (["--scenario", str(tmp_path / "none.yaml")], "cannot be read"),
        (["--variant", "models"], "must be NAME=CHOICE"),
        (["--variant", "modls=retired"], "Did you mean 'models'?"),
        (["--variant", "models=retird"], "Did you mean 'retired'?"),
        (["--limits", "some"], "'some' is not one of"),
    ):
        ended = emo("serve", "--port", "0", *options)
        assert (ended.returncode, said in ended.stderr) == (2, True), ended.stderr
