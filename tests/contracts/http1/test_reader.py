"""The HTTP/1.1 reader: it reads the same requests as h11 or refuses them, for every segmentation of
the bytes."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts.http1.bounds import CHUNK_LINE_BYTES, HEAD_BYTES, HEADER_LINES
from contracts.http1.head import Head
from contracts.http1.reader import RequestReader
from contracts.http1.refused import Reason, RequestRefused
from tests.helpers.cases import each_case
from tests.helpers.http1 import INNER, STREAMS, Request, cut, read_by_h11


class Reading:
    """The requests that a reader finds in segments, and why it refused the rest."""

    def __init__(self, segments: list[bytes]) -> None:
        self.requests: list[Request] = []
        self.refused: RequestRefused | None = None
        reader = self.reader = RequestReader(self)
        try:
            for data in segments:
                at = 0
                while at < len(data) and (reader.may_follow or not reader.between):
                    at = reader.feed(data, at)
        except RequestRefused as refused:
            self.refused = refused

    def on_head(self, head: Head) -> None:
        self.head, self.body = head, b""

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        head = self.head
        self.requests.append(
            Request(
                head.method.encode(),
                head.path.encode("latin-1"),
                head.query.encode("latin-1"),
                head.headers,
                self.body,
            )
        )


def read(*segments: bytes) -> Reading:
    return Reading(list(segments))


# Why a request may be refused that h11 reads. No client sends these, and none of them can be read
# in two ways once it is refused.
STRICTER = (
    # httptools: a method that is not registered, PRI, characters that no URL has, a control
    # character in a value, a header on two lines, a line that ends in LF alone, Content-Length
    # twice, as a list, over 64 bits, or beside Transfer-Encoding.
    "it is not HTTP/1.1: ",
    # httptools: blanks and control characters around the size of a chunk, LF alone, trailers that
    # announce a length.
    "its chunks are not HTTP/1.1: ",
    "the size of a chunk is not a hexadecimal number",
    "its first line is not METHOD, one space, a path, one space, HTTP/1.1",  # HTTP/1.2 to 9.9
    "its lines end in LF, not in CR LF",
    "its URL ",
    "CONNECT ",
)


@settings(max_examples=300, deadline=None)
@given(data=STREAMS, places=st.lists(st.integers(0, 300), max_size=4))
@example(
    data=b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na\r\n\r\n" + INNER, places=[]
)
def test_requests_are_read_like_h11_for_every_segmentation_of_the_bytes(
    data: bytes, places: list[int]
) -> None:
    whole, parts, (h11s, _) = read(data), read(*cut(data, places)), read_by_h11(data)
    assert parts.requests == whole.requests == h11s[: len(whole.requests)]
    assert (parts.refused is None) == (whole.refused is None)
    if len(whole.requests) < len(h11s):
        assert str(whole.refused).startswith(STRICTER)
        assert str(parts.refused).startswith(STRICTER)


def test_empty_lines_before_a_request_are_ignored() -> None:
    """RFC 9112 (2.2) demands this, httptools and nginx do it, h11 refuses them."""
    found = read(b"\r\n\r", b"\n", b"\r\n" * HEAD_BYTES + INNER + b"\r\n" + INNER)
    assert [one.path for one in found.requests] == [b"/inner", b"/inner"]


def with_head_of(size: int) -> bytes:
    return INNER[:-2] + b"a: " + b"b" * (size - len(INNER) - len(b"a: \r\n")) + b"\r\n\r\n"


@given(st.lists(st.integers(0, HEAD_BYTES), max_size=3), st.booleans())
@settings(max_examples=20, deadline=None)
def test_a_head_of_64_kib_is_read_and_a_longer_one_is_refused(
    places: list[int], more: bool
) -> None:
    found = read(*cut(with_head_of(HEAD_BYTES + more), places))
    assert len(found.requests) == (not more)
    assert (found.refused is not None) == more


@pytest.mark.parametrize("line", [b"a: b\r\n", b"a", b"a:\r\n", b"a: b\r\n" * 9999])
def test_an_endless_head_is_refused_and_not_stored(line: bytes) -> None:
    begun = Reading([INNER[:-2]])
    reader, sent = begun.reader, 0
    with pytest.raises(RequestRefused, match="its head is larger than 65536 bytes") as refused:
        while True:
            assert reader.feed(line, 0) == len(line)
            sent += len(line)
    assert refused.value.reason is Reason.HEAD_TOO_LARGE
    assert sent <= HEAD_BYTES


CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("begun", "more", "bound"),
    [
        (b"3;a=", b"b", CHUNK_LINE_BYTES),
        (b"0", b"0", CHUNK_LINE_BYTES),
        (b"0\r\na: ", b"b", HEAD_BYTES),
        (b"0\r\n", b"a: b\r\n", HEAD_BYTES),
    ],
)
def test_chunk_lines_and_trailers_have_a_size_limit(begun: bytes, more: bytes, bound: int) -> None:
    refused = read(CHUNKED, begun, *[more * 64] * (bound // 64)).refused
    assert refused is not None
    assert f"longer than {bound} bytes" in str(refused)


def test_1000_header_lines_are_read_and_one_more_is_refused() -> None:
    def having(lines: int) -> Reading:
        return read(INNER[:-2] + b"a:\r\n" * (lines - 1) + b"\r\n")

    assert having(HEADER_LINES).refused is None
    assert str(having(HEADER_LINES + 1).refused) == "it has more than 1000 header lines"


REFUSED = {
    b"\x16\x03\x01\x02": "it is TLS, and this port speaks plain HTTP: begin the URL with http://",
    b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n": "take this server out of the proxy settings",
    b"GET / HTTP/1.1\r\n\r\n": "it has no Host header",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n": "it has the header host twice",
    b"GET / HTTP/1.1\n": "its first line is not METHOD, one space, a path, one space, HTTP/1.1",
    b"GET / HTTP/1.1\r\nHost: a\n": "its lines end in LF, not in CR LF",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n": "not just `chunked`",
    b"GET http://a HTTP/1.1\r\nHost: a\r\n\r\n": "its URL has no path",
    b"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n": "its URL names another host than its Host",
    b"GET HTTPS://a@b/ HTTP/1.1\r\nHost: a\r\n\r\n": "its URL names another host than its Host",
    b"GET http://b/ HTTP/1.0\r\n\r\n": "its URL names another host than its Host",
}


@each_case("data", REFUSED)
@pytest.mark.parametrize("size", [1, 100])
def test_an_invalid_request_is_refused_with_the_reason(data: bytes, size: int) -> None:
    found = read(*(data[at : at + size] for at in range(0, len(data), size)))
    assert REFUSED[data] in str(found.refused)


@pytest.mark.parametrize("url", ["http://a/b", "HTTP://A:80/b", "http://me@a/b?c=http://x/"])
def test_an_absolute_url_is_accepted_if_its_host_is_the_host_header(url: str) -> None:
    (found,) = read(f"GET {url} HTTP/1.1\r\nHost: a\r\n\r\n".encode()).requests
    assert found.path == b"/b"


def test_trailers_are_not_headers() -> None:
    (found,) = read(CHUNKED + b"1\r\na\r\n0\r\nAuthorization: Bearer sk-1\r\n\r\n").requests
    assert dict(found.headers).keys() == {b"host", b"transfer-encoding"}
    assert found.body == b"a"
