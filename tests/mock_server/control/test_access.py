"""Who may use the control API: by key, token, Host, Origin and proxy headers."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from contracts.spec.loader import Spec
from tests.helpers.cases import each_case
from tests.helpers.http import PLAIN, Serve, create, exchange, http_client  # noqa: F401


def test_a_control_call_needs_a_key_and_an_existing_route(url: str) -> None:
    assert PLAIN.get(f"{url}/__mock__/state").status_code == 401
    assert PLAIN.get(f"{url}/__mock__/health").json()["status"] == "ok"
    assert "GET health" in PLAIN.get(f"{url}/__mock__/nothing").json()["error"]
    assert PLAIN.get(f"{url}/__mock__/reset").status_code == 405


@each_case("route", ["metrics", "state", "clock", "reset", "nothing"])
@each_case(
    "headers",
    [{"Host": "evil.example"}, {"Host": "127.0.0.1.evil.example:8787"}, {"Host": ""},
     {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://192.168.0.9"},
     {"Origin": "http://[bad"}, {"Host": "[bad"}],
)  # fmt: skip
def test_a_page_of_another_origin_reaches_no_control_route(
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


def test_health_answers_every_probe_and_no_page_may_read_it(serve: Serve) -> None:
    foreign = {"Host": "fake:8787", "Origin": "https://evil.example", "X-Forwarded-For": "10.0.0.9"}
    with serve(host="0.0.0.0", admin_token="s3cret", cors=("https://evil.example",)) as url:
        answer = PLAIN.get(f"{url}/__mock__/health", headers=foreign)
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")
        assert PLAIN.head(f"{url}/__mock__/health", headers=foreign).status_code == 200
        assert "s3cret" not in answer.text
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_the_control_api_of_a_shared_server_needs_its_token(serve: Serve) -> None:
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


def test_a_refused_control_call_names_everything_that_is_missing(serve: Serve) -> None:
    foreign = {"Host": "fake:8787", "Origin": "http://app:3000"}
    with serve(host="0.0.0.0") as url:
        refused = PLAIN.get(f"{url}/__mock__/state", headers=foreign)
        assert refused.status_code == 403
        for part in (
            "4 reasons", "Host 'fake:8787'", "--allow-host fake", "EMO_ALLOW_HOST", "Origin",
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
def test_an_invalid_host_header_is_refused(url: str, host: str) -> None:
    refused = PLAIN.get(f"{url}/__mock__/metrics", headers={"Host": host})
    assert refused.status_code == 403
    assert "is not a name of this server" in refused.json()["error"]


def test_a_refused_control_call_names_only_changes_that_help(serve: Serve) -> None:
    with serve(host="0.0.0.0") as url:
        by_address = {"Host": "10.1.2.3:8787", "Authorization": "Bearer sk-a"}
        error = PLAIN.get(f"{url}/__mock__/state", headers=by_address).json()["error"]
    assert error.startswith("it answers on loopback only")


@pytest.fixture(scope="module", params=[None, "127.0.0.1", "*"], ids=str)
def behind_a_proxy(request: pytest.FixtureRequest, serve: Serve) -> Iterator[str]:
    """A server with each value of --forwarded-allow-ips."""
    with serve(forwarded_allow_ips=request.param) as url:
        yield url


@each_case(
    "sent, passes",
    [({"X-Forwarded-For": "203.0.113.9"}, False), ({"X-Forwarded-For": "127.0.0.1"}, True),
     ({"X-Forwarded-For": "127.0.0.1, 203.0.113.9"}, False),
     ({"X-Forwarded-For": "[::1]:5, 127.0.0.1:80"}, True), ({"X-Forwarded-For": ""}, False),
     ({"X-Forwarded-Proto": "https"}, False), ({"Forwarded": "for=127.0.0.1"}, False),
     ({"X-Real-IP": "203.0.113.9"}, False), ({"Via": "1.1 proxy"}, False),
     ({"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "fake.example"}, False),
     ({"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "localhost:8443"}, True)],
)  # fmt: skip
def test_clients_of_a_local_proxy_are_not_local(
    behind_a_proxy: str, sent: dict[str, str], passes: bool
) -> None:
    answer = PLAIN.get(f"{behind_a_proxy}/__mock__/metrics", headers=sent)
    assert answer.status_code == (200 if passes else 403)


def test_an_invalid_host_header_is_not_repeated_in_answers(
    http: httpx.Client, url: str, spec: Spec
) -> None:
    task, odd = create(http, spec), {"Host": 'x"><script>'}
    answers = [http.get(f"/api/v1/tasks/{task}", headers=odd).json() for _ in range(2)]
    assert answers[-1]["output"]["results"]["video_url"].startswith(f"{url}/results/")
