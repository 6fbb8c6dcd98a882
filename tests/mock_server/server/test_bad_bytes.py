"""Malformed request bodies: invalid bytes, extreme JSON, and a client that disconnects."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from contracts.spec.loader import Spec
from tests.helpers.cases import each_case
from tests.helpers.fake import SERVICE, request
from tests.helpers.http import http_client  # noqa: F401


def deep(levels: int) -> bytes:
    return b'{"input":' * levels + b"1" + b"}" * levels


BAD_BODIES = {
    "over 1 MiB": b'{"model": "' + b"a" * (1 << 20) + b'"}',
    "far over 1 MiB": b" " * (5 << 20),
    "invalid UTF-8": b'{"model": "\xff\xfe"}',
    "UTF-16": '{"model": "emo-v1"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"model": "emo-v1"}',
    "a key twice": b'{"model": "emo-v1", "model": "emo-v1", "input": {}}',
    "a key twice in escapes": b'{"model": "emo-v1", "\\u006dodel": "emo-v1", "input": {}}',
    "NaN": b'{"model": "emo-v1", "input": {"x": NaN}}',
    "Infinity": b'{"model": "emo-v1", "input": {"x": -Infinity}}',
    "10,000 deep": deep(10_000),
    "500 deep": deep(500),
    "100,000 arrays": b"[" * 100_000,
    "a huge integer": b'{"model": "emo-v1", "input": {"face_bbox": [' + b"9" * 5000 + b"]}}",
    "an integer past 64 bits": b'{"model": ' + b"9" * 30 + b"}",
    "a float past all measure": b'{"model": 1e999}',
    "half a surrogate pair": b'{"model": "emo-v1", "input": {"image_url": "\\ud800"}}',
    "half a pair as a key": b'{"\\udfff": 1}',
    "a zero byte": b'{"model": "emo-v1\x00"}',
    "nothing": b"",
    "a form": b"model=emo-v1",
}


@each_case("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
@pytest.mark.parametrize("operation", ["face-detect", "video-synthesis"])
def test_a_malformed_body_is_answered_4xx_in_the_error_format_of_the_service(
    http: httpx.Client, operation: str, body: bytes
) -> None:
    headers = {"X-DashScope-Async": "enable"} if operation == "video-synthesis" else {}
    answer = http.post(f"{SERVICE}/{operation}", content=body, headers=headers)
    assert 400 <= answer.status_code < 500
    assert answer.json().keys() == {"code", "message", "request_id"}
    assert http.get("/api/v1/tasks/1").status_code == 200


def test_unusual_json_values_are_accepted(http: httpx.Client, spec: Spec) -> None:
    body = request(spec, "createVideoTask")
    body["input"] |= {
        "😀": '\\ " \u2028',
        "n": 10**40,
        "f": 1e300,
        "deep": json.loads("[" * 90 + "]" * 90),
    }
    headers = {"X-DashScope-Async": "enable"}
    answer = http.post(f"{SERVICE}/video-synthesis", content=json.dumps(body), headers=headers)
    assert answer.status_code == 200


def test_a_call_whose_client_disconnects_is_not_carried_out(
    http: httpx.Client, url: str, spec: Spec
) -> None:
    http.post("/__mock__/clock", json={"freeze": True})
    body = json.dumps(request(spec, "createVideoTask"))
    parts = urlsplit(url)
    head = (
        f"POST {SERVICE}/video-synthesis HTTP/1.1\r\nHost: x\r\nX-DashScope-Async: enable\r\n"
        f"Authorization: {http.headers['Authorization']}\r\nContent-Length: {len(body) + 9}\r\n\r\n"
    )
    with socket.create_connection((str(parts.hostname), int(parts.port or 80))) as sock:
        sock.sendall((head + body).encode())
    assert http.get("/api/v1/tasks").json()["total"] == 0
