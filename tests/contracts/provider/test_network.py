"""Which hosts are local, and which proxy is used for the others."""

from __future__ import annotations

import httpx
import pytest

from contracts.provider.network import http_client, is_local, is_private, proxy_of
from contracts.spec.loader import Spec
from tests.helpers.cases import each_case
from tests.helpers.contract import json_answer, provider

SPEC = Spec.load()
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@each_case(
    "host", ["localhost", "LOCALHOST", "emo.localhost", "127.0.0.2", "::1", "::ffff:127.0.0.1"]
)
def test_loopback_has_many_spellings(host: str) -> None:
    assert is_local(host)
    assert is_private(host)


@each_case(
    "host", ["10.0.0.5", "192.168.1.2", "172.17.0.1", "fd00::1", "emo", "host.docker.internal"]
)
def test_a_private_network_is_not_this_machine(host: str) -> None:
    assert is_private(host)
    assert not is_local(host)


@each_case(
    "host", ["dashscope.aliyuncs.com", "127.0.0.1.example.com", "8.8.8.8", "2001:4860::1", ""]
)
def test_a_host_on_the_internet_is_not_private(host: str) -> None:
    assert not is_private(host)


@pytest.mark.parametrize(
    ("url", "is_free"),
    [("http://127.0.0.1:8787", True), ("http://emo:8787", True), ("http://fake.example", False)],
)
def test_only_a_fake_in_a_private_network_is_free(url: str, is_free: bool) -> None:
    def answers_like_a_fake(request: httpx.Request) -> httpx.Response:
        return json_answer(200, {"status": "ok", "spec": "2026-11-22"})

    there = provider(SPEC, answers_like_a_fake, url=url)
    there.detect_control_api()
    assert there.has_clock
    assert (there.is_fake, there.budget.allows_any) == (is_free, is_free)


def test_a_server_on_this_machine_without_a_control_api_is_not_free() -> None:
    there = provider(SPEC, lambda _: json_answer(404, {}), url="http://127.0.0.1:8787")
    there.detect_control_api()
    assert not there.budget.allows_any


@pytest.mark.parametrize(
    ("variable", "url", "proxy"),
    [
        ("HTTP_PROXY", "http://far.example", "http://proxy:1"),
        ("ALL_PROXY", "https://far.example", "http://proxy:1"),
        ("HTTP_PROXY", "https://far.example", ""),
        ("HTTP_PROXY", "http://127.0.0.1:8787", ""),
    ],
)
def test_the_scheme_of_the_url_decides_the_proxy(
    monkeypatch: pytest.MonkeyPatch, variable: str, url: str, proxy: str
) -> None:
    monkeypatch.setenv(variable, "http://name:secret@proxy:1")
    assert proxy_of(url) == proxy


def test_the_variable_no_proxy_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:1")
    monkeypatch.setenv("NO_PROXY", "far.example")
    assert proxy_of("http://far.example") == ""


@pytest.mark.parametrize(
    ("proxy", "words"),
    [("socks5://user:secret@x:1", "httpx\\[socks\\]"), ("foo://secret", "not a URL of a proxy")],
)
def test_the_error_for_an_unusable_proxy_hides_its_password(
    monkeypatch: pytest.MonkeyPatch, proxy: str, words: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(ValueError, match=words) as error:
        http_client("http://far.example", timeout=1.0)
    assert "secret" not in str(error.value)
    http_client("http://127.0.0.1", timeout=1.0).close()
