"""The HTTP protocol of the fake: answers most calls without an asyncio task, and refuses invalid
HTTP in the envelope of the service.

BoundedProtocol reads the bytes of the connection, and calls `on_head`, `on_body` and
`on_message_complete` of this class for each request."""

from __future__ import annotations

from typing import Any

from contracts.http1.head import Head
from contracts.http1.protocol import BoundedProtocol
from contracts.http1.refused import RequestRefused
from mock_server.server import reply_bytes
from mock_server.server.fast_path_app import FastPathApp
from mock_server.simulation.call import Call

LONG = 1 << 16  # bytes of a body beyond which uvicorn applies back-pressure


class Protocol(BoundedProtocol):
    """One connection.

    The fast path: most calls can be answered at once, and uvicorn would spend most of its time to
    prepare a task that waits for nothing. Such a call is answered here, in the callback that ends
    its body. All others (the fake's own paths, HEAD, long bodies, `Expect`) become a task of the
    ASGI app, as usual. An answer that is late, slow or cut off is made here and delivered by a
    task."""

    _body: bytearray | None = None  # of a call on the fast path, as far as received
    _keep_alive = True
    _head: Head

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._fake: FastPathApp = self.app

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}  # for delivery.py

    def refusal(self, refused: RequestRefused) -> bytes:
        reply = self._fake.refused(refused)
        return reply_bytes.head(reply, close=True) + reply.body

    def report_bug(self, error: Exception) -> None:
        self._fake.mistaken(error, "a connection is cut")

    def on_head(self, head: Head) -> None:
        if not head.expects and self._fake.answers_at_once(head.method, head.path):
            self._head, self._body = head, bytearray()
            self._keep_alive = head.may_follow
        else:
            super().on_head(head)

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
            return
        body, self._body = bytes(self._body), None
        head, fake = self._head, self._fake
        origin = fake.origin(head.named, self.client, self.scheme or "http", self.server)
        call = Call(head.method, head.path, head.query, head.named, body, origin, head.field_bytes)
        try:
            reply = fake.answer(call)
        except Exception as error:  # noqa: BLE001 (it is reported)
            reply = fake.failed(call, error)
        if reply.delivery is not None:
            self._as_task(fake.delivering(reply))
            super().on_message_complete()
            return
        self.transport.write(reply_bytes.head(reply, close=not self._keep_alive) + reply.body)
        if not self._keep_alive:
            self.transport.close()
        self.on_response_complete()

    def shutdown(self) -> None:
        if self._body is None:
            super().shutdown()
        else:
            self._keep_alive = False

    def _as_task(self, app: Any = None) -> None:
        """Start the task that uvicorn would have started at the head of this call. app: runs in the
        task; default: the fake."""
        ours = self.app
        self.app = app or ours
        super().on_head(self._head)
        self.app = ours
        self.cycle.keep_alive = self.cycle.keep_alive and self._keep_alive
