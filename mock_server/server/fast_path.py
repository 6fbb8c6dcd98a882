"""The HTTP protocol of the fake: refuses invalid HTTP in the envelope of the service, and answers
most calls without an asyncio task."""

from __future__ import annotations

from typing import Any

from contracts.http1.head import Head
from contracts.http1.protocol import BoundedProtocol
from contracts.http1.refused import RequestRefused
from mock_server.server import http1
from mock_server.server.at_once import AnswersAtOnce
from mock_server.simulation.call import Call

LONG = 1 << 16  # bytes of a body beyond which uvicorn applies back-pressure


class Protocol(BoundedProtocol):
    """Puts the connection into the scope of each call, for delivery.py.

    The fast path: most calls can be answered at once, and uvicorn would spend most of its time to
    prepare a task that waits for nothing. Such a call is answered here, in the callback that ends
    its body. All others (the fake's own paths, HEAD, long bodies, `Expect`, delayed answers) become
    a task as usual."""

    _body: bytearray | None = None  # of a call on the fast path, as far as received
    _keep_alive = True
    _head: Head

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._fake: AnswersAtOnce = self.app

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}

    def refusal(self, refused: RequestRefused) -> bytes:
        reply = self._fake.refused(refused)
        return http1.head(reply, close=True) + reply.body

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
        self.transport.write(http1.head(reply, close=not self._keep_alive) + reply.body)
        if not self._keep_alive:
            self.transport.close()
        self.on_response_complete()

    def shutdown(self) -> None:
        if self._body is None:
            super().shutdown()
        else:
            self._keep_alive = False

    def _as_task(self, app: Any = None) -> None:
        """Continue as uvicorn does, with this app in place of ours."""
        ours = self.app
        self.app = app or ours
        super().on_head(self._head)
        self.app = ours
        self.cycle.keep_alive = self.cycle.keep_alive and self._keep_alive
