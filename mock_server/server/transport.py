"""The fake for httpx without a socket: a transport that lets an app answer in the caller's thread.
For what answers at once; an answer that takes its time needs a server."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import httpx
from starlette.types import ASGIApp, Message


class NotAtOnce(RuntimeError):
    """The app waits for something, and there is no event loop."""


class InProcess(httpx.BaseTransport):
    """Lets an ASGI app answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange. Raises NotAtOnce."""
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
        raise NotAtOnce(f"{request.method} {request.url.path} is not answered at once")


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
