"""Pages of other origins: which of them may call the API, and that none may call the control
API."""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.spec.loader import Spec
from mock_server.server.cors import Cors
from tests.helpers.browser import browser
from tests.helpers.cases import each_case
from tests.helpers.fake import SERVICE, request
from tests.helpers.http import PLAIN, Serve

APP = "https://app.example"
KEY = {"Authorization": "Bearer sk-page"}
NAMES = "authorization,content-type,x-dashscope-async,x-mock-scenario"
ASKS = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": NAMES}


@pytest.fixture(scope="module")
def url(serve: Serve) -> Iterator[str]:
    with serve(cors=(APP, "localhost")) as base:
        yield base


def opened(answer: httpx.Response) -> str | None:
    """The origin whose pages may read the answer."""
    return answer.headers.get("access-control-allow-origin")


def test_by_default_no_page_may_call_the_api(serve: Serve) -> None:
    with serve() as base:
        create = f"{base}{SERVICE}/video-synthesis"
        asked = PLAIN.options(create, headers={"Origin": "http://localhost:5173", **ASKS})
        got = PLAIN.get(f"{base}/api/v1/tasks/1", headers={**KEY, "Origin": "http://localhost"})
    assert asked.status_code == 401  # as the service answers a call without a key
    for answer in (asked, got):
        assert "vary" not in answer.headers
        assert opened(answer) is None


@pytest.mark.parametrize("path", [f"{SERVICE}/video-synthesis", "/nowhere", "/results/a/b/1x1.mp4",
                                  "/samples/voice.wav"])  # fmt: skip
def test_a_preflight_is_answered_on_every_path_of_the_api(url: str, path: str) -> None:
    answer = PLAIN.options(url + path, headers={"Origin": APP, **ASKS})
    assert (answer.status_code, answer.content, opened(answer)) == (204, b"", APP)
    assert answer.headers["vary"] == "Origin"
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert answer.headers["access-control-allow-headers"] == NAMES
    assert int(answer.headers["access-control-max-age"]) > 0
    assert "access-control-allow-private-network" not in answer.headers


def test_a_page_of_a_public_site_may_ask_for_a_private_address(url: str) -> None:
    asks = {"Origin": APP, **ASKS, "Access-Control-Request-Private-Network": "true"}
    answer = PLAIN.options(f"{url}/api/v1/tasks/1", headers=asks)
    assert answer.headers["access-control-allow-private-network"] == "true"


@each_case(
    "method, path, headers, status",
    [("GET", "/api/v1/tasks/1", KEY, 200), ("GET", "/api/v1/tasks/1", {}, 401),
     ("HEAD", "/api/v1/tasks/1", KEY, 400), ("GET", "/nowhere", KEY, 400),
     ("GET", "/api/v1/tasks/1", {**KEY, "X-Mock-Scenario": "latency=0"}, 200),
     ("GET", "/api/v1/tasks/1", {**KEY, "X-Mock-Scenario": "Throttling"}, 429),
     ("GET", "/results/a/b/1x1.mp4", {}, 403), ("GET", "/samples/voice.wav", {}, 200),
     ("GET", "/samples/voice.wav", {"Range": "bytes=0-9"}, 206), ("POST", "/samples/x", {}, 405)],
)  # fmt: skip
def test_an_allowed_page_may_read_every_answer_and_all_of_its_headers(
    url: str, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = PLAIN.request(method, url + path, headers={"Origin": APP, **headers})
    assert (answer.status_code, opened(answer)) == (status, APP)
    assert "Origin" in answer.headers["vary"]
    shown = answer.headers["access-control-expose-headers"].split(", ")
    own = {"x-request-id", "x-mock-scenario", "x-mock-explain", "content-range", "etag"}
    assert own & answer.headers.keys() <= set(shown)


@pytest.mark.parametrize("path", ["/api/v1/tasks/1", "/samples/voice.wav"])
@each_case(
    "origin", ["https://evil.example", "http://app.example", f"{APP}:8443", f"{APP}.evil.example",
               "null", "*", "", "http://localhost.evil.example", "http://127.0.0.1.nip.io",
               "ftp://localhost", "http://localhost/", "http://me@localhost", "localhost"],
)  # fmt: skip
def test_a_page_of_another_origin_is_answered_without_cors_headers(
    url: str, path: str, origin: str
) -> None:
    answer = PLAIN.get(url + path, headers={"Origin": origin, **KEY})
    assert opened(answer) is None
    assert "Origin" in answer.headers["vary"]
    asked = PLAIN.options(url + path, headers={"Origin": origin, **ASKS})
    assert asked.status_code in (401, 405)
    assert opened(asked) is None


@each_case("origin", [APP, "http://localhost:5173", "http://127.0.0.1"])
@pytest.mark.parametrize("method", ["OPTIONS", "GET", "POST"])
def test_no_page_may_call_the_control_api(url: str, method: str, origin: str) -> None:
    for path in ("state", "health", "reset", "journal", "nothing", "%73tate", "../__mock__/state"):
        asks = {"Origin": origin, **KEY, **(ASKS if method == "OPTIONS" else {})}
        answer = PLAIN.request(method, f"{url}/__mock__/{path}", headers=asks)
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_cors_headers_of_a_recording_are_not_replayed() -> None:
    recorded = [(b"Access-Control-Allow-Origin", b"*"), (b"etag", b"1")]
    for origin in (APP, "https://evil.example"):
        headers = Cors([APP]).added({b"origin": origin.encode()}, recorded)
        assert (b"Access-Control-Allow-Origin", b"*") not in headers
        assert (b"etag", b"1") in headers


LOOPBACK = st.sampled_from(["localhost", "app.localhost", "127.0.0.1", "127.1.2.3", "[::1]"])


@given(st.sampled_from(["http", "https"]), LOOPBACK, st.integers(1, 65535))
def test_localhost_allows_every_loopback_origin(scheme: str, host: str, port: int) -> None:
    default = {"http": 80, "https": 443}[scheme]
    origin = f"{scheme}://{host}" + (f":{port}" if port != default else "")
    assert Cors(["localhost"]).allows(origin.encode())
    assert not Cors([APP]).allows(origin.encode())
    assert not Cors(["localhost"]).allows(origin.replace("1", "2").replace("l", "k").encode())


@pytest.mark.parametrize(
    ("origin", "advice"),
    [("http://localhost:5173", "--cors http://localhost:5173,"), ("null", "serve its folder")],
)
def test_a_refused_preflight_is_explained_with_the_option_that_allows_it(
    serve: Serve, origin: str, advice: str
) -> None:
    with serve() as base:
        PLAIN.options(f"{base}/api/v1/tasks/1", headers={"Origin": origin, **ASKS})
        explained = PLAIN.get(f"{base}/__mock__/explain").json()
    assert explained["pointer"] == "#header/Origin"
    assert advice in explained["advice"]


def test_the_journal_contains_the_answer_without_cors_headers(url: str) -> None:
    call = {"Origin": APP, "Authorization": "Bearer sk-kept"}
    PLAIN.get(f"{url}/api/v1/tasks/1", headers=call)
    own = {"Authorization": call["Authorization"]}
    entry = PLAIN.get(f"{url}/__mock__/journal", headers=own).json()["exchanges"][0]
    assert "access-control-allow-origin" not in dict(entry["response"]["headers"])


PAGE = """
    const [base, body] = values;
    const headers = {"Authorization": "Bearer sk-browser", "Content-Type": "application/json"};
    const create = await fetch(`${base}/api/v1/services/aigc/image2video/video-synthesis`,
        {method: "POST", headers: {...headers, "X-DashScope-Async": "enable"}, body});
    const task = (await create.json()).output.task_id;
    let output, polls = 0;
    do output = (await (await fetch(`${base}/api/v1/tasks/${task}`, {headers})).json()).output;
    while (output.task_status !== "SUCCEEDED" && ++polls < 9);
    const video = await fetch(output.results.video_url, {headers: {Range: "bytes=0-9"}});
    const reset = await fetch(`${base}/__mock__/reset`, {method: "POST", headers})
        .then(() => "opened", () => "closed");
    return [create.headers.get("x-request-id").length, video.status, reset];
"""


def test_a_real_page_of_another_origin_makes_a_video(
    serve: Serve, url: str, spec: Spec, tmp_path: Path
) -> None:
    with serve() as other, browser(tmp_path, f"{other}/samples/voice.wav") as page:
        page.ask("Page.navigate", url=f"{other}/samples/portrait.png")
        seen = page.run(PAGE, url, dumps(request(spec, "createVideoTask")))
    assert seen == [36, 206, "closed"]
