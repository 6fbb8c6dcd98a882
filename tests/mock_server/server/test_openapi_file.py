"""GET /openapi.yaml and /openapi.json return the document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.spec.document import default_path, read
from contracts.spec.loader import Spec
from mock_server.server import openapi_file
from tests.helpers.http import PLAIN

FAKE = "http://127.0.0.1:8787/api/v1"


def _get(url: str, name: str) -> Any:
    answer = PLAIN.get(f"{url}/openapi.{name}")
    assert answer.headers["content-type"] == f"application/{name}"
    return yaml.load(answer.content, yaml.CSafeLoader) if name == "yaml" else answer.json()


@pytest.mark.parametrize("name", ["yaml", "json"])
def test_the_document_is_served_without_a_key(url: str, name: str) -> None:
    served, document = _get(url, name), read(default_path())
    others = [server for server in document["servers"] if server["url"] != FAKE]
    assert served["servers"][1:] == others
    assert {**served, "servers": document["servers"]} == document


@pytest.mark.parametrize("name", ["yaml", "json"])
def test_the_first_server_of_the_document_is_the_address_of_the_request(
    url: str, name: str
) -> None:
    assert _get(url, name)["servers"][0]["url"] == f"{url}/api/v1"
    named = PLAIN.get(f"{url}/openapi.{name}", headers={"Host": "fake.test:81"}).text
    assert "http://fake.test:81/api/v1" in named
    assert FAKE not in named


@pytest.mark.parametrize("name", ["yaml", "json"])
def test_the_accept_header_does_not_change_the_format(url: str, name: str) -> None:
    for accept in ("text/html", "application/json", "image/png", ""):
        answer = PLAIN.get(f"{url}/openapi.{name}", headers={"Accept": accept})
        found = answer.status_code, answer.headers["content-type"]
        assert found == (200, f"application/{name}"), accept


@pytest.mark.parametrize("path", ["/openapi.yaml", "/openapi.json", "/%6fpenapi.json?a=b"])
def test_head_returns_the_length_and_no_body(url: str, path: str) -> None:
    got, head = PLAIN.get(url + path), PLAIN.head(url + path)
    assert head.headers["content-length"] == got.headers["content-length"]
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    "path", ["/openapi.yamlx", "/openapi", "/openapi.json/", "/api/v1/openapi.json"]
)
def test_a_similar_path_is_answered_like_any_unknown_path(url: str, path: str) -> None:
    assert PLAIN.get(url + path).json()["code"] == "InvalidApiKey"


def test_another_method_is_refused_with_a_reason(url: str) -> None:
    answer = PLAIN.post(f"{url}/openapi.yaml", content=b"openapi: 3.1.0")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert "POST /openapi.yaml" in answer.json()["error"]


def test_the_served_document_can_be_loaded_as_a_spec(url: str, tmp_path: Any) -> None:
    (tmp_path / "openapi.yaml").write_bytes(PLAIN.get(f"{url}/openapi.yaml").content)
    assert Spec.load(tmp_path / "openapi.yaml").operations.keys() == Spec.load().operations.keys()


def test_the_file_is_read_once(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = [PLAIN.get(f"{url}/openapi.{name}").content for name in ("yaml", "json")]
    monkeypatch.setattr(Path, "read_text", None)
    monkeypatch.setattr(openapi_file.msgspec.json, "encode", None)
    assert [PLAIN.get(f"{url}/openapi.{name}").content for name in ("yaml", "json")] == first
