"""The addresses that settings name: origins of pages, the public URL, trusted proxies."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from contracts.text.hosts import is_authority
from mock_server.web.origins import UrlError, addresses, host_name, page_origin, public_url
from tests.helpers.cases import each_case

SCHEMES = st.sampled_from(["http", "https", "app", "chrome-extension"])
HOSTS = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?", fullmatch=True) | st.just("[::1]")
PORTS = st.integers(1, 65535)
IPS = st.ip_addresses()
# uvicorn does not recognize IPv4 addresses that are written as IPv6.
PLAIN_IPS = IPS.filter(lambda ip: not getattr(ip, "ipv4_mapped", None))


@given(SCHEMES, HOSTS, PORTS)
def test_an_origin_is_accepted_and_a_url_with_more_than_an_origin_is_refused(
    scheme: str, host: str, port: int
) -> None:
    origin = page_origin(f"{scheme}://{host}:{port}")
    assert page_origin(origin) == page_origin(origin.upper()) == origin
    for more in ("/", "/path", "?query", "#fragment"):
        with pytest.raises(UrlError, match="is more than an origin; use "):
            page_origin(origin + more)


def test_the_default_port_of_an_origin_is_removed_as_browsers_do() -> None:
    assert page_origin("http://App.Example:80") == "http://app.example"
    assert page_origin("https://app.example:443") == "https://app.example"
    assert page_origin("https://app.example:80") == "https://app.example:80"


@each_case(
    "text, words",
    [("*", "name each origin, or use localhost"), ("null", "serve its folder"), ("", "SCHEME://"),
     ("localhost:5173", "SCHEME://"), ("app.example", "SCHEME://"), ("//app.example", "SCHEME://"),
     ("http://", "SCHEME://"), ("file:///tmp/page.html", "SCHEME://"),
     ("https://*.example.com", "invalid host"), ("http://a:0", "invalid host or port"),
     ("http://a:", "invalid host or port"), ("http://a:99999", "not a URL"),
     ("http://a:b", "not a URL"), ("http://[::1", "not a URL"), ("http://bücher.example", "xn--"),
     ("http://a b", "without spaces"), ("http://a,http://b", "not a URL|invalid host")],
)  # fmt: skip
def test_the_error_for_a_wrong_origin_says_how_to_write_it(text: str, words: str) -> None:
    with pytest.raises(UrlError, match=words):
        page_origin(text)


def test_the_error_for_a_wrong_public_url_hides_a_token_in_it() -> None:
    with pytest.raises(UrlError, match=r"^https://h\.example/a is followed by a query"):
        public_url("https://h.example/a?token=Qzx9")


@given(HOSTS, PORTS)
def test_a_host_header_is_a_host_with_an_optional_port(host: str, port: int) -> None:
    assert is_authority(host)
    assert is_authority(f"{host}:{port}")
    for wrong in (
        f"{host}:{port}:1",
        f"me@{host}",
        f"{host}/",
        f"{host}:{port + 65535}",
        f"[{host}",
    ):
        assert not is_authority(wrong)


@each_case("text", ["", "[]", "[1]", "[127.0.0.1]", "a b", "a,b", "a:b", "a" * 256])
def test_a_malformed_host_header_is_refused(text: str) -> None:
    assert not is_authority(text)


def test_a_host_name_with_anything_else_is_refused() -> None:
    for name in ("fake", "fake.example", "my_app", "10.0.0.5", "::1", "2001:db8::1"):
        assert host_name(name) == name
    for more in ("fake:8787", "fake."):
        with pytest.raises(UrlError, match=r"more than a host name; use fake$"):
            host_name(more)
    with pytest.raises(UrlError, match=r"use 2001:db8::1$"):
        host_name("[2001:db8::1]:80")
    for wrong in ("*", "http://fake", "*.example", "bücher.example", "a/b", "me@fake"):
        with pytest.raises(UrlError, match="is not a host name; use one such as"):
            host_name(wrong)


def test_the_error_for_an_address_hides_a_password_in_it() -> None:
    for check in (page_origin, public_url):
        with pytest.raises(UrlError, match="leave them out") as caught:
            check("https://me:s3cret@app.example")
        assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "used"),
    [("https://fake.example", "https://fake.example"), ("http://Fake:80/", "http://fake"),
     ("https://fake.example:8443/emo/", "https://fake.example:8443/emo"),
     ("https://fake.example/emo/api/v1/", "https://fake.example/emo")],
)  # fmt: skip
def test_a_public_url_is_an_origin_with_an_optional_path(given: str, used: str) -> None:
    assert public_url(given) == used


@each_case(
    "text", ["fake.example", "ftp://fake.example", "/emo", "https://", "https://a/?b", "https://a#",
             "https://a/<b>", "https://a/%\x00", "https://a/b c"],
)  # fmt: skip
def test_a_wrong_public_url_is_refused(text: str) -> None:
    with pytest.raises(UrlError):
        public_url(text)


@given(st.lists(PLAIN_IPS | st.sampled_from(["10.0.0.0/8", "fd00::/8"]), min_size=1), PLAIN_IPS)
def test_the_trusted_addresses_are_those_that_uvicorn_would_trust(
    trusted: list[object], client: object
) -> None:
    text = ",".join(map(str, trusted))
    theirs = ProxyHeadersMiddleware(None, text).trusted_hosts  # type: ignore[arg-type]
    asked = [client, *(ip_network(str(one))[0] for one in trusted)]
    assert [addresses(text)(str(ip)) for ip in asked] == [str(ip) in theirs for ip in asked]


def test_a_star_trusts_every_address_and_an_empty_text_trusts_none() -> None:
    assert addresses("*")("203.0.113.9")
    assert not addresses("")("127.0.0.1")
    assert addresses("10.0.0.0/8, 127.0.0.1")("::ffff:127.0.0.1")


@each_case("text", ["10.0.0.5/8", "proxy", "127.0.0.1,*", "1.2.3.4:80", "10.0.0.0/99"])
def test_a_wrong_trusted_address_is_refused(text: str) -> None:
    with pytest.raises(UrlError, match="is not an address or network"):
        addresses(text)
