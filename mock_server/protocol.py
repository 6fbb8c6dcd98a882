"""uvicorn's HTTP protocol, mended where it would not answer as a service does, and with a short way
for calls whose answer is there at once."""

from __future__ import annotations

from math import inf
from typing import Any

from httptools import parse_url

from contracts.recorder.upgrades import DecliningProtocol
from mock_server import http1
from mock_server.call import Reply

LONG = 1 << 16  # bytes of a body, from which on uvicorn holds back the client


class Protocol(DecliningProtocol):
    """Ignores offers to change the protocol, and refuses broken HTTP in the envelope.

    It puts the connection into each call's scope, where mock_server.line acts on it.

    The short way: most calls are answered at once, and then most of what uvicorn does is to prepare
    a task that waits for nothing. Such a call is answered here, where its body ends. All others
    (the fake's own paths, HEAD, long bodies, `Expect`, answers that take their time, clients that
    do not read, pipelined behind one of those, mistakes of ours) become a task, as ever."""

    _body: bytearray | None = None  # of a call that goes the short way, as far as it has come
    _keep_alive = True
    _asked: Any  # the call's URL in parts
    _idle_since = inf  # the loop's time; not idle: inf

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = inf

    def on_response_complete(self) -> None:
        """With one timer a connection, which looks again, where uvicorn makes and cancels one a
        call: 3 % of it."""
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_in(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left <= 0:
            super().timeout_keep_alive_handler()
        elif left < inf:
            self._look_in(left)

    def _look_in(self, seconds: float) -> None:
        look = self.timeout_keep_alive_handler
        self.timeout_keep_alive_task = self.loop.call_later(seconds, look)

    def on_message_begin(self) -> None:
        """Without the scope, which only a task needs."""
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def on_headers_complete(self) -> None:
        busy = self.cycle is not None and not self.cycle.response_complete
        waits = busy or self.expect_100_continue or self.flow.write_paused
        if self.transport.is_closing() or (not waits and self._is_the_engines()):
            self._body = bytearray()
            self._keep_alive = self.parser.get_http_version() != "1.0"
            self._keep_alive = self._keep_alive and self.parser.should_keep_alive()
        else:
            self._as_task()

    def on_body(self, body: bytes) -> None:
        if self._body is None:
            super().on_body(body)
            return
        self._body += body
        if len(self._body) > LONG:
            body, self._body = bytes(self._body), None
            self._as_task()
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._body is None:
            super().on_message_complete()
        else:
            body, self._body = bytes(self._body), None
            self._answer(body)

    def shutdown(self) -> None:
        if self._body is None:
            super().shutdown()
        else:
            self._keep_alive = False

    def _is_the_engines(self) -> bool:
        self._asked = parse_url(self.url)
        return bool(self.app.answers_at_once(self.parser.get_method(), self._asked.path))

    def _answer(self, body: bytes) -> None:
        if self.transport.is_closing():
            return  # pipelined behind the last call of the connection
        url, method = self._asked, self.parser.get_method().decode()
        try:
            asked = method, url.path, url.query or b"", self.headers, body
            reply = self.app.answer(*asked, self.scheme, self.server, self.client)
        except Exception as error:  # noqa: BLE001 (uvicorn's task reports it)
            self._as_task(_raising(error))
            super().on_message_complete()
            return
        if reply.line is not None:
            self._as_task(self.app.delivering(reply))
            super().on_message_complete()
            return
        self.transport.write(http1.head(reply, close=not self._keep_alive) + reply.body)
        if not self._keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _as_task(self, app: Any = None) -> None:
        """Do what uvicorn would have done by now, with that app in place of ours."""
        url, headers, expects, ours = self.url, self.headers, self.expect_100_continue, self.app
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers  # the scope has this list
        self.app = app or ours
        super().on_headers_complete()
        self.app = ours
        self.cycle.keep_alive = self.cycle.keep_alive and self._keep_alive

    def send_400_response(self, msg: str) -> None:
        _refuse(self, msg)


def _raising(error: Exception) -> Any:
    """An app that fails so."""

    async def fail(*_: Any) -> None:
        raise error

    return fail


def _refuse(protocol: Any, msg: str) -> None:
    """Answer what is not HTTP as the app says, and hang up."""
    del msg
    reply: Reply = protocol.app.broken()
    protocol.transport.write(http1.head(reply, close=True) + reply.body)
    protocol.transport.close()
