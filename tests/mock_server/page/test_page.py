"""The page at `/`: which requests get it, its content, and which requests see the exchanges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.spec.loader import Spec
from mock_server.control.api import CONTROLS
from mock_server.engine.pipeline import Engine
from mock_server.page import wants_page
from mock_server.server.app import FakeApp
from tests.helpers.cases import each_case
from tests.helpers.http import PLAIN, Serve, http_client  # noqa: F401

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
ASKS = {"Accept": BROWSER}
HIDDEN = "shown only where the control API would answer"


@pytest.fixture(scope="module")
def url(serve: Serve) -> Iterator[str]:
    with serve(cors=("localhost",)) as base:
        yield base


@pytest.mark.parametrize(
    "accept", [BROWSER, "text/html", "TEXT/HTML;q=0.9, */*", "application/json, text/html"]
)
def test_a_request_that_accepts_html_gets_the_page(url: str, accept: str) -> None:
    for method, headers in (("GET", {}), ("HEAD", {}), ("GET", {"Authorization": "Bearer sk-a"})):
        answer = PLAIN.request(method, f"{url}/", headers={"Accept": accept, **headers})
        assert (answer.status_code, answer.headers["content-type"]) == (
            200,
            "text/html; charset=utf-8",
        )


@each_case(
    "method, path, accept",
    [("GET", "/", "*/*"), ("GET", "/", ""), ("GET", "/", "application/json"),
     ("POST", "/", BROWSER),
     ("GET", "/", "text/html;q=0, */*"), ("GET", "/", "application/json, text/html;q=0.5"),
     ("GET", "/", "text/html;q=x"), ("GET", "/", "text/*"), ("GET", "//", BROWSER),
     ("GET", "/index.html", BROWSER), ("OPTIONS", "/", BROWSER), ("POST", "/favicon.ico", "*/*")],
)  # fmt: skip
def test_every_other_request_gets_the_answer_of_the_service(
    url: str, method: str, path: str, accept: str
) -> None:
    answer = PLAIN.request(method, url + path, headers={"Accept": accept})
    assert (answer.status_code, answer.json()["code"]) == (401, "InvalidApiKey")
    keyed = {"Accept": accept, "Authorization": "Bearer sk-a"}
    assert PLAIN.request(method, url + path, headers=keyed).json()["code"] == "InvalidParameter"


def test_requests_that_a_browser_makes_by_itself_are_not_in_the_journal(url: str) -> None:
    def count() -> str:
        return re.findall(r"emo_journal_entries (\d+)", PLAIN.get(f"{url}/__mock__/metrics").text)[
            0
        ]

    before = count()
    assert PLAIN.get(f"{url}/", headers=ASKS).status_code == 200
    icon = PLAIN.get(f"{url}/favicon.ico")
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")
    for path in ("/apple-touch-icon.png", "/.well-known/appspecific/com.chrome.devtools.json"):
        assert PLAIN.get(f"{url}{path}").status_code == 404
    assert count() == before


def test_the_page_has_the_export_lines_and_every_route(url: str, spec: Spec) -> None:
    page = PLAIN.get(f"{url}/", headers=ASKS).text
    assert f"export DASHSCOPE_HTTP_BASE_URL={url}/api/v1\nexport DASHSCOPE_API_KEY=sk-" in page
    for operation in spec.operations.values():
        assert f"{operation.method} /api/v1{operation.template}" in page
        assert operation.id in page
    for method, path, control in CONTROLS:
        assert f"{method} /__mock__{path}" in page
        assert str(control.__doc__).partition("\n")[0].endswith("."), "its first line is shown"
    for route in FakeApp(Engine(spec)).routes:
        assert str(getattr(route, "path", "")).partition("{")[0] in page


def test_each_link_of_the_page_works(url: str) -> None:
    links = re.findall(r'href="([^"]*)"', PLAIN.get(f"{url}/", headers=ASKS).text)
    assert {"./openapi.yaml", "./docs/control.md", "./docs/deploy.md"} <= set(links)
    for link in links:
        assert PLAIN.get(urljoin(f"{url}/", link), headers=ASKS).status_code == 200, link
    assert PLAIN.get(f"{url}/docs/control.md").text.startswith("<!-- Written by")
    assert "./docs/maintainers/proven.md" not in links


@pytest.mark.parametrize(
    "name",
    ["none.md", "..%2fREADME.md", "%2e%2e/README.md", "a/b.md", "maintainers", "maintainers/",
     "maintainers/%2e%2e/%2e%2e/README.md"],
)  # fmt: skip
def test_docs_serves_nothing_but_the_documentation(url: str, name: str) -> None:
    assert PLAIN.get(f"{url}/docs/{name}").status_code == 404


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
def test_the_index_of_the_documentation_links_to_each_page(url: str, path: str) -> None:
    answer = PLAIN.get(f"{url}{path}", headers=ASKS, follow_redirects=True)
    links = re.findall(r'href="([^"]*)"', answer.text)
    assert answer.url.path == "/docs/"
    assert {"sdk.md", "maintainers/proven.md"} <= set(links)
    assert links[0] == "index.md"
    assert {PLAIN.get(f"{answer.url}{link}").status_code for link in links} == {200}


def test_all_links_are_relative_so_that_they_work_behind_a_proxy_path(url: str) -> None:
    for path in ("/", "/docs/"):
        links = re.findall(r'href="([^"]*)"', PLAIN.get(f"{url}{path}", headers=ASKS).text)
        assert not [link for link in links if link.startswith("/") or ":" in link]
    moved = PLAIN.get(f"{url}/docs", headers=ASKS).headers["location"]
    assert moved == "docs/"


def test_the_page_shows_the_address_of_the_request_or_the_public_url(serve: Serve) -> None:
    with serve() as base:
        page = PLAIN.get(f"{base}/", headers={**ASKS, "Host": "localhost:1234"}).text
        assert "http://localhost:1234/api/v1" in page
        page = PLAIN.get(f"{base}/", headers={**ASKS, "Host": '"><script>'}).text
        assert "<script" not in page
    with serve(public_url="https://fake.example/emo") as base:
        assert "https://fake.example/emo/api/v1" in PLAIN.get(f"{base}/", headers=ASKS).text


def test_the_headers_of_the_page_forbid_loading_anything_and_foreign_origins(url: str) -> None:
    answer = PLAIN.get(f"{url}/", headers={**ASKS, "Origin": "http://localhost:5173"})
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert answer.headers["vary"] == "Accept"
    assert answer.headers["cache-control"] == "no-store"
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert not re.findall(r"<script|\son\w+=|https?://(?!127\.0\.0\.1)", answer.text)


def test_the_page_shows_the_latest_20_exchanges_of_all_keys_newest_first(url: str) -> None:
    for number in range(25):
        key = {"Authorization": f"Bearer sk-page-key-{number % 3}"}
        PLAIN.get(f"{url}/api/v1/tasks/number-{number}", headers=key)
    page = PLAIN.get(f"{url}/", headers=ASKS).text
    seen = re.findall(r"<code>GET /api/v1/tasks/number-(\d+)</code>", page)
    assert seen == [str(number) for number in range(24, 4, -1)]
    assert "sk-page-key" not in page
    assert re.search(r"<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC</time>", page)


def test_a_refusal_of_the_fake_itself_is_shown_with_its_code(http: httpx.Client, url: str) -> None:
    http.get("/api/v1/tasks", headers={"X-Mock-Scenario": "no such"})
    page = PLAIN.get(f"{url}/", headers=ASKS).text
    assert '<strong class="bad">400</strong> UnknownScenario</span>' in page


def test_the_page_explains_a_refused_exchange(http: httpx.Client, url: str) -> None:
    http.post("/api/v1/services/aigc/image2video/face-detect", json={"model": "emo-detect-v1"})
    page = PLAIN.get(f"{url}/", headers=ASKS).text
    assert "<summary>Why?</summary><pre>POST /api/v1/services/aigc/image2video/face-detect" in page


@pytest.mark.parametrize("path", ["<script>alert(1)</script>", "%E2%80%AEevil", "a&amp;b", "]]>"])
def test_text_of_clients_is_escaped_in_the_html(http: httpx.Client, url: str, path: str) -> None:
    http.get(f"/api/v1/tasks/{path}", headers={"X-Mock-Scenario": "<img src=x>\u202e".encode()})
    page = PLAIN.get(f"{url}/", headers=ASKS).text
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"X-Forwarded-For": "10.0.0.9"}],
)
def test_a_request_without_access_to_the_control_api_sees_no_exchange(
    url: str, headers: dict[str, str]
) -> None:
    PLAIN.get(f"{url}/api/v1/tasks/secret-task", headers={"Authorization": "Bearer sk-hidden"})
    assert "secret-task" in PLAIN.get(f"{url}/", headers=ASKS).text
    page = PLAIN.get(f"{url}/", headers={**ASKS, **headers}).text
    assert "secret-task" not in page
    assert HIDDEN in page
    assert "emo journal" in page


def test_the_page_shows_exchanges_only_with_the_admin_token_if_there_is_one(serve: Serve) -> None:
    with serve(admin_token="s3cret") as base:
        PLAIN.get(f"{base}/api/v1/tasks/secret-task")
        page = PLAIN.get(f"{base}/", headers=ASKS).text
        assert HIDDEN in page
        assert "s3cret" not in page
        with_token = {**ASKS, "X-Mock-Admin-Token": "s3cret"}
        assert "secret-task" in PLAIN.get(f"{base}/", headers=with_token).text


def test_the_page_of_a_new_server_says_that_there_was_no_call(serve: Serve) -> None:
    with serve() as base:
        assert "Nothing was called yet." in PLAIN.get(f"{base}/", headers=ASKS).text


@given(st.text(alphabet="texhml/*;,q=0.9 \xff", max_size=40))
def test_any_accept_header_can_be_read(accept: str) -> None:
    headers = [(b"accept", accept.encode("latin-1"))]
    wants_page({"path": "/", "method": "GET", "headers": headers})
