"""uvicorn's HTTP protocols, mended where they would not answer as a service does, and with a short
way for calls whose answer is there at once."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mock_server import http1
from mock_server.call import Reply

LONG = 1 << 16  # bytes of a body, from which on uvicorn holds back the client


class Protocol(HttpToolsProtocol):
    """Keeps the body of a call that offers HTTP/2, and refuses broken HTTP in the envelope.

    Java's HttpClient and `curl --http2` send `Upgrade: h2c` with every first call; httptools ends
    the request there and drops its body. h11 declines the offer and reads on, so it takes over
    such a connection.

    It puts the connection into each call's scope, where mock_server.line acts on it.

    The short way: most calls are short and answered at once, and then half of what uvicorn does is
    to make a task that waits for nothing. Such a call is answered here, as soon as its body is
    whole. All others (the fake's own paths, HEAD, long bodies, `Expect`, answers that take their
    time, clients that do not read, errors of ours) become a task, as ever. A uvicorn that does not
    call `_start_asgi_task` knows no short way."""

    _short: Any = None  # the cycle of a call that is to go the short way

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

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        if self.transport.is_closing():
            return  # pipelined behind a call that ended the connection
        arriving = cycle is self.cycle and cycle.more_body
        waits = cycle.waiting_for_100_continue or self.flow.write_paused
        if arriving and not waits and app.answers_at_once(cycle.scope):
            self._short = cycle
        else:
            super()._start_asgi_task(cycle, app)

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        if self._short is not None and len(self._short.body) > LONG:
            cycle, self._short = self._short, None
            super()._start_asgi_task(cycle, self.app)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self._short is not None:
            cycle, self._short = self._short, None
            self._answer(cycle)

    def _answer(self, cycle: Any) -> None:
        try:
            reply = self.app.answer(cycle.scope, bytes(cycle.body))
        except Exception as error:  # noqa: BLE001 (uvicorn's task reports it)
            super()._start_asgi_task(cycle, _raising(error))
            return
        if reply.line is not None:
            super()._start_asgi_task(cycle, self.app.delivering(reply))
            return
        cycle.response_started = cycle.response_complete = True
        self.transport.write(http1.head(reply, close=not cycle.keep_alive) + reply.body)
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def send_400_response(self, msg: str) -> None:
        _refuse(self, msg)


def _raising(error: Exception) -> Any:
    """An app that fails so."""

    async def fail(*_: Any) -> None:
        raise error

    return fail


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
    reply: Reply = protocol.app.broken()
    protocol.transport.write(http1.head(reply, close=True) + reply.body)
    protocol.transport.close()
