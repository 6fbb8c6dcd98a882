"""uvicorn's HTTP protocols, mended where they would not answer as a service does."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Protocol(HttpToolsProtocol):
    """Keeps the body of a call that offers HTTP/2, and refuses broken HTTP in the envelope.

    Java's HttpClient and `curl --http2` send `Upgrade: h2c` with every first call; httptools ends
    the request there and drops its body. h11 declines the offer and reads on, so it takes over
    such a connection.

    It puts the connection into each call's scope, where mock_server.line acts on it."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        # Under h11 too: it is made from this state, and this connection.
        self.app_state = {**self.app_state, "transport": transport}

    def data_received(self, data: bytes) -> None:
        if b"h2c" in data and self._offers_http2(data):
            self._hand_over(data)
        else:
            super().data_received(data)

    def _offers_http2(self, data: bytes) -> bool:
        """Whether a request begins here whose head, in this one piece, holds the offer."""
        idle = self.cycle is None or self.cycle.response_complete
        head = data.partition(b"\r\n\r\n")[0].lower()
        return idle and b"\r\nupgrade: h2c" in head

    def _hand_over(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        self.connections.discard(self)
        protocol = _h11(self)
        protocol.connection_made(self.transport)
        self.transport.set_protocol(protocol)
        protocol.data_received(data)

    def send_400_response(self, msg: str) -> None:
        _refuse(self, msg)


def _h11(origin: Protocol) -> Any:
    """The same connection under h11. Rarely needed, and slow to load."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Declining(H11Protocol):
        def send_400_response(self, msg: str) -> None:
            _refuse(self, msg)

    return Declining(origin.config, origin.server_state, origin.app_state)


def _refuse(protocol: Any, msg: str) -> None:
    """Answer what is not HTTP as the app says, and hang up."""
    del msg
    reply = protocol.app.broken()
    lines = [b"%s: %s\r\n" % header for header in [*reply.headers, (b"connection", b"close")]]
    head = b"HTTP/1.1 %d Bad Request\r\n" % reply.status + b"".join(lines)
    protocol.transport.write(head + b"\r\n" + reply.body)
    protocol.transport.close()
