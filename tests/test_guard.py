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


@pytest.mark.parametrize("route", ["metrics", "state", "clock", "reset", "nothing"])
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
        head = f"GET /__mock__/metrics HTTP/1.1\r\n{name}: {twice}\r\n{name}: evil.example\r\n"
        host = "" if name == "Host" else "Host: 127.0.0.1\r\n"
        assert exchange(url, f"{head}{host}\r\n".encode()).startswith(b"HTTP/1.1 4")


def test_health_is_told_to_every_probe_and_its_answer_to_no_page(serve: Serve) -> None:
    foreign = {"Host": "fake:8787", "Origin": "https://evil.example", "X-Forwarded-For": "10.0.0.9"}
    with serve(host="0.0.0.0", admin_token="s3cret", cors=("https://evil.example",)) as url:
        answer = PLAIN.get(f"{url}/__mock__/health", headers=foreign)
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")
        assert PLAIN.head(f"{url}/__mock__/health", headers=foreign).status_code == 200
        assert "s3cret" not in answer.text
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_off_this_machine_the_control_api_needs_its_token(serve: Serve) -> None:
    with serve(host="0.0.0.0") as url:
        assert "--admin-token" in PLAIN.get(f"{url}/__mock__/metrics").json()["error"]
    with serve(host="0.0.0.0", admin_token="s3cret") as url:
        metrics = f"{url}/__mock__/metrics"
        assert PLAIN.get(metrics).status_code == 403
        assert PLAIN.get(metrics, headers={"X-Mock-Admin-Token": "wrong"}).status_code == 403
        for host in ("127.0.0.1", "10.1.2.3:8787", "[fe80::1]:1"):
            headers = {"X-Mock-Admin-Token": "s3cret", "Host": host}
            assert PLAIN.get(metrics, headers=headers).status_code == 200
        headers = {"X-Mock-Admin-Token": "s3cret", "Host": "fake.internal"}
        assert PLAIN.get(metrics, headers=headers).status_code == 403
    with serve(host="0.0.0.0", admin_token="s3cret", allow_hosts=("fake.internal",)) as url:
        assert PLAIN.get(f"{url}/__mock__/metrics", headers=headers).status_code == 200


def test_one_refusal_names_all_that_is_missing_with_option_and_variable(serve: Serve) -> None:
    foreign = {"Host": "fake:8787", "Origin": "http://app:3000"}
    with serve(host="0.0.0.0") as url:
        refused = PLAIN.get(f"{url}/__mock__/state", headers=foreign)
        assert refused.status_code == 403
        for part in (
            "4 things", "Host 'fake:8787'", "--allow-host fake", "EMO_ALLOW_HOST", "Origin",
            "--admin-token", "EMO_ADMIN_TOKEN", "X-Mock-Admin-Token", "as `Bearer KEY`",
        ):  # fmt: skip
            assert part in refused.json()["error"]
    told = {"X-Mock-Admin-Token": "s3cret", "Authorization": "Bearer sk-a", **foreign}
    with serve(host="0.0.0.0", admin_token="s3cret", allow_hosts=("fake", "app")) as url:
        assert PLAIN.get(f"{url}/__mock__/state", headers=told).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["me@127.0.0.1", "127.0.0.1:8787:1", "localhost:abc", "localhost:99999", "127.0.0.1#evil",
     "127.0.0.1/x", "[::1", "127.0.0.1, evil.example"],
)  # fmt: skip
def test_a_host_that_cannot_be_one_is_not_taken_for_the_name_in_it(serve: Serve, host: str) -> None:
    with serve() as url:
        refused = PLAIN.get(f"{url}/__mock__/metrics", headers={"Host": host})
        assert refused.status_code == 403
        assert "is not a name of this server" in refused.json()["error"]


def test_a_refusal_asks_for_nothing_that_would_not_help(serve: Serve) -> None:
    with serve(host="0.0.0.0") as url:
        by_address = {"Host": "10.1.2.3:8787", "Authorization": "Bearer sk-a"}
        error = PLAIN.get(f"{url}/__mock__/state", headers=by_address).json()["error"]
    assert error.startswith("it answers on loopback only")


@pytest.mark.parametrize(
    ("sent", "passes"),
    [({"X-Forwarded-For": "203.0.113.9"}, False), ({"X-Forwarded-For": "127.0.0.1"}, True),
     ({"X-Forwarded-For": "127.0.0.1, 203.0.113.9"}, False),
     ({"X-Forwarded-For": "[::1]:5, 127.0.0.1:80"}, True), ({"X-Forwarded-For": ""}, False),
     ({"X-Forwarded-Proto": "https"}, False), ({"Forwarded": "for=127.0.0.1"}, False),
     ({"X-Real-IP": "203.0.113.9"}, False), ({"Via": "1.1 proxy"}, False),
     ({"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "fake.example"}, False),
     ({"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "localhost:8443"}, True)],
)  # fmt: skip
@pytest.mark.parametrize("trusted", [None, "127.0.0.1", "*"])
def test_a_proxy_on_this_machine_does_not_make_its_clients_local(
    serve: Serve, trusted: str | None, sent: dict[str, str], passes: bool
) -> None:
    with serve(forwarded_allow_ips=trusted) as url:
        answer = PLAIN.get(f"{url}/__mock__/metrics", headers=sent)
        assert answer.status_code == (200 if passes else 403)


def test_a_host_that_cannot_be_one_is_not_repeated_in_answers(
    http: httpx.Client, url: str, spec: Spec
) -> None:
    task, odd = create(http, spec), {"Host": 'x"><script>'}
    answers = [http.get(f"/api/v1/tasks/{task}", headers=odd).json() for _ in range(2)]
    assert answers[-1]["output"]["results"]["video_url"].startswith(f"{url}/results/")
