"""The head of a request: parses and checks its bytes. Pure.

No bytes are accepted that h11 would read as a different request (test_reader.py). httptools is fast
but lenient in places: these checks complete it."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser, parse_url

from contracts.http1.bounds import HEADER_LINES
from contracts.http1.refused import Reason, RequestRefused, broken

# httptools also accepts RTSP and ICE, other versions, and several spaces.
REQUEST_LINE = re.compile(rb"([A-Z-]+) ([!-~]+) HTTP/1\.([01])\r\n")
TLS_HANDSHAKE = b"\x16"  # the first byte of a ClientHello
# A request may have each of these only once: a proxy might use the other one of two.
SINGLE = (b"host", b"transfer-encoding", b"content-length")
# The host and port of an absolute URL, after the user.
_OF_ABSOLUTE = re.compile(rb"[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#]*)", re.IGNORECASE)
REMEMBERED, REMEMBERED_BYTES = 512, 1024  # cached heads, and the most bytes that each may have

Headers = list[tuple[bytes, bytes]]


class Head:
    """A request without its body. headers: names in lower case, in the order in which they were
    sent. named: the same by name; of repeated headers the last. path and query: as sent, in
    latin-1. field_bytes: their size with the headers. size: bytes of the body; None for chunks.
    may_follow: whether another request may follow on the connection. Never change a head: it is
    cached for requests with the same bytes."""

    def __init__(self, raw: bytes) -> None:
        """Parse and check the bytes of a head. Raises RequestRefused."""
        method, self.url, minor = request_line(raw).groups()
        self.method, self.version = method.decode(), f"1.{minor.decode()}"
        self.headers: Headers = []
        self._parse(raw)
        self.named = dict(self.headers)
        connection = [value for name, value in self.headers if name == b"connection"]
        tokens = {token.strip() for token in b",".join(connection).lower().split(b",")}
        self.may_follow = self.version == "1.1" and b"close" not in tokens
        self.expects = self.named.get(b"expect", b"").lower() == b"100-continue"
        self._check()
        self.path, self.query = _path_and_query(self.url)
        self.field_bytes = field_bytes(self.path, self.query, self.headers)
        is_chunked = b"transfer-encoding" in self.named
        self.size = None if is_chunked else int(self.named.get(b"content-length", b"0"))

    # Methods of the parser that uvicorn calls.

    def get_method(self) -> bytes:
        return self.method.encode()

    def get_http_version(self) -> str:
        return self.version

    def should_keep_alive(self) -> bool:
        return self.may_follow

    def should_upgrade(self) -> bool:
        """False: offers of other protocols are declined."""
        return False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A callback of httptools, which does not remove blanks after a value."""
        self.headers.append((name.lower(), value.rstrip(b" \t")))

    def _parse(self, raw: bytes) -> None:
        try:
            HttpRequestParser(self).feed_data(raw)
        except HttpParserUpgrade:
            # RFC 9110 (7.8) allows a server to ignore an offer of another protocol, but not the
            # body of the request. Java's HttpClient and `curl --http2` offer h2c, and Apache
            # HttpClient offers TLS.
            pass
        except HttpParserError as error:
            raise broken(f"it is not HTTP/1.1: {error}") from None

    def _check(self) -> None:
        if len(self.headers) > HEADER_LINES:
            text = f"it has more than {HEADER_LINES} header lines"
            raise RequestRefused(Reason.HEAD_TOO_LARGE, text)
        if len(self.named) < len(self.headers):
            names = [name for name, _ in self.headers]
            for name in SINGLE:
                if names.count(name) > 1:
                    raise broken(f"it has the header {name.decode()} twice")
        if self.version == "1.1" and b"host" not in self.named:
            raise broken("it has no Host header")
        if _host(self.url) not in (b"", _without_default_port(self.named.get(b"host", b""))):
            # In RFC 9112 (3.2.2) the URL wins. Code that reads Host, such as the access check of
            # the control API, would use another host; real clients send the same in both.
            raise broken("its URL names another host than its Host header")
        if self.named.get(b"transfer-encoding", b"chunked").lower() != b"chunked":
            raise broken("its Transfer-Encoding is not just `chunked`")
        if self.method == "CONNECT":
            text = "CONNECT asks a proxy for a tunnel; take this server out of the proxy settings"
            raise broken(text)


def request_line(raw: bytes | bytearray) -> re.Match[bytes]:
    """The method, target and minor version of the first line of a head. Raises RequestRefused."""
    line = REQUEST_LINE.match(raw)
    if line is not None:
        return line
    if raw.startswith(TLS_HANDSHAKE):
        raise broken("it is TLS, and this port speaks plain HTTP: begin the URL with http://")
    raise broken("its first line is not METHOD, one space, a path, one space, HTTP/1.1")


def _host(url: bytes) -> bytes:
    """The host and port in a URL; empty for a path."""
    found = _OF_ABSOLUTE.match(url)
    return _without_default_port(found[1]) if found else b""


def _without_default_port(host: bytes) -> bytes:
    return host.lower().removesuffix(b":80")


def field_bytes(path: str, query: str, headers: Headers) -> int:
    """The size of path, query, and the names and values of headers, in latin-1."""
    return len(path) + len(query) + len(b"".join(chain.from_iterable(headers)))


def _path_and_query(url: bytes) -> tuple[str, str]:
    try:
        parts = parse_url(url)
    except HttpParserError:
        raise broken("its URL cannot be read") from None
    if parts.path is None:
        raise broken("its URL has no path")
    return parts.path.decode("latin-1"), (parts.query or b"").decode("latin-1")


# Parses a head of at most REMEMBERED_BYTES, which ends with an empty line. Raises RequestRefused. A
# client that polls sends the same head again and again: parsing takes 6 µs, the cache 0.1.
remembered_head = lru_cache(maxsize=REMEMBERED)(Head)
