"""The scheme and host of URLs in answers: those of the request, of a trusted proxy's headers, or of
the public URL in the settings."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.spec.loader import Spec
from mock_server.engine.pipeline import Engine
from mock_server.server.app import FakeApp
from mock_server.server.fast_path import Protocol
from mock_server.settings import Settings
from mock_server.web.client_origin import origin_of
from tests.helpers.fake import EPOCH, SERVICE, request
from tests.helpers.http import PLAIN, Serve
from tests.mock_server.server.test_fast_path import Connection, LongWay, get

SPEC = Spec.load()
KEY = {"Authorization": "Bearer sk-proxied", "Host": "inner:8787"}
FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "fake.example"}


def video_url(base: str, sent: dict[str, str]) -> str:
    """The video URL of a task that was created and polled with these headers."""
    headers = {**KEY, **sent}
    created = PLAIN.post(
        f"{base}{SERVICE}/video-synthesis",
        json=request(SPEC, "createVideoTask"),
        headers={**headers, "X-DashScope-Async": "enable"},
    )
    task = created.json()["output"]["task_id"]
    for _ in range(3):
        polled = PLAIN.get(f"{base}/api/v1/tasks/{task}", headers=headers).json()
    return polled["output"]["results"]["video_url"]


def origin(video: str) -> str:
    return video.partition("/results/")[0]


def test_forwarded_headers_are_ignored_by_default(serve: Serve) -> None:
    with serve() as base:
        assert origin(video_url(base, FORWARDED)) == "http://inner:8787"


@pytest.mark.parametrize("host", ["[::1", "[]", "localhost:x", "a:99999", "127.0.0.1:80:1"])
def test_an_impossible_host_is_not_used_in_urls(serve: Serve, host: str) -> None:
    with serve() as base:
        assert origin(video_url(base, {"Host": host})) == base
    with serve(forwarded_allow_ips="*") as base:
        assert origin(video_url(base, {"X-Forwarded-Host": host})) == "http://inner:8787"


def test_the_ipv6_address_of_the_server_is_written_in_brackets() -> None:
    found = origin_of(None, None)({b"host": b"["}, None, "http", ("::1", 8787))
    assert found == "http://[::1]:8787"


@pytest.mark.parametrize("trusted", ["127.0.0.1", "127.0.0.0/8", "10.0.0.1,127.0.0.1", "*"])
def test_the_headers_of_a_trusted_proxy_decide_the_origin_of_urls(
    serve: Serve, trusted: str
) -> None:
    with serve(forwarded_allow_ips=trusted) as base:
        found = video_url(base, FORWARDED)
        assert origin(found) == "https://fake.example"
        assert PLAIN.get(found.replace("https://fake.example", base)).status_code == 200


@pytest.mark.parametrize("trusted", ["10.0.0.1", "::1", "128.0.0.0/8"])
def test_the_headers_of_an_untrusted_address_are_ignored(serve: Serve, trusted: str) -> None:
    with serve(forwarded_allow_ips=trusted) as base:
        assert origin(video_url(base, FORWARDED)) == "http://inner:8787"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [({}, "http://inner:8787"), ({"X-Forwarded-Proto": "HTTPS"}, "https://inner:8787"),
     ({"X-Forwarded-Host": "fake.example:8443"}, "http://fake.example:8443"),
     ({"X-Forwarded-Proto": "https, http", "X-Forwarded-Host": "outer , inner"}, "https://outer"),
     ({"X-Forwarded-Proto": "gopher", "X-Forwarded-Host": "a<b>"}, "http://inner:8787"),
     ({"X-Forwarded-Proto": "", "X-Forwarded-Host": ""}, "http://inner:8787"),
     ({"X-Forwarded-Host": "[::1]:8443", "X-Forwarded-Proto": "https"}, "https://[::1]:8443")],
)  # fmt: skip
def test_the_first_valid_value_of_a_proxy_chain_is_used(
    serve: Serve, sent: dict[str, str], expected: str
) -> None:
    with serve(forwarded_allow_ips="127.0.0.1") as base:
        assert origin(video_url(base, sent)) == expected


def test_a_public_url_wins_and_its_results_can_be_fetched_with_any_host(serve: Serve) -> None:
    with serve(public_url="https://fake.example/emo", forwarded_allow_ips="*") as base:
        found = video_url(base, {**FORWARDED, "X-Forwarded-Host": "other"})
        assert origin(found) == "https://fake.example/emo"
        path = urlsplit(found)._replace(scheme="", netloc="").geturl().removeprefix("/emo")
        assert PLAIN.get(base + path, headers={"Host": "anything"}).status_code == 200


def test_the_journal_has_the_url_of_the_client_before_the_proxy(serve: Serve) -> None:
    with serve(forwarded_allow_ips="127.0.0.1") as base:
        own = {"Authorization": "Bearer sk-seen"}
        local = {
            **own,
            **FORWARDED,
            "X-Forwarded-For": "127.0.0.1",
            "X-Forwarded-Host": "localhost",
        }
        PLAIN.get(f"{base}/api/v1/tasks/1", headers=local)
        PLAIN.post(f"{base}/__mock__/clock", headers=local, json={"advance": 1})
        seen = PLAIN.get(f"{base}/__mock__/journal", headers=own).json()["exchanges"]
    paths = ["/api/v1/tasks/1", "/__mock__/clock"]
    assert [one["request"]["url"] for one in seen] == [f"https://localhost{p}" for p in paths]


HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "X-Forwarded-Proto": st.sampled_from(["https", "http", "HTTPS,http", "ws", ""]),
        "X-Forwarded-Host": st.sampled_from(["a.example", "b:1, c", "<", "", "[::1]:2"]),
        "X-Forwarded-For": st.sampled_from(["127.0.0.1", "203.0.113.9"]),
        "Origin": st.sampled_from(["http://localhost:5173", "https://evil.example", "null"]),
        "Access-Control-Request-Method": st.sampled_from(["POST", "", "("]),
        "Access-Control-Request-Headers": st.sampled_from(["authorization", "é", ""]),
        "X-Mock-Scenario": st.sampled_from(["SUCCEEDED", "Throttling", "latency=0", "truncated"]),
    },
)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "cors": st.sampled_from([("localhost",), ("https://app.example",)]),
        "forwarded_allow_ips": st.sampled_from(["127.0.0.1", "10.0.0.0/8", "*"]),
        "public_url": st.just("https://fake.example/emo"),
    },
)


async def answer(way: type[Protocol], settings: Settings, call: str) -> bytes:
    connection = Connection(way, FakeApp(Engine(SPEC, settings=settings, real=lambda: EPOCH)))
    await connection.send([call])
    while connection.state.tasks:
        await asyncio.wait(connection.state.tasks)
    connection.end()
    return connection.wire.data


@given(SETTINGS, HEADERS, st.sampled_from(["GET", "OPTIONS"]))
def test_the_fast_path_and_asgi_answer_the_same_bytes_for_any_settings(
    chosen: dict[str, object], sent: dict[str, str], method: str
) -> None:
    settings = Settings(time="frozen", seed="a", **chosen)  # type: ignore[arg-type]
    lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    call = get("/api/v1/tasks/1", f"Authorization: Bearer sk-a\r\n{lines}", method)
    short, long = (asyncio.run(answer(way, settings, call)) for way in (Protocol, LongWay))
    assert short == long
