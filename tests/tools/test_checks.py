"""Linters, mock servers and importers accept openapi.yaml without a warning."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.spec.loader import Spec
from tests.helpers.fake import request
from tests.helpers.http import PLAIN
from tests.helpers.tools import run, running, workshop

KEY = {"Authorization": "Bearer sk-tools"}
ASYNC = {"X-DashScope-Async": "enable"}
AIGC = "/services/aigc/image2video"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return workshop(tmp_path)


def test_redocly_and_spectral_report_nothing(folder: Path) -> None:
    printed = run(folder, "sh", "check.sh")
    assert "Your API description is valid" in printed
    assert "No results with a severity of 'hint' or higher found!" in printed
    assert " warning" not in printed.replace("Deprecation warning", "")


def test_swagger_parser_accepts_the_document(folder: Path) -> None:
    assert run(folder, "node", "swagger-parser.mjs") == "DashScope EMO 5 paths\n"


def test_prism_answers_each_operation_with_an_example(folder: Path, spec: Spec) -> None:
    with running(folder, "prism.sh", "4010") as base, httpx.Client(base_url=base) as prism:
        for answer in _one_of_each(prism, spec):
            answer.raise_for_status()
        refused = prism.post(f"{AIGC}/video-synthesis", json={}, headers={**KEY, **ASYNC})
    assert 400 <= refused.status_code < 500


def test_prism_finds_the_answers_of_the_fake_valid(folder: Path, url: str, spec: Spec) -> None:
    script = folder / "prism-proxy.sh"
    script.write_text(script.read_text().replace("http://127.0.0.1:8787", url))
    with running(folder, script.name, "4011") as base, httpx.Client(base_url=base) as prism:
        assert [a.status_code for a in _one_of_each(prism, spec)] == [200, 200, 200, 200]


def _one_of_each(client: httpx.Client, spec: Spec) -> Iterator[httpx.Response]:
    client.headers.update(KEY)
    yield client.post(f"{AIGC}/face-detect", json=request(spec, "detectFace"))
    body = request(spec, "createVideoTask")
    created = client.post(f"{AIGC}/video-synthesis", json=body, headers=ASYNC)
    yield created
    yield client.get(f"/tasks/{created.json()['output']['task_id']}")
    yield client.get("/tasks")


def test_postman_sends_the_async_header_only_with_a_creation(folder: Path) -> None:
    script = folder / "postman.mjs"
    for example in ("", 'parametersResolution: "Example"'):  # "" is Postman's default: Schema
        options = f"const options = {{ {example} }};"
        script.write_text(re.sub("const options = .*", options, script.read_text()))
        run(folder, "node", script.name)
        sent = {
            call["name"]: [h["value"] for h in call["header"] if h["key"] == "X-DashScope-Async"]
            for call in _postman_calls(folder)
        }
        assert {name: values for name, values in sent.items() if values} == {
            "Create a task that makes the video": ["enable"]
        }


def test_the_calls_that_postman_imports_succeed(folder: Path, url: str) -> None:
    run(folder, "node", "postman.mjs")
    for call in _postman_calls(folder):
        path = "/".join(call["url"]["path"]).replace(":task_id", "a-task")
        headers = {header["key"]: header["value"] for header in call["header"]}
        body = call["body"]["raw"] if call.get("body") else ""
        answer = PLAIN.request(
            call["method"], f"{url}/api/v1/{path}", content=body, headers={**headers, **KEY}
        )
        cancels = path.endswith("cancel")  # of a task that is not there
        assert answer.status_code == (400 if cancels else 200), (call["name"], answer.text)


def _postman_calls(folder: Path) -> Iterator[dict[str, Any]]:
    waiting = [json.loads((folder / "emo.postman.json").read_text("utf-8"))]
    while waiting:
        node = waiting.pop()
        waiting += node.get("item", [])
        if "request" in node:
            yield {**node["request"], "name": node["name"]}
