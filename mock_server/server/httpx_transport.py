"""The transport of httpx that calls an ASGI app in this process, without a socket; in a sync client
also without an event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from inspect import iscoroutinefunction
from math import inf
from typing import Any
from urllib.parse import unquote

import httpx
from starlette.types import ASGIApp, Message

from mock_server.server.waiting import Sleep


class InProcess(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Lets an ASGI app answer each request of a `Client` or an `AsyncClient`.

    The fake answers as on a socket: a late answer is waited for, at most for the read timeout of
    the client, and a fault raises the exception of httpx. sleep, async_sleep: wait so many seconds;
    together with `create_app(real=...)` they can be those of a virtual clock. Raises TypeError if
    sleep is a coroutine function."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        sleep: Callable[[float], object] = time.sleep,
        async_sleep: Sleep = asyncio.sleep,
    ) -> None:
        if iscoroutinefunction(sleep):  # it would never be awaited
            raise TypeError("sleep is for a Client; give a coroutine function as async_sleep")
        self._app = app
        self._sleep, self._async_sleep = sleep, async_sleep

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request. Raises the exceptions of httpx, and RuntimeError if another app than
        the fake's needs an event loop."""
        request.read()

        async def sleep(seconds: float) -> None:
            self._sleep(seconds)

        return _result(self._answer(request, sleep))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request. Raises the exceptions of httpx."""
        await request.aread()
        return await self._answer(request, self._async_sleep)

    async def _answer(self, request: httpx.Request, sleep: Sleep) -> httpx.Response:
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": request.content, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        patience = request.extensions.get("timeout", {}).get("read")
        state = {"sleep": sleep, "patience": inf if patience is None else patience}
        await self._app(_scope(request) | {"state": state}, receive, send)
        start, *parts = sent
        content = b"".join(part.get("body", b"") for part in parts)
        content = b"" if request.method == "HEAD" else content
        return httpx.Response(start["status"], headers=start["headers"], content=content)


def _result(answering: Coroutine[Any, Any, httpx.Response]) -> httpx.Response:
    """Run a coroutine that waits for nothing."""
    try:
        answering.send(None)
    except StopIteration as done:
        response: httpx.Response = done.value
        return response
    answering.close()
    raise RuntimeError("this app needs an event loop: use httpx.AsyncClient")


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
    }
