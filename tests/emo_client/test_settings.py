"""Sources of the key and the base URL, and values that are refused."""

import httpx
import pytest
import respx

from emo_client import ConfigError, settings
from emo_client.client import Client

KEY = "sk-0123456789abcdef"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch) -> None:
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    monkeypatch.delenv("DASHSCOPE_HTTP_BASE_URL", raising=False)


def test_a_missing_key_names_the_variable(emo_with) -> None:
    with pytest.raises(ConfigError, match=r"set DASHSCOPE_API_KEY or give api_key=…"):
        emo_with(api_key=None).get("t")
    with pytest.raises(ConfigError, match="there is no API key"):
        emo_with(api_key="").get("t")


def test_arguments_win_over_the_environment(monkeypatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", "http://127.0.0.1:8787/api/v1/")
    assert settings.api_key(None) == KEY
    assert settings.api_key("sk-mine") == "sk-mine"
    assert settings.base_url(None) == "http://127.0.0.1:8787/api/v1"
    assert settings.base_url("https://x/api/v1") == "https://x/api/v1"


def test_the_default_base_url_is_the_service_in_beijing() -> None:
    assert settings.base_url(None) == "https://dashscope.aliyuncs.com/api/v1"


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (KEY + "\n", "character 20 of 20 is a blank or line end"),
        ("Bearer " + KEY, "character 7 of 26 is a blank"),
        ("sk-\x00" + KEY, "not a printable ASCII character"),
        ("sk-ключ" + KEY, "character 4 of 26 is not a printable ASCII character"),
    ],
)
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(emo_with, key, why) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        emo_with(api_key=key).get("t")
    assert KEY not in str(caught.value) + repr(caught.value)


@pytest.mark.parametrize(
    "url", ["dashscope.aliyuncs.com/api/v1", "ftp://x/api/v1", "http://", "http://h:x/"]
)
def test_an_impossible_base_url_is_refused_at_construction(url: str) -> None:
    with pytest.raises(ConfigError, match=r"is not an http\(s\) URL; give one such as http"):
        Client(api_key=KEY, base_url=url)


@pytest.mark.parametrize(
    "url", ["https://me:pw@x/api/v1", "https://x/api/v1?a=1", "https://x/api/v1#a"]
)
def test_a_base_url_with_more_than_scheme_host_and_path_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="scheme, host and path only") as caught:
        settings.base_url(url)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("key", [KEY, "sk-ab.cd/ef:gh", "0123456789abcdef"])
def test_a_key_given_as_base_url_is_not_shown(key: str) -> None:
    with pytest.raises(ConfigError, match="base_url=… is no") as caught:
        settings.base_url(key)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://x/api/v1", "https://api.gpt.ge/qwen/api/v1", "http://h:1/api/v1"]
)
def test_a_normal_base_url_has_no_hint(url: str) -> None:
    assert settings.hint(url) == ""


@pytest.mark.parametrize(
    ("url", "better"),
    [
        ("https://x", "https://x/api/v1"),
        ("https://x/v1", "https://x/api/v1"),
        ("https://x/api", "https://x/api/v1"),
        ("https://x/qwen", "https://x/qwen/api/v1"),
        ("https://x/api/v1/api/v1", "https://x/api/v1"),
        ("https://x/compatible-mode/v1", "https://x/api/v1"),
        ("https://x/api/v1/services/aigc/image2video", "https://x/api/v1"),
        ("https://x/qwen/api/v1/tasks", "https://x/qwen/api/v1"),
    ],
)
def test_the_hint_for_an_odd_base_url_names_a_better_one(url: str, better: str) -> None:
    assert settings.hint(url) == f"base_url={url} is odd: it should end with /api/v1, as {better}"


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, {"json": {"code": "InvalidParameter", "message": "url error, please check url！"}}),
        (400, {"json": {"code": "InvalidParameter", "message": "task can not be null"}}),
        (404, {"content": b""}),
        (200, {"html": "<html>"}),
        (302, {"headers": {"location": "https://elsewhere/login?token=1"}}),
        (405, {"html": "Not Allowed"}),
    ],
)
def test_the_error_of_a_call_to_an_odd_base_url_has_the_hint(
    emo_with, service, status, answer
) -> None:
    base = "https://emo.test/v1"
    service.route().respond(status, **answer)
    with pytest.raises(
        Exception, match=r"base_url=\S+ is odd: it should end with /api/v1"
    ) as caught:
        emo_with(base_url=base).get("t")
    assert "token=1" not in str(caught.value)


def test_the_error_of_another_refusal_has_no_hint_about_the_base_url(
    emo_with, service, refuse
) -> None:
    service.route().mock(return_value=refuse(400, "Arrearage"))
    with pytest.raises(Exception, match="Arrearage") as caught:
        emo_with(base_url="https://emo.test/v1").get("t")
    assert "base_url" not in str(caught.value)


def test_a_base_url_may_end_with_a_slash(emo_with, service, task) -> None:
    route = service.get("https://emo.test/api/v1/tasks/t").respond(json=task("RUNNING"))
    emo_with(base_url="https://emo.test/api/v1/").get("t")
    assert route.called


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), None, "9"])
def test_a_timeout_that_is_not_a_positive_number_is_refused(timeout) -> None:
    with pytest.raises(ConfigError, match=r"timeout=.* must be a number of seconds above 0"):
        Client(api_key=KEY, timeout=timeout)


def test_a_transport_and_a_client_together_are_refused() -> None:
    with httpx.Client() as http, pytest.raises(ConfigError, match="not both"):
        Client(api_key=KEY, http=http, transport=httpx.MockTransport(lambda _: httpx.Response(200)))


def test_a_given_http_client_is_not_closed(service: respx.MockRouter) -> None:
    with httpx.Client() as http:
        Client(api_key=KEY, http=http).close()
        assert not http.is_closed
