"""Bytes for a server: valid and malformed requests, divided into segments; and how h11 reads
them."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import h11
from httptools import HttpParserInvalidURLError, parse_url
from hypothesis import strategies as st

INNER = b"GET /inner HTTP/1.1\r\nHost: x\r\n\r\n"


def mostly(usual: str, *odd: str) -> st.SearchStrategy[str]:
    """The usual text, and sometimes another one."""
    return st.sampled_from([usual] * (12 * len(odd)) + list(odd))


METHODS = mostly("POST", "GET", "HEAD", "get", "BREW", "M-SEARCH", "CONNECT", "PRI", "P:", "")
TARGETS = mostly(
    "/a?b=c", "/", "*", "http://there/a?b", "/%41%", "a:443", "", "/\x80", "/\x0c", "/#f"
)
VERSIONS = mostly("HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "http/1.1",
                  "RTSP/1.0", "ICE/1.0", "HTTP/1.1 ", "")  # fmt: skip
SPACES = mostly(" ", "  ", "\t", "")
ENDS = mostly("\r\n", "\r\n", "\r\n", "\n", "\r", "\r\r\n", "\r\n ", " \r\n", "\t\r\n")
VALUES = [
    "b",
    "",
    " b ",
    "b\x00c",
    "b\x0bc",
    "b\x0cc",
    "b\x7fc",
    "b\x80c",
    "b\tc",
    "\x01",
    "b\r\n c",
]
CONNECTIONS = ["close", "keep-alive", "upgrade", "Upgrade, close", "x,, CLOSE", "close x"]
OFFERED = ["websocket", "TLS/1.2", "h2c", "H2C", "foo, h2c", "h2c, websocket"]
LENGTHS = ["0", "3", " 3 ", "3, 3", "3,4", "+3", "-3", "03", "0x3", "3 3", "", "9" * 21, "1_0", "٣"]
CODINGS = ["chunked", "Chunked", "chunked ", "\tchunked", "gzip, chunked", "chunked, chunked",
           "identity", "xchunked", "chunked;a=b", "", '"chunked"', "chunked,", "gzip"]  # fmt: skip
ODD_HEADERS = st.one_of(
    st.sampled_from(VALUES).map("a:{}".format),
    st.sampled_from(LENGTHS).map("Content-Length:{}".format),
    st.sampled_from(CODINGS).map("Transfer-Encoding: {}".format),
    st.sampled_from(CONNECTIONS).map("Connection: {}".format),
    st.builds("Upgrade:{}{}".format, st.sampled_from([" ", "", "\t"]), st.sampled_from(OFFERED)),
    st.sampled_from(
        ["Expect: 100-continue", "Host: y", "host:", "a : b", " a: b", ": b", "a", "a\x00: b",
         "a@: b", "content-length : 3", "Transfer-Encoding\t: chunked", "\x00", "Trailer: a"]
    ),
)  # fmt: skip
OFFERS = st.sampled_from(OFFERED).map("Connection: Upgrade\r\nUpgrade: {}".format)
PLAIN = st.just("Accept: */*")
HEADERS = st.lists(st.one_of(PLAIN, PLAIN, PLAIN, PLAIN, OFFERS, ODD_HEADERS), max_size=3)
CHUNKS = [
    "3\r\nabc\r\n", "a\r\n0123456789\r\n", "3;a=b\r\nabc\r\n", '3;a="b;c"\r\nabc\r\n',
    "3 \r\nabc\r\n", "3 ;a\r\nabc\r\n", "03\r\nabc\r\n", "0x3\r\nabc\r\n", "+3\r\nabc\r\n",
    "-3\r\nabc\r\n", " 3\r\nabc\r\n", "3\nabc\r\n", "3\r\nabc\n", "3\r\nabcd\r\n", "3\r\nab\r\n",
    "f" * 20 + "\r\n", "f" * 17 + "\r\n", "\r\n", "2\r\n\r\n\r\n", "3;\n\r\nabc\r\n",
    "3;a\x00\r\nabc\r\n", "1_0\r\n" + "a" * 16 + "\r\n",
]  # fmt: skip
LAST = mostly(
    "0\r\n\r\n", "0\r\nA: b\r\n\r\n", "0\r\nContent-Length: 3\r\n\r\n", "0\r\n A: b\r\n\r\n",
    "0\n\n", "0\r\n\n", "00\r\n\r\n", "0;a=b\r\n\r\n", "0\r\nTransfer-Encoding: x\r\n\r\n",
    "0\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", "0\r\nA: b\n\r\n", "0\r\n",
    "0\r\nbad\r\n\r\n",
)  # fmt: skip
CHUNKED = st.builds(
    "{}{}".format,
    st.lists(st.one_of(st.just(CHUNKS[0]), st.sampled_from(CHUNKS)), max_size=2).map("".join),
    LAST,
)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """One valid or malformed request, with or without a body."""
    line = draw(METHODS) + draw(SPACES) + draw(TARGETS) + draw(SPACES) + draw(VERSIONS)
    headers = [draw(mostly("Host: x", "", "Host: x\r\nHost: x")), *draw(HEADERS)]
    body = draw(st.sampled_from([b"", b"abc", INNER]))
    match draw(st.sampled_from(["length", "length", "chunked", "chunked", "wrong", "none"])):
        case "length":
            headers.append(f"Content-Length: {len(body)}")
        case "wrong":
            headers.append(f"Content-Length: {draw(st.integers(0, 40))}")
        case "chunked":
            headers.append("Transfer-Encoding: chunked")
            body = draw(CHUNKED).encode("latin-1")
    headers = draw(st.permutations([h for h in headers if h]))
    head = "".join(text + draw(ENDS) for text in [line, *headers]) + draw(mostly("\r\n", "\n", ""))
    return head.encode("utf-8" if "٣" in head else "latin-1") + body


STREAMS = st.lists(requests(), min_size=1, max_size=3).map(b"".join)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The bytes in segments."""
    at = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(at)]


class Request(NamedTuple):
    """A request as an application gets it."""

    method: bytes
    path: bytes
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes


def request(
    method: bytes, target: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> Request:
    try:
        url = parse_url(target)
    except HttpParserInvalidURLError:
        return Request(method, target, b"not a URL", headers, body)
    return Request(method, url.path, url.query or b"", headers, body)


def read_by_h11(data: bytes) -> tuple[list[Request], bool]:
    """The requests that h11 reads completely, and whether it refused the bytes after them. It does
    not get empty lines between requests: it refuses them, and RFC 9112 (2.2) wants them ignored."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 16)
    connection.receive_data(data)
    head, body = None, b""
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                head, body = event, b""
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                assert head is not None
                found = request(head.method, head.target, list(head.headers), body)
                connection.send(h11.Response(status_code=400, headers=[("content-length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE:
                    return [found], False
                more, is_refused = read_by_h11(connection.trailing_data[0].lstrip(b"\r\n"))
                return [found, *more], is_refused
            else:
                return [], False
    except h11.RemoteProtocolError:
        return [], True
