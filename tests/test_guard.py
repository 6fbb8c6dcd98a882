"""Who may use the control API, by key and by token, and which Host and Origin are believed."""

from __future__ import annotations

import httpx
import pytest
from support_http import PLAIN, Serve, create, exchange, http_client  # noqa: F401

from contracts.spec import Spec


def test_control_calls_need_a_key_and_a_route_that_exists(url: str) -> None:
    assert PLAIN.get(f"{url}/__mock__/state").status_code == 401
    assert PLAIN.get(f"{url}/__mock__/health").json()["status"] == "ok"
    assert "GET health" in PLAIN.get(f"{url}/__mock__/nothing").json()["error"]
    assert PLAIN.get(f"{url}/__mock__/reset").status_code == 405


@pytest.mark.parametrize("route", ["health", "state", "clock", "reset", "nothing"])
@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Host": "127.0.0.1.evil.example:8787"}, {"Host": ""},
     {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://192.168.0.9"},
     {"Origin": "http://[bad"}, {"Host": "[bad"}],
)  # fmt: skip
def test_a_foreign_page_reaches_no_control_route(
    http: httpx.Client, route: str, headers: dict[str, str]
) -> None:
    for method in ("GET", "POST"):
        answer = http.request(method, f"/__mock__/{route}", headers=headers)
        assert answer.status_code == 403
        assert "error" in answer.json()


def test_two_hosts_or_two_origins_are_refused(url: str) -> None:
    for name, twice in (("Host", "127.0.0.1"), ("Origin", "http://127.0.0.1")):
        head = f"GET /__mock__/health HTTP/1.1\r\n{name}: {twice}\r\n{name}: evil.example\r\n"
        host = "" if name == "Host" else "Host: 127.0.0.1\r\n"
        assert exchange(url, f"{head}{host}\r\n".encode()).startswith(b"HTTP/1.1 4")


def test_off_this_machine_the_control_api_needs_its_token(serve: Serve) -> None:
    with serve(host="0.0.0.0") as url:
        assert "--admin-token" in PLAIN.get(f"{url}/__mock__/health").json()["error"]
    with serve(host="0.0.0.0", admin_token="s3cret") as url:
        health = f"{url}/__mock__/health"
        assert PLAIN.get(health).status_code == 403
        assert PLAIN.get(health, headers={"X-Mock-Admin-Token": "wrong"}).status_code == 403
        for host in ("127.0.0.1", "10.1.2.3:8787", "[fe80::1]:1"):
            headers = {"X-Mock-Admin-Token": "s3cret", "Host": host}
            assert PLAIN.get(health, headers=headers).status_code == 200
        headers = {"X-Mock-Admin-Token": "s3cret", "Host": "fake.internal"}
        assert PLAIN.get(health, headers=headers).status_code == 403
    with serve(host="0.0.0.0", admin_token="s3cret", allow_hosts=("fake.internal",)) as url:
        assert PLAIN.get(f"{url}/__mock__/health", headers=headers).status_code == 200


def test_a_host_that_cannot_be_one_is_not_repeated_in_answers(
    http: httpx.Client, url: str, spec: Spec
) -> None:
    task, odd = create(http, spec), {"Host": 'x"><script>'}
    answers = [http.get(f"/api/v1/tasks/{task}", headers=odd).json() for _ in range(2)]
    assert answers[-1]["output"]["results"]["video_url"].startswith(f"{url}/results/")
