"""Request lines and headers: paths in each spelling, malformed lines, too many headers."""

from __future__ import annotations

import httpx
import pytest

from contracts.spec.loader import Spec
from tests.helpers.cases import each_case
from tests.helpers.fake import SERVICE, request
from tests.helpers.http import PLAIN, exchange, http_client  # noqa: F401


def test_paths_with_a_slash_or_the_reseller_prefix_are_answered_without_a_redirect(
    http: httpx.Client, spec: Spec
) -> None:
    for prefix in ("", "/qwen"):
        for slash in ("", "/"):
            path = f"{prefix}{SERVICE}/face-detect{slash}"
            assert http.post(path, json=request(spec, "detectFace")).status_code == 200
            assert http.get(f"{prefix}/api/v1/tasks{slash}").status_code == 200
            assert http.get(f"{prefix}/api/v1/tasks/x{slash}").status_code == 200
            assert http.post(f"{prefix}/api/v1/tasks/x/cancel{slash}").status_code == 400


def test_a_wrong_method_of_the_control_api_is_refused_in_json(http: httpx.Client) -> None:
    for method, path in (("DELETE", "/__mock__/state"), ("POST", "/samples/portrait.png")):
        answer = http.request(method, path)
        assert answer.status_code == 405
        assert path in answer.json()["error"]


@pytest.mark.parametrize(
    "headers",
    [[("X-Filler", "a" * 100_000)], [(f"X-{n}", "a" * 100) for n in range(1000)],
     [("X-Same", "a" * 100)] * 1000, [("Cookie", "é" * 40_000)]],
)  # fmt: skip
def test_100_kb_of_headers_are_answered_431_with_an_error_body(
    http: httpx.Client, headers: list[tuple[str, str]]
) -> None:
    raw = [(name.encode(), value.encode()) for name, value in [*headers, *http.headers.items()]]
    answer = http.get("/api/v1/tasks/1", headers=raw)
    assert answer.status_code == 431
    assert answer.json()["code"] == "InvalidParameter"


@each_case(
    "start",
    [b"GET /api/v1/tasks/%ff%fe HTTP/1.1", b"GET /api/v1/tasks/%00 HTTP/1.1",
     b"GET /api/v1/tasks/%2e%2e%2f HTTP/1.1", b"GET /api/v1/tasks?page_no=%ff&;&= HTTP/1.1",
     b"GET /api/v1/tasks?" + b"a=1&" * 5000 + b" HTTP/1.1", b"GET /api/v1/tasks/%zz HTTP/1.1",
     b"GET http://other.example/api/v1/tasks/1 HTTP/1.1", b"GET //api/v1/tasks/1 HTTP/1.1",
     b"BREW /api/v1/tasks/1 HTTP/1.1", b"OPTIONS * HTTP/1.1", b"GET /\xe4\xbd HTTP/1.1",
     b"GET /results/%ff/%00/1x1.mp4?Expires=1&Signature=%ff HTTP/1.1",
     b"GET /results/a/b/1x1-3.2.mp4?Expires=\xe2&Signature=1 HTTP/1.1"],
)  # fmt: skip
def test_a_malformed_request_line_is_answered_and_logs_no_traceback(
    url: str, start: bytes, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    head = b"\r\nHost: 127.0.0.1\r\nAuthorization: Bearer sk-a\r\nConnection: close\r\n\r\n"
    answer = exchange(url, start + head)
    assert answer.split(b" ", 2)[1][:1] in (b"2", b"4")
    if b"/results/" not in start:
        assert b'"request_id":"' in answer
    assert PLAIN.get(f"{url}/__mock__/health").status_code == 200
    assert "Traceback" not in capfd.readouterr().err + caplog.text
