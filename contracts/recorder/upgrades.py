"""A parser of HTTP/1.1 for uvicorn that ignores offers to change the protocol. RFC 9110 (7.8) lets
a server ignore `Upgrade`, but not the body behind it; httptools ends such a request at its head.

Java's HttpClient and `curl --http2` offer h2c with their first call, Apache HttpClient offers TLS.
"""

from __future__ import annotations

from typing import Any

from httptools import HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class DecliningParser:
    """Reads a request with an offer as the same request without `upgrade` in its Connection header.

    The head is parsed once to find the offer, in however many pieces it comes. Then another parser
    parses it again without the offer, and what came behind it is its body.
    """

    def __init__(self, protocol: Any) -> None:
        self._relay = _Relay(self, protocol)
        self._renew()

    def _renew(self) -> None:
        parser = HttpRequestParser(self._relay)
        # As uvicorn sets it for its own parser.
        parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._feed = parser.feed_data
        self.get_method, self.get_http_version = parser.get_method, parser.get_http_version
        self.should_upgrade, self.should_keep_alive = (
            parser.should_upgrade,
            parser.should_keep_alive,
        )

    def feed_data(self, data: Any) -> None:
        """Parse the next bytes of the connection. Raises httptools.HttpParserError, and
        HttpParserUpgrade behind CONNECT, which is a demand and no offer."""
        while True:
            try:
                self._feed(data)
            except HttpParserUpgrade as offer:
                if not self._relay.declined:
                    raise
                head = self._relay.head()
                self._renew()
                self._feed(head)
                data = memoryview(data)[offer.args[0] :]
            else:
                return


class _Relay:
    """The callbacks of a protocol, which hears nothing of a head whose offer is declined."""

    def __init__(self, parser: DecliningParser, protocol: Any) -> None:
        self.declined = False
        self._parser, self._protocol = parser, protocol
        self.on_message_begin, self.on_url = protocol.on_message_begin, protocol.on_url
        self.on_header, self.on_body = protocol.on_header, protocol.on_body

    def on_headers_complete(self) -> None:
        self.declined = self._parser.should_upgrade() and self._parser.get_method() != b"CONNECT"
        if not self.declined:
            self._protocol.on_headers_complete()

    def on_message_complete(self) -> None:
        if not self.declined:
            self._protocol.on_message_complete()

    def head(self) -> bytes:
        """The head that was declined, without its offer."""
        parser, protocol = self._parser, self._protocol
        version = parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (parser.get_method(), protocol.url, version)]
        lines += [
            b"%b: %b" % (name, _without_offer(name, value)) for name, value in protocol.headers
        ]
        return b"\r\n".join([*lines, b"\r\n"])


class DecliningProtocol(HttpToolsProtocol):
    """uvicorn's protocol with that parser."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.parser: Any = DecliningParser(self)


def _without_offer(name: bytes, value: bytes) -> bytes:
    if name != b"connection":
        return value
    tokens = (token.strip() for token in value.split(b","))
    return b", ".join(token for token in tokens if token.lower() != b"upgrade")
