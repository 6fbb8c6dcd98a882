"""uvicorn's httptools protocol, mended where it would not answer as a service does."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

BROKEN = (
    b'{"code":"InvalidParameter","message":"The request is missing required parameters or in a '
    b'wrong format, please check the parameters that you send.","request_id":"'
    b'00000000-0000-4000-8000-000000000000"}'
)


class Protocol(HttpToolsProtocol):
    """Keeps the body of a call that offers HTTP/2, and refuses broken HTTP in the envelope.

    Java's HttpClient and `curl --http2` send `Upgrade: h2c` with every first call; httptools ends
    the request there and drops its body. h11 declines the offer and reads on, so it takes over
    such a connection."""

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
        from uvicorn.protocols.http.h11_impl import H11Protocol  # rarely needed, and slow to load

        self._unset_keepalive_if_required()
        self.connections.discard(self)
        protocol = H11Protocol(self.config, self.server_state, self.app_state)
        protocol.connection_made(self.transport)
        self.transport.set_protocol(protocol)
        protocol.data_received(data)

    def send_400_response(self, msg: str) -> None:
        del msg
        head = (
            b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\nconnection: close\r\n\r\n" % len(BROKEN)
        )
        self.transport.write(head + BROKEN)
        self.transport.close()
