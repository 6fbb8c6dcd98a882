"""Invalid arguments and environments are named in an error before anything is sent."""

from traceback import TracebackException
from typing import Any

import httpx
import pytest

from emo_client import AsyncClient, Client, ConfigError
from emo_client.driver import new_http_client
from tests.helpers.cases import each_case
from tests.helpers.object_store import Store

KEY = "sk-0123456789abcdef"
URL = "https://x/p.png"
FACE, EXT = (302, 286, 610, 593), (71, 9, 840, 778)
HALF = "a\ud800"


@each_case(
    "operation, args, named",
    [
        ("get", (HALF,), r"task_id='a\\ud800'"),
        ("cancel", (HALF,), r"task_id='a\\ud800'"),
        ("detect", (HALF,), r"image_url='a\\ud800'"),
        ("detect", (None,), "image_url=None"),
        ("detect", (URL, 5), "ratio=5"),
        ("create", (HALF, URL, FACE, EXT), r"image_url='a\\ud800'"),
        ("create", (None, URL, FACE, EXT), "image_url=None"),
        ("create", (URL, 5, FACE, EXT), "audio_url=5"),
        ("create", (URL, URL, None, EXT), "face_bbox=None"),
        ("create", (URL, URL, FACE, "abcd"), "ext_bbox='abcd'"),
        ("create", (URL, URL, FACE, EXT, HALF), r"style_level='a\\ud800'"),
        ("generate", (URL, None), "audio_url=None"),
        ("generate", (URL, URL, "1:1", 5), "style_level=5"),
        ("list", (HALF,), r"task_id='a\\ud800'"),
        ("download", (None, "v.mp4"), "url_or_task=None"),
        ("download", ("https://x/" + HALF, "v.mp4"), r"url_or_task='https://x/a\\ud800'"),
        ("download", ("https://xn--/v", "v.mp4"), "url_or_task='https://xn--/v'"),
        ("download", (URL, None), "path=None"),
        ("download", (URL, "a\0b"), r"path='a\\x00b'"),
    ],
    ids=ascii,
)
def test_an_argument_that_cannot_be_sent_is_named(emo, service, operation, args, named) -> None:
    with pytest.raises(ConfigError, match=named):
        getattr(emo, operation)(*args)
    assert not service.calls


def test_the_error_for_an_unsendable_url_hides_its_signature(emo, service) -> None:
    with pytest.raises(ConfigError, match="image_url='https://x/p'") as caught:
        emo.detect(f"https://x/p?Signature=s3cret{HALF}")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("key", [KEY.encode(), 5, [KEY]])
def test_a_key_that_is_not_text_is_refused_without_showing_it(key: Any) -> None:
    with pytest.raises(ConfigError, match="api_key cannot be a key: it must be text") as caught:
        Client(api_key=key)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        (5, "base_url=5 must be text, not int"),
        (b"https://x/api/v1", "base_url=… must be text, not bytes"),
        ("http://xn--/api/v1", "base_url=http://xn--/api/v1 is not a URL"),
        ("http://a b", r"base_url='http://a b' is not an http\(s\) URL"),
        ("http://a/\ud800", r"base_url='http://a/\\ud800' is not an http\(s\) URL"),
    ],
)
def test_an_invalid_base_url_is_refused(url: Any, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        Client(api_key=KEY, base_url=url)


@pytest.fixture
def plain(monkeypatch):
    """An environment without proxies and certificates of its own."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("HTTP_PROXY", "garbage://me:s3cret@x", "look at HTTP_PROXY, HTTPS_PROXY and ALL_PROXY"),
        ("HTTPS_PROXY", "http://me:s3cret@x:y", "look at HTTP_PROXY, HTTPS_PROXY and ALL_PROXY"),
        ("SSL_CERT_FILE", "/nonexistent", "look at SSL_CERT_FILE"),
    ],
)
def test_the_error_names_the_variables_that_httpx_refuses(plain, kind, name, value, advice) -> None:
    plain.setenv(name, value)
    with pytest.raises(ConfigError, match=advice) as caught:
        kind(api_key=KEY)
    assert "s3cret" not in str(caught.value)


def test_a_socks_proxy_without_its_package_says_what_to_install() -> None:
    def without_socksio() -> httpx.Client:
        raise ImportError("Using SOCKS proxy, but the 'socksio' package is not installed.")

    with pytest.raises(ConfigError, match=r"pip install httpx\[socks\]; look at .*ALL_PROXY"):
        new_http_client(without_socksio)


def test_a_file_name_that_is_not_utf_8_can_be_written(fetch, tmp_path) -> None:
    fetch(Store(), path=tmp_path / "v\udcff.mp4")
    assert (tmp_path / "v\udcff.mp4").exists()


def test_a_task_id_that_is_too_long_for_a_url_is_refused(emo, service) -> None:
    with pytest.raises(
        ConfigError, match=r"GET /tasks/xx.*xx cannot be sent: URL too long"
    ) as caught:
        emo.get("x" * 70_000)
    assert not service.calls
    shown = TracebackException.from_exception(caught.value, capture_locals=True)
    assert KEY not in "".join(shown.format())
