"""A transport of httpx that calls an ASGI app in the caller's thread, without a socket and an event
loop. A delayed answer needs a server."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import httpx
from starlette.types import ASGIApp, Message


class NotAtOnce(RuntimeError):
    """The app waits for something, which needs an event loop."""


class InProcess(httpx.BaseTransport):
    """Lets an ASGI app answer each request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request. Raises NotAtOnce."""
        sent: list[Message] = []
        body = request.read()

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        answering: Any = self._app(_scope(request), receive, send)  # a coroutine
        try:
            answering.send(None)
        except StopIteration:
            start, *parts = sent
            content = b"".join(part.get("body", b"") for part in parts)
            return httpx.Response(start["status"], headers=start["headers"], content=content)
        answering.close()
        raise NotAtOnce(
            f"{request.method} {request.url.path} is answered late: use mock_server.running "
            "in place of InProcess"
        )


def _scope(request: httpx.Request) -> dict[str, Any]:
    raw, _, query = request.url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "path": unquote(raw.decode("ascii")),
        "raw_path": raw,
        "query_string": query,
        "root_path": "",
        "scheme": request.url.scheme,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 1),
        "server": (request.url.host, request.url.port or 80),
        "state": {},
    }
